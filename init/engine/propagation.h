// What a change of one unit means for its jobs and its neighbours. [pure]
#pragma once

#include "init/engine/core.h"

namespace init {

/// Called by machines when a unit's state changed: keeps the times, and queues the change for settle_state_changes().
void note_state_change(Core& core, Unit& unit, StateChange change);
/// Tells jobs and neighbours of all changes noted so far.
void settle_state_changes(Core& core);
/// Works off what was put off: unneeded, bound and upheld units. Returns whether anything was done.
bool settle_put_off(Core& core);
/// Looks again, in this turn, whether the unit is not needed, is bound to what is gone, or is upheld.
void recheck_put_off(Core& core, UnitId unit);
/// After a restored snapshot: the timer for that, if one ran.
void rearm_recheck(Core& core, const Unit& unit);

/// Starts the units of OnFailure= or OnSuccess=.
void start_on_failure(Core& core, Unit& unit);
/// The same when only a job failed (timeout, dependency). No start limit bounds that, so it has one of its own: units that
/// name each other in OnFailure= would else go round without end.
void start_on_failed_job(Core& core, Unit& unit);
void start_on_success(Core& core, Unit& unit);
/// Tells the timers, paths, sockets and automounts that trigger the unit that something moved.
void notify_triggering_units(Core& core, Unit& unit);

/// Enqueues a job and forgets its error but for a log line.
void try_add_job(Core& core, UnitId unit, JobType type, JobMode mode, const Cause& cause);

}  // namespace init
