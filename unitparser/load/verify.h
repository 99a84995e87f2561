// Verifies a loaded unit against the machine: programs, users, other units, settings that cannot work together. [port]
#pragma once

#include "unitparser/base/diagnostic.h"
#include "unitparser/load/file_source.h"
#include "unitparser/load/loaded_unit.h"
#include "unitparser/load/unit_files.h"

namespace unitparser {

/// All there is to say of a unit: what its files say wrong, and what they name that is not there. In the order of the
/// lines. `files` must have been refreshed.
[[nodiscard]] Diagnostics verify_unit(const LoadedUnit& unit, FileSource& source, const UnitFiles& files);

}  // namespace unitparser
