// Asks the running machine for the facts that loads need. [os: reads files, uname, getrlimit]
#pragma once

#include "unitparser/config/machine_facts.h"
#include "unitparser/directives/parse_context.h"
#include "unitparser/load/unit_paths.h"
#include "unitparser/syntax/specifier.h"

namespace unitparser {

/// Specifiers of a manager of that scope that runs as the calling user; directories of the user's come from the
/// environment (XDG_*), as systemd.unit(5) SPECIFIERS says. What cannot be found out stays at its default.
[[nodiscard]] SpecifierFacts read_specifier_facts(ManagerScope scope);
[[nodiscard]] MachineFacts read_machine_facts();
/// What our environment says of the unit search path.
[[nodiscard]] UnitPathEnvironment read_unit_path_environment();

}  // namespace unitparser
