// Swaps: switched by swapon(8) and swapoff(8), believed when /proc/swaps says so. COMPAT: systemd.swap(5). [pure]
#include <algorithm>

#include "init/engine/loading.h"
#include "init/engine/propagation.h"
#include "init/machines/device.h"
#include "init/machines/mount.h"
#include "init/machines/unit_machine.h"
#include "unitparser/base/text.h"

namespace init {
namespace {

using enum SwapState;
enum class SwapEvent : std::uint8_t {
  start, stop, control_done, timeout, table_active, table_inactive, cgroup_empty, reset_failed, start_limit_hit
};

struct SwapMachine;
struct SwapContext : MachineContext<SwapRuntime> {
  using Machine = SwapMachine;
  SwapResult outcome = SwapResult::success;  ///< of the process that the event is about
};
struct SwapMachine : MachineOf<SwapContext, SwapEvent::start_limit_hit> {
  static const MachineTables<SwapMachine> tables;
  static void commit(SwapContext& c, SwapState state);
};

bool is_on(const SwapContext& c) { return c.rt.kernel_priority.has_value(); }
SwapState rest_of(const SwapContext& c) { return is_on(c) ? active : dead; }

void spawn(SwapContext& c, SwapCommandKind kind) {
  SpawnRequest request;
  request.role = SpawnRole::control;
  request.command_kind = std::string(unitparser::to_name(kind));
  request.command = swap_command(c.core.options, c.unit, kind);
  forget_process(c.core, c.rt.control);
  c.rt.control_kind = kind;
  c.rt.control.pending = spawn_process(c.core, c.unit, std::move(request));
}

SwapState begin(SwapContext& c) {
  c.rt.result = SwapResult::success;
  return activating;
}
SwapState enter_activating(SwapContext& c) {
  spawn(c, SwapCommandKind::activate);
  return activating;
}
SwapState enter_deactivating(SwapContext& c) {
  spawn(c, SwapCommandKind::deactivate);
  return deactivating;
}
SwapState enter_sigterm(SwapContext& c) {
  return kill_unit_processes(c.core, c.unit, KillOperation::terminate, nullptr, &c.rt.control) ? deactivating_sigterm
                                                                                               : deactivating_sigkill;
}
SwapState enter_sigkill(SwapContext& c) {
  return kill_unit_processes(c.core, c.unit, KillOperation::kill, nullptr, &c.rt.control) ? deactivating_sigkill : rest_of(c);
}
SwapState enter_rest(SwapContext& c) {
  forget_process(c.core, c.rt.control);
  return rest_after_processes(c);
}
SwapState begin_stop(SwapContext&) { return deactivating; }
SwapState stop_activating(SwapContext&) { return deactivating_sigterm; }
SwapState activation_ended(SwapContext& c) {
  if (c.outcome == SwapResult::success || is_on(c)) return active;
  return fail_to(c, dead, c.outcome);
}
SwapState deactivation_ended(SwapContext& c) {
  if (c.outcome == SwapResult::success) return dead;
  return fail_to(c, rest_of(c), c.outcome);
}
SwapState activation_timeout(SwapContext& c) {
  warn(c, "Activation timed out. Stopping.");
  return fail_to(c, deactivating_sigterm, SwapResult::timeout);
}
SwapState deactivation_timeout(SwapContext& c) {
  warn(c, "Deactivation timed out. Stopping.");
  return fail_to(c, deactivating_sigterm, SwapResult::timeout);
}
SwapState sigterm_timeout(SwapContext& c) {
  const bool kill = c.unit.config.common->kill->send_sigkill;
  warn(c, kill ? "Swap process timed out. Killing." : "Swap process timed out. Skipping SIGKILL. Ignoring.");
  return fail_to(c, kill ? deactivating_sigkill : rest_of(c), SwapResult::timeout);
}
SwapState sigkill_timeout(SwapContext& c) {
  warn(c, "Swap process still around after SIGKILL. Ignoring.");
  return fail_to(c, rest_of(c), SwapResult::timeout);
}
SwapState appeared(SwapContext& c) {
  c.rt.result = SwapResult::success;
  begin_invocation(c.core, c.unit);
  return active;
}
SwapState appeared_while_activating(SwapContext&) { return activating_done; }
SwapState disappeared(SwapContext&) { return dead; }

using E = SwapEvent;
using S = EnumSet<SwapState>;
using R = Rule<SwapMachine>;
constexpr S resting = in(dead, failed);
constexpr S coming = in(activating, activating_done);
constexpr S going = in(deactivating, deactivating_sigterm, deactivating_sigkill);
constexpr std::array rules{
    //  in states                               on                            do
    R{resting, in(E::start), begin},
    R{coming | going | in(active, cleaning), in(E::start), ignore},
    R{in(active), in(E::stop), begin_stop},
    R{coming, in(E::stop), stop_activating},
    R{resting | going | in(cleaning), in(E::stop), ignore},
    R{coming, in(E::control_done), activation_ended},
    R{going, in(E::control_done), deactivation_ended},
    R{resting | in(active, cleaning), in(E::control_done), ignore},
    R{coming, in(E::timeout), activation_timeout},
    R{in(deactivating), in(E::timeout), deactivation_timeout},
    R{in(deactivating_sigterm), in(E::timeout), sigterm_timeout},
    R{in(deactivating_sigkill), in(E::timeout), sigkill_timeout},
    R{resting | in(active, cleaning), in(E::timeout), ignore},
    R{resting, in(E::table_active), appeared},
    R{in(activating), in(E::table_active), appeared_while_activating},
    R{going | in(activating_done, active, cleaning), in(E::table_active), ignore},
    R{in(active, activating_done), in(E::table_inactive), disappeared},
    R{resting | going | in(activating, cleaning), in(E::table_inactive), ignore},
    R{resting, in(E::cgroup_empty), rest_emptied},
    R{coming | going | in(active, cleaning), in(E::cgroup_empty), ignore},
    R{in(failed), in(E::reset_failed), reset},
    R{in(dead, active, cleaning) | coming | going, in(E::reset_failed), ignore},
    R{resting, in(E::start_limit_hit), limit_hit},
    R{coming | going | in(active, cleaning), in(E::start_limit_hit), ignore},
};
using Row = StateRow<SwapMachine>;
constexpr std::array state_rows{
    //  state                 looks like                  on the way in           control deadline
    Row{dead, ActiveState::inactive, enter_rest},
    Row{activating, ActiveState::activating, enter_activating, true, true},
    Row{activating_done, ActiveState::active, nullptr, true, true},
    Row{active, ActiveState::active},
    Row{deactivating, ActiveState::deactivating, enter_deactivating, true, true},
    Row{deactivating_sigterm, ActiveState::deactivating, enter_sigterm, true, true},
    Row{deactivating_sigkill, ActiveState::deactivating, enter_sigkill, true, true},
    Row{failed, ActiveState::failed, enter_rest},
    Row{cleaning, ActiveState::maintenance},
};
constinit const MachineTables<SwapMachine> SwapMachine::tables = tables_of<SwapMachine>(rules, state_rows);

void SwapMachine::commit(SwapContext& c, SwapState state) {
  const Row& row = tables.row(state);
  if (!row.keeps_control) forget_process(c.core, c.rt.control);
  arm_deadline(c.core, c.unit, c.rt.deadline,
               row.keeps_deadline ? from_now(c.core, c.unit.config.common->swap->timeout) : MonotonicTime::infinity());
  become(c, state, row.active);
}

void run(Core& core, Unit& unit, SwapEvent event, SwapResult outcome = SwapResult::success) { run_event<SwapMachine>(core, unit, event, outcome); }
ActionOutcome start(Core& core, Unit& unit) {
  const SwapState state = unit.read<SwapRuntime>().state;
  if (state == activating) return ActionOutcome::ok;
  if (state != dead && state != failed) return ActionOutcome::again;
  begin_invocation(core, unit);
  run(core, unit, E::start);
  return ActionOutcome::ok;
}
ActionOutcome stop(Core& core, Unit& unit) {
  run(core, unit, E::stop);
  return ActionOutcome::ok;
}
void spawned(Core& core, Unit& unit, SpawnId id, const Result<pid_t>& pid) {
  auto& rt = unit.write<SwapRuntime>();
  if (rt.control.pending != id) return;
  if (pid) {
    settle_spawn(core, unit, rt.control, *pid);
    rt.command_status[command_key(static_cast<std::size_t>(rt.control_kind), 0)] = started_status(core, *pid);
    return;
  }
  rt.control.clear();
  log_failed_task(core, unit, rt.control_kind == SwapCommandKind::activate ? "Failed to run 'swapon' task" : "Failed to run 'swapoff' task", pid.error());
  run(core, unit, E::control_done, SwapResult::resources);
}
void exited(Core& core, Unit& unit, const event::ProcessExited& exit) {
  auto& rt = unit.write<SwapRuntime>();
  if (rt.control.pid != exit.pid) return;
  forget_process(core, rt.control);
  end_status(core, rt.command_status[command_key(static_cast<std::size_t>(rt.control_kind), 0)], exit);
  const bool clean = is_clean_exit(exit.code, exit.status, ExitMeasure::command, nullptr);
  log_process_exit(core, unit, "Swap process", "n/a", exit, clean);  // COMPAT: as with mounts
  run(core, unit, E::control_done, result_of<SwapResult>(exit, clean));
}
void on_timer(Core& core, Unit& unit, TimerPurpose) {
  if (deadline_passed(core, unit.read<SwapRuntime>().deadline)) run(core, unit, E::timeout);
}
void on_empty(Core& core, Unit& unit) { run(core, unit, E::cgroup_empty); }
void on_reset(Core& core, Unit& unit) { run(core, unit, E::reset_failed); }
void on_limit(Core& core, Unit& unit) { run(core, unit, E::start_limit_hit); }
bool keeps(const Core&, const Unit& unit) { return unit.read<SwapRuntime>().kernel_priority.has_value(); }
void forget(Core& core, Unit& unit) { core.index.swapped.erase(unit.id); }
/// A swap that no file names: what the kernel says is its config.
void complete_from_kernel(Unit& unit) {
  const auto& priority = unit.read<SwapRuntime>().kernel_priority;
  if (!priority || !unit.origin.fragment_path.empty()) return;
  const std::string what = swap_device_of(unit);
  auto& swap = unit.config.common.write().swap.write();
  swap.what = what;
  swap.priority = *priority;
}

void verify(Core& core, Unit& unit) {
  complete_from_kernel(unit);
  auto name = unitparser::name_from_path(swap_device_of(unit), UnitType::swap);
  if (!name || !(*name == unit.name)) refuse_unit(core, unit, "What= setting doesn't match unit name. Refusing.");
}
void rearm(Core& core, Unit& unit) {
  auto& rt = unit.write<SwapRuntime>();
  if (rt.control.pid > 0) core.index.pids[rt.control.pid] = unit.id;
  if (rt.kernel_priority) core.index.swapped.insert(unit.id);
  arm_deadline(core, unit, rt.deadline, rt.deadline);
}

/// The unit of one name of an active swap, made if the name is the kernel's own.
Unit* swap_unit(Core& core, const std::string& path, const event::SwapEntry& entry, bool make) {
  auto name = unitparser::name_from_path(path, UnitType::swap);
  if (!name) return nullptr;
  if (core.units.find_id(name->text()) == UnitId::none) {
    if (!make) return nullptr;
    Unit& fresh = core.units.create(*name);
    auto& rt = fresh.write<SwapRuntime>();
    rt.kernel_priority = entry.priority;
    rt.kernel_device = entry.device;
    fresh.in_load_queue = true;
    core.load_queue.push_back(fresh.id);
    process_load_queue(core);
  }
  return core.units.find(core.units.find_id(name->text()));
}

}  // namespace

unitparser::ExecCommand swap_command(const EngineOptions& options, const Unit& unit, SwapCommandKind kind) {
  const auto& config = *unit.config.common->swap;
  unitparser::ExecCommand command;
  command.path = kind == SwapCommandKind::activate ? options.swapon_program : options.swapoff_program;
  auto& argv = command.argv;
  argv = {command.path};
  if (kind == SwapCommandKind::activate) {
    if (config.priority) argv.insert(argv.end(), {"-p", std::to_string(*config.priority)});
    std::string wanted;
    for (std::string_view option : unitparser::split_at(config.options, ',')) {
      if (option.empty() || option == "noauto" || option == "auto" || option == "nofail" || option == "sw" ||
          option == "defaults" || option.starts_with("x-systemd.") || (config.priority && option.starts_with("pri=")))
        continue;
      wanted += (wanted.empty() ? "" : ",") + std::string(option);
    }
    if (!wanted.empty()) argv.insert(argv.end(), {"-o", wanted});
  }
  argv.push_back(swap_device_of(unit));
  return command;
}

void swap_table_changed(Core& core, const event::SwapTable& table) {
  std::unordered_set<UnitId> present;
  std::vector<UnitId> appeared;
  for (const event::SwapEntry& entry : table.swaps) {
    Unit* main = swap_unit(core, entry.device, entry, true);
    if (main == nullptr) continue;
    const UnitId main_id = main->id;
    std::vector<std::string> names{entry.device};
    names.insert(names.end(), entry.symlinks.begin(), entry.symlinks.end());
    for (const std::string& path : names) {
      Unit* unit = swap_unit(core, path, entry, false);
      if (unit == nullptr) continue;
      auto& rt = unit->write<SwapRuntime>();
      rt.kernel_priority = entry.priority;
      rt.kernel_device = entry.device;
      rt.following = unit->id == main_id ? UnitId::none : main_id;
      if (present.insert(unit->id).second && core.index.swapped.insert(unit->id).second) appeared.push_back(unit->id);
    }
    device_named_by_table(core, entry.device, DeviceUser::swap, true);
  }
  for (UnitId id : appeared)
    if (Unit* unit = core.units.find(id)) run(core, *unit, E::table_active);
  std::vector<UnitId> gone;
  for (UnitId id : core.index.swapped)
    if (!present.contains(id)) gone.push_back(id);
  std::sort(gone.begin(), gone.end());
  for (UnitId id : gone) {
    core.index.swapped.erase(id);
    Unit* unit = core.units.find(id);
    if (unit == nullptr) continue;
    auto& rt = unit->write<SwapRuntime>();
    device_named_by_table(core, rt.kernel_device, DeviceUser::swap, false);
    rt.kernel_priority.reset();
    rt.following = UnitId::none;
    run(core, *unit, E::table_inactive);
    consider_garbage(core, id);
  }
}

const TypeOperations swap_operations{
    .type = UnitType::swap,
    .start = start,
    .stop = stop,
    .spawned = spawned,
    .exited = exited,
    .timer = on_timer,
    .cgroup_empty = on_empty,
    .reset_failed = on_reset,
    .start_limit_hit = on_limit,
    .keeps_unit = keeps,
    .forget = forget,
    .verify = verify,
    .rearm = rearm,
};

}  // namespace init
