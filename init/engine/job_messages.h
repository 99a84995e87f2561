// What log and console say when jobs begin and end. [pure]
#pragma once

#include "init/engine/core.h"

namespace init {

/// The job was begun and takes its time; `before` is the state in which it found the unit.
/// `type`: what was done; a restart that has stopped the unit at once is a start by now.
void announce_job_begin(Core& core, const Unit& unit, const Job& job, JobType type, ActiveState before);
void announce_job_end(Core& core, Unit& unit, const Job& job, JobResult result, bool already);

}  // namespace init
