// From what a machine asked and what the unit's files say to the SpawnPlan of one process. [port: environment files]
#pragma once

#include "init/exec/spawn_plan.h"
#include "unitparser/base/result.h"
#include "unitparser/config/unit_config.h"

namespace init {

/// What the builder must know of the manager and the machine; collected once, changed by `set-environment` and reload.
struct SystemFacts {
  bool user_manager = false;
  bool privileged = true;                      ///< the manager is root
  std::string home;                            ///< of the manager's user
  std::int32_t manager_pid = 0;                ///< told to services of a user's manager
  std::string boot_id;                         ///< 32 hexadecimal digits
  std::vector<std::string> environment;        ///< what every process gets: PATH, LANG, DefaultEnvironment=, …
  std::vector<std::string> own_environment;    ///< the manager's own, for PassEnvironment=
  std::string runtime_prefix = "/run";
  std::array<std::string, unitparser::directory_kind_count> directory_prefixes{"/run", "/var/lib", "/var/cache",
                                                                               "/var/log", "/etc"};
  std::string notify_socket_path = "/run/systemd/notify";
  std::string cgroup_root = "/sys/fs/cgroup";  ///< where the cgroup2 hierarchy that we manage begins
  std::string terminal_type;                   ///< TERM of the console; empty: by the kind of terminal
  CredentialFolders credential_folders;        ///< what the machine was given, and what is installed for its units
  std::string confirm_terminal;                ///< ConfirmSpawn=: where to ask; empty: nothing is asked
  int idle_fd = -1;                            ///< closed by its writer when the boot's jobs are done
};

/// What outlives the single process: made when a unit starts, shared with units of JoinsNamespaceOf=, released when the
/// last one is down. Socket pairs hold the descriptors of what the first process created.
struct ExecRuntime {
  std::string private_tmp_suffix;              ///< "BOOTID-UNIT-RANDOM", when PrivateTmp= is on
  std::array<int, 2> network_namespace{-1, -1};
  std::array<int, 2> ipc_namespace{-1, -1};
  std::array<int, 2> dynamic_user{-1, -1};
};

/// Reads environment files.
class EnvironmentFiles {
 public:
  virtual ~EnvironmentFiles() = default;
  /// Contents of all files that match (a path or a glob), in order; not_found when there is none.
  [[nodiscard]] virtual unitparser::Result<std::vector<std::string>> read(const std::string& pattern) = 0;
};

/// Resolves everything that can be resolved without the process. Fails when an environment file cannot be read.
[[nodiscard]] unitparser::Result<SpawnPlan> build_spawn_plan(const SpawnRequest& request,
                                                             const unitparser::UnitConfig& config,
                                                             const SystemFacts& facts, const ExecRuntime& runtime,
                                                             EnvironmentFiles& files);

/// Whether processes with these streams open or change a terminal (TTYPath=, or else the console).
[[nodiscard]] bool touches_terminal(const unitparser::ExecStreams& streams);
/// The plan of a process that puts the terminal of a service in order whose run is over, and ends. For who touches a terminal.
[[nodiscard]] SpawnPlan build_terminal_release(const unitparser::UnitName& unit, const unitparser::ExecStreams& streams);

/// The plan of SpawnRole::owner: of a socket the nodes, to SocketUser= and SocketGroup=; of a scope the control group, to User= and Group=.
[[nodiscard]] SpawnPlan build_ownership(const SpawnRequest& request, const unitparser::UnitConfig& config, const SystemFacts& facts);

/// The file by which ConfirmSpawn= is switched off until the machine ends.
[[nodiscard]] std::string confirm_switched_off_path(const SystemFacts& facts);

/// Folder of a unit's credentials below the run-time prefix.
[[nodiscard]] std::string credentials_directory(const SystemFacts& facts, const std::string& unit);

/// Whether the folder of that kind lies below "private" for this unit (DynamicUser=).
[[nodiscard]] bool is_private_directory(const unitparser::UnitConfig& config, unitparser::DirectoryKind kind);

/// Name of the user of a DynamicUser= unit without User=: from the unit's name, or a hash of it.
[[nodiscard]] std::string dynamic_user_name(const unitparser::UnitName& unit);

}  // namespace init
