// From state changes to jobs' ends and neighbours' reactions. [pure]
#include "init/engine/propagation.h"

#include <fmt/format.h>

#include "init/engine/jobs.h"
#include "init/engine/loading.h"
#include "init/engine/transaction.h"
#include "init/engine/unit_actions.h"
#include "init/machines/machine_types.h"
#include "init/machines/processes.h"
#include "unitparser/base/bytes.h"

namespace init {
namespace {

/// Checks of one unit by itself may not loop for ever: systemd's figures, 16 in 10 s.
constexpr std::uint32_t auto_limit_burst = 16;
constexpr Duration auto_limit_interval = Duration::from_seconds(10);

void arm_recheck(Core& core, const Unit& unit, MonotonicTime when) {
  core.emit(effect::ArmTimer{{unit.id, TimerPurpose::recheck}, effect::Clock::monotonic, when.usec(), Duration{}});
}

/// Whether to act; if not, why not is said, and the unit is looked at again when the interval is over.
bool admits_auto_action(Core& core, Unit& unit, std::string_view need, std::string_view action) {
  if (unit.runtime.write().auto_start_stop_limit.admit(core.now.monotonic, auto_limit_interval, auto_limit_burst)) return true;
  log_unit(core, unit, 4,
           fmt::format("{}: {}, but not {} since we tried this too often recently. Will retry later.", unit.name.text(), need, action));
  arm_recheck(core, unit, core.now.monotonic + auto_limit_interval);
  return false;
}

/// Ends or continues the unit's job. Returns whether the change came unasked.
bool process_job(Core& core, Unit& unit, const StateChange& change) {
  Job* job = core.jobs.find(unit.job);
  if (job == nullptr) return true;
  const ActiveState after = change.after;
  const bool running = job->state == JobState::running;
  if (job->state == JobState::waiting) queue_job(core, *job);  // it may be possible now
  const JobResult down_result = after == ActiveState::failed ? JobResult::failed : JobResult::done;
  bool unexpected = false;
  switch (job->type) {
    case JobType::start:
    case JobType::verify_active:
      if (is_active_or_reloading(after)) {
        finish_job(core, job->id, {JobResult::done});
      } else if (running && after != ActiveState::activating) {
        unexpected = true;
        if (is_inactive_or_failed(after)) finish_job(core, job->id, {down_result});
      }
      break;
    case JobType::reload:
      if (!running) break;
      if (after == ActiveState::active) {
        finish_job(core, job->id, {change.reload_failed ? JobResult::failed : JobResult::done});
      } else if (after != ActiveState::activating && after != ActiveState::reloading) {
        unexpected = true;
        if (is_inactive_or_failed(after)) finish_job(core, job->id, {down_result});
      }
      break;
    case JobType::stop:
    case JobType::restart:
      if (is_inactive_or_failed(after)) {
        finish_job(core, job->id, {JobResult::done});
      } else if (running && after != ActiveState::deactivating) {
        unexpected = true;
        finish_job(core, job->id, {JobResult::failed});
      }
      break;
    default: break;
  }
  return unexpected;
}

void retroactive_start(Core& core, Unit& unit) {
  const auto start = [&](Atom atom, JobMode mode) {
    for (UnitId id : core.graph.others(unit.id, atom)) {
      const Unit& other = core.units.get(id);
      // Whoever is ordered after this one waits for us, not we for it.
      if (is_active_or_activating(other.active_state()) || core.graph.has(unit.id, DependencyKind::after, id)) continue;
      try_add_job(core, id, JobType::start, mode, Cause::of(CauseKind::retroactive, unit.id));
    }
  };
  start(Atom::retroactive_start, JobMode::replace);
  start(Atom::retroactive_start_fail, JobMode::fail);
  for (UnitId id : core.graph.others(unit.id, Atom::retroactive_stop_on_start))
    if (!is_inactive_or_deactivating(core.units.get(id).active_state()))
      try_add_job(core, id, JobType::stop, JobMode::replace, Cause::of(CauseKind::retroactive, unit.id));
}

void retroactive_stop(Core& core, Unit& unit) {
  for (UnitId id : core.graph.others(unit.id, Atom::retroactive_stop_on_stop))
    if (!is_inactive_or_deactivating(core.units.get(id).active_state()))
      try_add_job(core, id, JobType::stop, JobMode::replace, Cause::of(CauseKind::retroactive, unit.id));
}

void put_off_checks(Core& core, Unit& unit, ActiveState after) {
  const auto each = [&](Atom atom, std::deque<UnitId>& queue) {
    core.graph.for_each(unit.id, atom, [&](const Edge& edge) { queue.push_back(edge.other); });
  };
  if (is_inactive_or_failed(after)) {
    each(Atom::recheck_needed, core.reactions.unneeded);
    core.graph.for_each(unit.id, Atom::retroactive_stop_on_stop,
                        [&](const Edge& edge) { core.reactions.bound.push_back(edge.other); });
    if (core.graph.first(unit.id, Atom::upheld_by) != UnitId::none) core.reactions.upheld.push_back(unit.id);
    consider_garbage(core, unit.id);
  } else if (is_active_or_reloading(after)) {
    core.reactions.unneeded.push_back(unit.id);
    core.reactions.bound.push_back(unit.id);
    each(Atom::uphold, core.reactions.upheld);
  }
}

void run_end_actions(Core& core, Unit& unit, const StateChange& change) {
  const auto& limits = *unit.config.common->unit_limits;
  if (change.after == ActiveState::failed && change.before != ActiveState::failed) {
    run_emergency_action(core, unit, limits.failure_action, limits.reboot_argument, limits.failure_action_exit_status,
                         fmt::format("unit {} failed", unit.name.text()));
  } else if (change.after == ActiveState::inactive && change.before != ActiveState::inactive &&
             change.before != ActiveState::failed && change.before != ActiveState::maintenance) {
    run_emergency_action(core, unit, limits.success_action, limits.reboot_argument, limits.success_action_exit_status,
                         fmt::format("unit {} succeeded", unit.name.text()));
  }
}

/// Tells what the unit has used.
void log_resources(Core& core, const Unit& unit) {
  if (!unit.runtime->cpu_usage_nsec && !unit.runtime->io_traffic && !unit.runtime->ip_traffic) return;
  int priority = 7;
  std::vector<std::string> parts;
  effect::LogFields fields{{"MESSAGE_ID", "ae8f7b866b0347b9af31fe1c80b127c0"}};
  const auto weigh = [&priority](std::uint64_t used, std::uint64_t mentionable, std::uint64_t notable) {
    priority = std::min(priority, used > notable ? 5 : used > mentionable ? 6 : 7);
  };
  if (unit.runtime->cpu_usage_nsec) {
    constexpr std::uint64_t second = 1'000'000'000;
    const std::uint64_t used = *unit.runtime->cpu_usage_nsec;
    weigh(used, second, 600 * second);
    parts.push_back(fmt::format("consumed {} CPU time", unitparser::format_duration(Duration::from_usec(used / 1000), Duration::from_usec(1000))));
    fields.emplace_back("CPU_USAGE_NSEC", std::to_string(used));
  }
  if (const auto& traffic = unit.runtime->io_traffic) {
    constexpr std::uint64_t mentionable = 1UL << 20U;
    weigh(std::max(traffic->read_bytes, traffic->write_bytes), mentionable, 10 * mentionable);
    if (*traffic == IoTraffic{}) parts.emplace_back("no IO");
    if (traffic->read_bytes > 0) parts.push_back(fmt::format("read {} from disk", unitparser::format_bytes(traffic->read_bytes)));
    if (traffic->write_bytes > 0) parts.push_back(fmt::format("written {} to disk", unitparser::format_bytes(traffic->write_bytes)));
    fields.insert(fields.end(), {{"IO_METRIC_READ_BYTES", std::to_string(traffic->read_bytes)}, {"IO_METRIC_WRITE_BYTES", std::to_string(traffic->write_bytes)},
                                 {"IO_METRIC_READ_OPERATIONS", std::to_string(traffic->read_operations)},
                                 {"IO_METRIC_WRITE_OPERATIONS", std::to_string(traffic->write_operations)}});
  }
  if (const auto& traffic = unit.runtime->ip_traffic) {
    constexpr std::uint64_t notable = 128UL << 20U;
    weigh(std::max(traffic->ingress_bytes, traffic->egress_bytes), 0, notable);
    if (traffic->ingress_packets + traffic->egress_packets == 0) {
      parts.emplace_back("no IP traffic");
    } else {
      parts.push_back(fmt::format("received {} IP traffic", unitparser::format_bytes(traffic->ingress_bytes)));
      parts.push_back(fmt::format("sent {} IP traffic", unitparser::format_bytes(traffic->egress_bytes)));
    }
    fields.insert(fields.end(), {{"IP_METRIC_INGRESS_BYTES", std::to_string(traffic->ingress_bytes)}, {"IP_METRIC_INGRESS_PACKETS", std::to_string(traffic->ingress_packets)},
                                 {"IP_METRIC_EGRESS_BYTES", std::to_string(traffic->egress_bytes)}, {"IP_METRIC_EGRESS_PACKETS", std::to_string(traffic->egress_packets)}});
  }
  std::string text = fmt::format("{}", fmt::join(parts, ", "));
  text[0] = static_cast<char>(text[0] - 'a' + 'A');
  log_unit(core, unit, priority, fmt::format("{}: {}.", unit.name.text(), text), std::move(fields));
}

void settle(Core& core, const StateChange& change) {
  Unit* unit = core.units.find(change.unit);
  if (unit == nullptr) return;
  const bool unexpected = process_job(core, *unit, change);
  if (unexpected) {
    if (is_inactive_or_failed(change.before) && is_active_or_activating(change.after)) retroactive_start(core, *unit);
    if (is_active_or_activating(change.before) && is_inactive_or_deactivating(change.after)) retroactive_stop(core, *unit);
  }
  if (change.before != change.after) {
    if (is_inactive_or_failed(change.after) && !is_inactive_or_failed(change.before)) log_resources(core, *unit);
    if (!change.will_restart) {
      if (change.after == ActiveState::failed) start_on_failure(core, *unit);
      if (change.after == ActiveState::inactive && change.before != ActiveState::failed &&
          change.before != ActiveState::maintenance)
        start_on_success(core, *unit);
      run_end_actions(core, *unit, change);
    }
  }
  notify_triggering_units(core, *unit);
  put_off_checks(core, *unit, change.after);
}

void start_monitors(Core& core, Unit& unit, Atom atom, JobMode mode, CauseKind kind) {
  const std::vector<UnitId> others = core.graph.others(unit.id, atom);
  if (others.empty()) return;
  log_unit(core, unit, 6, fmt::format("{}: Triggering {}= dependencies.", unit.name.text(),
                                      kind == CauseKind::on_failure ? "OnFailure" : "OnSuccess"));
  for (UnitId id : others) {
    auto added = add_job(core, {id, JobType::start, mode, Cause::of(kind, unit.id)});
    if (!added) {
      log_unit(core, unit, 4, fmt::format("{}: Failed to enqueue {} job, ignoring: {}", unit.name.text(),
                                          kind == CauseKind::on_failure ? "OnFailure=" : "OnSuccess=", added.error().message),
               effect::errno_field(added.error().os_errno));
      continue;
    }
  }
}

bool is_needed(const Core& core, const Unit& unit) {
  bool needed = false;
  core.graph.for_each(unit.id, Atom::keeps_needed, [&](const Edge& edge) {
    const Unit& other = core.units.get(edge.other);
    if (other.job != JobId::none || !is_inactive_or_failed(other.active_state())) needed = true;
  });
  return needed;
}

void check_unneeded(Core& core, Unit& unit) {
  if (!unit.config.unit->stop_when_unneeded || !is_active_or_reloading(unit.active_state()) ||
      unit.job != JobId::none || is_needed(core, unit))
    return;
  if (!admits_auto_action(core, unit, "Unit not needed anymore", "stopping")) return;
  log_unit(core, unit, 7, fmt::format("{}: Unit not needed anymore.", unit.name.text()));
  try_add_job(core, unit.id, JobType::stop, JobMode::fail, Cause::of(CauseKind::unneeded, unit.id));
}

void check_bound(Core& core, Unit& unit) {
  if (unit.job != JobId::none || !is_active_or_reloading(unit.active_state())) return;
  UnitId missing = UnitId::none;
  core.graph.for_each(unit.id, Atom::cannot_be_active_without, [&](const Edge& edge) {
    const Unit& other = core.units.get(edge.other);
    if (missing == UnitId::none && other.job == JobId::none && is_inactive_or_failed(other.active_state())) missing = edge.other;
  });
  if (missing == UnitId::none) return;
  const std::string need = fmt::format("Unit needs to be stopped because it is bound to inactive unit {}", core.units.get(missing).name.text());
  if (!admits_auto_action(core, unit, need, "stopping")) return;
  log_unit(core, unit, 7, fmt::format("{}: Unit is stopped because bound to inactive unit {}.", unit.name.text(),
                                      core.units.get(missing).name.text()));
  try_add_job(core, unit.id, JobType::stop, JobMode::replace, Cause::of(CauseKind::binds_to, missing));
}

void check_upheld(Core& core, Unit& unit) {
  if (unit.job != JobId::none || is_active_or_activating(unit.active_state())) return;
  UnitId upholder = UnitId::none;
  core.graph.for_each(unit.id, Atom::upheld_by, [&](const Edge& edge) {
    const Unit& other = core.units.get(edge.other);
    if (upholder == UnitId::none && other.job == JobId::none && is_active_or_reloading(other.active_state()))
      upholder = edge.other;
  });
  if (upholder == UnitId::none) return;
  const std::string need = fmt::format("Unit needs to be started because active unit {} upholds it", core.units.get(upholder).name.text());
  if (!admits_auto_action(core, unit, need, "starting")) return;
  try_add_job(core, unit.id, JobType::start, JobMode::fail, Cause::of(CauseKind::upholds, upholder));
}

bool work_off(Core& core, std::deque<UnitId>& queue, void (*check)(Core&, Unit&)) {
  if (queue.empty()) return false;
  std::deque<UnitId> work;
  work.swap(queue);
  std::vector<bool> seen(core.units.slots());
  for (UnitId id : work) {
    if (seen[index_of(id)]) continue;
    seen[index_of(id)] = true;
    if (Unit* unit = core.units.find(id)) check(core, *unit);
  }
  return true;
}

}  // namespace

void note_state_change(Core& core, Unit& unit, StateChange change) {
  UnitRuntime& rt = unit.runtime.write();
  UnitTimes& times = rt.times;
  const DualTime now = DualTime::at(core.now);
  const ActiveState before = change.before;
  const ActiveState after = change.after;
  times.state_change = now;
  if (is_inactive_or_failed(before) && !is_inactive_or_failed(after)) times.inactive_exit = now;
  if (!is_inactive_or_failed(before) && is_inactive_or_failed(after)) times.inactive_enter = now;
  if (!is_active_or_reloading(before) && is_active_or_reloading(after)) times.active_enter = now;
  if (is_active_or_reloading(before) && !is_active_or_reloading(after)) times.active_exit = now;
  if (before != ActiveState::failed && after == ActiveState::failed) ++core.failed_units;
  if (before == ActiveState::failed && after != ActiveState::failed && core.failed_units > 0) --core.failed_units;
  rt.active_state = after;
  if (before == ActiveState::reloading && after == ActiveState::active) rt.markers &= ~marker_bit(UnitMarker::needs_reload);
  if (is_inactive_or_failed(after)) {
    rt.markers = 0;
    rt.freezer = FreezerState::running;
    if (!is_inactive_or_failed(before) && !rt.cgroup.empty() && !unit.origin.perpetual) note_usage(core, unit);
    if (!rt.cgroup.empty() && !core.cgroup_populated(rt.cgroup)) release_cgroup(core, unit);
  }
  core.touch(unit);
  core.reactions.state_changes.push_back(std::move(change));
}

void settle_state_changes(Core& core) {
  while (!core.reactions.state_changes.empty()) {
    const StateChange change = std::move(core.reactions.state_changes.front());
    core.reactions.state_changes.pop_front();
    settle(core, change);
  }
}

void recheck_put_off(Core& core, UnitId unit) {
  core.reactions.unneeded.push_back(unit);
  core.reactions.bound.push_back(unit);
  core.reactions.upheld.push_back(unit);
}

void rearm_recheck(Core& core, const Unit& unit) {
  const RateLimit& limit = unit.runtime->auto_start_stop_limit;
  if (limit.count >= auto_limit_burst) arm_recheck(core, unit, limit.begin + auto_limit_interval);
}

bool settle_put_off(Core& core) {
  bool any = work_off(core, core.reactions.unneeded, check_unneeded);
  any = work_off(core, core.reactions.bound, check_bound) || any;
  any = work_off(core, core.reactions.upheld, check_upheld) || any;
  return any;
}

void start_on_failure(Core& core, Unit& unit) {
  start_monitors(core, unit, Atom::on_failure, unit.config.unit->on_failure_job_mode, CauseKind::on_failure);
}
void start_on_failed_job(Core& core, Unit& unit) {
  if (core.graph.first(unit.id, Atom::on_failure) == UnitId::none) return;
  if (unit.runtime.write().auto_start_stop_limit.admit(core.now.monotonic, auto_limit_interval, auto_limit_burst)) return start_on_failure(core, unit);
  log_unit(core, unit, 4, fmt::format("{}: OnFailure= of a failed job, but retriggering too often, giving up.", unit.name.text()));
}
void start_on_success(Core& core, Unit& unit) {
  start_monitors(core, unit, Atom::on_success, unit.config.unit->on_success_job_mode, CauseKind::on_success);
}

void notify_triggering_units(Core& core, Unit& unit) {
  const UnitId id = unit.id;
  for (UnitId other : core.graph.others(id, Atom::triggered_by)) {
    Unit* trigger = core.units.find(other);
    Unit* triggered = core.units.find(id);
    if (trigger == nullptr || triggered == nullptr) continue;
    const TypeOperations& operations = operations_of(trigger->type());
    if (operations.triggered_changed != nullptr) operations.triggered_changed(core, *trigger, *triggered);
  }
}

void try_add_job(Core& core, UnitId unit, JobType type, JobMode mode, const Cause& cause) {
  auto added = add_job(core, {unit, type, mode, cause});
  if (!added)
    log_unit(core, core.units.get(unit), 4,
             fmt::format("{}: Failed to enqueue {} job, ignoring: {}", core.units.get(unit).name.text(),
                         unitparser::to_name(type), added.error().message),
             effect::errno_field(added.error().os_errno));
}

}  // namespace init
