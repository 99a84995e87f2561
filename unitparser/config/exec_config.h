// The execution environment of processes (systemd.exec(5)), in parts that are shared when equal. [pure]
#pragma once

#include "unitparser/config/values.h"

namespace unitparser {

/// Who the process is and where it stands.
struct ExecIdentity {
  std::string working_directory;  ///< empty: "/" ; "~" with working_directory_home
  bool working_directory_home = false;
  bool working_directory_missing_ok = false;
  std::string root_directory;
  std::string user;
  std::string group;
  std::vector<std::string> supplementary_groups;
  bool dynamic_user = false;
  bool remove_ipc = false;
  std::string pam_name;
  std::uint32_t umask = 0022;
  std::vector<std::string> exec_search_path;
  bool operator==(const ExecIdentity&) const = default;
};

struct ExecEnvironment {
  std::vector<std::string> environment;  ///< "NAME=value", later ones win
  std::vector<EnvironmentFileEntry> environment_files;
  std::vector<std::string> pass_environment;
  std::vector<std::string> unset_environment;
  bool operator==(const ExecEnvironment&) const = default;
};

enum class ExecInput : std::uint8_t { null, tty, tty_force, tty_fail, socket, fd, data, file };
constexpr std::array<std::string_view, 8> enum_names(std::type_identity<ExecInput>) {
  return {"null", "tty", "tty-force", "tty-fail", "socket", "fd", "data", "file"};
}
enum class ExecOutput : std::uint8_t {
  inherit, null, tty, kmsg, kmsg_and_console, journal, journal_and_console, socket, fd, file, append, truncate
};
constexpr std::array<std::string_view, 12> enum_names(std::type_identity<ExecOutput>) {
  return {"inherit", "null", "tty", "kmsg", "kmsg+console", "journal", "journal+console", "socket", "fd", "file",
          "append", "truncate"};
}
enum class UtmpMode : std::uint8_t { init, login, user };
constexpr std::array<std::string_view, 3> enum_names(std::type_identity<UtmpMode>) { return {"init", "login", "user"}; }

/// Standard streams and terminal.
struct ExecStreams {
  ExecInput standard_input = ExecInput::null;
  ExecOutput standard_output = ExecOutput::inherit;  ///< inherit: not said; the manager's default is put in by the loader
  ExecOutput standard_error = ExecOutput::inherit;
  std::string standard_input_name;   ///< fd name or path, by the kind
  std::string standard_output_name;
  std::string standard_error_name;
  std::string standard_input_data;
  std::string tty_path;
  bool tty_reset = false;
  bool tty_vhangup = false;
  bool tty_vt_disallocate = false;
  std::optional<std::uint16_t> tty_rows;
  std::optional<std::uint16_t> tty_columns;
  bool ignore_sigpipe = true;
  std::string utmp_identifier;
  UtmpMode utmp_mode = UtmpMode::init;
  bool operator==(const ExecStreams&) const = default;
};

struct ExecLogging {
  std::string syslog_identifier;
  int syslog_facility = 3;  ///< LOG_DAEMON, unshifted
  int syslog_level = 6;
  bool syslog_level_prefix = true;
  int log_level_max = -1;  ///< -1: not set
  Duration log_rate_limit_interval;
  std::uint32_t log_rate_limit_burst = 0;
  std::vector<std::string> log_extra_fields;
  std::vector<std::string> log_filter_patterns;  ///< regular expressions; those after a '~' deny
  std::string log_namespace;
  bool operator==(const ExecLogging&) const = default;
};

/// Scheduling, limits and other attributes of the process.
struct ExecScheduling {
  std::optional<int> nice;
  std::optional<int> oom_score_adjust;
  std::optional<std::uint64_t> coredump_filter;
  std::optional<int> io_scheduling_class;     ///< 1 realtime, 2 best-effort, 3 idle
  std::optional<int> io_scheduling_priority;
  std::optional<int> cpu_scheduling_policy;   ///< SCHED_*
  std::optional<int> cpu_scheduling_priority;
  bool cpu_scheduling_reset_on_fork = false;
  CpuMask cpu_affinity;
  bool cpu_affinity_numa = false;
  std::optional<int> numa_policy;
  CpuMask numa_mask;
  std::optional<std::uint64_t> timer_slack_nsec;
  std::optional<unsigned long> personality;
  std::array<std::optional<ResourceLimit>, 16> limits;  ///< by RLIMIT_* number; the manager's defaults are put in
  bool operator==(const ExecScheduling&) const = default;
};

enum class KeyringMode : std::uint8_t { inherit, private_, shared };
constexpr std::array<std::string_view, 3> enum_names(std::type_identity<KeyringMode>) {
  return {"inherit", "private", "shared"};
}

/// Privileges and kernel-side filters.
struct ExecPrivileges {
  std::optional<int> secure_bits;
  std::uint64_t capability_bounding_set = UINT64_MAX;  ///< all
  std::uint64_t ambient_capabilities = 0;
  bool no_new_privileges = false;
  std::optional<KeyringMode> keyring_mode;  ///< unset: private for the system manager
  std::optional<SystemCallSet> system_call_filter;
  std::vector<std::string> system_call_architectures;
  std::optional<int> system_call_error_number;  ///< unset: kill
  std::optional<SystemCallSet> system_call_log;
  bool memory_deny_write_execute = false;
  std::optional<std::uint64_t> restrict_namespaces;  ///< CLONE_NEW* allowed; unset: no restriction
  bool restrict_realtime = false;
  bool restrict_suid_sgid = false;
  std::optional<FamilyFilter> restrict_address_families;
  bool lock_personality = false;
  std::optional<NameFilter> restrict_file_systems;
  SecurityLabel selinux_context;
  SecurityLabel apparmor_profile;
  SecurityLabel smack_process_label;
  bool operator==(const ExecPrivileges&) const = default;
};

enum class ProtectSystem : std::uint8_t { no, yes, full, strict };
constexpr std::array<std::string_view, 4> enum_names(std::type_identity<ProtectSystem>) {
  return {"no", "yes", "full", "strict"};
}
enum class ProtectHome : std::uint8_t { no, yes, read_only, tmpfs };
constexpr std::array<std::string_view, 4> enum_names(std::type_identity<ProtectHome>) {
  return {"no", "yes", "read-only", "tmpfs"};
}
enum class ProtectProc : std::uint8_t { default_, no_access, invisible, ptraceable };
constexpr std::array<std::string_view, 4> enum_names(std::type_identity<ProtectProc>) {
  return {"default", "noaccess", "invisible", "ptraceable"};
}
enum class ProcSubset : std::uint8_t { all, pid };
constexpr std::array<std::string_view, 2> enum_names(std::type_identity<ProcSubset>) { return {"all", "pid"}; }

/// Yes/no sandboxing switches.
struct ExecSandbox {
  bool private_tmp = false;
  bool private_devices = false;
  bool private_network = false;
  bool private_users = false;
  std::optional<bool> private_mounts;
  bool private_ipc = false;
  bool protect_kernel_tunables = false;
  bool protect_kernel_modules = false;
  bool protect_kernel_logs = false;
  bool protect_clock = false;
  bool protect_control_groups = false;
  bool protect_hostname = false;
  ProtectSystem protect_system = ProtectSystem::no;
  ProtectHome protect_home = ProtectHome::no;
  ProtectProc protect_proc = ProtectProc::default_;
  ProcSubset proc_subset = ProcSubset::all;
  std::uint64_t mount_flags = 0;  ///< MS_SHARED, MS_SLAVE, MS_PRIVATE; 0: not set
  std::optional<bool> mount_api_vfs;
  std::string network_namespace_path;
  std::string ipc_namespace_path;
  bool operator==(const ExecSandbox&) const = default;
};

/// The file system as the process sees it.
struct ExecPaths {
  std::vector<MountablePath> read_write_paths;
  std::vector<MountablePath> read_only_paths;
  std::vector<MountablePath> inaccessible_paths;
  std::vector<MountablePath> exec_paths;
  std::vector<MountablePath> no_exec_paths;
  std::vector<BindMount> bind_mounts;
  std::vector<TemporaryFileSystemEntry> temporary_file_systems;
  std::string root_image;
  std::vector<ImageOption> root_image_options;
  std::string root_hash;
  std::string root_hash_path;
  std::string root_hash_signature;
  std::string root_hash_signature_path;
  std::string root_verity;
  std::vector<MountablePath> extension_directories;
  std::vector<ImageMount> extension_images;
  std::vector<ImageMount> mount_images;
  bool operator==(const ExecPaths&) const = default;
};

enum class PreserveMode : std::uint8_t { no, yes, restart };
constexpr std::array<std::string_view, 3> enum_names(std::type_identity<PreserveMode>) {
  return {"no", "yes", "restart"};
}
enum class DirectoryKind : std::uint8_t { runtime, state, cache, logs, configuration };
inline constexpr std::size_t directory_kind_count = 5;
constexpr std::array<std::string_view, directory_kind_count> enum_names(std::type_identity<DirectoryKind>) {
  return {"RuntimeDirectory", "StateDirectory", "CacheDirectory", "LogsDirectory", "ConfigurationDirectory"};
}
struct DirectorySet {
  std::vector<ManagedDirectory> directories;
  std::uint32_t mode = 0755;
  bool operator==(const DirectorySet&) const = default;
};

/// Directories and credentials that the manager provides.
struct ExecProvided {
  std::array<DirectorySet, directory_kind_count> directories;  ///< by DirectoryKind
  PreserveMode runtime_directory_preserve = PreserveMode::no;
  Duration timeout_clean = Duration::infinity();
  std::vector<CredentialData> set_credentials;
  std::vector<CredentialSource> load_credentials;
  bool operator==(const ExecProvided&) const = default;
};

}  // namespace unitparser
