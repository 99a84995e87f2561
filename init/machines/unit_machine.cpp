#include "init/machines/unit_machine.h"

#include <fmt/format.h>

namespace init {

void warn(Core& core, const Unit& unit, std::string_view text) { log_unit(core, unit, 4, fmt::format("{}: {}", unit.name.text(), text)); }

void log_end(Core& core, const Unit& unit, std::string_view result) {
  if (result == "success")
    log_unit(core, unit, core.success_priority(), fmt::format("{}: Deactivated successfully.", unit.name.text()),
             {{"MESSAGE_ID", "7ad2d189f7e94e70a38c781354912448"}});
  else
    log_unit(core, unit, 4, fmt::format("{}: Failed with result '{}'.", unit.name.text(), result),
             {{"MESSAGE_ID", "d9b373ed55a64feb8242e02dbe79a49c"}, {"UNIT_RESULT", std::string(result)}});
}

}  // namespace init
