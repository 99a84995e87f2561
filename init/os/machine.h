// Facts of the machine that unit files refer to: amounts, identities, os-release. Collected once, read often. [os]
#pragma once

#include "unitparser/config/machine_facts.h"
#include "unitparser/syntax/specifier.h"

namespace init {

/// Memory, tasks, processors, NUMA nodes and our own limits.
[[nodiscard]] unitparser::MachineFacts read_machine_facts();
/// What specifiers expand to, for the system manager.
[[nodiscard]] unitparser::SpecifierFacts read_specifier_facts(const std::string& machine_id, const std::string& boot_id);

}  // namespace init
