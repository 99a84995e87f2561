// "CPUWeight=100" to a D-Bus property and value, for set-property. [pure]
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "unitparser/base/value.h"

namespace ctl {

struct PropertyValue {
  std::string name;
  unitparser::Value value;
};

/// Reads NAME=VALUE for a unit with that suffix; the error is a message for people, in systemctl's words.
[[nodiscard]] tl::expected<std::vector<PropertyValue>, std::string> parse_assignment(std::string_view assignment, std::string_view unit_suffix);
/// "service" of "a.service".
[[nodiscard]] std::string_view suffix_of_unit(std::string_view name);

}  // namespace ctl
