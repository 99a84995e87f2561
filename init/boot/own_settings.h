// What system.conf says of the manager's own process, which all services then inherit. [os]
#pragma once

#include <string>
#include <vector>

#include "unitparser/config/manager_config.h"

namespace init {

/// CPUAffinity=, NUMAPolicy=, TimerSlackNSec=, CapabilityBoundingSet=, NoNewPrivileges=, SystemCallArchitectures= and
/// ManagerEnvironment=, in the order in which they cannot hinder each other. One sentence for each that failed.
[[nodiscard]] std::vector<std::string> apply_own_settings(const unitparser::ManagerBehaviour& settings);

}  // namespace init
