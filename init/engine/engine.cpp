// One turn: the event goes to the unit or the request it concerns, then everything that follows is worked off. [pure]
#include "init/engine/engine.h"

#include <algorithm>

#include <fmt/format.h>

#include "init/engine/implicit_dependencies.h"
#include "init/engine/jobs.h"
#include "init/engine/loading.h"
#include "init/engine/propagation.h"
#include "init/engine/requests.h"
#include "init/engine/snapshot.h"
#include "init/engine/unit_actions.h"
#include "init/machines/device.h"
#include "init/machines/machine_types.h"
#include "init/machines/mount.h"
#include "init/machines/processes.h"
#include "init/machines/service_machine.h"
#include "init/machines/socket.h"

namespace init {

void path_moved(Core& core, Unit& unit, const event::PathChanged& change);  // machines/path.cpp
void timer_clock_changed(Core& core, Unit& unit, bool timezone);             // machines/timer.cpp

static bool is_muted(const Unit& unit, int priority) {
  if (!unitparser::type_has_exec(unit.type())) return false;
  const int most = unit.config.common->exec_logging->log_level_max;
  return most >= 0 && priority > most;
}

void log_unit(Core& core, const Unit& unit, int priority, std::string message, effect::LogFields fields, const Cause* cause) {
  if (is_muted(unit, priority)) return;
  effect::Log line;
  line.priority = priority;
  line.unit = unit.id;
  line.message = std::move(message);
  line.fields = std::move(fields);
  line.cause = cause == nullptr ? core.cause : *cause;
  core.emit(std::move(line));
}

namespace {

/// A perpetual unit is up from the first moment on.
void raise_perpetual(Core& core, Unit& unit) {
  if (unitparser::type_has_cgroup(unit.type()) && unit.type() != UnitType::mount) realise_cgroup(core, unit);
  if (unit.active_state() == ActiveState::active) return;
  std::visit(
      [](auto& shared) {
        auto& runtime = shared.write();
        if constexpr (requires { runtime.state = SliceState::active; }) runtime.state = SliceState::active;
        if constexpr (requires { runtime.state = ScopeState::running; }) runtime.state = ScopeState::running;
        if constexpr (requires { runtime.state = MountState::mounted; }) runtime.state = MountState::mounted;
      },
      unit.type_runtime);
  UnitRuntime& rt = unit.runtime.write();
  rt.active_state = ActiveState::active;
  rt.times.state_change = rt.times.inactive_exit = rt.times.active_enter = DualTime::at(core.now);
  core.touch(unit);
}

/// Sends events to the parts that handle them.
struct Dispatch {
  Core& core;

  Unit* by_pid(pid_t pid) const {
    auto at = core.index.pids.find(pid);
    return at == core.index.pids.end() ? nullptr : core.units.find(at->second);
  }
  Unit* by_cgroup(std::string path) const {
    while (!path.empty()) {
      if (auto at = core.index.cgroups.find(path); at != core.index.cgroups.end()) return core.units.find(at->second);
      const std::size_t slash = path.rfind('/');
      path.resize(slash == std::string::npos ? 0 : slash);
    }
    return nullptr;
  }

  void operator()(const event::Startup&) const {
    name_perpetual_units(core);
    process_load_queue(core);
    for (UnitId id : core.units.all())
      if (Unit& unit = core.units.get(id); unit.origin.perpetual) raise_perpetual(core, unit);
    core.started = true;
  }
  void operator()(const event::RequestJob& e) const { on_request_job(core, e); }
  void operator()(const event::CancelJob& e) const { on_cancel_job(core, e); }
  void operator()(const event::LoadUnit& e) const { on_load_unit(core, e); }
  void operator()(const event::KillUnit& e) const { on_kill_unit(core, e); }
  void operator()(const event::ResetFailed& e) const { on_reset_failed(core, e); }
  void operator()(const event::Reload&) const { reload_all_units(core); }
  void operator()(const event::ReplaceConfig& e) const { on_replace_config(core, e); }
  void operator()(const event::EnqueueMarked& e) const { on_enqueue_marked(core, e); }
  void operator()(const event::StartTransient& e) const { on_start_transient(core, e); }
  void operator()(const event::AttachProcesses& e) const { on_attach_processes(core, e); }
  void operator()(const event::RefUnit& e) const { on_ref_unit(core, e); }
  void operator()(const event::UnrefUnit& e) const { on_unref_unit(core, e); }
  void operator()(const event::ClientGone& e) const { on_client_gone(core, e); }
  void operator()(const event::CleanUnit& e) const { on_clean_unit(core, e); }
  void operator()(const event::FreezeUnit& e) const { on_freeze_unit(core, e); }
  void operator()(const event::AbandonScope& e) const { on_abandon_scope(core, e); }

