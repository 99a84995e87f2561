// "CPUWeight=100" to a D-Bus property and value, for set-property. [pure]
#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "unitparser/directives/registry.h"

namespace ctl {

/// Reads NAME=VALUE for a unit of that type; the error is a message for people, in systemctl's words.
[[nodiscard]] tl::expected<unitparser::PropertySetting, std::string> parse_assignment(std::string_view assignment, unitparser::UnitType type);

}  // namespace ctl
