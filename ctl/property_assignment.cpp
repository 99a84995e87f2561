// "CPUWeight=100" to a D-Bus property and value, for set-property. [pure]
#include "ctl/property_assignment.h"

#include <cerrno>
#include <cstring>

#include "unitparser/directives/registry.h"

namespace ctl {

tl::expected<unitparser::PropertySetting, std::string> parse_assignment(std::string_view assignment, unitparser::UnitType type) {
  const auto equals = assignment.find('=');
  if (equals == std::string_view::npos) return tl::unexpected("Not an assignment: " + std::string(assignment));
  // Sizes in percent are sent as such: what this machine has does not matter.
  auto setting = unitparser::property_setting(type, assignment.substr(0, equals), assignment.substr(equals + 1), {});
  if (setting) return std::move(*setting);
  if (setting.error().code == unitparser::ErrorCode::not_found) return tl::unexpected("Unknown assignment: " + std::string(assignment));
  return tl::unexpected("Failed to parse " + std::string(assignment) + ": " + std::strerror(setting.error().os_errno != 0 ? setting.error().os_errno : EINVAL));
}

}  // namespace ctl
