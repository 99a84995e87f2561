// Verifies loaded units offline: what they name that is not there, settings that cannot work together, what this kernel
// cannot do, orders that run in circles. [port]
#pragma once

#include <span>

#include "unitparser/base/diagnostic.h"
#include "unitparser/load/file_source.h"
#include "unitparser/load/loaded_unit.h"
#include "unitparser/load/unit_files.h"

namespace unitparser {

/// All there is to say of a unit: what its files say wrong, and what they name that is not there. In the order of the
/// lines. `files` must have been refreshed. Findings have lines where the unit was loaded with its assignments listed.
[[nodiscard]] Diagnostics verify_unit(const LoadedUnit& unit, FileSource& source, const UnitFiles& files);

/// Settings of a unit that the kernel behind `machine` (its /proc and /sys) cannot honour. The unit must have been loaded
/// with its assignments listed.
[[nodiscard]] Diagnostics find_unsupported(const LoadedUnit& unit, FileSource& machine);

/// Circles of After= and Before= (default ones included) among these units and all that they pull in: one finding for
/// each, that names the file and line of every edge.
[[nodiscard]] Diagnostics find_ordering_cycles(UnitSource& units, std::span<const UnitName> roots);

}  // namespace unitparser
