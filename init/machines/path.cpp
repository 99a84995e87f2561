// Paths: units that start another one when something is or moves in the file system. COMPAT: systemd.path(5). [pure]
#include <fmt/format.h>

#include "init/engine/jobs.h"
#include "init/engine/propagation.h"
#include "init/engine/transaction.h"
#include "init/machines/machine_types.h"
#include "init/machines/unit_machine.h"

namespace init {
namespace {

using enum PathState;
using unitparser::PathKind;
enum class PathEvent : std::uint8_t { start, stop, moved, triggered_down, reset_failed, start_limit_hit };

struct PathMachine;
struct PathContext : MachineContext<PathRuntime> {
  using Machine = PathMachine;
  std::uint32_t moved_index = 0;
  bool by_write = false;
  bool initial = false;  ///< just started: what is there counts, what was written before does not
};
struct PathMachine : MachineOf<PathContext, PathEvent::start_limit_hit> {
  static const MachineTables<PathMachine> tables;
  static void commit(PathContext& c, PathState state);
};

PathState begin(PathContext& c) {
  c.rt.result = PathResult::success;
  c.initial = true;
  return waiting;
}
PathState end(PathContext&) { return dead; }

void watch(PathContext& c) {
  if (c.rt.watched) return;
  const auto& paths = c.unit.config.common->path->paths;
  for (std::uint32_t i = 0; i < paths.size(); ++i) c.core.emit(effect::WatchPath{{c.unit.id, i}, paths[i]});
  c.rt.watched = true;
}

bool something_is_there(const PathContext& c, std::string& path) {
  for (const auto& entry : c.unit.config.common->path->paths) {
    if (entry.kind == PathKind::changed || entry.kind == PathKind::modified) continue;
    auto match = c.core.world.path_match(entry.kind, entry.path);
    if (!match) continue;
    path = std::move(*match);
    return true;
  }
  return false;
}

/// Starts the triggered unit and stays running until that is down again.
PathState trigger(PathContext& c, const std::string& path) {
  const auto& config = *c.unit.config.common->path;
  const Duration interval =
      config.trigger_limit_interval.is_infinite() ? Duration::from_seconds(2) : config.trigger_limit_interval;
  const std::uint32_t burst = config.trigger_limit_burst == UINT32_MAX ? 200 : config.trigger_limit_burst;
  if (!c.rt.trigger_limit.admit(c.core.now.monotonic, interval, burst)) {
    warn(c, "Trigger limit hit, refusing further activation.");
    return fail_to(c, dead, PathResult::trigger_limit_hit);
  }
  const Job* job = c.core.jobs.find(c.unit.job);
  if (job != nullptr && job->type == JobType::stop) return c.rt.state;  // on the way down: start nothing
  Unit* other = c.core.units.find(c.rt.service);
  if (other == nullptr) return fail_to(c, dead, PathResult::resources);
  TransactionRequest request{other->id, JobType::start, JobMode::replace,
                             Cause::of(CauseKind::trigger_path, c.unit.id, path)};
  auto added = add_job(c.core, request);
  if (!added) {
    warn(c, fmt::format("Failed to queue unit startup job: {}", added.error().message));
    return fail_to(c, dead, PathResult::resources);
  }
  other->runtime.write().activation_details = {{"trigger_unit", c.unit.name.text()}, {"trigger_path", path}};
  return running;
}

PathState enter_waiting(PathContext& c) {
  const Unit* other = c.core.units.find(c.rt.service);
  // The unit runs already, by whomever started: what happens next counts.
  if (other != nullptr && is_active_or_activating(other->active_state())) {
    watch(c);
    return running;
  }
  std::string path;
  watch(c);
  // Looked at after the watch is set, so that nothing falls between.
  if (something_is_there(c, path)) return trigger(c, path);
  return waiting;
}
PathState enter_running(PathContext& c) {
  watch(c);
  return running;
}
PathState enter_rest(PathContext& c) {
  if (c.rt.watched) c.core.emit(effect::UnwatchPaths{c.unit.id});
  c.rt.watched = false;
  return rest(c);
}

PathState moved(PathContext& c) {
  const auto& paths = c.unit.config.common->path->paths;
  if (c.moved_index >= paths.size()) return c.rt.state;
  const auto& entry = paths[c.moved_index];
  if (entry.kind == PathKind::changed ? !c.by_write : entry.kind == PathKind::modified) return trigger(c, entry.path);
  std::string path;
  if (something_is_there(c, path)) return trigger(c, path);
  return c.rt.state;
}
PathState triggered_down(PathContext& c) {
  const Unit* other = c.core.units.find(c.rt.service);
  if (other == nullptr || other->job != JobId::none || !is_inactive_or_failed(other->active_state())) return running;
  if (other->runtime->start_limit_hit) return fail_to(c, dead, PathResult::unit_start_limit_hit);
  return waiting;
}

using E = PathEvent;
using R = Rule<PathMachine>;
constexpr std::array rules{
    //  in states                   on                        do
    R{in(dead, failed), in(E::start), begin},
    R{in(waiting, running), in(E::start), ignore},
    R{in(waiting, running), in(E::stop), end},
    R{in(dead, failed), in(E::stop), ignore},
    R{in(waiting), in(E::moved), moved},
    R{in(running), in(E::moved), moved},  // COMPAT: starts again what goes down just now, and forgets what the unit itself moves
    R{in(dead, failed), in(E::moved), ignore},
    R{in(running), in(E::triggered_down), triggered_down},
    R{in(dead, failed, waiting), in(E::triggered_down), ignore},
    R{in(failed), in(E::reset_failed), reset},
    R{in(dead, waiting, running), in(E::reset_failed), ignore},
    R{in(dead, failed), in(E::start_limit_hit), limit_hit},
    R{in(waiting, running), in(E::start_limit_hit), ignore},
};
constexpr std::array state_rows{
    StateRow<PathMachine>{dead, ActiveState::inactive, enter_rest},
    StateRow<PathMachine>{waiting, ActiveState::active, enter_waiting},
    StateRow<PathMachine>{running, ActiveState::active, enter_running},
    StateRow<PathMachine>{failed, ActiveState::failed, enter_rest},
};
constinit const MachineTables<PathMachine> PathMachine::tables = tables_of<PathMachine>(rules, state_rows);

void PathMachine::commit(PathContext& c, PathState state) {
  become(c, state, tables.row(state).active);
}

void run(Core& core, Unit& unit, PathEvent event) { run_event<PathMachine>(core, unit, event); }

ActionOutcome start(Core& core, Unit& unit) {
  if (!trigger_is_loaded(core, unit)) return ActionOutcome::failed;
  begin_invocation(core, unit);
  if (unit.config.common->path->make_directory)
    for (const auto& entry : unit.config.common->path->paths)
      if (entry.kind != PathKind::exists && entry.kind != PathKind::exists_glob)
        core.emit(effect::MakeDirectory{entry.path, unit.config.common->path->directory_mode});
  run(core, unit, E::start);
  return ActionOutcome::ok;
}
ActionOutcome stop(Core& core, Unit& unit) {
  run(core, unit, E::stop);
  return ActionOutcome::ok;
}
void on_triggered(Core& core, Unit& unit, Unit& other) {
  const auto& rt = unit.read<PathRuntime>();
  if (rt.service != other.id) return;
  if (rt.state == waiting && is_active_or_activating(other.active_state())) {
    PathContext c = context_of<PathMachine>(core, unit);
    go_to<PathMachine>(c, running);
    return;
  }
  run(core, unit, E::triggered_down);
}
void on_reset(Core& core, Unit& unit) { run(core, unit, E::reset_failed); }
void on_limit(Core& core, Unit& unit) { run(core, unit, E::start_limit_hit); }
void verify(Core& core, Unit& unit) {
  if (unit.config.common->path->paths.empty()) refuse_unit(core, unit, "Path unit lacks path setting. Refusing.");
}
void rearm(Core& core, Unit& unit) {
  PathContext c = context_of<PathMachine>(core, unit);
  if (!c.rt.watched) return;
  c.rt.watched = false;
  watch(c);
}

}  // namespace

void path_moved(Core& core, Unit& unit, const event::PathChanged& change) {
  PathContext c = context_of<PathMachine>(core, unit);
  c.moved_index = change.watch.index;
  c.by_write = change.modified;
  step<PathMachine>(c, E::moved);
  core.touch(unit);
}

const TypeOperations path_operations{
    .type = UnitType::path,
    .start = start,
    .stop = stop,
    .reset_failed = on_reset,
    .start_limit_hit = on_limit,
    .triggered_changed = on_triggered,
    .verify = verify,
    .rearm = rearm,
};

}  // namespace init
