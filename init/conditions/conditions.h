// Conditions: what every Condition*= and Assert*= of systemd.unit(5) asks, answered from the machine. [os]
#pragma once

#include <string>
#include <vector>

#include "unitparser/base/result.h"
#include "unitparser/config/unit_section.h"

namespace init {

/// What conditions need to know of the manager.
struct ConditionFacts {
  std::string kernel_command_line;
  std::string machine_id;
  std::string boot_id;
  std::vector<std::string> environment;   ///< of the manager, "NAME=value"
  std::string credentials_directory;      ///< of the system, may be empty
  std::uint32_t cgroup_controllers = 0;   ///< bits by unitparser::Controller
  bool user_manager = false;
};

/// Whether the fact holds, the '!' not applied. An Error says why it cannot be told.
[[nodiscard]] unitparser::Result<bool> condition_holds(const unitparser::Condition& condition,
                                                       const ConditionFacts& facts);

}  // namespace init
