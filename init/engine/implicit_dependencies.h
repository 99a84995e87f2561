// The edges that no file says: those that follow from other settings, and the default ones of each type. [pure]
#pragma once

#include "init/engine/core.h"

namespace init {

/// Draws the edges that the unit's own files say.
void add_file_dependencies(Core& core, Unit& unit);
/// Draws what follows from the unit's type and settings (IMPLICIT and DEFAULT DEPENDENCIES of each manual page).
void add_implicit_dependencies(Core& core, Unit& unit);
/// Orders targets after what they pull in; for units that were just loaded, when all their neighbours are too.
void add_target_ordering(Core& core, Unit& unit);
/// Takes the unit's paths out of the index of RequiresMountsFor=.
void forget_required_mounts(Core& core, UnitId unit);
/// The paths that need mounts for this unit, RequiresMountsFor= and implicit ones.
[[nodiscard]] std::vector<std::pair<std::string, Origin>> required_mounts(const Core& core, const Unit& unit);

}  // namespace init
