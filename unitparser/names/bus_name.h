// Names of connections to a message bus (D-Bus specification, "Bus names"). [pure]
#pragma once

#include <string_view>

namespace unitparser {

/// Whether programs may own that name: "org.example.Service".
[[nodiscard]] bool is_well_known_bus_name(std::string_view name);
/// The same, or the name that the bus gave to a connection: ":1.42".
[[nodiscard]] bool is_bus_name(std::string_view name);

}  // namespace unitparser
