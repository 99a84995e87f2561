// Sockets: opening, traffic, and the services behind them. [pure]
#pragma once

#include "init/machines/machine_types.h"

namespace init {

void sockets_opened(Core& core, Unit& unit, const event::SocketsOpened& outcome);
void socket_ready(Core& core, Unit& unit, const event::SocketReady& traffic);
/// A service that held a connection of this Accept=yes socket ended.
void socket_connection_closed(Core& core, UnitId socket, UnitId service, const std::string& peer);

}  // namespace init
