// Installed jobs: entering, merging, ordering, running, ending. [pure]
#pragma once

#include "init/engine/core.h"

namespace init {


/// Puts a job on the unit, merging it with the one it has or cancelling that. Returns the id of the job that stands for
/// it now.
JobId install_job(Core& core, UnitId unit, JobType type, const Cause& cause, bool irreversible, bool ignore_order);
/// Ends a job. `recursive`: a bad end fails the jobs that need it; `already`: the unit was in the wanted state before.
struct JobEnd {
  JobResult result{};
  bool recursive = true;
  bool already = false;
};
void finish_job(Core& core, JobId id, JobEnd end);
/// Lets the job be looked at by run_jobs().
void queue_job(Core& core, Job& job);
/// Runs queued jobs whose predecessors are done, at most `budget`, which it counts down.
void run_jobs(Core& core, std::size_t& budget);
/// A timer of JobTimeoutSec= or JobRunningTimeoutSec= elapsed.
void job_timed_out(Core& core, UnitId unit);
/// Counts for every job how many must end before it; after reload and when ordering edges appeared.
void recount_blockers(Core& core);
/// Whether another job must end before this one, computed from the graph (the slow, sure way).
[[nodiscard]] bool must_wait(const Core& core, const Job& job);
/// Jobs that must end before this one (`waits_for`), or that wait for it.
enum class JobSide : std::uint8_t { waits_for, holds_up };
[[nodiscard]] std::vector<JobId> ordered_jobs(const Core& core, const Job& job, JobSide side);
/// Arms the timers of a job again, after a restore.
void rearm_job(Core& core, Job& job);

}  // namespace init
