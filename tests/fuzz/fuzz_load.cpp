// Feeds loads with any bytes: the first byte chooses the unit's type, a NUL begins a drop-in. [pure]
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "unitparser/directives/registry.h"
#include "unitparser/load/unit_loader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace unitparser;
  static const LoadContext context = make_load_context({}, {}, ManagerScope::system, {});
  if (size == 0) return 0;
  const auto type = static_cast<UnitType>(data[0] % unit_type_count);
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Result<UnitName> name = UnitName::parse("f@i." + std::string(to_name(type)));
  if (!name) return 0;
  std::vector<std::pair<std::string, std::string>> files;
  for (std::size_t at = 0; at <= bytes.size() && files.size() < 4;) {
    const std::size_t end = std::min(bytes.find('\0', at), bytes.size());
    files.emplace_back("/f" + std::to_string(files.size()), bytes.substr(at, end - at));
    at = end + 1;
  }
  const LoadedUnit unit = load_from_texts(*name, files, context);
  // What was read can be shown, with the signature that the table names.
  for (const std::string& interface : {std::string(unit_interface), interface_of(type)})
    for (const Property& property : properties_of(interface))
      if (bus_value(unit.config, *name, context.machine, property).signature() != property.signature) std::abort();
  return 0;
}
