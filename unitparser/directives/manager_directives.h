// The tables of [Manager] in system.conf and user.conf (systemd-system.conf(5)). [pure]
#pragma once

#include <span>

#include "unitparser/config/manager_config.h"
#include "unitparser/directives/directive.h"

namespace unitparser {

using BehaviourRow = Row<ManagerBehaviour>;
using DefaultsRow = Row<ManagerDefaults>;
[[nodiscard]] std::span<const BehaviourRow> manager_behaviour_rows();
[[nodiscard]] std::span<const DefaultsRow> manager_defaults_rows();

/// Keys of the section, sorted.
[[nodiscard]] std::vector<std::string_view> manager_keys();
/// Sets one key. False: there is no such key.
[[nodiscard]] bool apply_manager_setting(ParseContext& context, ManagerConfig& config, std::string_view text);
/// A property of the Manager object by name ("DefaultTimeoutStartUSec"); nothing when no setting has it.
[[nodiscard]] std::optional<Value> manager_bus_value(const ManagerConfig& config, const MachineFacts& machine, std::string_view property);

}  // namespace unitparser
