// Scopes: groups of processes that somebody else started. COMPAT: systemd.scope(5). [pure]
#include "init/engine/propagation.h"
#include "init/machines/machine_types.h"
#include "init/machines/unit_machine.h"

namespace init {
namespace {

using enum ScopeState;
enum class ScopeEvent : std::uint8_t { start, stop, delegated, not_delegated, timeout, cgroup_empty, out_of_memory, reset_failed, abandon };

struct ScopeMachine;
struct ScopeContext : MachineContext<ScopeRuntime> {
  using Machine = ScopeMachine;
};
struct ScopeMachine : MachineOf<ScopeContext, ScopeEvent::abandon> {
  static const MachineTables<ScopeMachine> tables;
  static void commit(ScopeContext& c, ScopeState state);
};

ScopeState begin(ScopeContext& c) {
  c.rt.result = ScopeResult::success;
  const std::uint64_t extra = c.unit.config.common->scope->runtime_randomized_extra.usec();
  c.rt.runtime_extra = Duration::from_usec(extra == 0 ? 0 : c.core.world.random() % extra);
  const auto& common = *c.unit.config.common;
  return common.resource_basics->delegate && !common.scope->user.empty() ? start_chown : running;
}
ScopeState enter_start_chown(ScopeContext& c) {
  c.rt.control.clear();
  c.rt.control.pending = spawn_owner(c.core, c.unit);
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

ScopeState chown_over(ScopeContext& c) {
  warn(c, "User lookup timed out. Entering failed state.");
  return fail_to(c, dead, ScopeResult::timeout);
}
ScopeState runtime_over(ScopeContext& c) {
  warn(c, "Scope reached runtime time limit. Stopping.");
  return fail_to(c, stop_sigterm, ScopeResult::timeout);
}
ScopeState sigterm_over(ScopeContext& c) {
  if (c.unit.config.common->kill->send_sigkill) {
    warn(c, "Stopping timed out. Killing.");
    return fail_to(c, stop_sigkill, ScopeResult::timeout);
  }
  warn(c, "Stopping timed out. Skipping SIGKILL.");
  return fail_to(c, dead, ScopeResult::timeout);
}
ScopeState sigkill_over(ScopeContext& c) {
  warn(c, "Still around after SIGKILL. Entering failed mode.");
  return fail_to(c, dead, ScopeResult::timeout);
}
ScopeState emptied(ScopeContext&) { return dead; }
ScopeState oom_up(ScopeContext& c) {
  const auto policy = c.unit.config.common->scope->oom_policy.value_or(unitparser::OomPolicy::continue_);
  if (policy == unitparser::OomPolicy::continue_) return c.rt.state;
  return fail_to(c, policy == unitparser::OomPolicy::kill ? stop_sigkill : stop_sigterm, ScopeResult::oom_kill);
}
ScopeState oom_note(ScopeContext& c) { return fail_to(c, c.rt.state, ScopeResult::oom_kill); }
ScopeState abandon(ScopeContext& c) {
  c.rt.was_abandoned = true;
  c.rt.controller.clear();
  return abandoned;
}

using E = ScopeEvent;
using S = EnumSet<ScopeState>;
using R = Rule<ScopeMachine>;
constexpr S resting = in(dead, failed);
constexpr S up = in(start_chown, running, abandoned);
constexpr S ending = in(stop_sigterm, stop_sigkill);
constexpr std::array rules{
    //  in states        on                     do
    R{resting, in(E::start), begin},
    R{up | ending, in(E::start), ignore},
    R{up, in(E::stop), begin_stop},
    R{resting | ending, in(E::stop), ignore},
    R{in(start_chown), in(E::delegated), delegated},
    R{in(start_chown), in(E::not_delegated), not_delegated},
    R{except(in(start_chown)), in(E::delegated, E::not_delegated), ignore},
    R{in(start_chown), in(E::timeout), chown_over},
    R{in(running, abandoned), in(E::timeout), runtime_over},
    R{in(stop_sigterm), in(E::timeout), sigterm_over},
    R{in(stop_sigkill), in(E::timeout), sigkill_over},
    R{resting, in(E::timeout), ignore},
    R{in(running, abandoned) | ending, in(E::cgroup_empty), emptied},
    R{in(start_chown), in(E::cgroup_empty), ignore},  // its processes come later
    R{resting, in(E::cgroup_empty), rest_emptied},
    R{up, in(E::out_of_memory), oom_up},
    R{ending, in(E::out_of_memory), oom_note},
    R{resting, in(E::out_of_memory), ignore},
    R{in(failed), in(E::reset_failed), reset},
    R{in(dead) | up | ending, in(E::reset_failed), ignore},
    R{in(running), in(E::abandon), abandon},
    R{resting | ending | in(start_chown, abandoned), in(E::abandon), ignore},
};
using Row = StateRow<ScopeMachine>;
constexpr std::array state_rows{
    //  state         looks like                on the way in
    Row{dead, ActiveState::inactive, rest},
    Row{start_chown, ActiveState::activating, enter_start_chown},
    Row{running, ActiveState::active, enter_running},
    Row{abandoned, ActiveState::active},
    Row{stop_sigterm, ActiveState::deactivating, enter_stop_sigterm},
    Row{stop_sigkill, ActiveState::deactivating, enter_stop_sigkill},
    Row{failed, ActiveState::failed, rest},
};
constinit const MachineTables<ScopeMachine> ScopeMachine::tables = tables_of<ScopeMachine>(rules, state_rows);

void ScopeMachine::commit(ScopeContext& c, ScopeState state) {
  const auto& config = *c.unit.config.common->scope;
  Duration limit = Duration::infinity();
  if (state == start_chown) limit = c.core.options.default_timeout_start;
  else forget_process(c.core, c.rt.control);
  if (state == running || state == abandoned) limit = config.runtime_max + c.rt.runtime_extra;
  if (state == stop_sigterm || state == stop_sigkill) limit = config.timeout_stop;
  arm_deadline(c.core, c.unit, c.rt.deadline, from_now(c.core, limit));
  become(c, state, tables.row(state).active);
}

void run(Core& core, Unit& unit, ScopeEvent event) { run_event<ScopeMachine>(core, unit, event); }

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
  log_failed_task(core, unit, failed_to_give_away, pid.error());
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
