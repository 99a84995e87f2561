// Scopes: groups of processes that somebody else started. COMPAT: systemd.scope(5). [pure]
#include <csignal>

#include <fmt/format.h>

#include "init/engine/propagation.h"
#include "init/machines/machine.h"
#include "init/machines/machine_types.h"
#include "init/machines/processes.h"

namespace init {
namespace {

using enum ScopeState;
enum class ScopeEvent : std::uint8_t { start, stop, delegated, not_delegated, timeout, cgroup_empty, out_of_memory, reset_failed, abandon };

struct ScopeContext {
  Core& core;
  Unit& unit;
  ScopeRuntime& rt;
  bool committed = false;
};
struct ScopeMachine {
  using State = ScopeState;
  using Event = ScopeEvent;
  using Context = ScopeContext;
  static constexpr std::size_t state_count = 7;
  static constexpr std::size_t event_count = 9;
  static State state(const Context& c) { return c.rt.state; }
  static const std::array<StateRow<ScopeMachine>, state_count>& rows();
  static const std::array<std::array<Handler<ScopeMachine>, event_count>, state_count>& matrix();
  static void commit(Context& c, State state);
};

ScopeState ignore(ScopeContext& c) { return c.rt.state; }
ScopeState fail_to(ScopeContext& c, ScopeState state, ScopeResult result) {
  if (c.rt.result == ScopeResult::success) c.rt.result = result;
  return state;
}

ScopeState begin(ScopeContext& c) {
  c.rt.result = ScopeResult::success;
  const std::uint64_t extra = c.unit.config.common->scope->runtime_randomized_extra.usec();
  c.rt.runtime_extra = Duration::from_usec(extra == 0 ? 0 : c.core.world.random() % extra);
  const auto& common = *c.unit.config.common;
  return common.resource_basics->delegate && !common.scope->user.empty() ? start_chown : running;
}
ScopeState enter_start_chown(ScopeContext& c) {
  SpawnRequest request;
  request.role = SpawnRole::owner;
  request.command.path = "chown";
  c.rt.control.clear();
  c.rt.control.pending = spawn_process(c.core, c.unit, std::move(request));
  return start_chown;
}
ScopeState delegated(ScopeContext&) { return running; }
ScopeState not_delegated(ScopeContext& c) { return fail_to(c, dead, ScopeResult::resources); }
ScopeState enter_running(ScopeContext& c) {
  realise_cgroup(c.core, c.unit);
  if (!c.rt.pids.empty()) c.core.emit(effect::AttachToCgroup{c.unit.runtime->cgroup, std::move(c.rt.pids)});
  c.rt.pids.clear();
  return running;
}
ScopeState begin_stop(ScopeContext&) { return stop_sigterm; }
ScopeState enter_stop_sigterm(ScopeContext& c) {
  // A Controller= is asked first and has the whole time; it kills as it sees fit.
  if (!c.rt.controller.empty()) {
    c.core.emit(effect::RequestScopeStop{c.unit.id, c.rt.controller});
    return stop_sigterm;
  }
  return kill_unit_processes(c.core, c.unit,
                             c.rt.was_abandoned ? KillOperation::terminate_and_log : KillOperation::terminate, nullptr,
                             nullptr)
             ? stop_sigterm
             : stop_sigkill;
}
ScopeState enter_stop_sigkill(ScopeContext& c) {
  return kill_unit_processes(c.core, c.unit, KillOperation::kill, nullptr, nullptr) ? stop_sigkill : dead;
}
ScopeState enter_rest(ScopeContext& c) {
  if (c.rt.result != ScopeResult::success)
    log_unit(c.core, c.unit, 4, fmt::format("{}: Failed with result '{}'.", c.unit.name.text(), unitparser::to_name(c.rt.result)));
  else
    log_unit(c.core, c.unit, c.core.success_priority(), fmt::format("{}: Deactivated successfully.", c.unit.name.text()));
  ScopeMachine::commit(c, c.rt.result == ScopeResult::success ? dead : failed);
  return c.rt.state;
}
ScopeState stay_here(ScopeContext& c) { return c.rt.state; }
ScopeState enter_abandoned(ScopeContext&) { return abandoned; }

ScopeState chown_over(ScopeContext& c) {
  log_unit(c.core, c.unit, 4, fmt::format("{}: User lookup timed out. Entering failed state.", c.unit.name.text()));
  return fail_to(c, dead, ScopeResult::timeout);
}
ScopeState runtime_over(ScopeContext& c) {
  log_unit(c.core, c.unit, 4, fmt::format("{}: Scope reached runtime time limit. Stopping.", c.unit.name.text()));
  return fail_to(c, stop_sigterm, ScopeResult::timeout);
}
ScopeState sigterm_over(ScopeContext& c) {
  if (c.unit.config.common->kill->send_sigkill) {
    log_unit(c.core, c.unit, 4, fmt::format("{}: Stopping timed out. Killing.", c.unit.name.text()));
    return fail_to(c, stop_sigkill, ScopeResult::timeout);
  }
  log_unit(c.core, c.unit, 4, fmt::format("{}: Stopping timed out. Skipping SIGKILL.", c.unit.name.text()));
  return fail_to(c, dead, ScopeResult::timeout);
}
ScopeState sigkill_over(ScopeContext& c) {
  log_unit(c.core, c.unit, 4,
           fmt::format("{}: Still around after SIGKILL. Entering failed mode.", c.unit.name.text()));
  return fail_to(c, dead, ScopeResult::timeout);
}
ScopeState emptied(ScopeContext&) { return dead; }
ScopeState rest_emptied(ScopeContext& c) {
  release_cgroup(c.core, c.unit);
  return c.rt.state;
}
ScopeState oom_up(ScopeContext& c) {
  const auto policy = c.unit.config.common->scope->oom_policy.value_or(unitparser::OomPolicy::continue_);
  if (policy == unitparser::OomPolicy::continue_) return c.rt.state;
  return fail_to(c, policy == unitparser::OomPolicy::kill ? stop_sigkill : stop_sigterm, ScopeResult::oom_kill);
}
ScopeState oom_note(ScopeContext& c) { return fail_to(c, c.rt.state, ScopeResult::oom_kill); }
ScopeState reset(ScopeContext& c) {
  c.rt.result = ScopeResult::success;
  ScopeMachine::commit(c, dead);
  return dead;
}
ScopeState abandon(ScopeContext& c) {
  c.rt.was_abandoned = true;
  c.rt.controller.clear();
  return abandoned;
}

using E = ScopeEvent;
using S = EnumSet<ScopeState>;
constexpr S resting = in(dead, failed);
constexpr S up = in(start_chown, running, abandoned);
constexpr S ending = in(stop_sigterm, stop_sigkill);
constexpr std::array rules{
    //                in states        on                     do
    Rule<ScopeMachine>{resting, in(E::start), begin},
    Rule<ScopeMachine>{up | ending, in(E::start), ignore},
    Rule<ScopeMachine>{up, in(E::stop), begin_stop},
    Rule<ScopeMachine>{resting | ending, in(E::stop), ignore},
    Rule<ScopeMachine>{in(start_chown), in(E::delegated), delegated},
    Rule<ScopeMachine>{in(start_chown), in(E::not_delegated), not_delegated},
    Rule<ScopeMachine>{except(in(start_chown)), in(E::delegated, E::not_delegated), ignore},
    Rule<ScopeMachine>{in(start_chown), in(E::timeout), chown_over},
    Rule<ScopeMachine>{in(running, abandoned), in(E::timeout), runtime_over},
    Rule<ScopeMachine>{in(stop_sigterm), in(E::timeout), sigterm_over},
    Rule<ScopeMachine>{in(stop_sigkill), in(E::timeout), sigkill_over},
    Rule<ScopeMachine>{resting, in(E::timeout), ignore},
    Rule<ScopeMachine>{in(running, abandoned) | ending, in(E::cgroup_empty), emptied},
    Rule<ScopeMachine>{in(start_chown), in(E::cgroup_empty), ignore},  // its processes come later
    Rule<ScopeMachine>{resting, in(E::cgroup_empty), rest_emptied},
    Rule<ScopeMachine>{up, in(E::out_of_memory), oom_up},
    Rule<ScopeMachine>{ending, in(E::out_of_memory), oom_note},
    Rule<ScopeMachine>{resting, in(E::out_of_memory), ignore},
    Rule<ScopeMachine>{in(failed), in(E::reset_failed), reset},
    Rule<ScopeMachine>{in(dead) | up | ending, in(E::reset_failed), ignore},
    Rule<ScopeMachine>{in(running), in(E::abandon), abandon},
    Rule<ScopeMachine>{resting | ending | in(start_chown, abandoned), in(E::abandon), ignore},
};
static_assert(total<ScopeMachine>(rules));
constexpr std::array state_rows{
    //                    state         looks like                on the way in
    StateRow<ScopeMachine>{dead, ActiveState::inactive, enter_rest},
    StateRow<ScopeMachine>{start_chown, ActiveState::activating, enter_start_chown},
    StateRow<ScopeMachine>{running, ActiveState::active, enter_running},
    StateRow<ScopeMachine>{abandoned, ActiveState::active, enter_abandoned},
    StateRow<ScopeMachine>{stop_sigterm, ActiveState::deactivating, enter_stop_sigterm},
    StateRow<ScopeMachine>{stop_sigkill, ActiveState::deactivating, enter_stop_sigkill},
    StateRow<ScopeMachine>{failed, ActiveState::failed, stay_here},
};
static_assert(complete<ScopeMachine>(state_rows));
constexpr auto rule_table = rule_matrix<ScopeMachine>(rules);

const std::array<StateRow<ScopeMachine>, ScopeMachine::state_count>& ScopeMachine::rows() { return state_rows; }
const std::array<std::array<Handler<ScopeMachine>, ScopeMachine::event_count>, ScopeMachine::state_count>& ScopeMachine::matrix() { return rule_table; }

void ScopeMachine::commit(ScopeContext& c, ScopeState state) {
  const auto& config = *c.unit.config.common->scope;
  c.rt.state = state;
  c.committed = true;
  Duration limit = Duration::infinity();
  if (state == start_chown) limit = c.core.options.default_timeout_start;
  else forget_process(c.core, c.rt.control);
  if (state == running || state == abandoned) limit = config.runtime_max + c.rt.runtime_extra;
  if (state == stop_sigterm || state == stop_sigkill) limit = config.timeout_stop;
  arm_deadline(c.core, c.unit, c.rt.deadline, from_now(c.core, limit));
  StateChange change;
  change.unit = c.unit.id;
  change.before = c.unit.runtime->active_state;
  change.after = state_rows[static_cast<std::size_t>(state)].active;
  note_state_change(c.core, c.unit, change);
}

void run(Core& core, Unit& unit, ScopeEvent event) {
  ScopeContext c{core, unit, unit.write<ScopeRuntime>()};
  step<ScopeMachine>(c, event);
  core.touch(unit);
}

ActionOutcome start(Core& core, Unit& unit) {
  const ScopeState state = unit.read<ScopeRuntime>().state;
  if (state == stop_sigterm || state == stop_sigkill) return ActionOutcome::again;
  if (!unit.origin.transient && !unit.origin.perpetual) return ActionOutcome::invalid;
  if (unit.read<ScopeRuntime>().pids.empty() && !unit.origin.perpetual) return ActionOutcome::failed;
  begin_invocation(core, unit);
  run(core, unit, E::start);
  return ActionOutcome::ok;
}
ActionOutcome stop(Core& core, Unit& unit) {
  run(core, unit, E::stop);
  return ActionOutcome::ok;
}
void spawned(Core& core, Unit& unit, SpawnId id, const Result<pid_t>& pid) {
  auto& rt = unit.write<ScopeRuntime>();
  if (rt.control.pending != id) return;
  if (pid) return settle_spawn(core, unit, rt.control, *pid);
  log_unit(core, unit, 4, fmt::format("{}: Failed to run '{}' task: {}", unit.name.text(), unitparser::to_name(rt.state), pid.error().message));
  run(core, unit, E::not_delegated);
}
void exited(Core& core, Unit& unit, const event::ProcessExited& exit) {
  if (unit.read<ScopeRuntime>().control.pid != exit.pid) return;
  run(core, unit, is_clean_exit(exit.code, exit.status, ExitMeasure::command, nullptr) ? E::delegated : E::not_delegated);
}
void on_timer(Core& core, Unit& unit, TimerPurpose) {
  if (deadline_passed(core, unit.read<ScopeRuntime>().deadline)) run(core, unit, E::timeout);
}
void on_empty(Core& core, Unit& unit) { run(core, unit, E::cgroup_empty); }
void on_oom(Core& core, Unit& unit, bool) { run(core, unit, E::out_of_memory); }
void on_reset(Core& core, Unit& unit) { run(core, unit, E::reset_failed); }
void rearm(Core& core, Unit& unit) {
  auto& rt = unit.write<ScopeRuntime>();
  if (rt.control.pid > 0) core.index.pids[rt.control.pid] = unit.id;
  arm_deadline(core, unit, rt.deadline, rt.deadline);
}

}  // namespace

bool abandon_scope(Core& core, Unit& unit) {
  const ScopeState state = unit.read<ScopeRuntime>().state;
  if (state != running && state != abandoned) return false;
  run(core, unit, E::abandon);
  return true;
}

const TypeOperations scope_operations{
    .type = UnitType::scope,
    .start = start,
    .stop = stop,
    .spawned = spawned,
    .exited = exited,
    .timer = on_timer,
    .cgroup_empty = on_empty,
    .out_of_memory = on_oom,
    .reset_failed = on_reset,
    .rearm = rearm,
};

}  // namespace init
