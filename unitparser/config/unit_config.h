// UnitConfig: everything the files of one unit say. Immutable once loaded, cheap to copy, parts shared when equal. [pure]
#pragma once

#include "unitparser/base/shared.h"
#include "unitparser/base/shared_text.h"
#include "unitparser/config/exec_config.h"
#include "unitparser/config/other_configs.h"
#include "unitparser/config/resource_config.h"
#include "unitparser/config/service_config.h"
#include "unitparser/config/socket_config.h"
#include "unitparser/config/unit_section.h"

namespace unitparser {

/// One part for each table of directives. Parts that the unit's type does not have stay default and cost nothing.
struct UnitConfig {
  std::vector<SharedText> sources;  ///< fragment first, then drop-ins in the order read; Origin::source points here
  Shared<UnitSection> unit;
  Shared<UnitNeeds> unit_needs;
  Shared<UnitDocuments> unit_documents;
  Shared<UnitLimits> unit_limits;
  Shared<InstallSection> install;

  Shared<ServiceConfig> service;
  Shared<ServiceCommands> service_commands;
  Shared<ServiceTimeouts> service_timeouts;
  Shared<SocketConfig> socket;
  Shared<SocketOptions> socket_options;
  Shared<MountConfig> mount;
  Shared<AutomountConfig> automount;
  Shared<SwapConfig> swap;
  Shared<TimerConfig> timer;
  Shared<PathConfig> path;
  Shared<ScopeConfig> scope;

  Shared<ExecIdentity> exec_identity;
  Shared<ExecEnvironment> exec_environment;
  Shared<ExecStreams> exec_streams;
  Shared<ExecLogging> exec_logging;
  Shared<ExecScheduling> exec_scheduling;
  Shared<ExecPrivileges> exec_privileges;
  Shared<ExecSandbox> exec_sandbox;
  Shared<ExecPaths> exec_paths;
  Shared<ExecProvided> exec_provided;

  Shared<ResourceBasics> resource_basics;
  Shared<ResourceMemory> resource_memory;
  Shared<ResourceIo> resource_io;
  Shared<ResourceAccess> resource_access;
  Shared<KillConfig> kill;

  bool operator==(const UnitConfig&) const = default;
};

/// Whether units of that type run processes of their own description ([Service], [Socket], [Mount], [Swap]).
[[nodiscard]] constexpr bool type_has_exec(UnitType type) {
  return type == UnitType::service || type == UnitType::socket || type == UnitType::mount || type == UnitType::swap;
}
/// Whether units of that type have a control group.
[[nodiscard]] constexpr bool type_has_cgroup(UnitType type) {
  return type_has_exec(type) || type == UnitType::slice || type == UnitType::scope;
}

}  // namespace unitparser
