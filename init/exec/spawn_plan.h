// SpawnPlan: the fully resolved, serialisable recipe of one process; what PID 1 hands to the executor. [pure]
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "init/exec/credential_folders.h"
#include "init/exec/exec_step.h"
#include "init/exec/mount_plan.h"
#include "init/exec/spawn_request.h"
#include "unitparser/config/exec_config.h"

namespace init {

/// What is run for whom.
struct PlanProcess {
  std::string unit;           ///< "nginx.service"
  std::string invocation_id;  ///< 32 hexadecimal digits, may be empty
  std::string path;           ///< absolute, or a name to be looked up in search_path
  std::vector<std::string> argv;
  std::vector<std::string> search_path;  ///< folders for a path without a slash
  bool expand_variables = true;
  bool ignore_failure = false;  ///< a missing program is a remark, not an error
  bool user_manager = false;
  bool journal_runs = false;    ///< so that a message may wait for it
  std::string cgroup_directory;  ///< absolute below /sys/fs/cgroup; empty: no control group to hand over
  bool delegate = false;         ///< the group becomes the user's
  bool operator==(const PlanProcess&) const = default;
};

/// Environment: three layers, later ones win; between `base` and `configured` the executor puts what only it knows.
struct PlanEnvironment {
  std::vector<std::string> base;        ///< the manager's defaults and what this run adds
  std::vector<std::string> configured;  ///< PATH of ExecSearchPath=, PassEnvironment=, Environment=, EnvironmentFile=
  std::vector<std::string> unset;       ///< names or "NAME=value" taken away at the end
  std::string terminal_type;            ///< TERM of the console, for /dev/console
  bool notify_socket = false;
  std::string notify_socket_path;
  std::uint64_t watchdog_usec = 0;
  bool operator==(const PlanEnvironment&) const = default;
};

/// Who the process becomes. Names are looked up by the executor, never by PID 1.
struct PlanIdentity {
  std::string user;
  std::string group;
  std::vector<std::string> supplementary_groups;
  bool dynamic_user = false;
  std::string dynamic_user_name;  ///< also when User= says it
  bool change_user = true;        ///< false for '+' and '!'
  bool sandboxed = true;          ///< false for '+'
  std::string pam_service;
  std::uint32_t umask = 0022;
  std::string working_directory;  ///< empty: "/"
  bool working_directory_home = false;
  bool working_directory_missing_ok = false;
  std::string root_directory;     ///< chroot() when there is no mount namespace
  std::vector<std::string> nodes; ///< paths that are given to the user, by a plan without a program
  bool operator==(const PlanIdentity&) const = default;
};

/// How long a process of Type=idle holds back for the boot to be done.
inline constexpr int longest_idle_msec = 5000;

/// Descriptors that come with the plan, by number; -1: none.
struct PlanDescriptors {
  std::vector<int> passed;         ///< become 3, 4, …
  std::vector<std::string> names;  ///< LISTEN_FDNAMES
  std::uint32_t stored = 0;        ///< how many at the end are from the store: their flags are left alone
  bool non_blocking = false;
  std::array<int, 3> standard{-1, -1, -1};  ///< of transient units: beat what the streams say
  int socket = -1;                 ///< for ExecInput::socket and ExecOutput::socket
  int report = -1;                 ///< see ReportRecord
  int idle = -1;                   ///< read end that is closed when the boot is done
  int terminal_busy = -1;          ///< read end that is closed when nobody puts the terminal in order any more
  std::array<int, 2> network_namespace{-1, -1};  ///< socket pair that keeps the shared namespace
  std::array<int, 2> ipc_namespace{-1, -1};
  std::array<int, 2> dynamic_user{-1, -1};       ///< socket pair that keeps the allocated user
  bool operator==(const PlanDescriptors&) const = default;
};

/// ConfirmSpawn=: what is asked before anything is executed.
struct PlanQuestion {
  std::string terminal;      ///< "/dev/console"; empty: nothing is asked
  std::string switched_off;  ///< a file that is there once nobody wants to be asked any more
  std::string description;   ///< of the unit
  std::string unit, jobs;    ///< what is known of the unit, and of what is under way, for who asks; lines
  bool operator==(const PlanQuestion&) const = default;
};

/// One folder to provide: where it is seen, and for DynamicUser= the private place it really is.
struct PlanDirectory {
  unitparser::DirectoryKind kind{};
  std::string path;          ///< relative, as configured
  std::vector<std::string> symlinks;
  std::uint32_t mode = 0755;
  bool operator==(const PlanDirectory&) const = default;
};
struct PlanDirectories {
  std::array<std::string, unitparser::directory_kind_count> prefixes;  ///< "/run", "/var/lib", …
  std::vector<PlanDirectory> create;
  std::array<std::string, unitparser::directory_kind_count> variables; ///< value of RUNTIME_DIRECTORY & co., "" if none
  bool private_layout = false;  ///< DynamicUser=: STATE/private/NAME and a link
  bool operator==(const PlanDirectories&) const = default;
};

struct PlanCredentials {
  std::string directory;  ///< /run/credentials/UNIT, empty: none wanted
  bool write = false;     ///< this process has to fill it; else it is only used
  std::vector<unitparser::CredentialData> set;
  std::vector<unitparser::CredentialSource> load;
  CredentialFolders search;  ///< for a LoadCredential= path that is not absolute
  bool operator==(const PlanCredentials&) const = default;
};

/// Namespaces besides the mount namespace.
struct PlanNamespaces {
  bool network = false;
  std::string network_path;
  bool ipc = false;
  std::string ipc_path;
  bool user = false;
  bool hostname = false;
  bool operator==(const PlanNamespaces&) const = default;
};

/// System-call filters that follow from sandboxing switches; the ones with their own directives are in ExecPrivileges.
struct PlanSystemCalls {
  bool kernel_tunables = false;
  bool kernel_modules = false;
  bool kernel_logs = false;
  bool clock = false;
  bool hostname = false;
  bool raw_io = false;  ///< PrivateDevices=
  bool operator==(const PlanSystemCalls&) const = default;
};

/// The terminal that processes with these streams open or change: TTYPath=, or else the console.
[[nodiscard]] inline std::string terminal_path(const unitparser::ExecStreams& streams) { return streams.tty_path.empty() ? "/dev/console" : streams.tty_path; }

/// The whole recipe. Adding a field needs a line in plan_codec (it does not compile without) and a new version.
struct SpawnPlan {
  static constexpr std::uint32_t current_version = 4;
  PlanProcess process;
  PlanEnvironment environment;
  PlanIdentity identity;
  PlanDescriptors descriptors;
  PlanQuestion question;
  unitparser::ExecStreams streams;
  unitparser::ExecLogging logging;
  unitparser::ExecScheduling scheduling;
  unitparser::ExecPrivileges privileges;
  PlanSystemCalls system_calls;
  PlanDirectories directories;
  PlanCredentials credentials;
  PlanNamespaces namespaces;
  MountPlan mounts;
  std::vector<ExecStep> steps;         ///< in the order of the table
  std::vector<std::string> warnings;   ///< what this machine cannot do, one sentence each
  bool operator==(const SpawnPlan&) const = default;
};

/// What the executor writes to `descriptors.report`: records of this form until the descriptor closes. A closed
/// descriptor after `executing` and without `failed` means that execve() worked.
struct ReportRecord {
  enum class Kind : std::uint32_t { executing = 1, failed = 2 };
  Kind kind{};
  std::uint32_t exit_status = 0;
  std::int32_t os_errno = 0;
};

}  // namespace init
