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

/// What many units of a machine say alike. Parts that the unit's type does not have stay default and cost nothing.
struct CommonSettings {
  Shared<UnitNeeds> unit_needs;
  Shared<UnitLimits> unit_limits;
  Shared<InstallSection> install;

  Shared<ServiceConfig> service;
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

  bool operator==(const CommonSettings&) const = default;
};

/// One part for each table of directives: those that hardly two units have alike, and the rest in one piece, which units share.
struct UnitConfig {
  /// What Origin::source points to: the fragment, drop-ins in the order read, folders of links (a.target.wants/, with that slash).
  std::vector<SharedText> sources;
  SharedText description;  ///< Description=, which is hardly ever that of another unit
  Shared<UnitSection> unit;
  Shared<UnitDocuments> unit_documents;
  Shared<ServiceCommands> service_commands;
  Shared<CommonSettings> common;

  bool operator==(const UnitConfig&) const = default;
};

/// The file that said it; where a folder of links did, its link to that unit. Empty: no file.
[[nodiscard]] inline std::string source_of(const UnitConfig& config, const Origin& origin, std::string_view linked) {
  if (origin.source >= config.sources.size()) return {};
  std::string path = config.sources[origin.source].str();
  if (path.ends_with('/')) path += linked;
  return path;
}
/// The same as FILE:LINE, where there is a line.
[[nodiscard]] inline std::string place_of(const UnitConfig& config, const Origin& origin, std::string_view linked) {
  std::string place = source_of(config, origin, linked);
  if (!place.empty() && origin.line != 0) place += ":" + std::to_string(origin.line);
  return place;
}

/// Whether units of that type run processes of their own description ([Service], [Socket], [Mount], [Swap]).
[[nodiscard]] constexpr bool type_has_exec(UnitType type) {
  return type == UnitType::service || type == UnitType::socket || type == UnitType::mount || type == UnitType::swap;
}
/// Whether units of that type have a control group.
[[nodiscard]] constexpr bool type_has_cgroup(UnitType type) {
  return type_has_exec(type) || type == UnitType::slice || type == UnitType::scope;
}

}  // namespace unitparser
