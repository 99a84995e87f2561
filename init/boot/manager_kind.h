// ManagerKind: whether this is the machine's manager or one user's, and everything that follows from it. [os]
#pragma once

#include <array>
#include <string>
#include <vector>

#include "init/boot/generators.h"
#include "unitparser/base/result.h"
#include "unitparser/config/exec_config.h"
#include "unitparser/directives/parse_context.h"
#include "unitparser/load/unit_paths.h"

namespace init {

/// Found out once, at the start; each part is handed what it needs of it. The defaults are the machine's.
struct ManagerKind {
  unitparser::ManagerScope scope = unitparser::ManagerScope::system;
  std::string cgroup;                            ///< the group that all others lie in; "": the hierarchy's root
  std::string runtime_directory = "/run";
  /// Where RuntimeDirectory=, StateDirectory= and so on are made, by DirectoryKind.
  std::array<std::string, unitparser::directory_kind_count> directories{"/run", "/var/lib", "/var/cache", "/var/log", "/etc"};
  std::string stamp_directory = "/var/lib/systemd/timers";  ///< of Persistent= timers
  std::string credentials_directory;             ///< what the manager was given for its units; empty: nothing
  std::string encrypted_credentials_directory;   ///< the same, encrypted
  std::string bus_address = "unix:path=/run/dbus/system_bus_socket";
  bool bus_is_there = false;                     ///< not a unit of ours: we were told its address
  unitparser::UnitPaths unit_paths;
  GeneratorFolders generators;

  [[nodiscard]] bool is_system() const { return scope == unitparser::ManagerScope::system; }
  [[nodiscard]] std::string private_socket() const { return runtime_directory + "/systemd/private"; }
  [[nodiscard]] std::string notify_socket() const { return runtime_directory + "/systemd/notify"; }
  /// What specifiers mean to this manager's units, as of now.
  [[nodiscard]] unitparser::SpecifierFacts specifiers() const;
};

[[nodiscard]] ManagerKind system_manager();
/// Of the calling user, from the environment (file-hierarchy(7) USER HOME) and the control group that we are in. Error:
/// $XDG_RUNTIME_DIR is not set, or there is no control group.
[[nodiscard]] unitparser::Result<ManagerKind> user_manager();

}  // namespace init
