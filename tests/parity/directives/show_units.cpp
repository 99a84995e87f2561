// Prints what `systemctl show -a` would say of units, as far as their files decide it, without a manager: one
// name a line on standard input. For tests/parity/directives/run. [os]
#include <sys/resource.h>

#include <cstdio>
#include <iostream>
#include <string>

#include "ctl/render/property_text.h"
#include "unitparser/directives/registry.h"
#include "unitparser/load/host_facts.h"
#include "unitparser/load/manager_config_loader.h"
#include "unitparser/load/unit_loader.h"

namespace {

using namespace unitparser;

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void show(const LoadedUnit& unit, const std::string& asked, const MachineFacts& machine) {
  print("Unit=" + asked + "\nLoadState=" + std::string(to_name(unit.state)) + "\n");
  if (unit.state != LoadState::not_found && unit.state != LoadState::masked)
    for (const std::string& interface : {std::string(unit_interface), interface_of(unit.id.type())})
      for (const Property& property : properties_of(interface)) {
        if (property.from_graph) continue;
        for (const std::string& text : ctl::property_texts(property.name, bus_value(unit.config, unit.id, machine, property), ctl::TimestampStyle::pretty))
          print(std::string(property.name) + "=" + text + "\n");
      }
  print("\n");
}

}  // namespace

int main() {
  const auto source = make_disk_file_source();
  UnitFiles files(*source, make_unit_paths(UnitScope::system));
  files.refresh();
  // Defaults that come from limits are those of PID 1.
  MachineFacts machine = read_machine_facts();
  for (std::size_t i = 0; i < machine.own_limits.size(); ++i) {
    rlimit limit{};
    if (prlimit(1, static_cast<__rlimit_resource>(i), nullptr, &limit) == 0) machine.own_limits[i] = {limit.rlim_cur, limit.rlim_max};
  }
  const SpecifierFacts specifiers = read_specifier_facts(ManagerScope::system);
  const ManagerDefaults defaults = load_manager_config(*source, ManagerScope::system, specifiers, machine).config.defaults;
  UnitLoader loader(*source, files, make_load_context(specifiers, machine, ManagerScope::system, defaults));
  for (std::string name; std::getline(std::cin, name);)
    if (const Result<UnitName> parsed = UnitName::parse(name)) show(loader.load(*parsed), name, machine);
  return 0;
}
