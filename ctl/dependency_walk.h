// Following dependencies of units through the manager's properties. [bus]
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ctl/session.h"

namespace ctl {

/// Direct dependencies of a unit in that direction, each once, in the order list-dependencies shows them.
[[nodiscard]] CallResult<std::vector<std::string>> dependencies_of(Client& client, const std::string& unit, DependencyDirection direction);
/// The units and all their direct dependencies; nothing after a message.
[[nodiscard]] std::optional<std::vector<std::string>> with_dependencies(Session& session, Client& client,
                                                                        const std::vector<std::string>& units);

}  // namespace ctl
