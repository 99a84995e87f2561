// Groups of system calls: @system-service and its sisters (systemd.exec(5) SystemCallFilter=). [pure]
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace unitparser {

struct SystemCallGroup {
  std::string_view name;         ///< with '@'
  std::string_view description;
  std::string_view members;      ///< separated by blanks; "@other" includes another group
};
[[nodiscard]] std::span<const SystemCallGroup> system_call_groups();
/// By name with '@'; nullptr if there is none.
[[nodiscard]] const SystemCallGroup* find_system_call_group(std::string_view name);
/// All system calls of a group and of those it includes, sorted.
[[nodiscard]] std::vector<std::string_view> system_calls_of(const SystemCallGroup& group);
/// Those of @known that no other group has, sorted.
[[nodiscard]] std::vector<std::string_view> ungrouped_system_calls();
/// Whether a group has a system call of that name: @known, for those of any architecture, or one that knows more.
[[nodiscard]] bool is_known_system_call(std::string_view name);

}  // namespace unitparser
