// Post: how every source of the driver hands what happened to the engine. [pure]
#pragma once

#include <functional>

#include "init/engine/event.h"

namespace init {

/// Queues an event; the engine takes its turn on it before the loop sleeps again.
using Post = std::function<void(Event)>;

}  // namespace init
