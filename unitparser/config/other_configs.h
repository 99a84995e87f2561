// What [Mount], [Automount], [Swap], [Timer], [Path] and [Scope] say. [pure]
#pragma once

#include "unitparser/config/service_config.h"
#include "unitparser/config/values.h"

namespace unitparser {

/// systemd.mount(5).
struct MountConfig {
  std::string what;
  std::string where;
  std::string type;
  std::string options;
  bool sloppy_options = false;
  bool lazy_unmount = false;
  bool force_unmount = false;
  bool read_write_only = false;
  std::uint32_t directory_mode = 0755;
  Duration timeout = Duration::from_seconds(90);
  bool operator==(const MountConfig&) const = default;
};

/// systemd.automount(5).
struct AutomountConfig {
  std::string where;
  std::string extra_options;
  std::uint32_t directory_mode = 0755;
  Duration timeout_idle;  ///< zero: never
  bool operator==(const AutomountConfig&) const = default;
};

/// systemd.swap(5).
struct SwapConfig {
  std::string what;
  std::string options;
  std::optional<int> priority;
  Duration timeout = Duration::from_seconds(90);
  bool operator==(const SwapConfig&) const = default;
};

enum class TimerBase : std::uint8_t { active, boot, startup, unit_active, unit_inactive, calendar };
/// Names as on the bus.
constexpr std::array<std::string_view, 6> enum_names(std::type_identity<TimerBase>) {
  return {"OnActiveUSec", "OnBootUSec", "OnStartupUSec", "OnUnitActiveUSec", "OnUnitInactiveUSec", "OnCalendar"};
}
struct TimerEntry {
  TimerBase base{};
  Duration delay;        ///< not for calendar
  std::string calendar;  ///< normalised expression, for calendar
  Origin origin;
  bool operator==(const TimerEntry&) const = default;
};
/// systemd.timer(5).
struct TimerConfig {
  std::vector<TimerEntry> timers;
  std::string unit;  ///< empty: the service of the same name
  bool on_clock_change = false;
  bool on_timezone_change = false;
  bool persistent = false;
  bool wake_system = false;
  bool remain_after_elapse = true;
  bool fixed_random_delay = false;
  Duration accuracy = Duration::from_seconds(60);
  Duration randomized_delay;
  bool operator==(const TimerConfig&) const = default;
};

enum class PathKind : std::uint8_t { exists, exists_glob, directory_not_empty, changed, modified };
/// Names as on the bus.
constexpr std::array<std::string_view, 5> enum_names(std::type_identity<PathKind>) {
  return {"PathExists", "PathExistsGlob", "DirectoryNotEmpty", "PathChanged", "PathModified"};
}
struct PathEntry {
  PathKind kind{};
  std::string path;
  Origin origin;
  bool operator==(const PathEntry&) const = default;
};
/// systemd.path(5).
struct PathConfig {
  std::vector<PathEntry> paths;
  std::string unit;  ///< empty: the service of the same name
  bool make_directory = false;
  std::uint32_t directory_mode = 0755;
  Duration trigger_limit_interval = Duration::infinity();  ///< infinity: not said (2 s)
  std::uint32_t trigger_limit_burst = UINT32_MAX;          ///< UINT32_MAX: not said (200)
  bool operator==(const PathConfig&) const = default;
};

/// systemd.scope(5).
struct ScopeConfig {
  Duration runtime_max = Duration::infinity();
  Duration runtime_randomized_extra;
  Duration timeout_stop = Duration::from_seconds(90);
  std::optional<OomPolicy> oom_policy;
  std::string user;    ///< that the control group is delegated to
  std::string group;
  bool operator==(const ScopeConfig&) const = default;
};

}  // namespace unitparser
