// What system.conf and user.conf say (systemd-system.conf(5)), section [Manager]. [pure]
#pragma once

#include "unitparser/config/exec_config.h"
#include "unitparser/config/unit_config.h"
#include "unitparser/config/values.h"

namespace unitparser {

enum class LogTarget : std::uint8_t { console, console_prefixed, kmsg, journal, journal_or_kmsg, syslog, syslog_or_kmsg, auto_, null };
constexpr std::array<std::string_view, 9> enum_names(std::type_identity<LogTarget>) {
  return {"console", "console-prefixed", "kmsg", "journal", "journal-or-kmsg", "syslog", "syslog-or-kmsg", "auto", "null"};
}
/// ShowStatus=; error: only when something fails, temporary: on after a slow boot.
enum class ShowStatus : std::uint8_t { no, error, auto_, temporary, yes };
constexpr std::array<std::string_view, 5> enum_names(std::type_identity<ShowStatus>) { return {"no", "error", "auto", "temporary", "yes"}; }
enum class StatusUnitFormat : std::uint8_t { name, description, combined };
constexpr std::array<std::string_view, 3> enum_names(std::type_identity<StatusUnitFormat>) { return {"name", "description", "combined"}; }

inline constexpr int usual_log_level = 6;
/// How the manager itself runs.
struct ManagerBehaviour {
  std::optional<int> log_level;         ///< unset: stays as it is, at first usual_log_level
  std::optional<LogTarget> log_target;  ///< unset: stays as it is, at first journal_or_kmsg
  bool log_color = true;
  bool log_location = false;
  bool log_time = false;
  bool dump_core = true;
  bool crash_shell = false;
  bool crash_reboot = false;
  int crash_change_vt = -1;
  ShowStatus show_status = ShowStatus::yes;
  StatusUnitFormat status_unit_format = StatusUnitFormat::combined;
  bool confirm_spawn = false;
  std::string confirm_spawn_path;       ///< terminal; empty: /dev/console
  bool service_watchdogs = true;
  Duration runtime_watchdog;            ///< zero: off
  Duration runtime_watchdog_pre;
  std::string runtime_watchdog_pre_governor;
  Duration reboot_watchdog = Duration::from_seconds(600);
  Duration kexec_watchdog;
  std::string watchdog_device;
  CpuMask cpu_affinity;
  std::optional<int> numa_policy;
  CpuMask numa_mask;
  std::uint64_t capability_bounding_set = UINT64_MAX;
  bool no_new_privileges = false;
  std::vector<std::string> system_call_architectures;
  std::optional<std::uint64_t> timer_slack_nsec;
  EmergencyAction ctrl_alt_del_burst_action = EmergencyAction::reboot_force;
  std::vector<std::string> manager_environment;
  std::vector<std::string> default_environment;
  bool operator==(const ManagerBehaviour&) const = default;
};

/// RLIMIT_NOFILE 1024:524288, RLIMIT_MEMLOCK 8 MiB; the rest is inherited.
constexpr std::array<std::optional<ResourceLimit>, 16> usual_limits() {
  std::array<std::optional<ResourceLimit>, 16> limits{};
  limits[7] = ResourceLimit{1024, 524288};
  limits[8] = ResourceLimit{8388608, 8388608};
  return limits;
}

/// What units get when they do not say it.
struct ManagerDefaults {
  ExecOutput standard_output = ExecOutput::journal;
  ExecOutput standard_error = ExecOutput::inherit;
  Duration timer_accuracy = Duration::from_seconds(60);
  Duration timeout_start = Duration::from_seconds(90);
  Duration timeout_stop = Duration::from_seconds(90);
  std::optional<Duration> timeout_abort;  ///< unset: as timeout_stop
  Duration device_timeout = Duration::from_seconds(90);
  Duration restart_delay = Duration::from_msec(100);
  Duration start_limit_interval = Duration::from_seconds(10);
  std::uint32_t start_limit_burst = 5;
  bool cpu_accounting = true;
  bool io_accounting = false;
  bool ip_accounting = false;
  bool block_io_accounting = false;
  bool memory_accounting = true;
  bool tasks_accounting = true;
  std::optional<ScalableLimit> tasks_max = ScalableLimit{Limit::infinity, 1500};  ///< 15 %
  std::array<std::optional<ResourceLimit>, 16> limits = usual_limits();
  OomPolicy oom_policy = OomPolicy::stop;
  std::optional<int> oom_score_adjust;
  std::string smack_process_label;
  bool operator==(const ManagerDefaults&) const = default;
};

struct ManagerConfig {
  ManagerBehaviour behaviour;
  ManagerDefaults defaults;
  bool operator==(const ManagerConfig&) const = default;
};

/// One config for each type of unit that a load starts from; units that say nothing share its parts.
struct LoadDefaults {
  std::array<UnitConfig, unit_type_count> by_type;
  Shared<ServiceConfig> simple_service;  ///< what most services end with, shared by them
  Shared<ExecStreams> service_streams;
  Shared<ResourceBasics> usual_basics;   ///< of units in the usual slice
  std::string home;                      ///< WorkingDirectory= of units that do not say it; empty: "/"
  [[nodiscard]] const UnitConfig& of(UnitType type) const { return by_type[static_cast<std::size_t>(type)]; }
};

}  // namespace unitparser
