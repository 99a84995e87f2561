// Words for a unit's state, whatever its type. [pure]
#include "init/engine/unit.h"

namespace init {

std::string_view sub_state(const Unit& unit) {
  return std::visit([](const auto& runtime) { return unitparser::to_name(runtime->state); }, unit.type_runtime);
}

}  // namespace init
