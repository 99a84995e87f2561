// Prepares, once for each manager configuration, what units of each type start from. [pure]
#pragma once

#include "unitparser/config/machine_facts.h"
#include "unitparser/config/manager_config.h"
#include "unitparser/directives/parse_context.h"

namespace unitparser {

[[nodiscard]] LoadDefaults make_load_defaults(const ManagerDefaults& manager, const MachineFacts& machine, ManagerScope scope, std::string home);

}  // namespace unitparser
