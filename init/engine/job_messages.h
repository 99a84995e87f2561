// What log and console say when jobs begin and end. [pure]
#pragma once

#include "init/engine/core.h"

namespace init {

void announce_job_begin(Core& core, Unit& unit, const Job& job);
/// A start passed its checks and its machine is about to be asked.
void announce_start(Core& core, Unit& unit);
void announce_job_end(Core& core, Unit& unit, const Job& job, JobResult result, bool already);

}  // namespace init
