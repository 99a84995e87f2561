// What is known of units and jobs, as lines for people: for Dump on the bus, and for who is asked by ConfirmSpawn=. [pure]
#pragma once

#include <string>

#include "init/engine/engine.h"

namespace init {

[[nodiscard]] std::string dump_unit(const Engine& engine, const Unit& unit);
/// All jobs that wait or run.
[[nodiscard]] std::string dump_jobs(const Engine& engine);

}  // namespace init
