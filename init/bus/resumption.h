// Resumption: going on with a D-Bus connection whose handshake an earlier image of this program completed. [bus]
#pragma once

#include <string>

#include "init/bus/server_state.h"
#include "unitparser/base/fd.h"

namespace init::bus {

/// A connection that serves the private client behind `socket`. Its messages are not read before it is attached to a loop.
[[nodiscard]] Result<BusPtr> resume_private_client(unitparser::UniqueFd socket);

/// A connection to the message bus behind `socket`, which knows it as `unique_name` already.
[[nodiscard]] Result<BusPtr> resume_bus(unitparser::UniqueFd socket, const std::string& unique_name);

}  // namespace init::bus
