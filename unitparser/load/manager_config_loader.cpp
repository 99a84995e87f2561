// Loading of the manager's own configuration. [port]
#include "unitparser/load/manager_config_loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "unitparser/directives/manager_directives.h"
#include "unitparser/directives/settings_file.h"

namespace unitparser {

std::vector<std::string> system_configuration_folders() {
  return {"/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd", "/lib/systemd"};
}

std::vector<std::string> configuration_files(FileSource& source, std::span<const std::string> folders, std::string_view name) {
  std::vector<std::string> files;
  for (const std::string& folder : folders) {
    const std::string path = fmt::format("{}/{}", folder, name);
    if (source.stamp(path).kind != FileKind::regular) continue;
    files.push_back(path);
    break;
  }
  std::map<std::string, std::string> drop_ins;  // by file name, which is also the order
  for (const std::string& folder : folders) {
    const std::string path = fmt::format("{}/{}.d", folder, name);
    const Result<std::vector<DirectoryEntry>> entries = source.list(path);
    if (!entries) continue;
    for (const DirectoryEntry& entry : *entries)
      if (entry.name.ends_with(".conf") && !entry.name.starts_with('.')) drop_ins.emplace(entry.name, path + "/" + entry.name);
  }
  for (auto& [file, path] : drop_ins)
    if (source.stamp(path).kind == FileKind::regular) files.push_back(std::move(path));
  return files;
}

void apply_manager_text(std::string_view text, const std::string& path, const SpecifierFacts& specifiers, const MachineFacts& machine, LoadedManagerConfig& loaded) {
  const std::vector<std::string_view> keys = manager_keys();
  read_settings(text, path, {.section = "Manager", .own_section = {}, .keys = keys, .specifiers = &specifiers, .machine = &machine},
                [&loaded](ParseContext& context, std::string_view value) { return apply_manager_setting(context, loaded.config, value); }, loaded.diagnostics);
}

namespace {

/// COMPAT: what a user's manager does when nothing is said. Its units go before it when memory is short, and have its limits.
ManagerConfig user_defaults(const MachineFacts& machine) {
  constexpr int before_the_manager = 100, highest = 1000;
  ManagerConfig config;
  config.behaviour.show_status = ShowStatus::no;
  config.behaviour.log_target = LogTarget::auto_;
  for (Duration* watchdog : {&config.behaviour.runtime_watchdog, &config.behaviour.runtime_watchdog_pre,
                             &config.behaviour.reboot_watchdog, &config.behaviour.kexec_watchdog})
    *watchdog = Duration::infinity();  // not its affair
  config.defaults.limits = {};
  config.defaults.oom_score_adjust = std::min(machine.own_oom_score_adjust + before_the_manager, highest);
  return config;
}

}  // namespace

LoadedManagerConfig load_manager_config(FileSource& source, ManagerScope scope, const SpecifierFacts& specifiers, const MachineFacts& machine,
                                        const CommandLineSettings& command_line) {
  LoadedManagerConfig loaded;
  if (scope == ManagerScope::user) loaded.config = user_defaults(machine);
  const auto apply_lines = [&](const std::string& lines) {
    if (!lines.empty()) apply_manager_text("[Manager]\n" + lines, "kernel command line", specifiers, machine, loaded);
  };
  apply_lines(command_line.usual);
  std::vector<std::string> folders = system_configuration_folders();
  if (scope == ManagerScope::user) folders.insert(folders.begin(), specifiers.configuration_directory + "/systemd");
  for (const std::string& path : configuration_files(source, folders, scope == ManagerScope::system ? "system.conf" : "user.conf")) {
    const Result<std::string> text = source.read(path, longest_unit_file);
    if (!text) {
      loaded.diagnostics.push_back({Severity::error, {path, 0, 0}, {}, text.error().message, {}});
      continue;
    }
    // DIFFERS: a file that breaks off ends nothing but itself; systemd would not read those behind it.
    apply_manager_text(*text, path, specifiers, machine, loaded);
  }
  apply_lines(command_line.overruling);
  return loaded;
}

}  // namespace unitparser
