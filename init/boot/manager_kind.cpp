// The two kinds of managers. [os]
#include "init/boot/manager_kind.h"

#include <cstdlib>

#include "init/conditions/file_conditions.h"
#include "unitparser/base/text.h"
#include "unitparser/load/host_facts.h"

namespace init {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

/// Our group without the scope that an earlier image of ours, or whoever delegated it, put us into.
std::string own_cgroup() {
  const std::string text = read_text_file("/proc/self/cgroup");
  for (const std::string_view line : unitparser::split_at(text, '\n')) {
    auto path = unitparser::after_prefix(line, "0::");
    if (!path) continue;
    constexpr std::string_view own_scope = "/init.scope";
    if (path->ends_with(own_scope)) path->remove_suffix(own_scope.size());
    return *path == "/" ? std::string() : std::string(*path);
  }
  return {};
}

}  // namespace

unitparser::SpecifierFacts ManagerKind::specifiers() const {
  unitparser::SpecifierFacts facts = unitparser::read_specifier_facts(scope);
  facts.cgroup_root = cgroup;
  return facts;
}

ManagerKind system_manager() {
  ManagerKind kind;
  kind.credentials_directory = "/run/credentials/@system";
  kind.encrypted_credentials_directory = "/run/credentials/@encrypted";
  kind.unit_paths = unitparser::make_unit_paths(unitparser::UnitScope::system);
  kind.generators = system_generator_folders();
  return kind;
}

unitparser::Result<ManagerKind> user_manager() {
  ManagerKind kind;
  kind.scope = unitparser::ManagerScope::user;
  kind.runtime_directory = variable("XDG_RUNTIME_DIR");
  if (!kind.runtime_directory.starts_with('/'))
    return unitparser::fail(unitparser::ErrorCode::not_found, "Trying to run as user instance, but $XDG_RUNTIME_DIR is not set.");
  kind.cgroup = own_cgroup();
  if (kind.cgroup.empty()) return unitparser::fail(unitparser::ErrorCode::not_supported, "A user's manager needs a control group of its own.");
  const unitparser::SpecifierFacts user = kind.specifiers();
  kind.directories = {user.runtime_directory, user.state_directory, user.cache_directory, user.logs_directory, user.configuration_directory};
  const unitparser::UnitPathEnvironment paths = unitparser::read_unit_path_environment();
  kind.stamp_directory = (paths.data_home.empty() ? user.home + "/.local/share" : paths.data_home) + "/systemd/timers";
  kind.credentials_directory = variable("CREDENTIALS_DIRECTORY");
  kind.encrypted_credentials_directory = variable("ENCRYPTED_CREDENTIALS_DIRECTORY");
  kind.bus_address = variable("DBUS_SESSION_BUS_ADDRESS");
  kind.bus_is_there = !kind.bus_address.empty();
  if (!kind.bus_is_there) kind.bus_address = "unix:path=" + kind.runtime_directory + "/bus";
  kind.unit_paths = unitparser::make_unit_paths(unitparser::UnitScope::user, paths);
  kind.generators = user_generator_folders(kind.runtime_directory);
  return kind;
}

}  // namespace init
