// The engine's memory as text and back: for re-execution, and after a crash. [pure]
#pragma once

#include "init/engine/core.h"

namespace init {

/// Written behind `before`, in its memory.
[[nodiscard]] std::string write_snapshot(const Core& core, std::string before);
/// Into a fresh core whose source serves the same files. Arms and watches what the runtime says.
[[nodiscard]] Result<bool> read_snapshot(Core& core, std::string_view text);

}  // namespace init
