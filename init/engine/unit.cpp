// Words for a unit's state, whatever its type. [pure]
#include "init/engine/unit.h"

namespace init {

std::string place_of(const Unit& said_by, const Origin& origin, const Unit& other) {
  // A unit of many names may be linked by any of them; only then is the list worth a search.
  std::string_view linked = other.name.text();
  if (!other.aliases->empty())
    for (const auto& entry : said_by.config.unit->dependencies)
      if (entry.origin == origin && other.goes_by(entry.unit)) linked = entry.unit;
  return unitparser::place_of(said_by.config, origin, linked);
}

std::string_view sub_state(const Unit& unit) {
  return std::visit([](const auto& runtime) { return unitparser::to_name(runtime->state); }, unit.type_runtime);
}

}  // namespace init
