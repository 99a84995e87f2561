// Names of connections to a message bus. [pure]
#include "unitparser/names/bus_name.h"

#include "unitparser/base/text.h"

namespace unitparser {
namespace {

constexpr std::size_t longest = 255;

/// Words with dots between them, at least two; whether a word may begin with a digit.
bool is_dotted(std::string_view name, bool with_leading_digits) {
  bool dot = false, at_start = true;
  for (const char c : name) {
    if (c == '.') {
      if (at_start) return false;
      dot = at_start = true;
      continue;
    }
    const bool fits = is_alphabetic(c) || c == '_' || c == '-' || (is_digit(c) && (with_leading_digits || !at_start));
    if (!fits) return false;
    at_start = false;
  }
  return dot && !at_start;
}

}  // namespace

bool is_well_known_bus_name(std::string_view name) { return name.size() <= longest && is_dotted(name, false); }
bool is_bus_name(std::string_view name) {
  return name.starts_with(':') ? name.size() <= longest && is_dotted(name.substr(1), true) : is_well_known_bus_name(name);
}

}  // namespace unitparser
