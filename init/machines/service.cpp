// Services seen from the engine: what happens to processes, messages and timers becomes events of the machine. [pure]
#include <csignal>

#include <fmt/format.h>

#include "init/engine/propagation.h"
#include "init/machines/service_machine.h"
#include "unitparser/base/text.h"

namespace init {
namespace {

using enum ServiceState;
using unitparser::ServiceType;

const ServiceRuntime& runtime_of(const Unit& unit) { return unit.read<ServiceRuntime>(); }

void run(Core& core, Unit& unit, ServiceEvent event, ServiceResult outcome = ServiceResult::success) { run_event<ServiceMachine>(core, unit, event, outcome); }

Duration deadline_of(const ServiceContext& c, ServiceState state) {
  const auto& timeouts = *c.unit.config.common->service_timeouts;
  switch (state) {
    case condition:
    case start_pre:
    case start:
    case start_post: return service_start_limit(c);
    case running: return timeouts.runtime_max + c.rt.runtime_extra;
    case reload: return timeouts.timeout_start;
    case stop:
    case stop_sigterm:
    case stop_sigkill:
    case stop_post:
    case final_sigterm:
    case final_sigkill: return timeouts.timeout_stop;
    case stop_watchdog:
    case final_watchdog: return service_abort_limit(c);
    case auto_restart: return timeouts.restart_delay;
    case cleaning: return c.unit.config.common->exec_provided->timeout_clean;
    default: return Duration::infinity();
  }
}

void disarm_watchdog(ServiceContext& c) {
  if (!c.rt.notify.watchdog_at.is_set()) return;
  c.rt.notify.watchdog_at = {};
  c.core.emit(effect::DisarmTimer{{c.unit.id, TimerPurpose::watchdog}});
}

// --- spawning -----------------------------------------------------------------------------------------------------

/// The sockets to pass: those of all listening socket units that trigger the service, then the stored descriptors.
std::vector<PassedFd> descriptors_of(const Core& core, const Unit& unit) {
  std::vector<PassedFd> fds;
  for (UnitId id : core.graph.others(unit.id, Atom::triggered_by)) {
    const Unit* socket = core.units.find(id);
    if (socket == nullptr || socket->type() != UnitType::socket) continue;
    const std::string name = socket->config.common->socket->fd_name.value_or(socket->name.text());
    for (const SocketPort& port : socket->read<SocketRuntime>().ports) fds.push_back({port.fd, name});
  }
  return fds;
}

std::string status_text(const ExecStatus& status) {
  return status.code == CLD_EXITED ? std::to_string(status.status) : signal_short_name(status.status);
}

std::vector<std::string> environment_of(const Core& core, const Unit& unit, ServiceCommandKind kind) {
  const ServiceRuntime& rt = runtime_of(unit);
  std::vector<std::string> environment;
  if (rt.main.process.pid > 0) environment.push_back(fmt::format("MAINPID={}", rt.main.process.pid));
  if (!unit.config.common->service->pid_file.empty()) environment.push_back("PIDFILE=" + unit.config.common->service->pid_file);
  if (kind == ServiceCommandKind::stop || kind == ServiceCommandKind::stop_post) {
    environment.push_back(fmt::format("SERVICE_RESULT={}", unitparser::to_name(rt.result)));
    if (rt.main.status.pid > 0 && rt.main.status.code != 0) {
      environment.push_back(fmt::format("EXIT_CODE={}", exit_code_name(rt.main.status.code)));
      environment.push_back(fmt::format("EXIT_STATUS={}", status_text(rt.main.status)));
    }
  } else {
    for (const auto& [key, value] : unit.runtime->activation_details) {
      std::string name = key;
      for (char& letter : name)
        if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
      environment.push_back(fmt::format("{}={}", name, value));
    }
  }
  const Cause& cause = unit.runtime->last_cause;
  if (cause.kind == CauseKind::on_failure || cause.kind == CauseKind::on_success)
    if (const Unit* monitored = core.units.find(cause.unit);
        monitored != nullptr && monitored->type() == UnitType::service) {
      const ServiceRuntime& other = runtime_of(*monitored);
      environment.push_back(fmt::format("MONITOR_SERVICE_RESULT={}", unitparser::to_name(other.result)));
      if (other.main.status.code != 0) {
        environment.push_back(fmt::format("MONITOR_EXIT_CODE={}", exit_code_name(other.main.status.code)));
        environment.push_back(fmt::format("MONITOR_EXIT_STATUS={}", status_text(other.main.status)));
      }
      environment.push_back(fmt::format("MONITOR_INVOCATION_ID={}", monitored->runtime->invocation_id));
      environment.push_back(fmt::format("MONITOR_UNIT={}", monitored->name.text()));
    }
  if (rt.connection.fd >= 0 && !rt.connection.peer.empty()) {
    const std::size_t colon = rt.connection.peer.rfind(':');
    if (colon == std::string::npos) {
      environment.push_back("REMOTE_ADDR=" + rt.connection.peer);
    } else {
      std::string address = rt.connection.peer.substr(0, colon);
      if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
      environment.push_back("REMOTE_ADDR=" + address);
      environment.push_back("REMOTE_PORT=" + rt.connection.peer.substr(colon + 1));
    }
  }
  return environment;
}

SpawnRequest request_of(const Core& core, const Unit& unit, ServiceCommandKind kind, std::uint32_t index) {
  const ServiceRuntime& rt = runtime_of(unit);
  SpawnRequest request;
  request.command_kind = std::string(unitparser::to_name(kind));
  request.command = service_commands(unit, kind)[index];
  request.environment = environment_of(core, unit, kind);
  request.notify_socket = service_notify_access(unit) != unitparser::NotifyAccess::none;
  if (kind == ServiceCommandKind::start) {
    request.role = SpawnRole::main;
    if (rt.connection.fd >= 0) {
      request.stdin_socket = rt.connection.fd;
      request.sockets.push_back({rt.connection.fd, "connection"});
    } else {
      request.sockets = descriptors_of(core, unit);
    }
    for (const StoredFd& stored : rt.fd_store) request.sockets.push_back({stored.fd, stored.name});
    request.watchdog = service_watchdog_period(unit);
    request.confirm_exec = unit.config.common->service->type == ServiceType::exec;
    request.idle = unit.config.common->service->type == ServiceType::idle;
  } else {
    request.role = SpawnRole::control;
  }
  return request;
}

// --- engine's calls -----------------------------------------------------------------------------------------------

ActionOutcome start_service(Core& core, Unit& unit) {
  const ServiceState state = runtime_of(unit).state;
  switch (state) {
    case condition:
    case start_pre:
    case start:
    case start_post: return ActionOutcome::ok;
    case dead:
    case failed: break;
    // A start waits for the stop, the cleaning or the holdoff of Restart= to end.
    default: return ActionOutcome::again;
  }
  begin_invocation(core, unit);
  run(core, unit, ServiceEvent::start);
  return ActionOutcome::ok;
}
ActionOutcome stop_service(Core& core, Unit& unit) {
  run(core, unit, ServiceEvent::stop);
  return ActionOutcome::ok;
}
ActionOutcome reload_service(Core& core, Unit& unit) {
  const ServiceState state = runtime_of(unit).state;
  if (state != running && state != exited) return ActionOutcome::again;
  run(core, unit, ServiceEvent::reload);
  return ActionOutcome::ok;
}
bool can_reload_service(const Unit& unit) {
  return !unit.config.service_commands->exec_reload.empty() ||
         unit.config.common->service->type == ServiceType::notify_reload;
}

bool is_dying(ServiceState state) {
  return state == stop_watchdog || state == stop_sigterm || state == stop_sigkill || state == final_watchdog ||
         state == final_sigterm || state == final_sigkill;
}

std::string failed_task(const ServiceRuntime& rt, bool is_main) {
  if (is_main && rt.main.index > 0) return "Failed to run next main task";
  if (!is_main && rt.control.index > 0) return "Failed to run next control task";
  return failed_service_task(rt.state);
}
void service_spawned(Core& core, Unit& unit, SpawnId id, const Result<pid_t>& pid) {
  auto& rt = unit.write<ServiceRuntime>();
  const bool is_main = rt.main.process.pending == id;
  if (!is_main && rt.control.process.pending != id) return;
  ProcessSlot& slot = is_main ? rt.main.process : rt.control.process;
  if (!pid) {
    slot.pending = SpawnId::none;
    log_failed_task(core, unit, failed_task(rt, is_main), pid.error());
    run(core, unit, is_main ? ServiceEvent::main_done : ServiceEvent::control_done, ServiceResult::resources);
    return;
  }
  settle_spawn(core, unit, slot, *pid);
  if (is_main) {
    rt.main.known = true;
    rt.main.status = started_status(core, *pid);
    rt.command_status[command_key(static_cast<std::size_t>(ServiceCommandKind::start), rt.main.index)] = rt.main.status;
  } else {
    rt.command_status[command_key(static_cast<std::size_t>(rt.control.kind), rt.control.index)] =
        started_status(core, *pid);
  }
  if (is_dying(rt.state)) {
    // The stop came between asking for the process and its birth.
    const auto& kill = *unit.config.common->kill;
    const bool hard = rt.state == stop_sigkill || rt.state == final_sigkill;
    core.emit(effect::KillProcess{*pid, hard ? kill.final_kill_signal : kill.kill_signal, false, true, unit.id, {}});
  }
  if (is_main) run(core, unit, ServiceEvent::main_spawned);
}

void service_exec_done(Core& core, Unit& unit, pid_t pid) {
  if (runtime_of(unit).main.process.pid == pid) run(core, unit, ServiceEvent::exec_confirmed);
}

void main_exited(Core& core, Unit& unit, const event::ProcessExited& exit) {
  auto& rt = unit.write<ServiceRuntime>();
  const auto& config = *unit.config.common->service;
  const ServiceType type = unit.config.common->service->type;
  const ExitMeasure measure = type == ServiceType::oneshot ? ExitMeasure::command : ExitMeasure::daemon;
  auto result = result_of<ServiceResult>(exit, is_clean_exit(exit.code, exit.status, measure, &config.success_exit_status));
  forget_process(core, rt.main.process);
  end_status(core, rt.main.status, exit);
  const auto& commands = unit.config.service_commands->exec_start;
  if (!commands.empty()) {
    const auto index = std::min<std::size_t>(rt.main.index, commands.size() - 1);
    if (commands[index].ignore_failure) result = ServiceResult::success;
    if (type != ServiceType::forking)
      rt.command_status[command_key(static_cast<std::size_t>(ServiceCommandKind::start), static_cast<std::uint32_t>(index))] = rt.main.status;
  }
  log_process_exit(core, unit, "Main process", unitparser::to_name(ServiceCommandKind::start), exit, result == ServiceResult::success);
  if (!unit.config.common->exec_streams->utmp_identifier.empty())
    core.emit(effect::EndLoginRecord{unit.config.common->exec_streams->utmp_identifier, exit.pid, exit.code, exit.status});
  run(core, unit, ServiceEvent::main_done, result);
}

void control_exited(Core& core, Unit& unit, const event::ProcessExited& exit) {
  auto& rt = unit.write<ServiceRuntime>();
  // Only what stands for the daemon itself may be ended by the signals that end daemons well.
  const bool is_start = rt.control.kind == ServiceCommandKind::start && unit.config.common->service->type != ServiceType::oneshot;
  const ExitMeasure measure = is_start ? ExitMeasure::daemon : ExitMeasure::command;
  auto result = result_of<ServiceResult>(exit, is_clean_exit(exit.code, exit.status, measure, &unit.config.common->service->success_exit_status));
  forget_process(core, rt.control.process);
  const auto& commands = service_commands(unit, rt.control.kind);
  if (rt.control.index < commands.size() && commands[rt.control.index].ignore_failure) result = ServiceResult::success;
  end_status(core, rt.command_status[command_key(static_cast<std::size_t>(rt.control.kind), rt.control.index)], exit);
  constexpr int condition_fails = 255;  // less only means that it does not hold
  const bool checks = rt.state == condition;
  log_process_exit(core, unit, checks ? "Condition check process" : "Control process", unitparser::to_name(rt.control.kind), exit,
                   result == ServiceResult::success || (checks && exit.code == CLD_EXITED && exit.status < condition_fails));
  run(core, unit, ServiceEvent::control_done, result);
}

void service_exited(Core& core, Unit& unit, const event::ProcessExited& exit) {
  const ServiceRuntime& rt = runtime_of(unit);
  if (rt.main.process.pid == exit.pid)
    main_exited(core, unit, exit);
  else if (rt.control.process.pid == exit.pid)
    control_exited(core, unit, exit);
}

void service_timer(Core& core, Unit& unit, TimerPurpose purpose) {
  const ServiceRuntime& rt = runtime_of(unit);
  if (purpose == TimerPurpose::state) {
    if (deadline_passed(core, rt.deadline)) run(core, unit, ServiceEvent::timeout);
    return;
  }
  if (purpose != TimerPurpose::watchdog || !rt.notify.watchdog_at.is_set()) return;
  const Duration period = service_watchdog_period(unit);
  if (period.is_zero() || core.now.monotonic < rt.notify.watchdog_at + period) return;
  if (!core.options.service_watchdogs) {
    log_unit(core, unit, 4, "Watchdog disabled! Ignoring watchdog timeout.");
    return;
  }
  run(core, unit, ServiceEvent::watchdog, ServiceResult::watchdog);
}

void service_cgroup_empty(Core& core, Unit& unit) {
  auto& rt = unit.write<ServiceRuntime>();
  // A main process that is not our child dies unseen; the empty group says so.
  if (rt.main.process.alien && !core.world.process_alive(rt.main.process.pid)) forget_process(core, rt.main.process);
  run(core, unit, ServiceEvent::cgroup_empty);
}

void service_out_of_memory(Core& core, Unit& unit, bool managed) {
  log_unit(core, unit, 4,
           managed ? fmt::format("{}: systemd-oomd killed some process(es) in this unit.", unit.name.text())
                   : fmt::format("{}: A process of this unit has been killed by the OOM killer.", unit.name.text()),
           {{"MESSAGE_ID", "fe6faa94e7774663a0da52717891d8ef"}});
  run(core, unit, ServiceEvent::out_of_memory, ServiceResult::oom_kill);
}

void service_reset(Core& core, Unit& unit) { run(core, unit, ServiceEvent::reset_failed); }
void service_limit(Core& core, Unit& unit) { run(core, unit, ServiceEvent::start_limit_hit); }

void service_clean(Core& core, Unit& unit, std::uint32_t what) {
  ServiceContext context = context_of<ServiceMachine>(core, unit);
  context.clean_what = what;
  step<ServiceMachine>(context, ServiceEvent::clean);
  core.touch(unit);
}
void service_cleaned(Core& core, Unit& unit, bool success) {
  run(core, unit, ServiceEvent::clean_done, success ? ServiceResult::success : ServiceResult::resources);
}

void watch_bus_name(Core& core, Unit& unit) {
  const std::string& name = unit.config.common->service->bus_name;
  if (name.empty()) return;
  auto& users = core.index.bus_names[name];
  if (users.empty()) core.emit(effect::WatchBusName{name});
  if (std::find(users.begin(), users.end(), unit.id) == users.end()) users.push_back(unit.id);
  const bool owned = core.world.bus_name_owned(name);
  if (owned != unit.read<ServiceRuntime>().bus_name_owned) unit.write<ServiceRuntime>().bus_name_owned = owned;
}

void forget_service(Core& core, Unit& unit) {
  service_release_fd_store(core, unit);
  auto at = core.index.bus_names.find(unit.config.common->service->bus_name);
  if (at == core.index.bus_names.end()) return;
  std::erase(at->second, unit.id);
  if (!at->second.empty()) return;
  core.emit(effect::UnwatchBusName{at->first});
  core.index.bus_names.erase(at);
}

void verify_service(Core& core, Unit& unit) {
  const auto& config = *unit.config.common->service;
  const auto& commands = *unit.config.service_commands;
  const ServiceType type = unit.config.common->service->type;
  const bool success_action = unit.config.common->unit_limits->success_action != EmergencyAction::none;
  if (commands.exec_start.empty() && commands.exec_stop.empty() && !success_action)
    return refuse_unit(core, unit, "Service has no ExecStart=, ExecStop=, or SuccessAction=. Refusing.");
  if (type != ServiceType::oneshot && commands.exec_start.empty())
    return refuse_unit(core, unit,
                       "Service has no ExecStart= setting, which is only allowed for Type=oneshot services. Refusing.");
  if (!config.remain_after_exit && commands.exec_start.empty() && !success_action)
    return refuse_unit(core, unit,
                       "Service has no ExecStart= setting, which is only allowed for RemainAfterExit=yes services. "
                       "Refusing.");
  if (type != ServiceType::oneshot && commands.exec_start.size() > 1)
    return refuse_unit(core, unit,
                       "Service has more than one ExecStart= setting, which is only allowed for Type=oneshot services. "
                       "Refusing.");
  if (type == ServiceType::oneshot && (config.restart == unitparser::ServiceRestart::always ||
                                       config.restart == unitparser::ServiceRestart::on_success))
    return refuse_unit(core, unit,
                       "Service has Restart= set to either always or on-success, which isn't allowed for Type=oneshot "
                       "services. Refusing.");
  if (type == ServiceType::oneshot && config.exit_type == unitparser::ServiceExitType::cgroup)
    return refuse_unit(core, unit, "Service has ExitType=cgroup set, which isn't allowed for Type=oneshot services. Refusing.");
  if (type == ServiceType::dbus && config.bus_name.empty())
    return refuse_unit(core, unit, "Service is of type D-Bus but no D-Bus service name has been specified. Refusing.");
  watch_bus_name(core, unit);
}

void rearm_service(Core& core, Unit& unit) {
  auto& rt = unit.write<ServiceRuntime>();
  if (rt.main.process.pid > 0) core.index.pids[rt.main.process.pid] = unit.id;
  if (rt.control.process.pid > 0) core.index.pids[rt.control.process.pid] = unit.id;
  arm_deadline(core, unit, rt.deadline, rt.deadline);
  if (rt.notify.watchdog_at.is_set()) {
    const Duration period = service_watchdog_period(unit);
    if (!period.is_zero())
      core.emit(effect::ArmTimer{{unit.id, TimerPurpose::watchdog}, effect::Clock::monotonic,
                                 (rt.notify.watchdog_at + period).usec(), Duration{}});
  }
  if (rt.pid_file_watched)
    core.emit(effect::WatchPath{{unit.id, 0}, {unitparser::PathKind::changed, unit.config.common->service->pid_file, {}}});
  for (const StoredFd& stored : rt.fd_store)
    if (stored.poll) core.emit(effect::WatchStoredFd{unit.id, stored.fd});
}

}  // namespace

const TypeOperations service_operations{
    .type = UnitType::service,
    .start = start_service,
    .stop = stop_service,
    .reload = reload_service,
    .can_reload = can_reload_service,
    .spawned = service_spawned,
    .exec_confirmed = service_exec_done,
    .exited = service_exited,
    .timer = service_timer,
    .cgroup_empty = service_cgroup_empty,
    .out_of_memory = service_out_of_memory,
    .reset_failed = service_reset,
    .start_limit_hit = service_limit,
    .release = service_release_fd_store,
    .forget = forget_service,
    .verify = verify_service,
    .clean = service_clean,
    .clean_done = service_cleaned,
    .rearm = rearm_service,
};

void ServiceMachine::commit(ServiceContext& c, ServiceState state) {
  const StateRow<ServiceMachine>& row = tables.row(state);
  const bool idle_type = c.unit.config.common->service->type == ServiceType::idle;
  if (!row.keeps_control) forget_process(c.core, c.rt.control.process);
  if (row.active == ActiveState::inactive || row.active == ActiveState::failed || state == auto_restart)
    forget_process(c.core, c.rt.main.process);
  arm_deadline(c.core, c.unit, c.rt.deadline,
               row.keeps_deadline ? from_now(c.core, deadline_of(c, state)) : MonotonicTime::infinity());
  if (state != start_post && state != running && state != reload) disarm_watchdog(c);
  if (c.rt.pid_file_watched && state != start && state != start_post) {
    c.rt.pid_file_watched = false;
    c.core.emit(effect::UnwatchPaths{c.unit.id});
  }
  // COMPAT: a service of Type=idle counts as active while it is started, so that nobody waits for it.
  const bool starting = state == condition || state == start_pre || state == start || state == start_post;
  become(c, state, idle_type && starting ? ActiveState::active : row.active,
         {.reload_failed = c.rt.reload_result != ServiceResult::success, .will_restart = c.rt.will_auto_restart});
}

const unitparser::ExecCommands& service_commands(const Unit& unit, ServiceCommandKind kind) {
  const unitparser::ServiceCommands& commands = *unit.config.service_commands;
  switch (kind) {
    case ServiceCommandKind::condition: return commands.exec_condition;
    case ServiceCommandKind::start_pre: return commands.exec_start_pre;
    case ServiceCommandKind::start: return commands.exec_start;
    case ServiceCommandKind::start_post: return commands.exec_start_post;
    case ServiceCommandKind::reload: return commands.exec_reload;
    case ServiceCommandKind::stop: return commands.exec_stop;
    case ServiceCommandKind::stop_post: break;
  }
  return commands.exec_stop_post;
}

Duration service_start_limit(const ServiceContext& c) {
  const auto& timeouts = *c.unit.config.common->service_timeouts;
  if (c.unit.config.common->service->type == ServiceType::oneshot && !timeouts.timeout_start_set)
    return Duration::infinity();
  return timeouts.timeout_start;
}

Duration service_abort_limit(const ServiceContext& c) {
  const auto& timeouts = *c.unit.config.common->service_timeouts;
  return timeouts.timeout_abort_set ? timeouts.timeout_abort : timeouts.timeout_stop;
}

void service_spawn_control(ServiceContext& c, ServiceCommandKind kind, std::uint32_t index) {
  c.rt.control.kind = kind;
  c.rt.control.index = index;
  c.rt.control.running_list = true;
  c.rt.control.process.clear();
  c.rt.control.process.pending = spawn_process(c.core, c.unit, request_of(c.core, c.unit, kind, index));
  if (index > 0)  // each command has the whole time; the first one's is set with the state
    arm_deadline(c.core, c.unit, c.rt.deadline, from_now(c.core, deadline_of(c, c.rt.state)));
}

void service_spawn_main(ServiceContext& c) {
  c.rt.main.process.clear();
  c.rt.main.process.pending =
      spawn_process(c.core, c.unit, request_of(c.core, c.unit, ServiceCommandKind::start, c.rt.main.index));
  if (service_notify_access(c.unit) != unitparser::NotifyAccess::none) service_feed_watchdog(c);
}

void service_release_fd_store(Core& core, Unit& unit) {
  if (unit.read<ServiceRuntime>().fd_store.empty()) return;
  std::vector<int> fds;
  for (const StoredFd& stored : std::exchange(unit.write<ServiceRuntime>().fd_store, {})) fds.push_back(stored.fd);
  core.emit(effect::CloseFds{std::move(fds)});
  core.touch(unit);
}

void service_stored_fd_closed(Core& core, Unit& unit, int fd) {
  auto& rt = unit.write<ServiceRuntime>();
  if (std::erase_if(rt.fd_store, [fd](const StoredFd& stored) { return stored.fd == fd && stored.poll; }) == 0) return;
  core.emit(effect::CloseFds{{fd}});
  core.touch(unit);
}

void service_take_connection(Unit& unit, int fd, const std::string& peer, UnitId socket) {
  auto& rt = unit.write<ServiceRuntime>();
  rt.connection = {fd, peer, socket};
}

void service_bus_name_changed(Core& core, Unit& unit, const std::string& owner, pid_t pid) {
  auto& rt = unit.write<ServiceRuntime>();
  rt.bus_name_owned = !owner.empty();
  rt.bus_name_owner = owner;
  if (unit.config.common->service->type != ServiceType::dbus && !owner.empty() && pid > 0 &&
      !rt.main.process.occupied() && !rt.main.known &&
      (rt.state == start || rt.state == start_post || rt.state == running || rt.state == reload)) {
    ServiceContext context = context_of<ServiceMachine>(core, unit);
    service_set_main_pid(context, pid);
  }
  run(core, unit, ServiceEvent::bus_name_changed);
}

void service_pid_file_moved(Core& core, Unit& unit) {
  ServiceContext context = context_of<ServiceMachine>(core, unit);
  if (!context.rt.pid_file_watched || (context.rt.state != start && context.rt.state != start_post)) return;
  if (service_load_pid_file(context, PidFileReading::quiet)) run(core, unit, ServiceEvent::main_pid_found);
}

}  // namespace init
