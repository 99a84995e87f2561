// RecentParts: lets units whose configs are equal in a part share it. [pure]
#pragma once

#include <array>
#include <tuple>

#include "unitparser/config/unit_config.h"

namespace unitparser {

/// Remembers the last few values of those parts of a config that many units have alike. Each load asks once for each
/// part; what is equal to a remembered one becomes the same storage.
class RecentParts {
 public:
  void share(UnitConfig& config) {
    share_all<&UnitConfig::unit_needs, &UnitConfig::unit_documents, &UnitConfig::unit_limits, &UnitConfig::install, &UnitConfig::service,
              &UnitConfig::service_commands, &UnitConfig::service_timeouts, &UnitConfig::socket_options,
              &UnitConfig::exec_identity, &UnitConfig::exec_environment, &UnitConfig::exec_streams, &UnitConfig::exec_logging, &UnitConfig::exec_scheduling,
              &UnitConfig::exec_privileges, &UnitConfig::exec_sandbox, &UnitConfig::exec_paths, &UnitConfig::exec_provided, &UnitConfig::resource_basics,
              &UnitConfig::resource_memory, &UnitConfig::resource_io, &UnitConfig::resource_access, &UnitConfig::kill>(config);
  }

 private:
  static constexpr std::size_t remembered = 8;  ///< of each part; most units of a machine have one of a handful
  template <class T>
  struct Recent {
    std::array<Shared<T>, remembered> values;
    std::size_t next = 0;

    void share(Shared<T>& part) {
      if (part.same_as(Shared<T>())) return;
      for (const Shared<T>& value : values)
        if (value.same_as(part)) return;
      for (const Shared<T>& value : values)
        if (*value == *part) {
          part = value;
          return;
        }
      values[next] = part;
      next = (next + 1) % remembered;
    }
  };
  template <auto Member>
  auto& recent_of(UnitConfig& config) {
    using Part = std::decay_t<decltype((config.*Member).read())>;
    return std::get<Recent<Part>>(recent_);
  }
  template <auto... Members>
  void share_all(UnitConfig& config) {
    (recent_of<Members>(config).share(config.*Members), ...);
  }

  std::tuple<Recent<UnitNeeds>, Recent<UnitDocuments>, Recent<UnitLimits>, Recent<InstallSection>, Recent<ServiceConfig>, Recent<ServiceCommands>,
             Recent<ServiceTimeouts>, Recent<SocketOptions>, Recent<ExecIdentity>, Recent<ExecEnvironment>, Recent<ExecStreams>, Recent<ExecLogging>, Recent<ExecScheduling>, Recent<ExecPrivileges>, Recent<ExecSandbox>,
             Recent<ExecPaths>, Recent<ExecProvided>, Recent<ResourceBasics>, Recent<ResourceMemory>, Recent<ResourceIo>, Recent<ResourceAccess>,
             Recent<KillConfig>>
      recent_;
};

}  // namespace unitparser
