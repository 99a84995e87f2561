// Unit: one named thing that the manager looks after – its names, its files' word, and what is true of it now. [pure]
#pragma once

#include <algorithm>
#include <variant>

#include "init/engine/io_traffic.h"
#include "init/engine/ip_traffic.h"
#include "init/engine/job.h"
#include "init/machines/other_runtimes.h"
#include "init/machines/service_runtime.h"
#include "unitparser/load/loaded_unit.h"

namespace init {

using unitparser::Shared;

/// Runtime of the unit's own type. Alternatives are in the order of UnitType. Shared, because most units of a machine never do
/// anything: what is true of those costs nothing.
using TypeRuntime = std::variant<Shared<ServiceRuntime>, Shared<MountRuntime>, Shared<SwapRuntime>, Shared<SocketRuntime>, Shared<TargetRuntime>,
                                 Shared<DeviceRuntime>, Shared<AutomountRuntime>, Shared<TimerRuntime>, Shared<PathRuntime>, Shared<SliceRuntime>,
                                 Shared<ScopeRuntime>>;

enum class FreezerState : std::uint8_t { running, freezing, frozen, thawing };
constexpr std::array<std::string_view, 4> enum_names(std::type_identity<FreezerState>) {
  return {"running", "freezing", "frozen", "thawing"};
}
/// When the unit crossed the borders of its states.
struct UnitTimes {
  DualTime state_change;
  DualTime inactive_exit;
  DualTime active_enter;
  DualTime active_exit;
  DualTime inactive_enter;
  DualTime condition;
  DualTime assert_;
  bool operator==(const UnitTimes&) const = default;
};

/// What an administrator, or a package's script, noted that a unit needs; by bit number.
enum class UnitMarker : std::uint8_t { needs_reload, needs_restart };
constexpr std::array<std::string_view, 2> enum_names(std::type_identity<UnitMarker>) { return {"needs-reload", "needs-restart"}; }
constexpr std::uint32_t marker_bit(UnitMarker marker) { return 1U << static_cast<unsigned>(marker); }

/// What is true of any unit now.
struct UnitRuntime {
  ActiveState active_state = ActiveState::inactive;  ///< follows the type's state
  UnitTimes times;
  bool condition_result = false;
  bool assert_result = false;
  std::vector<int> condition_verdicts;        ///< by UnitNeeds::conditions: 0 untested, 1 holds, -1 does not
  std::vector<int> assert_verdicts;
  std::string invocation_id;                  ///< 32 hexadecimal digits; empty before the first start
  std::string cgroup;                         ///< path of its group; empty: none realised
  std::optional<std::uint64_t> cpu_usage_nsec; ///< of its last group, since that is gone
  std::optional<IoTraffic> io_traffic;        ///< the same; nothing: not counted
  std::optional<IpTraffic> ip_traffic;        ///< the same
  FreezerState freezer = FreezerState::running;
  RateLimit start_limit;
  bool start_limit_hit = false;               ///< the last start was refused for it
  RateLimit auto_start_stop_limit;
  std::vector<std::string> references;        ///< bus clients that hold it
  std::vector<std::pair<std::string, std::string>> activation_details;  ///< trigger_unit, trigger_timer_realtime_usec …
  Cause last_cause;                           ///< of the last change of state
  std::uint32_t markers = 0;                  ///< marker_bit() of each that is set
  bool operator==(const UnitRuntime&) const = default;
};

/// How a unit came to be.
struct UnitOrigin {
  Shared<Error> load_error;
  unitparser::SharedText fragment_path;
  Shared<std::vector<std::string>> drop_in_paths;
  LoadState load_state = LoadState::stub;
  bool transient = false;
  bool generated = false;
  bool is_whole = false;      ///< its files could be read: what they imply holds, though the unit may be refused
  bool perpetual = false;     ///< can neither be started nor stopped nor collected: -.slice, -.mount, init.scope …
  unitparser::FileTimes file_times;
  RealTime loaded_at;         ///< when it was last looked for
};

struct Unit {
  UnitId id = UnitId::none;
  UnitName name;
  Shared<std::vector<UnitName>> aliases;  ///< all other names
  UnitOrigin origin;
  unitparser::UnitConfig config;
  Shared<UnitRuntime> runtime;
  TypeRuntime type_runtime;
  JobId job = JobId::none;         ///< the installed job
  JobId nop_job = JobId::none;
  UnitId slice = UnitId::none;     ///< the slice it lies in
  bool in_load_queue = false;
  bool in_gc_queue = false;
  bool changed = false;            ///< UnitChanged is due at the end of the turn
  bool announced = false;          ///< UnitNew was sent
  bool unsaved = false;            ///< UnitTable: may differ from what was last written of it
  mutable unitparser::FilesMark files;  ///< what it was read from; a comparison may renew it, and it is never saved

  [[nodiscard]] UnitType type() const { return name.type(); }
  [[nodiscard]] ActiveState active_state() const { return runtime->active_state; }
  [[nodiscard]] bool goes_by(std::string_view text) const {
    return name.text() == text || std::any_of(aliases->begin(), aliases->end(), [text](const UnitName& alias) { return alias.text() == text; });
  }
  /// It never did anything: what is true of it is what is true of every fresh unit.
  [[nodiscard]] bool is_untouched() const {
    return runtime.is_default() && std::visit([](const auto& own) { return own.is_default(); }, type_runtime);
  }
  /// The runtime of its type, which must be that of T.
  template <class T>
  [[nodiscard]] const T& read() const {
    return std::get<Shared<T>>(type_runtime).read();
  }
  /// The same for writing: from now on the unit has one of its own.
  template <class T>
  [[nodiscard]] T& write() {
    return std::get<Shared<T>>(type_runtime).write();
  }
  [[nodiscard]] std::string_view description() const {
    return config.description.empty() ? std::string_view(name.text()) : config.description.view();
  }
};

/// Where the files of one unit speak of another: FILE:LINE or the path of a link; empty: nowhere.
[[nodiscard]] std::string place_of(const Unit& said_by, const Origin& origin, const Unit& other);
/// The SubState property.
[[nodiscard]] std::string_view sub_state(const Unit& unit);

constexpr bool is_active_or_reloading(ActiveState s) { return s == ActiveState::active || s == ActiveState::reloading; }
constexpr bool is_active_or_activating(ActiveState s) {
  return s == ActiveState::active || s == ActiveState::reloading || s == ActiveState::activating;
}
constexpr bool is_inactive_or_failed(ActiveState s) { return s == ActiveState::inactive || s == ActiveState::failed; }
constexpr bool is_inactive_or_deactivating(ActiveState s) {
  return is_inactive_or_failed(s) || s == ActiveState::deactivating;
}

}  // namespace init
