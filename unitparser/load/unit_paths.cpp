// The unit search path. [pure]
#include "unitparser/load/unit_paths.h"

#include <algorithm>

#include "unitparser/base/text.h"
#include "unitparser/syntax/paths.h"

namespace unitparser {
namespace {

constexpr std::string_view system_vendor[] = {"/usr/local/lib/systemd/system", own_unit_directory, "/lib/systemd/system",
                                              "/usr/lib/systemd/system"};

void set_special_folders(UnitPaths& paths, const std::string& runtime_root) {
  paths.transient = runtime_root + "/transient";
  paths.generator = runtime_root + "/generator";
  paths.generator_early = runtime_root + "/generator.early";
  paths.generator_late = runtime_root + "/generator.late";
}

void append(std::vector<std::string>& search, std::initializer_list<std::string> folders) {
  for (const std::string& folder : folders)
    if (!folder.empty()) search.push_back(folder);
}

/// "a:b" with `suffix` behind each absolute one.
void append_list(std::vector<std::string>& search, std::string_view list, std::string_view suffix) {
  for (const std::string_view folder : split_at(list, ':'))
    if (folder.starts_with('/')) search.push_back(std::string(folder) + std::string(suffix));
}

UnitPaths system_paths() {
  UnitPaths paths;
  paths.persistent_config = "/etc/systemd/system";
  paths.runtime_config = "/run/systemd/system";
  paths.persistent_control = "/etc/systemd/system.control";
  paths.runtime_control = "/run/systemd/system.control";
  paths.persistent_attached = "/etc/systemd/system.attached";
  paths.runtime_attached = "/run/systemd/system.attached";
  set_special_folders(paths, "/run/systemd");
  append(paths.search, {paths.persistent_control, paths.runtime_control, paths.transient, paths.generator_early,
                        paths.persistent_config, paths.persistent_attached, paths.runtime_config, paths.runtime_attached,
                        paths.generator});
  for (const std::string_view vendor : system_vendor) paths.search.emplace_back(vendor);
  paths.search.push_back(paths.generator_late);
  return paths;
}

UnitPaths global_paths() {
  UnitPaths paths;
  paths.scope = UnitScope::global;
  paths.persistent_config = "/etc/systemd/user";
  paths.runtime_config = "/run/systemd/user";
  append(paths.search, {paths.persistent_config, paths.runtime_config, "/usr/local/share/systemd/user",
                        "/usr/share/systemd/user", "/usr/local/lib/systemd/user", "/usr/lib/systemd/user"});
  return paths;
}

UnitPaths user_paths(const UnitPathEnvironment& environment) {
  UnitPaths paths;
  paths.scope = UnitScope::user;
  const auto below = [](const std::string& folder, const std::string& rest) { return folder.empty() ? std::string() : folder + rest; };
  const std::string config = environment.config_home.empty() ? below(environment.home, "/.config") : environment.config_home;
  const std::string data = environment.data_home.empty() ? below(environment.home, "/.local/share") : environment.data_home;
  paths.persistent_config = below(config, "/systemd/user");
  paths.persistent_control = below(config, "/systemd/user.control");
  paths.runtime_config = below(environment.runtime_dir, "/systemd/user");
  paths.runtime_control = below(environment.runtime_dir, "/systemd/user.control");
  if (!environment.runtime_dir.empty()) set_special_folders(paths, environment.runtime_dir + "/systemd");
  append(paths.search, {paths.persistent_control, paths.runtime_control, paths.transient, paths.generator_early, paths.persistent_config});
  append_list(paths.search, environment.config_dirs.empty() ? "/etc/xdg" : environment.config_dirs, "/systemd/user");
  append(paths.search, {"/etc/systemd/user", paths.runtime_config, "/run/systemd/user", paths.generator, below(data, "/systemd/user")});
  append_list(paths.search, environment.data_dirs.empty() ? "/usr/local/share:/usr/share" : environment.data_dirs, "/systemd/user");
  append(paths.search, {"/usr/local/lib/systemd/user", "/usr/lib/systemd/user", paths.generator_late});
  return paths;
}

void remove_duplicates(std::vector<std::string>& search) {
  std::vector<std::string> unique;
  for (std::string& folder : search) {
    folder = simplify_path(folder);
    if (std::find(unique.begin(), unique.end(), folder) == unique.end()) unique.push_back(folder);
  }
  search = std::move(unique);
}

}  // namespace

UnitPaths make_unit_paths(UnitScope scope, const UnitPathEnvironment& environment) {
  UnitPaths paths = scope == UnitScope::system ? system_paths() : scope == UnitScope::user ? user_paths(environment) : global_paths();
  if (!environment.generator_root.empty()) set_special_folders(paths, environment.generator_root);
  if (!environment.unit_path.empty()) {
    // An empty component at the end ("a:b:") puts the usual folders behind the given ones.
    std::vector<std::string> given;
    append_list(given, environment.unit_path, "");
    if (environment.unit_path.ends_with(':')) given.insert(given.end(), paths.search.begin(), paths.search.end());
    paths.search = std::move(given);
  }
  remove_duplicates(paths.search);
  return paths;
}

bool is_in_generator_directory(const UnitPaths& paths, std::string_view path) {
  for (const std::string* folder : {&paths.generator, &paths.generator_early, &paths.generator_late})
    if (!folder->empty() && path_is_below(path, *folder)) return true;
  return false;
}

bool is_in_transient_directory(const UnitPaths& paths, std::string_view path) {
  return !paths.transient.empty() && path_is_below(path, paths.transient);
}

}  // namespace unitparser
