// What the tables say about a directive. [pure]
#pragma once

#include <string>
#include <string_view>

namespace ctl {

/// Paragraphs for every section that has the directive: meaning, kind of value, default, property. Case and a final '='
/// do not matter. Empty: there is none of that name; `guess` is then the nearest one, if any.
struct DirectiveHelp {
  std::string text;
  std::string guess;
};
[[nodiscard]] DirectiveHelp help_for_directive(std::string_view name);

}  // namespace ctl
