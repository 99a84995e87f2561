// What [Unit] and [Install] say (systemd.unit(5)). [pure]
#pragma once

#include "unitparser/config/values.h"
#include "unitparser/names/dependency.h"
#include "unitparser/names/unit_type.h"

namespace unitparser {

/// Kinds of Condition*= and Assert*=, named as the directives without their prefix.
enum class ConditionKind : std::uint8_t {
  path_exists, path_exists_glob, path_is_directory, path_is_symbolic_link, path_is_mount_point, path_is_read_write,
  path_is_encrypted, directory_not_empty, file_not_empty, file_is_executable, needs_update, first_boot, architecture,
  firmware, virtualization, host, kernel_command_line, kernel_version, credential, security, capability, ac_power,
  memory, cpu_feature, cpus, environment, user, group, control_group_controller, os_release, memory_pressure,
  cpu_pressure, io_pressure
};
constexpr std::array<std::string_view, 33> enum_names(std::type_identity<ConditionKind>) {
  return {"PathExists", "PathExistsGlob", "PathIsDirectory", "PathIsSymbolicLink", "PathIsMountPoint",
          "PathIsReadWrite", "PathIsEncrypted", "DirectoryNotEmpty", "FileNotEmpty", "FileIsExecutable", "NeedsUpdate",
          "FirstBoot", "Architecture", "Firmware", "Virtualization", "Host", "KernelCommandLine", "KernelVersion",
          "Credential", "Security", "Capability", "ACPower", "Memory", "CPUFeature", "CPUs", "Environment", "User",
          "Group", "ControlGroupController", "OSRelease", "MemoryPressure", "CPUPressure", "IOPressure"};
}
/// One Condition*= or Assert*= line. Triggering ones ('|') are or-ed with each other.
struct Condition {
  ConditionKind kind{};
  std::string parameter;
  bool triggering = false;
  bool negated = false;
  Origin origin;
  bool operator==(const Condition&) const = default;
};

/// One name in a dependency directive.
struct DependencyEntry {
  DependencyKind kind{};
  std::string unit;  ///< full, specifiers resolved
  Origin origin;
  bool operator==(const DependencyEntry&) const = default;
};

enum class CollectMode : std::uint8_t { inactive, inactive_or_failed };
constexpr std::array<std::string_view, 2> enum_names(std::type_identity<CollectMode>) {
  return {"inactive", "inactive-or-failed"};
}

struct UnitSection {
  std::vector<DependencyEntry> dependencies;  ///< files' own and .wants/.requires/.upholds folders', in file order
  bool stop_when_unneeded = false;
  bool refuse_manual_start = false;
  bool refuse_manual_stop = false;
  bool allow_isolate = false;
  bool default_dependencies = true;
  bool ignore_on_isolate = false;
  JobMode on_success_job_mode = JobMode::fail;
  JobMode on_failure_job_mode = JobMode::replace;
  CollectMode collect_mode = CollectMode::inactive;
  bool operator==(const UnitSection&) const = default;
};

/// What a unit needs besides other units; apart because most need nothing.
struct UnitNeeds {
  std::vector<std::pair<std::string, Origin>> requires_mounts_for;
  std::vector<Condition> conditions;
  std::vector<Condition> asserts;
  bool operator==(const UnitNeeds&) const = default;
};

/// Where the unit comes from and where to read about it.
struct UnitDocuments {
  std::vector<std::string> documentation;
  std::string source_path;
  bool operator==(const UnitDocuments&) const = default;
};

/// Time limits and consequences of [Unit]; apart because almost every unit shares the defaults.
struct UnitLimits {
  Duration job_timeout = Duration::infinity();
  Duration job_running_timeout = Duration::infinity();
  bool job_running_timeout_set = false;
  EmergencyAction job_timeout_action = EmergencyAction::none;
  std::string job_timeout_reboot_argument;
  Duration start_limit_interval = Duration::from_seconds(10);  ///< manager default DefaultStartLimitIntervalSec=
  std::uint32_t start_limit_burst = 5;                         ///< manager default DefaultStartLimitBurst=
  EmergencyAction start_limit_action = EmergencyAction::none;
  EmergencyAction failure_action = EmergencyAction::none;
  EmergencyAction success_action = EmergencyAction::none;
  std::optional<std::uint8_t> failure_action_exit_status;
  std::optional<std::uint8_t> success_action_exit_status;
  std::string reboot_argument;
  bool operator==(const UnitLimits&) const = default;
};

struct InstallSection {
  std::vector<std::string> alias;
  std::vector<std::string> wanted_by;
  std::vector<std::string> required_by;
  std::vector<std::string> also;
  std::string default_instance;
  bool operator==(const InstallSection&) const = default;
};

}  // namespace unitparser
