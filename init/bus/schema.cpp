// Which groups of members make up the interface of each unit type. [pure]
#include "init/bus/schema.h"

#include "unitparser/config/unit_config.h"

namespace init::bus {

SchemaParts type_schema(UnitType type) {
  SchemaParts result;
  const auto add = [&result](std::span<const Member> part) {
    if (!part.empty()) result.parts[result.count++] = part;
  };
  add(own_schema(type));
  if (unitparser::type_has_cgroup(type)) add(resource_schema());
  if (unitparser::type_has_exec(type)) add(exec_schema());
  if (unitparser::type_has_exec(type) || type == UnitType::scope) add(kill_schema());
  return result;
}

std::size_t type_length(std::string_view signature) {
  std::size_t at = 0;
  while (signature[at] == 'a') ++at;
  if (signature[at] != '(' && signature[at] != '{') return at + 1;
  for (int depth = 0; at < signature.size(); ++at) {
    if (signature[at] == '(' || signature[at] == '{') ++depth;
    if ((signature[at] == ')' || signature[at] == '}') && --depth == 0) break;
  }
  return at + 1;
}

std::string_view type_interface(UnitType type) {
  constexpr std::array<std::string_view, unitparser::unit_type_count> names{
      "org.freedesktop.systemd1.Service",   "org.freedesktop.systemd1.Mount",     "org.freedesktop.systemd1.Swap",
      "org.freedesktop.systemd1.Socket",    "org.freedesktop.systemd1.Target",    "org.freedesktop.systemd1.Device",
      "org.freedesktop.systemd1.Automount", "org.freedesktop.systemd1.Timer",     "org.freedesktop.systemd1.Path",
      "org.freedesktop.systemd1.Slice",     "org.freedesktop.systemd1.Scope"};
  return names[static_cast<std::size_t>(type)];
}

}  // namespace init::bus
