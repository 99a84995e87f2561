// Mounts: done by mount(8) and umount(8), believed when the kernel's table says so. COMPAT: systemd.mount(5). [pure]
#include "init/machines/mount.h"

#include <algorithm>

#include <fmt/format.h>

#include "init/engine/loading.h"
#include "init/engine/propagation.h"
#include "init/machines/device.h"
#include "init/machines/unit_machine.h"
#include "unitparser/base/text.h"
#include "unitparser/load/derived_settings.h"

namespace init {
namespace {

using enum MountState;
enum class MountEvent : std::uint8_t {
  start, stop, reload, control_done, timeout, table_mounted, table_unmounted, cgroup_empty, reset_failed, start_limit_hit
};

struct MountMachine;
struct MountContext : MachineContext<MountRuntime> {
  using Machine = MountMachine;
  MountResult outcome = MountResult::success;  ///< of the process that the event is about
};
struct MountMachine : MachineOf<MountContext, MountEvent::start_limit_hit> {
  static const MachineTables<MountMachine> tables;
  static void commit(MountContext& c, MountState state);
};

constexpr const char* message_id_of_overmounting = "1dee0369c7fc4736b7099b38ecb46ee7";

bool is_mounted(const MountContext& c) { return c.rt.kernel.has_value(); }
/// Where a mount comes to rest, by what the kernel says.
MountState rest_of(const MountContext& c) { return is_mounted(c) ? mounted : dead; }

// --- commands -----------------------------------------------------------------------------------------------------

std::string options_without_ours(const std::string& options) {
  std::string result;
  for (std::string_view option : unitparser::split_at(options, ',')) {
    if (option.empty() || option == "noauto" || option == "auto" || option == "nofail" || option == "fail" ||
        option == "comment" || option.starts_with("comment=") || option.starts_with("x-systemd."))
      continue;
    if (!result.empty()) result += ',';
    result += option;
  }
  return result;
}

void spawn(MountContext& c, MountCommandKind kind) {
  forget_process(c.core, c.rt.control);
  SpawnRequest request;
  request.role = SpawnRole::control;
  request.command_kind = std::string(unitparser::to_name(kind));
  request.command = mount_command(c.core.options, c.unit, kind);
  c.rt.control_kind = kind;
  c.rt.control.pending = spawn_process(c.core, c.unit, std::move(request));
}

// --- handlers -----------------------------------------------------------------------------------------------------

bool is_bind_mount(const unitparser::MountConfig& config) {
  const auto options = unitparser::split_at(config.options, ',');
  const auto binds = [](std::string_view word) { return word == "bind" || word == "rbind"; };
  return binds(config.type) || std::any_of(options.begin(), options.end(), binds);
}

/// COMPAT: the kernel's table tells how something is mounted, not how to mount it; what no file names is neither mounted nor
/// remounted.
bool has_parameters(const Unit& unit) { return !unit.origin.fragment_path.empty() && !unit.config.common->mount->what.empty(); }

std::string_view failure_of(MountCommandKind kind) {
  switch (kind) {
    case MountCommandKind::mount: return "Failed to run 'mount' task";
    case MountCommandKind::remount: return "Failed to run 'remount' task";
    case MountCommandKind::unmount: break;
  }
  return "Failed to run 'umount' task";
}
void log_failure(MountContext& c, MountCommandKind kind, int os_errno) {
  log_failed_task(c.core, c.unit, failure_of(kind), unitparser::fail_errno(os_errno, {}).value());
}

MountState begin(MountContext& c) {
  c.rt.result = MountResult::success;
  c.rt.reload_result = MountResult::success;
  c.rt.unmount_attempts = 0;
  for (auto& [command, status] : c.rt.command_status) status = {};
  return mounting;
}
MountState enter_mounting(MountContext& c) {
  const auto& config = *c.unit.config.common->mount;
  const std::string where = mount_point_of(c.unit);
  if (!c.core.world.is_canonical(where)) {
    log_unit(c.core, c.unit, 3, fmt::format("{}: Mount path {} is not canonical (contains a symlink).", c.unit.name.text(), where),
             {{"MESSAGE_ID", message_id_of_overmounting}, {"WHERE", where}});
    log_failure(c, MountCommandKind::mount, ELOOP);
    return fail_to(c, dead, MountResult::resources);
  }
  if (is_bind_mount(config) && config.what.starts_with('/')) c.core.emit(effect::MakeDirectory{config.what, config.directory_mode});
  c.core.emit(effect::MakeDirectory{where, config.directory_mode});
  if (c.core.world.path_match(unitparser::PathKind::directory_not_empty, where))
    log_unit(c.core, c.unit, 5, fmt::format("{}: Directory {} to mount over is not empty, mounting anyway.", c.unit.name.text(), where),
             {{"MESSAGE_ID", message_id_of_overmounting}, {"WHERE", where}});
  if (!has_parameters(c.unit)) {
    log_failure(c, MountCommandKind::mount, ENOENT);
    return fail_to(c, dead, MountResult::resources);
  }
  spawn(c, MountCommandKind::mount);
  return mounting;
}
MountState enter_remounting(MountContext& c) {
  if (!has_parameters(c.unit)) {
    log_failure(c, MountCommandKind::remount, ENOENT);
    c.rt.reload_result = MountResult::resources;
    return rest_of(c);
  }
  spawn(c, MountCommandKind::remount);
  return remounting;
}
MountState enter_unmounting(MountContext& c) {
  c.rt.unmount_attempts = c.rt.state == unmounting ? c.rt.unmount_attempts + 1 : 1;
  spawn(c, MountCommandKind::unmount);
  return unmounting;
}
MountState enter_killing(MountContext& c, MountState state, MountState next, KillOperation operation) {
  return kill_unit_processes(c.core, c.unit, operation, nullptr, &c.rt.control) ? state : next;
}
MountState enter_remounting_sigterm(MountContext& c) {
  return enter_killing(c, remounting_sigterm, remounting_sigkill, KillOperation::terminate);
}
MountState enter_remounting_sigkill(MountContext& c) {
  return enter_killing(c, remounting_sigkill, mounted, KillOperation::kill);
}
MountState enter_unmounting_sigterm(MountContext& c) {
  return enter_killing(c, unmounting_sigterm, unmounting_sigkill, KillOperation::terminate);
}
MountState enter_unmounting_sigkill(MountContext& c) {
  return enter_killing(c, unmounting_sigkill, rest_of(c), KillOperation::kill);
}
MountState enter_rest(MountContext& c) {
  forget_process(c.core, c.rt.control);
  return rest_after_processes(c);
}

MountState begin_stop(MountContext&) { return unmounting; }
/// A mount(8) that has not ended is told to; it may have mounted already, so the rest is looked up then.
MountState stop_mounting(MountContext&) { return unmounting_sigterm; }
MountState begin_reload(MountContext& c) {
  c.rt.reload_result = MountResult::success;
  return remounting;
}

MountState mount_ended(MountContext& c) {
  note_result(c, c.outcome);
  if (c.outcome != MountResult::success) return is_mounted(c) ? mounted : dead;
  if (is_mounted(c)) return mounted;
  // mount(8) says done, the kernel's table does not know: what we were told is not true.
  warn(c, "Mount process finished, but there is no mount.");
  return fail_to(c, dead, MountResult::protocol);
}
MountState remount_ended(MountContext& c) {
  c.rt.reload_result = c.outcome;
  return rest_of(c);
}
MountState unmount_ended(MountContext& c) {
  if (c.outcome == MountResult::success && is_mounted(c)) {
    // Another mount lay below it at the same place.
    if (c.rt.unmount_attempts < 32) {
      enter_unmounting(c);
      arm_deadline(c.core, c.unit, c.rt.deadline, from_now(c.core, c.unit.config.common->mount->timeout));
      return unmounting;
    }
    warn(c, "Failed to unmount file system, giving up after too many attempts.");
    note_result(c, MountResult::resources);
    return mounted;
  }
  if (c.outcome != MountResult::success && is_mounted(c)) {
    note_result(c, c.outcome);
    return mounted;
  }
  return dead;
}
MountState killed_ended(MountContext& c) {
  note_result(c, c.outcome);
  return rest_of(c);
}
MountState remount_killed_ended(MountContext& c) {
  c.rt.reload_result = c.outcome == MountResult::success ? c.rt.reload_result : c.outcome;
  return rest_of(c);
}

MountState mounting_timeout(MountContext& c) {
  warn(c, "Mounting timed out. Terminating.");
  return fail_to(c, unmounting_sigterm, MountResult::timeout);
}
MountState remounting_timeout(MountContext& c) {
  warn(c, "Remounting timed out. Terminating remount process.");
  c.rt.reload_result = MountResult::timeout;
  return remounting_sigterm;
}
MountState unmounting_timeout(MountContext& c) {
  warn(c, "Unmounting timed out. Terminating.");
  return fail_to(c, unmounting_sigterm, MountResult::timeout);
}
MountState remounting_sigterm_timeout(MountContext& c) {
  warn(c, c.unit.config.common->kill->send_sigkill ? "Remounting timed out. Killing." : "Remounting timed out. Skipping SIGKILL. Ignoring.");
  return c.unit.config.common->kill->send_sigkill ? remounting_sigkill : rest_of(c);
}
MountState remounting_sigkill_timeout(MountContext& c) {
  warn(c, "Mount process still around after SIGKILL. Ignoring.");
  return rest_of(c);
}
MountState unmounting_sigterm_timeout(MountContext& c) {
  warn(c, c.unit.config.common->kill->send_sigkill ? "Mount process timed out. Killing." : "Mount process timed out. Skipping SIGKILL. Ignoring.");
  return fail_to(c, c.unit.config.common->kill->send_sigkill ? unmounting_sigkill : rest_of(c), MountResult::timeout);
}
MountState unmounting_sigkill_timeout(MountContext& c) {
  warn(c, "Mount process still around after SIGKILL. Ignoring.");
  return fail_to(c, rest_of(c), MountResult::timeout);
}

/// Somebody mounted it without us.
MountState appeared(MountContext& c) {
  c.rt.result = MountResult::success;
  begin_invocation(c.core, c.unit);
  return mounted;
}
MountState appeared_while_mounting(MountContext&) { return mounting_done; }
/// Somebody unmounted it without us.
MountState disappeared(MountContext&) { return dead; }
MountState disappeared_while_mounting(MountContext&) { return mounting; }

MountState reset_both(MountContext& c) {
  c.rt.reload_result = MountResult::success;
  reset(c);
  return dead;
}

using E = MountEvent;
using S = EnumSet<MountState>;
using R = Rule<MountMachine>;
constexpr S resting = in(dead, failed);
constexpr S coming = in(mounting, mounting_done);
constexpr S remounts = in(remounting, remounting_sigterm, remounting_sigkill);
constexpr S unmounts = in(unmounting, unmounting_sigterm, unmounting_sigkill);
constexpr std::array rules{
    //  in states                                      on                            do
    R{resting, in(E::start), begin},
    R{coming | remounts | unmounts | in(mounted, cleaning), in(E::start), ignore},
    R{in(mounted) | remounts, in(E::stop), begin_stop},
    R{coming, in(E::stop), stop_mounting},
    R{resting | unmounts | in(cleaning), in(E::stop), ignore},
    R{in(mounted), in(E::reload), begin_reload},
    R{resting | coming | remounts | unmounts | in(cleaning), in(E::reload), ignore},
    R{coming, in(E::control_done), mount_ended},
    R{in(remounting), in(E::control_done), remount_ended},
    R{in(remounting_sigterm, remounting_sigkill), in(E::control_done), remount_killed_ended},
    R{in(unmounting), in(E::control_done), unmount_ended},
    R{in(unmounting_sigterm, unmounting_sigkill), in(E::control_done), killed_ended},
    R{resting | in(mounted, cleaning), in(E::control_done), ignore},
    R{coming, in(E::timeout), mounting_timeout},
    R{in(remounting), in(E::timeout), remounting_timeout},
    R{in(unmounting), in(E::timeout), unmounting_timeout},
    R{in(remounting_sigterm), in(E::timeout), remounting_sigterm_timeout},
    R{in(remounting_sigkill), in(E::timeout), remounting_sigkill_timeout},
    R{in(unmounting_sigterm), in(E::timeout), unmounting_sigterm_timeout},
    R{in(unmounting_sigkill), in(E::timeout), unmounting_sigkill_timeout},
    R{resting | in(mounted, cleaning), in(E::timeout), ignore},
    R{resting, in(E::table_mounted), appeared},
    R{in(mounting), in(E::table_mounted), appeared_while_mounting},
    R{remounts | unmounts | in(mounting_done, mounted, cleaning), in(E::table_mounted), ignore},
    R{in(mounted), in(E::table_unmounted), disappeared},
    R{in(mounting_done), in(E::table_unmounted), disappeared_while_mounting},
    R{resting | remounts | unmounts | in(mounting, cleaning), in(E::table_unmounted), ignore},
    R{resting, in(E::cgroup_empty), rest_emptied},
    R{coming | remounts | unmounts | in(mounted, cleaning), in(E::cgroup_empty), ignore},
    R{in(failed), in(E::reset_failed), reset_both},
    R{in(dead, mounted, cleaning) | coming | remounts | unmounts, in(E::reset_failed), ignore},
    R{resting, in(E::start_limit_hit), limit_hit},
    R{coming | remounts | unmounts | in(mounted, cleaning), in(E::start_limit_hit), ignore},
};
using Row = StateRow<MountMachine>;
constexpr std::array state_rows{
    //  state               looks like                  on the way in          control deadline
    Row{dead, ActiveState::inactive, enter_rest},
    Row{mounting, ActiveState::activating, enter_mounting, true, true},
    Row{mounting_done, ActiveState::activating, nullptr, true, true},
    Row{mounted, ActiveState::active},
    Row{remounting, ActiveState::reloading, enter_remounting, true, true},
    Row{unmounting, ActiveState::deactivating, enter_unmounting, true, true},
    Row{remounting_sigterm, ActiveState::reloading, enter_remounting_sigterm, true, true},
    Row{remounting_sigkill, ActiveState::reloading, enter_remounting_sigkill, true, true},
    Row{unmounting_sigterm, ActiveState::deactivating, enter_unmounting_sigterm, true, true},
    Row{unmounting_sigkill, ActiveState::deactivating, enter_unmounting_sigkill, true, true},
    Row{failed, ActiveState::failed, enter_rest},
    Row{cleaning, ActiveState::maintenance},
};
constinit const MachineTables<MountMachine> MountMachine::tables = tables_of<MountMachine>(rules, state_rows);

void MountMachine::commit(MountContext& c, MountState state) {
  const Row& row = tables.row(state);
  if (!row.keeps_control) forget_process(c.core, c.rt.control);
  arm_deadline(c.core, c.unit, c.rt.deadline,
               row.keeps_deadline ? from_now(c.core, c.unit.config.common->mount->timeout) : MonotonicTime::infinity());
  become(c, state, row.active, {.reload_failed = c.rt.reload_result != MountResult::success});
}

// --- engine's calls -----------------------------------------------------------------------------------------------

void run(Core& core, Unit& unit, MountEvent event, MountResult outcome = MountResult::success) { run_event<MountMachine>(core, unit, event, outcome); }
ActionOutcome start(Core& core, Unit& unit) {
  const MountState state = unit.read<MountRuntime>().state;
  if (state == mounting || state == mounting_done) return ActionOutcome::ok;
  if (state != dead && state != failed) return ActionOutcome::again;
  begin_invocation(core, unit);
  run(core, unit, E::start);
  return ActionOutcome::ok;
}
ActionOutcome stop(Core& core, Unit& unit) {
  run(core, unit, E::stop);
  return ActionOutcome::ok;
}
ActionOutcome reload(Core& core, Unit& unit) {
  if (unit.read<MountRuntime>().state != mounted) return ActionOutcome::again;
  run(core, unit, E::reload);
  return ActionOutcome::ok;
}
bool can_reload(const Unit&) { return true; }
void spawned(Core& core, Unit& unit, SpawnId id, const Result<pid_t>& pid) {
  auto& rt = unit.write<MountRuntime>();
  if (rt.control.pending != id) return;
  if (pid) {
    settle_spawn(core, unit, rt.control, *pid);
    rt.command_status[command_key(static_cast<std::size_t>(rt.control_kind), 0)] = started_status(core, *pid);
    return;
  }
  rt.control.clear();
  log_failed_task(core, unit, failure_of(rt.control_kind), pid.error());
  run(core, unit, E::control_done, MountResult::resources);
}
void exited(Core& core, Unit& unit, const event::ProcessExited& exit) {
  auto& rt = unit.write<MountRuntime>();
  if (rt.control.pid != exit.pid) return;
  forget_process(core, rt.control);
  end_status(core, rt.command_status[command_key(static_cast<std::size_t>(rt.control_kind), 0)], exit);
  const bool clean = is_clean_exit(exit.code, exit.status, ExitMeasure::command, nullptr);
  log_process_exit(core, unit, "Mount process", "n/a", exit, clean);  // COMPAT: does not say which command it was
  run(core, unit, E::control_done, result_of<MountResult>(exit, clean));
}
void on_timer(Core& core, Unit& unit, TimerPurpose) {
  if (deadline_passed(core, unit.read<MountRuntime>().deadline)) run(core, unit, E::timeout);
}
void on_empty(Core& core, Unit& unit) { run(core, unit, E::cgroup_empty); }
void on_reset(Core& core, Unit& unit) { run(core, unit, E::reset_failed); }
void on_limit(Core& core, Unit& unit) { run(core, unit, E::start_limit_hit); }
bool keeps(const Core&, const Unit& unit) { return unit.read<MountRuntime>().kernel.has_value(); }
void forget(Core& core, Unit& unit) { core.index.mounted.erase(unit.id); }
/// A mount that no file names: what the kernel says is its config.
void complete_from_kernel(Unit& unit) {
  const auto& kernel = unit.read<MountRuntime>().kernel;
  if (!kernel || !unit.origin.fragment_path.empty()) return;
  const std::string where = mount_point_of(unit);
  auto& mount = unit.config.common.write().mount.write();
  mount.what = kernel->what;
  mount.where = where;
  mount.type = kernel->type;
  mount.options = kernel->options;
  unitparser::derive_description(unit.config, unit.name, unitparser::ManagerScope::system);  // a user's is called the same
  if (!unit.origin.perpetual) unit.config.unit_documents.write().source_path = "/proc/self/mountinfo";
}

void verify(Core& core, Unit& unit) {
  complete_from_kernel(unit);
  const std::string where = mount_point_of(unit);
  auto name = unitparser::name_from_path(where, UnitType::mount);
  if (!name || !(*name == unit.name))
    return refuse_unit(core, unit, "Where= setting doesn't match unit name. Refusing.");
  if (!unit.origin.fragment_path.empty() && unit.config.common->mount->what.empty() && !unit.origin.perpetual)
    return refuse_unit(core, unit, "What= setting is missing. Refusing.");
}
void rearm(Core& core, Unit& unit) {
  auto& rt = unit.write<MountRuntime>();
  if (rt.control.pid > 0) core.index.pids[rt.control.pid] = unit.id;
  if (rt.kernel) core.index.mounted.insert(unit.id);
  arm_deadline(core, unit, rt.deadline, rt.deadline);
}

}  // namespace

unitparser::ExecCommand mount_command(const EngineOptions& options, const Unit& unit, MountCommandKind kind) {
  const auto& config = *unit.config.common->mount;
  const std::string where = mount_point_of(unit);
  unitparser::ExecCommand command;
  command.path = kind == MountCommandKind::unmount ? options.unmount_program : options.mount_program;
  command.argv = {command.path};
  if (kind == MountCommandKind::unmount) {
    command.argv.insert(command.argv.end(), {where, "-c"});
    if (config.lazy_unmount) command.argv.emplace_back("-l");
    if (config.force_unmount) command.argv.emplace_back("-f");
    return command;
  }
  std::string wanted = options_without_ours(config.options);
  if (kind == MountCommandKind::remount) wanted = wanted.empty() ? "remount" : "remount," + wanted;
  command.argv.insert(command.argv.end(), {config.what, where});
  if (kind == MountCommandKind::mount && config.sloppy_options) command.argv.emplace_back("-s");
  if (kind == MountCommandKind::mount && config.read_write_only) command.argv.emplace_back("-w");
  if (!config.type.empty() && kind == MountCommandKind::mount) command.argv.insert(command.argv.end(), {"-t", config.type});
  if (!wanted.empty()) command.argv.insert(command.argv.end(), {"-o", wanted});
  return command;
}

void mount_table_changed(Core& core, const event::MountTable& table) {
  std::unordered_set<UnitId> present;
  std::unordered_set<std::string> nodes;
  std::unordered_set<std::string> nodes_before;
  for (UnitId id : core.index.mounted)
    if (const Unit* unit = core.units.find(id))
      if (const auto& kernel = unit->read<MountRuntime>().kernel) nodes_before.insert(kernel->what);
  std::unordered_map<std::string_view, const event::MountEntry*> on_top;  // of what is mounted over each other
  for (const event::MountEntry& entry : table.mounts) {
    if (entry.type == "autofs") continue;
    nodes.insert(entry.what);
    on_top[entry.where] = &entry;
  }
  for (const event::MountEntry& entry : table.mounts) {
    if (on_top[entry.where] != &entry) continue;
    auto name = unitparser::name_from_path(entry.where, UnitType::mount);
    if (!name) continue;
    const UnitId known = core.units.find_id(name->text());
    UnitId id = known;
    if (known == UnitId::none) {
      // The entry must be in place before the files are asked, so that a mount without one counts as loaded.
      Unit& fresh = core.units.create(*name);
      fresh.write<MountRuntime>().kernel = MountTableEntry{entry.what, entry.type, entry.options};
      fresh.in_load_queue = true;
      core.load_queue.push_back(fresh.id);
      process_load_queue(core);
      id = core.units.find_id(name->text());
    }
    Unit* unit = core.units.find(id);
    if (unit == nullptr || unit->type() != UnitType::mount) continue;
    auto& kernel = unit->write<MountRuntime>().kernel;
    const auto seen = std::exchange(kernel, MountTableEntry{entry.what, entry.type, entry.options});
    if (unit->origin.fragment_path.empty() && seen != kernel) adopt_config(core, id, unit->config);
    present.insert(id);
  }
  const std::vector<UnitId> before(core.index.mounted.begin(), core.index.mounted.end());
  for (const std::string& node : nodes)
    if (!nodes_before.contains(node)) device_named_by_table(core, node, DeviceUser::mount, true);
  std::vector<UnitId> appeared;
  for (const UnitId id : present)
    if (core.index.mounted.insert(id).second) appeared.push_back(id);
  std::sort(appeared.begin(), appeared.end());
  for (UnitId id : appeared)
    if (Unit* unit = core.units.find(id)) run(core, *unit, E::table_mounted);
  std::vector<UnitId> gone;
  for (UnitId id : before)
    if (!present.contains(id)) gone.push_back(id);
  std::sort(gone.begin(), gone.end());
  for (UnitId id : gone) {
    core.index.mounted.erase(id);
    Unit* unit = core.units.find(id);
    if (unit == nullptr) continue;
    unit->write<MountRuntime>().kernel.reset();
    run(core, *unit, E::table_unmounted);
    consider_garbage(core, id);
  }
  for (const std::string& node : nodes_before)
    if (!nodes.contains(node)) device_named_by_table(core, node, DeviceUser::mount, false);
}

const TypeOperations mount_operations{
    .type = UnitType::mount,
    .start = start,
    .stop = stop,
    .reload = reload,
    .can_reload = can_reload,
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
