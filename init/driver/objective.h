// Objective: how the manager's run shall end. [pure]
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <type_traits>

#include "unitparser/base/enum_names.h"

namespace init {

enum class Objective : unsigned char { none, poweroff, reboot, halt, kexec, exit, reexecute, switch_root };
/// Names as the verbs of the shutdown program.
constexpr std::array<std::string_view, 8> enum_names(std::type_identity<Objective>) {
  return {"none", "poweroff", "reboot", "halt", "kexec", "exit", "reexecute", "switch-root"};
}

/// What ends the run, and what the end needs to know.
struct RunEnd {
  Objective objective = Objective::none;
  bool immediately = false;       ///< without stopping or killing anything (…-immediate)
  int exit_code = 0;              ///< of Objective::exit
  std::string new_root;           ///< of switch_root
  std::string new_init;           ///< of switch_root, may be empty
};

}  // namespace init
