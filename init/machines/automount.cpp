// Automounts: mount points that mount themselves when looked into. COMPAT: systemd.automount(5). [pure]
#include <cerrno>

#include <fmt/format.h>

#include "init/engine/propagation.h"
#include "init/engine/transaction.h"
#include "init/machines/mount.h"
#include "init/machines/unit_machine.h"

namespace init {
namespace {

using enum AutomountState;
enum class AutomountEvent : std::uint8_t { start, stop, open_failed, hang_up, mount_failed_limit, reset_failed, start_limit_hit };

struct AutomountMachine;
struct AutomountContext : MachineContext<AutomountRuntime> {
  using Machine = AutomountMachine;
};
struct AutomountMachine : MachineOf<AutomountContext, AutomountEvent::start_limit_hit> {
  static const MachineTables<AutomountMachine> tables;
  static void commit(AutomountContext& c, AutomountState state);
};

Unit* mount_of(Core& core, const Unit& unit) { return core.units.find(core.graph.first(unit.id, Atom::triggers)); }

void answer(Core& core, Unit& unit, std::vector<std::uint32_t>& tokens, int error, bool expire) {
  if (tokens.empty()) return;
  core.emit(effect::AnswerAutomount{unit.id, std::move(tokens), error, expire});
  tokens.clear();
}

AutomountState begin(AutomountContext& c) {
  c.rt.result = AutomountResult::success;
  return waiting;
}
AutomountState end(AutomountContext&) { return dead; }
AutomountState open_failed(AutomountContext& c) { return fail_to(c, dead, AutomountResult::resources); }
AutomountState hang_up(AutomountContext& c) {
  log_unit(c.core, c.unit, 5, fmt::format("{}: Got hangup/error on autofs pipe from kernel. Likely our automount point has been unmounted by someone or something else?", c.unit.name.text()));
  return fail_to(c, dead, AutomountResult::unmounted);
}
AutomountState mount_limit(AutomountContext& c) { return fail_to(c, dead, AutomountResult::mount_start_limit_hit); }
AutomountState enter_waiting(AutomountContext& c) {
  if (!c.rt.opened && !c.rt.opening) {
    c.rt.opening = true;
    c.core.emit(effect::MakeDirectory{mount_point_of(c.unit), c.unit.config.common->automount->directory_mode});
    c.core.emit(effect::OpenAutomount{c.unit.id});
  }
  return waiting;
}
AutomountState enter_rest(AutomountContext& c) {
  answer(c.core, c.unit, c.rt.tokens, EHOSTDOWN, false);
  answer(c.core, c.unit, c.rt.expire_tokens, EHOSTDOWN, true);
  if (c.rt.opened || c.rt.opening) c.core.emit(effect::CloseAutomount{c.unit.id});
  c.rt.opened = c.rt.opening = false;
  return rest(c);
}

using E = AutomountEvent;
using R = Rule<AutomountMachine>;
constexpr std::array rules{
    //  in states                 on                                do
    R{in(dead, failed), in(E::start), begin},
    R{in(waiting, running), in(E::start), ignore},
    R{in(waiting, running), in(E::stop), end},
    R{in(dead, failed), in(E::stop), ignore},
    R{in(waiting, running), in(E::open_failed), open_failed},
    R{in(dead, failed), in(E::open_failed), ignore},
    R{in(waiting, running), in(E::hang_up), hang_up},
    R{in(dead, failed), in(E::hang_up), ignore},
    R{in(waiting, running), in(E::mount_failed_limit), mount_limit},
    R{in(dead, failed), in(E::mount_failed_limit), ignore},
    R{in(failed), in(E::reset_failed), reset},
    R{in(dead, waiting, running), in(E::reset_failed), ignore},
    R{in(dead, failed), in(E::start_limit_hit), limit_hit},
    R{in(waiting, running), in(E::start_limit_hit), ignore},
};
constexpr std::array state_rows{
    StateRow<AutomountMachine>{dead, ActiveState::inactive, enter_rest},
    StateRow<AutomountMachine>{waiting, ActiveState::active, enter_waiting},
    StateRow<AutomountMachine>{running, ActiveState::active},
    StateRow<AutomountMachine>{failed, ActiveState::failed, enter_rest},
};
constinit const MachineTables<AutomountMachine> AutomountMachine::tables = tables_of<AutomountMachine>(rules, state_rows);

void arm_expiry(Core& core, Unit& unit, AutomountRuntime& rt) {
  const Duration idle = unit.config.common->automount->timeout_idle;
  const bool wanted = rt.state == running && !idle.is_zero() && !idle.is_infinite();
  if (!wanted) {
    if (rt.deadline.is_set()) core.emit(effect::DisarmTimer{{unit.id, TimerPurpose::expire}});
    rt.deadline = {};
    return;
  }
  // Looked at three times in each span, so that it is at most a third late.
  rt.deadline = core.now.monotonic + Duration::from_usec(std::max<std::uint64_t>(idle.usec() / 3, 1'000'000));
  core.emit(effect::ArmTimer{{unit.id, TimerPurpose::expire}, effect::Clock::monotonic, rt.deadline.usec(), Duration{}});
}

void AutomountMachine::commit(AutomountContext& c, AutomountState state) {
  become(c, state, tables.row(state).active);
  arm_expiry(c.core, c.unit, c.rt);
}

void run(Core& core, Unit& unit, AutomountEvent event) { run_event<AutomountMachine>(core, unit, event); }
ActionOutcome start(Core& core, Unit& unit) {
  if (const Unit* mount = mount_of(core, unit); mount != nullptr && is_active_or_reloading(mount->active_state())) {
    log_unit(core, unit, 3, fmt::format("{}: Path {} is already a mount point, refusing start.", unit.name.text(), mount_point_of(unit)));
    return ActionOutcome::failed;
  }
  if (!trigger_is_loaded(core, unit)) return ActionOutcome::failed;
  begin_invocation(core, unit);
  run(core, unit, E::start);
  return ActionOutcome::ok;
}
ActionOutcome stop(Core& core, Unit& unit) {
  run(core, unit, E::stop);
  return ActionOutcome::ok;
}
void on_timer(Core& core, Unit& unit, TimerPurpose purpose) {
  auto& rt = unit.write<AutomountRuntime>();
  if (purpose != TimerPurpose::expire || rt.state != running || core.now.monotonic < rt.deadline) return;
  core.emit(effect::ExpireAutomount{unit.id});
  arm_expiry(core, unit, rt);
}
void on_triggered(Core& core, Unit& unit, Unit& other) { automount_mount_changed(core, unit, other); }
void on_reset(Core& core, Unit& unit) { run(core, unit, E::reset_failed); }
void on_limit(Core& core, Unit& unit) { run(core, unit, E::start_limit_hit); }
void verify(Core& core, Unit& unit) {
  const std::string where = mount_point_of(unit);
  if (where == "/") return refuse_unit(core, unit, "Cannot have an automount unit for the root directory. Refusing.");
  auto name = unitparser::name_from_path(where, UnitType::automount);
  if (!name || !(*name == unit.name)) refuse_unit(core, unit, "Where= setting doesn't match unit name. Refusing.");
}
void rearm(Core& core, Unit& unit) {
  auto& rt = unit.write<AutomountRuntime>();
  arm_expiry(core, unit, rt);
}

}  // namespace

void automount_mount_changed(Core& core, Unit& unit, const Unit& mount) {
  AutomountContext c = context_of<AutomountMachine>(core, unit);
  AutomountRuntime& rt = c.rt;
  if (rt.state != waiting && rt.state != running) return;
  const auto& other = mount.read<MountRuntime>();
  // A request that the mount's start limit refused will not be answered otherwise.
  if (other.result == MountResult::start_limit_hit && other.state == MountState::failed && !rt.tokens.empty()) {
    run(core, unit, E::mount_failed_limit);
    return;
  }
  switch (other.state) {
    case MountState::mounted:
    case MountState::remounting:
    case MountState::remounting_sigterm:
    case MountState::remounting_sigkill:
      answer(core, unit, rt.tokens, 0, false);
      if (rt.state == waiting) go_to<AutomountMachine>(c, running);
      break;
    case MountState::dead:
      answer(core, unit, rt.tokens, ENOENT, false);
      answer(core, unit, rt.expire_tokens, 0, true);
      if (rt.state == running) go_to<AutomountMachine>(c, waiting);
      break;
    case MountState::failed:
      if (mount.job == JobId::none) answer(core, unit, rt.tokens, ENODEV, false);
      if (rt.state == running && mount.job == JobId::none) go_to<AutomountMachine>(c, waiting);
      break;
    case MountState::mounting:
    case MountState::mounting_done: answer(core, unit, rt.expire_tokens, ENODEV, true); break;
    default: break;
  }
  core.touch(unit);
}

void automount_opened(Core& core, Unit& unit, const event::AutomountOpened& outcome) {
  auto& rt = unit.write<AutomountRuntime>();
  if (!rt.opening) return;
  rt.opening = false;
  rt.opened = outcome.opened.has_value();
  if (rt.opened) return;
  warn(core, unit, fmt::format("Failed to initialize automounter: {}", outcome.opened.error().message));
  run(core, unit, E::open_failed);
}

void automount_requested(Core& core, Unit& unit, const event::AutomountRequest& request) {
  auto& rt = unit.write<AutomountRuntime>();
  if (request.hang_up) {
    run(core, unit, E::hang_up);
    return;
  }
  if (rt.state != waiting && rt.state != running) return;
  Unit* mount = mount_of(core, unit);
  auto& tokens = request.expire ? rt.expire_tokens : rt.tokens;
  tokens.push_back(request.token);
  if (mount == nullptr) return answer(core, unit, tokens, EHOSTDOWN, request.expire);
  if (!request.expire) {
    const Job* job = core.jobs.find(unit.job);
    if (job != nullptr && job->type == JobType::stop) return answer(core, unit, tokens, EHOSTDOWN, false);
    if (is_active_or_reloading(mount->active_state())) return automount_mount_changed(core, unit, *mount);
    Cause cause = Cause::of(CauseKind::trigger_automount, unit.id);
    cause.pid = request.pid;
    auto added = add_job(core, {mount->id, JobType::start, JobMode::replace, cause});
    if (!added) {
      warn(core, unit, fmt::format("Failed to queue mount startup job: {}", added.error().message));
      answer(core, unit, tokens, ENOENT, false);
    }
    return;
  }
  auto added = add_job(core, {mount->id, JobType::stop, JobMode::replace, Cause::of(CauseKind::trigger_automount, unit.id, "expired")});
  if (!added) answer(core, unit, tokens, ENODEV, true);
}

const TypeOperations automount_operations{
    .type = UnitType::automount,
    .start = start,
    .stop = stop,
    .timer = on_timer,
    .reset_failed = on_reset,
    .start_limit_hit = on_limit,
    .triggered_changed = on_triggered,
    .verify = verify,
    .rearm = rearm,
};

}  // namespace init
