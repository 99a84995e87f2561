// Life of installed jobs. [pure]
#include "init/engine/jobs.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "init/engine/job_messages.h"
#include "init/engine/job_rules.h"
#include "init/engine/loading.h"
#include "init/engine/propagation.h"
#include "init/engine/unit_actions.h"

namespace init {
namespace {

bool is_ordered(const Job& a, const Job& b) {
  return a.type != JobType::nop && b.type != JobType::nop && !a.ignore_order && !b.ignore_order;
}

/// Calls visit(other job, whether `job` waits for it) for each ordering edge to a unit with a job.
template <class CoreRef, class Visit>
void for_each_ordered(CoreRef& core, const Job& job, Visit visit) {
  if (job.type == JobType::nop || job.ignore_order) return;
  const auto other_job = [&](UnitId unit) -> decltype(core.jobs.find(job.id)) {
    const Unit* other = std::as_const(core.units).find(unit);
    if (other == nullptr || other->job == JobId::none || other->job == job.id) return nullptr;
    return core.jobs.find(other->job);
  };
  core.graph.for_each(job.unit, Atom::before, [&](const Edge& edge) {
    if (auto* other = other_job(edge.other); other != nullptr && is_ordered(job, *other))
      visit(*other, later_unit_first(other->type));
  });
  core.graph.for_each(job.unit, Atom::after, [&](const Edge& edge) {
    if (auto* other = other_job(edge.other); other != nullptr && is_ordered(job, *other))
      visit(*other, !later_unit_first(job.type));
  });
}

void enter_ordering(Core& core, Job& job) {
  for_each_ordered(core, job, [&](Job& other, bool waits) { ++(waits ? job : other).blockers; });
}

void leave_ordering(Core& core, Job& job) {
  for_each_ordered(core, job, [&](Job& other, bool waits) {
    std::uint32_t& blockers = (waits ? job : other).blockers;
    if (blockers > 0) --blockers;
    if (!waits && other.blockers == 0) queue_job(core, other);
  });
}

void change_type(Core& core, Job& job, JobType type) {
  if (job.type == type) return;
  leave_ordering(core, job);
  job.type = type;
  enter_ordering(core, job);
}

MonotonicTime deadline_after(const Core& core, Duration limit) {
  return limit.is_infinite() ? MonotonicTime::infinity() : core.now.monotonic + limit;
}

void arm_job_timer(Core& core, const Job& job, TimerPurpose purpose, MonotonicTime when) {
  if (when.is_infinite() || !when.is_set()) return;
  core.emit(effect::ArmTimer{{job.unit, purpose}, effect::Clock::monotonic, when.usec(), Duration{}});
}

void set_running(Core& core, Job& job) {
  if (job.state == JobState::running) return;
  job.state = JobState::running;
  if (!job.begin_running.is_set()) {
    job.begin_running = core.now.monotonic;
    const auto& limits = *core.units.get(job.unit).config.common->unit_limits;
    job.running_deadline = deadline_after(core, limits.job_running_timeout);
    arm_job_timer(core, job, TimerPurpose::job_running, job.running_deadline);
  }
  core.emit(effect::JobChanged{job.id});
  core.touch(core.units.get(job.unit));
}

void set_waiting(Core& core, Job& job) {
  if (job.state == JobState::waiting) return;
  job.state = JobState::waiting;
  core.emit(effect::JobChanged{job.id});
}

JobId merge_into_installed(Core& core, Job& installed, JobType type, const Cause& cause, bool irreversible,
                           bool ignore_order) {
  const ActiveState state = core.units.get(installed.unit).active_state();
  if (installed.type != JobType::nop) {
    if (auto merged = merge_and_collapse(installed.type, type, state)) {
      if (*merged != JobType::nop && *merged != installed.type) {
        change_type(core, installed, *merged);
        core.emit(effect::JobChanged{installed.id});
      }
    }
  }
  if (irreversible) installed.irreversible = true;
  if (ignore_order && !installed.ignore_order) {
    leave_ordering(core, installed);
    installed.ignore_order = true;
    installed.blockers = 0;
    if (installed.state == JobState::waiting) queue_job(core, installed);
  }
  if (installed.cause.kind == CauseKind::none) installed.cause = cause;
  return installed.id;
}

void forget_job(Core& core, Job& job) {
  Unit& unit = core.units.get(job.unit);
  leave_ordering(core, job);
  if (!job.deadline.is_infinite() && job.deadline.is_set())
    core.emit(effect::DisarmTimer{{job.unit, TimerPurpose::job}});
  if (!job.running_deadline.is_infinite() && job.running_deadline.is_set())
    core.emit(effect::DisarmTimer{{job.unit, TimerPurpose::job_running}});
  (job.type == JobType::nop ? unit.nop_job : unit.job) = JobId::none;
  core.touch(unit);
  core.jobs.erase(job.id);
}

/// One step of ending a job and, after it, of those that depended on its good end: the end itself, or what follows when
/// its dependents have ended. A list instead of recursion: a chain of dependencies may be longer than the stack is deep.
struct EndStep {
  JobId job = JobId::none;
  JobEnd end;
  UnitId ended = UnitId::none;  ///< set: only what follows is left
};

void fail_dependents(Core& core, UnitId unit, Atom atom, std::vector<EndStep>& steps) {
  const std::vector<UnitId> others = core.graph.others(unit, atom);
  for (auto id = others.rbegin(); id != others.rend(); ++id)
    if (const Unit* other = core.units.find(*id); other != nullptr && other->job != JobId::none)
      steps.push_back({other->job, {JobResult::dependency}});
}

/// The stop half of a restart is done: the same job goes on as a start.
bool continue_restart(Core& core, Job& job, const JobEnd& end) {
  if (end.result != JobResult::done || job.type != JobType::restart) return false;
  announce_job_end(core, core.units.get(job.unit), job, end.result, end.already);
  change_type(core, job, JobType::start);
  set_waiting(core, job);
  core.emit(effect::JobChanged{job.id});
  core.touch(core.units.get(job.unit));
  queue_job(core, job);
  consider_garbage(core, job.unit);
  return true;
}

/// What running a job came to at once; nothing when it goes on.
std::optional<JobEnd> end_of(ActionOutcome outcome) {
  switch (outcome) {
    case ActionOutcome::ok:
    case ActionOutcome::again: return std::nullopt;
    case ActionOutcome::already: return JobEnd{JobResult::done, true, true};
    case ActionOutcome::condition_failed: return JobEnd{JobResult::done, true, false};
    case ActionOutcome::skipped: return JobEnd{JobResult::skipped};
    case ActionOutcome::invalid: return JobEnd{JobResult::invalid};
    case ActionOutcome::assert_failed: return JobEnd{JobResult::assert_};
    case ActionOutcome::unsupported: return JobEnd{JobResult::unsupported};
    case ActionOutcome::dependency: return JobEnd{JobResult::dependency};
    case ActionOutcome::once: return JobEnd{JobResult::once};
    case ActionOutcome::failed: return JobEnd{JobResult::failed};
  }
  return JobEnd{JobResult::failed};
}

ActionOutcome perform(Core& core, Unit& unit, const Job& job) {
  switch (job.type) {
    case JobType::start: return start_unit(core, unit, job.cause);
    case JobType::verify_active:
      if (is_active_or_reloading(unit.active_state())) return ActionOutcome::already;
      return unit.active_state() == ActiveState::activating ? ActionOutcome::again : ActionOutcome::skipped;
    case JobType::stop:
    case JobType::restart: {
      const ActionOutcome outcome = stop_unit(core, unit, job.cause);
      // A failed unit that is restarted has nothing to stop.
      return outcome;
    }
    case JobType::reload: return reload_unit(core, unit, job.cause);
    default: return ActionOutcome::already;
  }
}

void run_job(Core& core, JobId id) {
  Job* job = core.jobs.find(id);
  if (job == nullptr) return;
  job->in_run_queue = false;
  if (job->state != JobState::waiting || (job->type != JobType::nop && job->blockers > 0)) return;
  Unit& unit = core.units.get(job->unit);
  const JobType type = job->type;
  set_running(core, *job);
  core.touch(unit);
  const ActiveState before = unit.active_state();
  const ActionOutcome outcome = perform(core, unit, *job);
  settle_state_changes(core);
  job = core.jobs.find(id);
  if (job == nullptr) return;  // ended while it ran
  if (job->type != type) {  // went on while it ran
    if (type == JobType::restart && outcome == ActionOutcome::ok) announce_job_begin(core, core.units.get(job->unit), *job, type, before);
    return;
  }
  if (outcome == ActionOutcome::again) {
    set_waiting(core, *job);
    return;
  }
  if (auto end = end_of(outcome)) return finish_job(core, id, *end);
  announce_job_begin(core, core.units.get(job->unit), *job, type, before);
}

}  // namespace

std::vector<JobId> JobStore::ids() const {
  std::vector<JobId> ids;
  ids.reserve(jobs_.size());
  for (const auto& [id, job] : jobs_) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::vector<JobId> JobStore::take_unsaved() {
  for (const JobId id : unsaved_)
    if (const auto at = jobs_.find(id); at != jobs_.end()) at->second.unsaved = false;
  return std::exchange(unsaved_, {});
}

bool must_wait(const Core& core, const Job& job) { return !ordered_jobs(core, job, JobSide::waits_for).empty(); }

std::vector<JobId> ordered_jobs(const Core& core, const Job& job, JobSide side) {
  std::vector<JobId> jobs;
  for_each_ordered(core, job, [&](const Job& other, bool waits) {
    if (waits == (side == JobSide::waits_for)) jobs.push_back(other.id);
  });
  return jobs;
}

void recount_blockers(Core& core) {
  core.jobs.blockers_stale = false;
  for (const JobId id : core.jobs.ids()) {
    Job& job = *core.jobs.find(id);
    const bool was_held_up = job.blockers > 0;
    job.blockers = 0;
    for_each_ordered(std::as_const(core), job, [&job](const Job&, bool waits) { job.blockers += waits ? 1 : 0; });
    // One that nothing held up has had its turn and waits for its unit to change.
    if (was_held_up && job.blockers == 0 && job.state == JobState::waiting) queue_job(core, job);
  }
}

static RunPlace place_of(const Core& core, const Job& job) {
  constexpr std::array order{UnitType::scope, UnitType::slice, UnitType::path, UnitType::timer, UnitType::automount, UnitType::device,
                             UnitType::target, UnitType::socket, UnitType::swap, UnitType::mount, UnitType::service};
  constexpr std::uint64_t heaviest = 10000, usual_weight = 100;
  const Unit& unit = core.units.get(job.unit);
  const std::uint64_t weight = unitparser::type_has_cgroup(unit.type()) ? unit.config.common->resource_basics->cpu_weight.value_or(usual_weight) : usual_weight;
  const int nice = unitparser::type_has_exec(unit.type()) ? unit.config.common->exec_scheduling->nice.value_or(0) : 0;
  return {static_cast<int>(std::find(order.begin(), order.end(), unit.type()) - order.begin()), heaviest - weight, nice,
          unit.name.text(), job.id};
}

void queue_job(Core& core, Job& job) {
  if (job.in_run_queue) return;
  job.in_run_queue = true;
  core.jobs.run_queue.insert(place_of(core, job));
}

JobId install_job(Core& core, UnitId unit_id, JobType type, const Cause& cause, bool irreversible, bool ignore_order) {
  Unit& unit = core.units.get(unit_id);
  JobId& place = type == JobType::nop ? unit.nop_job : unit.job;
  // The end of a job may make a trigger of the unit ask for another one: look again each time.
  while (Job* present = core.jobs.find(place)) {
    if (type != JobType::nop && types_conflict(present->type, type)) {
      finish_job(core, present->id, {JobResult::canceled, false, false});
    } else {
      const bool running = present->state == JobState::running;
      const bool joins = !running || (allows_late_merge(type) && is_superset(present->type, type));
      const JobId id = merge_into_installed(core, *present, type, cause, irreversible, ignore_order);
      if (!joins) {
        // It runs and has done its reading already: run it once more.
        set_waiting(core, *present);
        queue_job(core, *present);
      }
      return id;
    }
  }
  Job job;
  job.id = JobId{++core.jobs.last_id};
  job.unit = unit_id;
  job.type = type;
  job.irreversible = irreversible;
  job.ignore_order = ignore_order;
  job.begin = core.now.monotonic;
  job.cause = cause;
  job.deadline = deadline_after(core, unit.config.common->unit_limits->job_timeout);
  job.running_deadline = MonotonicTime::infinity();
  Job& installed = core.jobs.insert(std::move(job));
  (type == JobType::nop ? unit.nop_job : unit.job) = installed.id;
  ++core.jobs.installed;
  core.jobs_were_installed = true;
  enter_ordering(core, installed);
  arm_job_timer(core, installed, TimerPurpose::job, installed.deadline);
  core.emit(effect::JobNew{installed.id, unit.name});
  core.touch(unit);
  queue_job(core, installed);
  return installed.id;
}

namespace {

void follow_end(Core& core, UnitId unit_id, JobResult result) {
  if (Unit* unit = core.units.find(unit_id)) {
    if (result == JobResult::timeout || result == JobResult::dependency) start_on_failed_job(core, *unit);
    notify_triggering_units(core, *unit);
    consider_garbage(core, unit_id);
  }
  if (core.jobs.size() == 0 && core.jobs_were_installed) {
    core.jobs_were_installed = false;
    core.emit(effect::JobsDone{});
  }
}

void end_one(Core& core, JobId id, JobEnd end, std::vector<EndStep>& steps) {
  Job* job = core.jobs.find(id);
  if (job == nullptr || continue_restart(core, *job, end)) return;
  const UnitId unit_id = job->unit;
  const Job ended = *job;
  Unit& unit = core.units.get(unit_id);
  forget_job(core, *job);
  if (end.result == JobResult::failed || end.result == JobResult::invalid) ++core.jobs.failed;
  announce_job_end(core, unit, ended, end.result, end.already);
  core.emit(effect::JobRemoved{id, unit.name, unit_id, ended.type, end.result});
  const bool was_start = ended.type == JobType::start || ended.type == JobType::verify_active;
  steps.push_back({id, end, unit_id});
  if (is_inactive_or_failed(unit.active_state()) && core.graph.first(unit_id, Atom::upheld_by) != UnitId::none) core.reactions.upheld.push_back(unit_id);
  if (end.result != JobResult::done && end.recursive) {
    if (was_start)
      fail_dependents(core, unit_id, Atom::propagate_start_failure, steps);
    else if (ended.type == JobType::stop)
      fail_dependents(core, unit_id, Atom::propagate_stop_failure, steps);
  }
  // A verification that was merged into a start ends well even if a condition kept the unit down.
  if (end.result == JobResult::done && was_start && !is_active_or_activating(unit.active_state()))
    fail_dependents(core, unit_id, Atom::propagate_inactive_as_failure, steps);
}

}  // namespace

void finish_job(Core& core, JobId id, JobEnd end) {
  std::vector<EndStep> steps{{id, end}};
  while (!steps.empty()) {
    const EndStep step = steps.back();
    steps.pop_back();
    if (step.ended != UnitId::none) {
      follow_end(core, step.ended, step.end.result);
      continue;
    }
    // Of dependents, only starts fail; what was asked for itself ends as it is, whatever its type.
    const Job* job = core.jobs.find(step.job);
    if (step.job != id && (job == nullptr || (job->type != JobType::start && job->type != JobType::verify_active))) continue;
    end_one(core, step.job, step.end, steps);
  }
}

void run_jobs(Core& core, std::size_t& budget) {
  if (core.jobs.blockers_stale) recount_blockers(core);
  for (; budget > 0 && !core.jobs.run_queue.empty(); --budget) {
    const JobId id = core.jobs.run_queue.extract(core.jobs.run_queue.begin()).value().job;
    run_job(core, id);
    if (core.jobs.blockers_stale) recount_blockers(core);
  }
}

void job_timed_out(Core& core, UnitId unit_id) {
  Unit* unit = core.units.find(unit_id);
  Job* job = unit == nullptr ? nullptr : core.jobs.find(unit->job);
  if (job == nullptr || (core.now.monotonic < job->deadline && core.now.monotonic < job->running_deadline)) return;
  const auto limits = unit->config.common->unit_limits;
  log_unit(core, *unit, 4, fmt::format("{}: Job {}/{} timed out.", unit->name.text(), unit->name.text(), unitparser::to_name(job->type)));
  finish_job(core, job->id, {JobResult::timeout});
  run_emergency_action(core, *unit, limits->job_timeout_action, limits->job_timeout_reboot_argument, std::nullopt,
                       "job timed out");
}

void rearm_job(Core& core, Job& job) {
  arm_job_timer(core, job, TimerPurpose::job, job.deadline);
  if (job.state == JobState::running) arm_job_timer(core, job, TimerPurpose::job_running, job.running_deadline);
}

}  // namespace init
