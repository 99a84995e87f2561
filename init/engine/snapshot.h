// The engine's memory as text and back: for re-execution, and after a crash. [pure]
#pragma once

#include "init/engine/core.h"

namespace init {

/// All parts, in the order of their keys.
void write_snapshot(const Core& core, const SavePart& save);
/// The same; what changes from now on is unsaved.
void save_all(Core& core, const SavePart& save);
/// The parts that may differ from what was last saved, and those that are gone, in no order.
void save_changes(Core& core, const SavePart& save);
/// Into a fresh core whose source serves the same files. Arms and watches what the runtime says.
[[nodiscard]] Result<bool> read_snapshot(Core& core, std::string_view text);

}  // namespace init