  void operator()(const event::Spawned& e) const {
    auto at = core.index.spawns.find(static_cast<std::uint64_t>(e.spawn));
    if (at == core.index.spawns.end()) return;
    Unit* unit = core.units.find(at->second);
    core.index.spawns.erase(at);
    if (unit == nullptr) return;
    core.cause = unit->runtime->last_cause;
    if (const auto handle = operations_of(unit->type()).spawned; handle != nullptr) handle(core, *unit, e.spawn, e.pid);
  }
  void operator()(const event::ExecConfirmed& e) const {
    Unit* unit = by_pid(e.pid);
    if (unit == nullptr) return;
    if (const auto handle = operations_of(unit->type()).exec_confirmed; handle != nullptr) handle(core, *unit, e.pid);
  }
  void operator()(const event::ProcessExited& e) const {
    Unit* unit = by_pid(e.pid);
    if (unit == nullptr) return;  // an orphan: reaped, and its group tells if it was the last
    core.cause = Cause::of(CauseKind::process, unit->id);
    core.cause.pid = e.pid;
    if (const auto handle = operations_of(unit->type()).exited; handle != nullptr) handle(core, *unit, e);
  }
  void operator()(const event::Notify& e) const {
    Unit* unit = by_pid(e.pid);
    if (unit == nullptr || unit->type() != UnitType::service) {
      auto group = core.world.process_cgroup(e.pid);
      Unit* by_group = group ? by_cgroup(*group) : nullptr;
      if (by_group != nullptr) unit = by_group;
    }
    if (unit == nullptr || unit->type() != UnitType::service) {
      if (!e.fds.empty()) core.emit(effect::CloseFds{e.fds});
      return;
    }
    core.cause = Cause::of(CauseKind::notify, unit->id);
    core.cause.pid = e.pid;
    service_notify(core, *unit, e);
  }
  void operator()(const event::CgroupEmpty& e) const {
    auto at = core.index.cgroups.find(e.cgroup);
    Unit* unit = at == core.index.cgroups.end() ? nullptr : core.units.find(at->second);
    // The news may be old: a process may have been put there since.
    if (unit == nullptr || core.cgroup_populated(e.cgroup)) return;
    core.cause = Cause::of(CauseKind::kernel, unit->id, "control group empty");
    if (const auto handle = operations_of(unit->type()).cgroup_empty; handle != nullptr) handle(core, *unit);
    consider_garbage(core, unit->id);
  }
  void operator()(const event::CgroupOom& e) const {
    Unit* unit = by_cgroup(e.cgroup);
    if (unit == nullptr) return;
    core.cause = Cause::of(CauseKind::kernel, unit->id, "out of memory");
    if (const auto handle = operations_of(unit->type()).out_of_memory; handle != nullptr) handle(core, *unit, e.managed);
  }
  void operator()(const event::FreezeDone& e) const {
    Unit* unit = core.units.find(e.unit);
    if (unit == nullptr) return;
    unit->runtime.write().freezer = e.frozen ? FreezerState::frozen : FreezerState::running;
    core.touch(*unit);
  }
  void operator()(const event::TimerElapsed& e) const {
    Unit* unit = core.units.find(e.timer.unit);
    if (unit == nullptr) return;
    if (e.timer.purpose == TimerPurpose::recheck) return recheck_put_off(core, unit->id);
    if (e.timer.purpose == TimerPurpose::job || e.timer.purpose == TimerPurpose::job_running) {
      core.cause = Cause::of(CauseKind::job_timeout, unit->id);
      job_timed_out(core, unit->id);
      return;
    }
    core.cause = Cause::of(unit->type() == UnitType::timer ? CauseKind::trigger_timer : CauseKind::deadline, unit->id);
    if (const auto handle = operations_of(unit->type()).timer; handle != nullptr) handle(core, *unit, e.timer.purpose);
  }
  void tell_timers(bool timezone) const {
    std::vector<UnitId> timers(core.index.timers.begin(), core.index.timers.end());
    std::sort(timers.begin(), timers.end());
    for (UnitId id : timers)
      if (Unit* unit = core.units.find(id)) timer_clock_changed(core, *unit, timezone);
  }
  void operator()(const event::ClockChanged&) const { tell_timers(false); }
  void operator()(const event::TimezoneChanged&) const { tell_timers(true); }
  void operator()(const event::SocketsOpened& e) const {
    if (Unit* unit = core.units.find(e.unit); unit != nullptr && unit->type() == UnitType::socket)
      sockets_opened(core, *unit, e);
  }
  void operator()(const event::SocketReady& e) const {
    if (Unit* unit = core.units.find(e.unit); unit != nullptr && unit->type() == UnitType::socket) {
      core.cause = Cause::of(CauseKind::trigger_socket, unit->id, e.peer);
      socket_ready(core, *unit, e);
    } else if (e.connection >= 0) {
      core.emit(effect::CloseFds{{e.connection}});
    }
  }
  void operator()(const event::PathChanged& e) const {
    Unit* unit = core.units.find(e.watch.unit);
    if (unit == nullptr) return;
    if (unit->type() == UnitType::path) path_moved(core, *unit, e);
    if (unit->type() == UnitType::service) service_pid_file_moved(core, *unit);
  }
  void operator()(const event::StoredFdClosed& e) const {
    if (Unit* unit = core.units.find(e.unit); unit != nullptr && unit->type() == UnitType::service) service_stored_fd_closed(core, *unit, e.fd);
  }
  void operator()(const event::BusNameChanged& e) const {
    auto at = core.index.bus_names.find(e.name);
    if (at == core.index.bus_names.end()) return;
    const std::vector<UnitId> users = at->second;
    for (UnitId id : users)
      if (Unit* unit = core.units.find(id)) {
        core.cause = Cause::of(CauseKind::bus_name, id, e.name);
        service_bus_name_changed(core, *unit, e.owner, e.pid);
      }
  }
  void operator()(const event::MountTable& e) const { mount_table_changed(core, e); }
  void operator()(const event::SwapTable& e) const { swap_table_changed(core, e); }
  void operator()(const event::Device& e) const { device_event(core, e); }
  void operator()(const event::AutomountOpened& e) const {
    if (Unit* unit = core.units.find(e.unit); unit != nullptr && unit->type() == UnitType::automount)
      automount_opened(core, *unit, e);
  }
  void operator()(const event::AutomountRequest& e) const {
    if (Unit* unit = core.units.find(e.unit); unit != nullptr && unit->type() == UnitType::automount)
      automount_requested(core, *unit, e);
  }
  void operator()(const event::CleanDone& e) const {
    Unit* unit = core.units.find(e.unit);
    if (unit == nullptr) return;
    if (const auto handle = operations_of(unit->type()).clean_done; handle != nullptr) handle(core, *unit, e.success);
  }
  // In a turn of its own: effects of the turns before speak of the units, and who loaded one has to look at it.
  void operator()(const event::CollectGarbage&) const { collect_garbage(core); }
  void operator()(const event::RunJobs&) const {}  // settle_turn() does
  void operator()(const event::ServiceWatchdogs& e) const { core.options.service_watchdogs = e.enabled; }
};

constexpr std::size_t most_jobs_in_turn = 512;  // so that no turn takes long, and no loop of units lasts in one

/// Works off everything that follows from the event, and runs as many jobs as the budget allows.
void settle_turn(Core& core, std::size_t budget) {
  do {
    settle_state_changes(core);
    run_jobs(core, budget);
    settle_state_changes(core);
  } while (settle_put_off(core) || !core.reactions.state_changes.empty() || (budget > 0 && !core.jobs.run_queue.empty()));
  for (UnitId id : core.changed_units)
    if (Unit* unit = core.units.find(id)) {
      unit->changed = false;
      core.emit(effect::UnitChanged{id});
    }
  core.changed_units.clear();
}

/// COMPAT: what a reload changed is told before its end is, and that before the answers.
void end_reload(Core& core, const event::Reload& reload) {
  core.emit(effect::Reloaded{});
  for (const RequestId request : reload.requests)
    if (request != RequestId::none) core.emit(effect::Reply{request, effect::ReplyBody{}});
}

}  // namespace

Engine::Engine(unitparser::UnitSource& source, World& world, EngineOptions options)
    : core_(std::make_unique<Core>(source, world, std::move(options))) {}
Engine::~Engine() = default;

Effects Engine::turn(const Event& event, const Now& now) {
  Core& core = *core_;
  core.now = now;
  core.effects.clear();
  core.populated.clear();
  core.cause = {};
  std::visit(Dispatch{core}, event);
  settle_turn(core, std::holds_alternative<event::RunJobs>(event) ? most_jobs_in_turn : 0);
  if (const auto* reload = std::get_if<event::Reload>(&event)) end_reload(core, *reload);
  return std::move(core.effects);
}

bool Engine::prepare_reload(std::size_t most) { return init::prepare_reload(*core_, most); }
bool Engine::has_garbage() const { return !core_->reactions.garbage.empty(); }
bool Engine::has_jobs_to_run() const { return !core_->jobs.run_queue.empty(); }
const Unit* Engine::find(UnitId id) const { return std::as_const(core_->units).find(id); }
const Unit* Engine::find(std::string_view name) const { return find(core_->units.find_id(name)); }
std::vector<UnitId> Engine::units() const { return core_->units.all(); }
const Job* Engine::find_job(JobId id) const { return std::as_const(core_->jobs).find(id); }
std::vector<JobId> Engine::jobs_before(const Job& job) const { return ordered_jobs(*core_, job, JobSide::waits_for); }
std::vector<JobId> Engine::jobs_after(const Job& job) const { return ordered_jobs(*core_, job, JobSide::holds_up); }
std::vector<JobId> Engine::jobs() const { return core_->jobs.ids(); }
const DependencyGraph& Engine::graph() const { return core_->graph; }
UnitId Engine::unit_of_pid(pid_t pid) const {
  auto at = core_->index.pids.find(pid);
  return at == core_->index.pids.end() ? UnitId::none : at->second;
}
UnitId Engine::unit_of_cgroup(std::string_view cgroup) const {
  const Unit* unit = Dispatch{*core_}.by_cgroup(std::string(cgroup));
  return unit == nullptr ? UnitId::none : unit->id;
}
EngineCounts Engine::counts() const {
  return {core_->units.name_count(), core_->units.all().size(), core_->jobs.size(),
          core_->failed_units,       core_->jobs.installed,     core_->jobs.failed};
}
std::size_t Engine::failed_units() const { return core_->failed_units; }

/// What the unit's group used so far, or what is kept of its last one.
template <class Usage>
static std::optional<Usage> usage_of(World& world, const Unit& unit, std::optional<Usage> (World::*now)(const std::string&),
                                     std::optional<Usage> UnitRuntime::*kept) {
  return unit.runtime->cgroup.empty() ? (*unit.runtime).*kept : (world.*now)(unit.runtime->cgroup);
}
std::optional<std::uint64_t> Engine::cpu_usage_nsec(UnitId id) const {
  const Unit* unit = find(id);
  if (unit == nullptr) return std::nullopt;
  return usage_of(core_->world, *unit, &World::cpu_usage_nsec, &UnitRuntime::cpu_usage_nsec);
}
std::optional<IoTraffic> Engine::io_traffic(UnitId id) const {
  const Unit* unit = find(id);
  if (unit == nullptr || !unit->config.common->resource_basics->io_accounting) return std::nullopt;
  return usage_of(core_->world, *unit, &World::io_traffic, &UnitRuntime::io_traffic);
}
std::optional<IpTraffic> Engine::ip_traffic(UnitId id) const {
  const Unit* unit = find(id);
  if (unit == nullptr || !unit->config.common->resource_basics->ip_accounting) return std::nullopt;
  return usage_of(core_->world, *unit, &World::ip_traffic, &UnitRuntime::ip_traffic);
}

std::vector<std::string> Engine::required_mounts(UnitId id) const {
  std::vector<std::string> paths;
  if (const Unit* unit = find(id))
    for (auto& [path, origin] : init::required_mounts(*core_, *unit))
      if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(std::move(path));
  return paths;
}
const EngineOptions& Engine::options() const { return core_->options; }

bool Engine::can_start(UnitId id) const {
  const Unit* unit = find(id);
  return unit != nullptr && unit_can_start(*core_, *unit);
}
bool Engine::can_stop(UnitId id) const {
  const Unit* unit = find(id);
  return unit != nullptr && unit_can_stop(*core_, *unit);
}
bool Engine::can_reload(UnitId id) const {
  const Unit* unit = find(id);
  return unit != nullptr && unit_can_reload(*core_, *unit);
}
UnitId Engine::following(UnitId id) const {
  const Unit* unit = find(id);
  return unit == nullptr ? UnitId::none : following_of(*unit);
}
std::string Engine::cgroup_path(UnitId id) const {
  const Unit* unit = find(id);
  return unit == nullptr ? std::string() : cgroup_path_of(*core_, *unit);
}
pid_t Engine::main_pid(UnitId id) const {
  const Unit* unit = find(id);
  return unit == nullptr ? 0 : main_pid_of(*unit);
}
pid_t Engine::control_pid(UnitId id) const {
  const Unit* unit = find(id);
  return unit == nullptr ? 0 : control_pid_of(*unit);
}
MonotonicTime Engine::deadline(UnitId id) const {
  const Unit* unit = find(id);
  if (unit == nullptr) return MonotonicTime::infinity();
  const MonotonicTime when = std::visit(
      [](const auto& runtime) {
        if constexpr (requires { runtime->deadline; }) return runtime->deadline;
        return MonotonicTime::infinity();
      },
      unit->type_runtime);
  return when.is_set() ? when : MonotonicTime::infinity();
}
std::vector<int> Engine::descriptors() const {
  std::vector<int> fds;
  for (UnitId id : core_->units.all()) {
    const Unit& unit = *find(id);
    if (unit.type() == UnitType::service) {
      const auto& service = unit.read<ServiceRuntime>();
      if (service.connection.fd >= 0) fds.push_back(service.connection.fd);
      for (const StoredFd& stored : service.fd_store) fds.push_back(stored.fd);
    } else if (unit.type() == UnitType::socket) {
      for (const SocketPort& port : unit.read<SocketRuntime>().ports) fds.push_back(port.fd);
    }
  }
  return fds;
}
std::string Engine::snapshot() const {
  std::string text;
  write_snapshot(*core_, [&text](StateKey, std::string_view part) { text += part; });
  return text;
}
void Engine::save(Saving which, const SavePart& save) {
  if (which == Saving::all) save_all(*core_, save);
  else save_changes(*core_, save);
}
Result<Effects> Engine::restore(std::string_view snapshot, const Now& now) {
  core_->now = now;
  core_->effects.clear();
  core_->populated.clear();
  (void)TRY(read_snapshot(*core_, snapshot));
  for (const UnitId id : core_->units.all()) {
    consider_garbage(*core_, id);
    rearm_recheck(*core_, core_->units.get(id));
  }
  settle_turn(*core_, 0);
  return std::move(core_->effects);
}

void Engine::forget_details() { init::forget_details(*core_); }

}  // namespace init
