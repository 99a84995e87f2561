// Plans of enablement in systemctl's words. [pure]
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "unitparser/load/install.h"

namespace unitparser {

enum class Quiet : bool { no, yes };

/// Lines for the error stream: warnings, then each change; `verb` as in "Failed to VERB unit". Quiet::yes leaves out what
/// was done and keeps what is wrong.
[[nodiscard]] std::vector<std::string> describe_plan(const InstallPlan& plan, std::string_view verb, Quiet quiet = Quiet::no);
/// One change in words.
[[nodiscard]] std::string describe_change(const InstallChange& change, std::string_view verb);
/// The remark shown when units to be enabled have no [Install] settings.
[[nodiscard]] std::string_view no_install_info_text();

/// Names as typed, made to unit names.
struct MangledNames {
  std::vector<std::string> names;
  std::vector<std::string> messages;
  bool failed = false;
};
/// For enable and its sisters: words get ".service", odd characters are escaped with a message, paths are kept and made
/// absolute by `current_folder`. `operation`: "to enable"'s last word, for the message about globs.
[[nodiscard]] MangledNames mangle_unit_arguments(std::span<const std::string> arguments, std::string_view operation,
                                                 std::string_view current_folder);

}  // namespace unitparser
