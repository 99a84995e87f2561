// The tree of control groups and processes below "CGroup:". [pure]
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/terminal.h"

namespace ctl {

/// One process: its control group, pid and command line (quoted already).
struct ProcessInfo {
  std::string cgroup;
  std::uint32_t pid = 0;
  std::string command;
};

/// Lines of the tree below the control group `root`, each after `prefix` blanks, cut at `width_limit` columns.
[[nodiscard]] std::string process_tree(const Terminal& terminal, std::string_view root, const std::vector<ProcessInfo>& processes,
                                       std::size_t prefix, std::size_t width_limit);

}  // namespace ctl
