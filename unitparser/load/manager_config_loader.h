// Reads system.conf or user.conf and their drop-ins (systemd-system.conf(5)). [port]
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unitparser/base/diagnostic.h"
#include "unitparser/config/manager_config.h"
#include "unitparser/directives/parse_context.h"
#include "unitparser/load/file_source.h"

namespace unitparser {

/// Files of one configuration in the order in which they apply: NAME itself from the most important folder that has it,
/// then NAME.d/*.conf of all folders sorted by file name, a name in a more important folder hiding the others.
/// `folders`: the most important first, e.g. "/etc/systemd". Files that lead to /dev/null or are empty are left out.
[[nodiscard]] std::vector<std::string> configuration_files(FileSource& source, std::span<const std::string> folders, std::string_view name);
/// "/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd", "/lib/systemd".
[[nodiscard]] std::vector<std::string> system_configuration_folders();

struct LoadedManagerConfig {
  ManagerConfig config;
  Diagnostics diagnostics;
};
/// Lines "Key=value" of [Manager] from the kernel command line.
struct CommandLineSettings {
  std::string usual;       ///< the files overrule them
  std::string overruling;  ///< they overrule the files
};
/// Never fails: what cannot be read or understood is in the diagnostics, the rest holds.
[[nodiscard]] LoadedManagerConfig load_manager_config(FileSource& source, ManagerScope scope, const SpecifierFacts& specifiers,
                                                      const MachineFacts& machine, const CommandLineSettings& command_line = {});
/// One file's text.
void apply_manager_text(std::string_view text, const std::string& path, const SpecifierFacts& specifiers, const MachineFacts& machine, LoadedManagerConfig& loaded);

}  // namespace unitparser
