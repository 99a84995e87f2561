// Sockets. COMPAT: systemd.socket(5). [pure]
#include "init/machines/socket.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "init/engine/loading.h"
#include "init/engine/propagation.h"
#include "init/engine/transaction.h"
#include "init/machines/unit_machine.h"
#include "init/machines/service_machine.h"

namespace init {
namespace {

using enum SocketState;
enum class SocketEvent : std::uint8_t {
  start, stop, opened, open_failed, control_done, timeout, triggered_changed, trigger_limit, cgroup_empty, reset_failed,
  start_limit_hit
};

struct SocketMachine;
struct SocketContext : MachineContext<SocketRuntime> {
  using Machine = SocketMachine;
  SocketResult outcome = SocketResult::success;  ///< of the process that the event is about
};
struct SocketMachine : MachineOf<SocketContext, SocketEvent::start_limit_hit> {
  static const MachineTables<SocketMachine> tables;
  static void commit(SocketContext& c, SocketState state);
};

const unitparser::ExecCommands& commands_of(const Unit& unit, SocketCommandKind kind) {
  const auto& config = *unit.config.common->socket;
  switch (kind) {
    case SocketCommandKind::start_pre: return config.exec_start_pre;
    case SocketCommandKind::start_post: return config.exec_start_post;
    case SocketCommandKind::stop_pre: return config.exec_stop_pre;
    case SocketCommandKind::stop_post: break;
    case SocketCommandKind::start_chown: {
      static const unitparser::ExecCommands none;
      return none;
    }
  }
  return config.exec_stop_post;
}

void spawn(SocketContext& c, SocketCommandKind kind, std::uint32_t index) {
  c.rt.control_kind = kind;
  c.rt.control_index = index;
  c.rt.control.clear();
  if (kind == SocketCommandKind::start_chown) {
    c.rt.control.pending = spawn_owner(c.core, c.unit);
    return;
  }
  SpawnRequest request;
  request.role = SpawnRole::control;
  request.command_kind = std::string(unitparser::to_name(kind));
  request.command = commands_of(c.unit, kind)[index];
  c.rt.control.pending = spawn_process(c.core, c.unit, std::move(request));
  if (index > 0) arm_deadline(c.core, c.unit, c.rt.deadline, from_now(c.core, c.unit.config.common->socket->timeout));
}
bool begin_list(SocketContext& c, SocketCommandKind kind) {
  forget_process(c.core, c.rt.control);
  if (commands_of(c.unit, kind).empty()) return false;
  spawn(c, kind, 0);
  return true;
}
bool run_next(SocketContext& c) {
  if (c.outcome != SocketResult::success) return false;
  if (c.rt.control_index + 1 >= commands_of(c.unit, c.rt.control_kind).size()) return false;
  spawn(c, c.rt.control_kind, c.rt.control_index + 1);
  return true;
}

std::vector<int> fds_of(const std::vector<SocketPort>& ports) {
  std::vector<int> fds;
  for (const SocketPort& port : ports) fds.push_back(port.fd);
  return fds;
}
void watch(SocketContext& c) {
  if (c.rt.watched) return;
  c.rt.watched = true;
  c.core.emit(effect::WatchSockets{c.unit.id, fds_of(c.rt.ports), c.unit.config.common->socket->accept});
}
void unwatch(SocketContext& c) {
  if (!c.rt.watched) return;
  c.rt.watched = false;
  c.core.emit(effect::UnwatchSockets{c.unit.id});
}
void close_ports(SocketContext& c) {
  unwatch(c);
  if (!c.rt.ports.empty() || c.rt.opening)
    c.core.emit(effect::CloseSockets{c.unit.id, fds_of(c.rt.ports), c.unit.config.common->socket->remove_on_stop});
  c.rt.ports.clear();
  c.rt.opening = false;
}

// --- handlers -----------------------------------------------------------------------------------------------------

SocketState begin(SocketContext& c) {
  c.rt.result = SocketResult::success;
  c.rt.command_status.clear();
  return start_pre;
}
SocketState enter_start_pre(SocketContext& c) { return begin_list(c, SocketCommandKind::start_pre) ? start_pre : start_chown; }
SocketState enter_start_chown(SocketContext& c) {
  forget_process(c.core, c.rt.control);
  if (!c.rt.ports.empty()) return start_post;  // kept open over a restart
  c.rt.opening = true;
  c.core.emit(effect::OpenSockets{c.unit.id});
  return start_chown;
}
SocketState opened(SocketContext& c) {
  const auto& config = *c.unit.config.common->socket;
  if (config.socket_user.empty() && config.socket_group.empty()) return start_post;
  spawn(c, SocketCommandKind::start_chown, 0);  // a process, for whom a name means may have to be asked of a service
  return start_chown;
}
SocketState start_chown_done(SocketContext& c) { return c.outcome == SocketResult::success ? start_post : fail_to(c, stop_pre, c.outcome); }
SocketState open_failed(SocketContext& c) { return fail_to(c, stop_post, SocketResult::resources); }
SocketState enter_start_post(SocketContext& c) { return begin_list(c, SocketCommandKind::start_post) ? start_post : listening; }
SocketState enter_listening(SocketContext& c) {
  forget_process(c.core, c.rt.control);
  if (!c.unit.config.common->socket->accept) {
    if (c.unit.config.common->socket->flush_pending && c.rt.state == running) c.core.emit(effect::FlushSockets{fds_of(c.rt.ports)});
    // A service that runs already takes the sockets only when it is started anew.
    const Unit* service = c.core.units.find(c.rt.service);
    if (service != nullptr && is_active_or_activating(service->active_state())) return running;
  }
  watch(c);
  return listening;
}
SocketState enter_running(SocketContext& c) {
  unwatch(c);
  return running;
}

SocketState start_pre_done(SocketContext& c) {
  note_result(c, c.outcome);
  if (run_next(c)) return start_pre;
  return c.outcome == SocketResult::success ? start_chown : final_sigterm;
}
SocketState start_post_done(SocketContext& c) {
  note_result(c, c.outcome);
  if (run_next(c)) return start_post;
  return c.outcome == SocketResult::success ? listening : stop_pre;
}
SocketState begin_stop(SocketContext&) { return stop_pre; }
SocketState abort_start_pre(SocketContext&) { return final_sigterm; }
SocketState abort_start(SocketContext&) { return stop_pre_sigterm; }
SocketState enter_stop_pre(SocketContext& c) { return begin_list(c, SocketCommandKind::stop_pre) ? stop_pre : stop_post; }
SocketState stop_pre_done(SocketContext& c) {
  note_result(c, c.outcome);
  return run_next(c) ? stop_pre : stop_post;
}
SocketState enter_stop_post(SocketContext& c) {
  close_ports(c);
  return begin_list(c, SocketCommandKind::stop_post) ? stop_post : final_sigterm;
}
SocketState stop_post_done(SocketContext& c) {
  note_result(c, c.outcome);
  return run_next(c) ? stop_post : final_sigterm;
}
SocketState killing(SocketContext& c, SocketState state, SocketState next, KillOperation operation) {
  return kill_unit_processes(c.core, c.unit, operation, nullptr, &c.rt.control) ? state : next;
}
SocketState enter_stop_pre_sigterm(SocketContext& c) {
  // COMPAT: systemd sends SIGKILL here at once, but for a restart.
  const Job* job = c.core.jobs.find(c.unit.job);
  const bool restarts = job != nullptr && job->type == JobType::restart;
  return killing(c, stop_pre_sigterm, c.unit.config.common->kill->send_sigkill ? stop_pre_sigkill : stop_post, restarts ? KillOperation::restart : KillOperation::kill);
}
SocketState enter_stop_pre_sigkill(SocketContext& c) { return killing(c, stop_pre_sigkill, stop_post, KillOperation::kill); }
SocketState enter_final_sigterm(SocketContext& c) {
  return killing(c, final_sigterm, c.unit.config.common->kill->send_sigkill ? final_sigkill : dead, KillOperation::terminate);
}
SocketState enter_final_sigkill(SocketContext& c) { return killing(c, final_sigkill, dead, KillOperation::kill); }
SocketState stop_pre_killed(SocketContext& c) { return fail_to(c, stop_post, c.outcome); }
SocketState final_killed(SocketContext& c) { return fail_to(c, dead, c.outcome); }
SocketState final_empty(SocketContext&) { return dead; }
SocketState stop_pre_empty(SocketContext&) { return stop_post; }

SocketState enter_rest(SocketContext& c) {
  forget_process(c.core, c.rt.control);
  close_ports(c);
  return rest_after_processes(c);
}

SocketState start_timeout(SocketContext& c) {
  warn(c, "Starting timed out. Terminating.");
  return fail_to(c, c.rt.state == start_pre ? final_sigterm : stop_pre, SocketResult::timeout);
}
SocketState stop_pre_timeout(SocketContext& c) {
  warn(c, "Stopping timed out. Terminating.");
  return fail_to(c, stop_pre_sigterm, SocketResult::timeout);
}
SocketState stop_pre_sigterm_timeout(SocketContext& c) {
  const bool kill = c.unit.config.common->kill->send_sigkill;
  warn(c, kill ? "Stopping timed out. Killing." : "Stopping timed out. Skipping SIGKILL. Ignoring.");
  return fail_to(c, kill ? stop_pre_sigkill : stop_post, SocketResult::timeout);
}
SocketState stop_pre_sigkill_timeout(SocketContext& c) {
  warn(c, "Processes still around after SIGKILL. Ignoring.");
  return fail_to(c, stop_post, SocketResult::timeout);
}
SocketState stop_post_timeout(SocketContext& c) {
  warn(c, "Stopping timed out (2). Terminating.");
  return fail_to(c, final_sigterm, SocketResult::timeout);
}
SocketState final_sigterm_timeout(SocketContext& c) {
  const bool kill = c.unit.config.common->kill->send_sigkill;
  warn(c, kill ? "Stopping timed out (2). Killing." : "Stopping timed out (2). Skipping SIGKILL. Ignoring.");
  return fail_to(c, kill ? final_sigkill : dead, SocketResult::timeout);
}
SocketState final_sigkill_timeout(SocketContext& c) {
  warn(c, "Still around after SIGKILL (2). Entering failed mode.");
  return fail_to(c, dead, SocketResult::timeout);
}

bool service_is_up(const SocketContext& c) {
  const Unit* service = c.core.units.find(c.rt.service);
  return service != nullptr && (is_active_or_activating(service->active_state()) ||
                                service->active_state() == ActiveState::deactivating || service->job != JobId::none);
}
SocketState service_changed(SocketContext& c) {
  const Unit* service = c.core.units.find(c.rt.service);
  if (service == nullptr || c.unit.config.common->socket->accept) return c.rt.state;
  if (service->runtime->start_limit_hit) return fail_to(c, stop_pre, SocketResult::service_start_limit_hit);
  // The holdoff of Restart= counts as running: the service comes back by itself.
  if (service_is_up(c)) return c.rt.state == listening && is_active_or_activating(service->active_state()) ? running : c.rt.state;
  return listening;
}
SocketState limit_of_triggers(SocketContext& c) {
  warn(c, "Trigger limit hit, refusing further activation.");
  return fail_to(c, stop_pre, SocketResult::trigger_limit_hit);
}

using E = SocketEvent;
using S = EnumSet<SocketState>;
using R = Rule<SocketMachine>;
constexpr S resting = in(dead, failed);
constexpr S up = in(listening, running);
constexpr S opening = in(start_pre, start_chown, start_post);
constexpr std::array rules{
    //  in states                                         on                              do
    R{resting, in(E::start), begin},
    R{except(resting), in(E::start), ignore},
    R{up, in(E::stop), begin_stop},
    R{in(start_pre), in(E::stop), abort_start_pre},
    R{in(start_chown, start_post), in(E::stop), abort_start},
    R{except(up | opening), in(E::stop), ignore},
    R{in(start_chown), in(E::opened), opened},
    R{except(in(start_chown)), in(E::opened), ignore},
    R{in(start_chown), in(E::open_failed), open_failed},
    R{except(in(start_chown)), in(E::open_failed), ignore},
    R{in(start_pre), in(E::control_done), start_pre_done},
    R{in(start_post), in(E::control_done), start_post_done},
    R{in(stop_pre), in(E::control_done), stop_pre_done},
    R{in(stop_pre_sigterm, stop_pre_sigkill), in(E::control_done), stop_pre_killed},
    R{in(stop_post), in(E::control_done), stop_post_done},
    R{in(final_sigterm, final_sigkill), in(E::control_done), final_killed},
    R{in(start_chown), in(E::control_done), start_chown_done},
    R{resting | up | in(cleaning), in(E::control_done), ignore},
    R{opening, in(E::timeout), start_timeout},
    R{in(stop_pre), in(E::timeout), stop_pre_timeout},
    R{in(stop_pre_sigterm), in(E::timeout), stop_pre_sigterm_timeout},
    R{in(stop_pre_sigkill), in(E::timeout), stop_pre_sigkill_timeout},
    R{in(stop_post), in(E::timeout), stop_post_timeout},
    R{in(final_sigterm), in(E::timeout), final_sigterm_timeout},
    R{in(final_sigkill), in(E::timeout), final_sigkill_timeout},
    R{resting | up | in(cleaning), in(E::timeout), ignore},
    R{up, in(E::triggered_changed), service_changed},
    R{except(up), in(E::triggered_changed), ignore},
    R{up, in(E::trigger_limit), limit_of_triggers},
    R{except(up), in(E::trigger_limit), ignore},
    R{resting, in(E::cgroup_empty), rest_emptied},
    R{in(final_sigterm, final_sigkill), in(E::cgroup_empty), final_empty},
    R{in(stop_pre_sigterm, stop_pre_sigkill), in(E::cgroup_empty), stop_pre_empty},
    R{opening | up | in(stop_pre, stop_post, cleaning), in(E::cgroup_empty), ignore},
    R{in(failed), in(E::reset_failed), reset},
    R{except(in(failed)), in(E::reset_failed), ignore},
    R{resting, in(E::start_limit_hit), limit_hit},
    R{except(resting), in(E::start_limit_hit), ignore},
};
using Row = StateRow<SocketMachine>;
constexpr std::array state_rows{
    //  state            looks like                  on the way in            control deadline
    Row{dead, ActiveState::inactive, enter_rest},
    Row{start_pre, ActiveState::activating, enter_start_pre, true, true},
    Row{start_chown, ActiveState::activating, enter_start_chown, true, true},
    Row{start_post, ActiveState::activating, enter_start_post, true, true},
    Row{listening, ActiveState::active, enter_listening},
    Row{running, ActiveState::active, enter_running},
    Row{stop_pre, ActiveState::deactivating, enter_stop_pre, true, true},
    Row{stop_pre_sigterm, ActiveState::deactivating, enter_stop_pre_sigterm, true, true},
    Row{stop_pre_sigkill, ActiveState::deactivating, enter_stop_pre_sigkill, true, true},
    Row{stop_post, ActiveState::deactivating, enter_stop_post, true, true},
    Row{final_sigterm, ActiveState::deactivating, enter_final_sigterm, true, true},
    Row{final_sigkill, ActiveState::deactivating, enter_final_sigkill, true, true},
    Row{failed, ActiveState::failed, enter_rest},
    Row{cleaning, ActiveState::maintenance},
};
constinit const MachineTables<SocketMachine> SocketMachine::tables = tables_of<SocketMachine>(rules, state_rows);

void SocketMachine::commit(SocketContext& c, SocketState state) {
  const Row& row = tables.row(state);
  if (!row.keeps_control) forget_process(c.core, c.rt.control);
  if (state != listening) unwatch(c);
  arm_deadline(c.core, c.unit, c.rt.deadline,
               row.keeps_deadline ? from_now(c.core, c.unit.config.common->socket->timeout) : MonotonicTime::infinity());
  become(c, state, row.active);
}

// --- engine's calls -----------------------------------------------------------------------------------------------

void run(Core& core, Unit& unit, SocketEvent event, SocketResult outcome = SocketResult::success) { run_event<SocketMachine>(core, unit, event, outcome); }
ActionOutcome start(Core& core, Unit& unit) {
  const auto& rt = unit.read<SocketRuntime>();
  if (rt.state == start_pre || rt.state == start_chown || rt.state == start_post) return ActionOutcome::ok;
  if (rt.state != dead && rt.state != failed) return ActionOutcome::again;
  if (!unit.config.common->socket->accept) {
    // A service that runs without its socket would not get it: refuse, as documented.
    const Unit* service = core.units.find(rt.service);
    if (service != nullptr && service->type() == UnitType::service) {
      if (service->origin.load_state != LoadState::loaded) {
        log_unit(core, unit, 3, fmt::format("{}: Socket service {} not loaded, refusing.", unit.name.text(), service->name.text()));
        return ActionOutcome::failed;
      }
      const ServiceState state = service->read<ServiceRuntime>().state;
      if (state != ServiceState::dead && state != ServiceState::failed && state != ServiceState::auto_restart) {
        log_unit(core, unit, 3, fmt::format("{}: Socket service {} already active, refusing.", unit.name.text(), service->name.text()));
        return ActionOutcome::failed;
      }
    }
  }
  begin_invocation(core, unit);
  run(core, unit, E::start);
  return ActionOutcome::ok;
}
ActionOutcome stop(Core& core, Unit& unit) {
  run(core, unit, E::stop);
  return ActionOutcome::ok;
}
std::string failure_of(const SocketRuntime& rt) {
  if (rt.control_kind == SocketCommandKind::start_chown) return std::string(failed_to_give_away);
  if (rt.control_index > 0) return "Failed to run next task";
  return fmt::format("Failed to run '{}' task", unitparser::to_name(rt.state));
}
void spawned(Core& core, Unit& unit, SpawnId id, const Result<pid_t>& pid) {
  auto& rt = unit.write<SocketRuntime>();
  if (rt.control.pending != id) return;
  if (pid) {
    settle_spawn(core, unit, rt.control, *pid);
    rt.command_status[command_key(static_cast<std::size_t>(rt.control_kind), rt.control_index)] = started_status(core, *pid);
    return;
  }
  rt.control.clear();
  log_failed_task(core, unit, failure_of(rt), pid.error());
  run(core, unit, E::control_done, SocketResult::resources);
}
void exited(Core& core, Unit& unit, const event::ProcessExited& exit) {
  auto& rt = unit.write<SocketRuntime>();
  if (rt.control.pid != exit.pid) return;
  forget_process(core, rt.control);
  end_status(core, rt.command_status[command_key(static_cast<std::size_t>(rt.control_kind), rt.control_index)], exit);
  const auto& commands = commands_of(unit, rt.control_kind);
  bool clean = is_clean_exit(exit.code, exit.status, ExitMeasure::command, nullptr);
  if (rt.control_index < commands.size() && commands[rt.control_index].ignore_failure) clean = true;
  log_process_exit(core, unit, "Control process", unitparser::to_name(rt.control_kind), exit, clean);
  run(core, unit, E::control_done, result_of<SocketResult>(exit, clean));
}
void on_timer(Core& core, Unit& unit, TimerPurpose) {
  if (deadline_passed(core, unit.read<SocketRuntime>().deadline)) run(core, unit, E::timeout);
}
void on_empty(Core& core, Unit& unit) { run(core, unit, E::cgroup_empty); }
void on_reset(Core& core, Unit& unit) { run(core, unit, E::reset_failed); }
void on_limit(Core& core, Unit& unit) { run(core, unit, E::start_limit_hit); }
void on_triggered(Core& core, Unit& unit, Unit& other) {
  if (unit.read<SocketRuntime>().service == other.id && other.type() == UnitType::service)
    run(core, unit, E::triggered_changed);
}
bool keeps(const Core&, const Unit& unit) { return unit.read<SocketRuntime>().n_connections > 0; }
void verify(Core& core, Unit& unit) {
  const auto& config = *unit.config.common->socket;
  if (config.listen.empty())
    return refuse_unit(core, unit, "Unit has no Listen setting (ListenStream=, ListenDatagram=, ListenFIFO=, ...). Refusing.");
  if (config.accept && config.max_connections == 0)
    return refuse_unit(core, unit, "MaxConnection= setting too small. Refusing.");
  if (config.accept && !config.service.empty())
    return refuse_unit(core, unit, "Explicit service configuration for accepting socket units not supported. Refusing.");
}
/// Files were read again: closes what they no longer name. COMPAT: what they name anew is not opened before a restart.
void keep_named_ports(SocketContext& c) {
  std::vector<SocketPort> kept;
  const auto& listen = c.unit.config.common->socket->listen;
  for (const unitparser::ListenEntry& entry : listen) {
    // A state that was handed over by a build that kept no addresses has the ports in the order of the file.
    const auto is_named = [&entry](const SocketPort& port) { return port.address.empty() || (port.kind == entry.kind && port.address == entry.address); };
    const auto port = std::find_if(c.rt.ports.begin(), c.rt.ports.end(), is_named);
    if (port == c.rt.ports.end()) continue;
    kept.push_back({port->fd, entry.kind, entry.address});
    c.rt.ports.erase(port);
  }
  const std::vector<int> unnamed = fds_of(std::exchange(c.rt.ports, std::move(kept)));
  if (!unnamed.empty()) {
    const bool was_watched = c.rt.watched;
    unwatch(c);
    c.core.emit(effect::CloseFds{unnamed});
    if (was_watched) watch(c);
  }
  if (!in(start_post, listening, running).has(c.rt.state)) return;
  if (c.rt.ports.empty())
    warn(c, "Socket unit configuration has changed while unit has been running, no open socket file descriptor left. The socket unit is not functional until restarted.");
  else if (c.rt.ports.size() < listen.size())
    warn(c, "Socket unit configuration has changed while unit has been running, and some socket file descriptors have not been opened yet. The socket unit is not fully functional until restarted.");
  else
    return;
  c.core.forget_files(c.unit);  // it is said again at each reload
}
void renewed(Core& core, Unit& unit) {
  SocketContext c = context_of<SocketMachine>(core, unit);
  keep_named_ports(c);
}
void rearm(Core& core, Unit& unit) {
  SocketContext c = context_of<SocketMachine>(core, unit);
  if (c.rt.control.pid > 0) core.index.pids[c.rt.control.pid] = unit.id;
  arm_deadline(core, unit, c.rt.deadline, c.rt.deadline);
  keep_named_ports(c);
  if (c.rt.watched) {
    c.rt.watched = false;
    watch(c);
  }
}

void refuse_connection(Core& core, Unit& unit, int connection, std::string_view why) {
  ++unit.write<SocketRuntime>().n_refused;
  warn(core, unit, why);
  core.emit(effect::CloseFds{{connection}});
  core.touch(unit);
}

/// Accept=yes: an instance of the template for each connection.
void take_connection(Core& core, Unit& unit, const event::SocketReady& traffic) {
  auto& rt = unit.write<SocketRuntime>();
  const auto& config = *unit.config.common->socket;
  const Job* job = core.jobs.find(unit.job);
  if (job != nullptr && job->type == JobType::stop)
    return refuse_connection(core, unit, traffic.connection, "Suppressing connection request since unit stop is scheduled.");
  if (rt.n_connections >= config.max_connections)
    return refuse_connection(core, unit, traffic.connection,
                             fmt::format("Too many incoming connections ({}), dropping connection.", rt.n_connections));
  if (config.max_connections_per_source > 0 && !traffic.peer_host.empty() &&
      rt.connections_per_source[traffic.peer_host] >= config.max_connections_per_source)
    return refuse_connection(core, unit, traffic.connection,
                             fmt::format("Too many incoming connections ({}) from source {}, dropping connection.",
                                         rt.connections_per_source[traffic.peer_host] + 1, traffic.peer_host));
  auto name = UnitName::parse(fmt::format("{}@{}{}{}.service", unit.name.stem(), rt.n_accepted,
                                          traffic.instance.empty() ? "" : "-", traffic.instance));
  if (!name) return refuse_connection(core, unit, traffic.connection, "Cannot name the connection's service, dropping connection.");
  auto id = load_unit(core, *name);
  Unit* service = id ? core.units.find(*id) : nullptr;
  if (service == nullptr) return refuse_connection(core, unit, traffic.connection, "Failed to load the connection's service.");
  ++rt.n_accepted;
  service_take_connection(*service, traffic.connection, traffic.peer, unit.id);
  if (!traffic.peer.empty() && service->origin.load_state == LoadState::loaded) {
    auto& description = service->config.description;
    description = unitparser::SharedText(fmt::format("{} ({})", description.view(), traffic.peer));
    core.forget_files(*service);
  }
  core.graph.add(unit.id, DependencyKind::before, service->id, EdgeSource::transient, {});
  core.graph.add(unit.id, DependencyKind::triggers, service->id, EdgeSource::transient, {});
  auto added = add_job(core, {service->id, JobType::start, JobMode::replace,
                              Cause::of(CauseKind::trigger_socket, unit.id, traffic.peer)});
  if (!added) {
    service_take_connection(*service, -1, {}, UnitId::none);
    refuse_connection(core, unit, traffic.connection, fmt::format("Failed to queue service startup job: {}", added.error().message));
    consider_garbage(core, service->id);
    return;
  }
  service->runtime.write().activation_details = {{"trigger_unit", unit.name.text()}};
  ++rt.n_connections;
  if (!traffic.peer_host.empty()) ++rt.connections_per_source[traffic.peer_host];
  core.touch(unit);
}

}  // namespace

void sockets_opened(Core& core, Unit& unit, const event::SocketsOpened& outcome) {
  auto& rt = unit.write<SocketRuntime>();
  if (!rt.opening) {
    // The stop was faster.
    if (outcome.sockets) core.emit(effect::CloseSockets{unit.id, fds_of(*outcome.sockets), unit.config.common->socket->remove_on_stop});
    return;
  }
  rt.opening = false;
  if (!outcome.sockets) {
    const Error& error = outcome.sockets.error();
    const effect::LogFields fields = effect::errno_field(error.os_errno);
    log_unit(core, unit, 3, fmt::format("{}: {}", unit.name.text(), error.message), fields);
    log_unit(core, unit, 4, fmt::format("{}: Failed to listen on sockets: {}", unit.name.text(), unitparser::reason_of(error)), fields);
    run(core, unit, E::open_failed);
    return;
  }
  rt.ports = *outcome.sockets;
  run(core, unit, E::opened);
}

void socket_ready(Core& core, Unit& unit, const event::SocketReady& traffic) {
  auto& rt = unit.write<SocketRuntime>();
  if (rt.state != listening) {
    if (traffic.connection >= 0) core.emit(effect::CloseFds{{traffic.connection}});
    return;
  }
  const auto& config = *unit.config.common->socket;
  const Duration interval =
      config.trigger_limit_interval.is_infinite() ? Duration::from_seconds(2) : config.trigger_limit_interval;
  const std::uint32_t burst =
      config.trigger_limit_burst == UINT32_MAX ? (config.accept ? 200U : 20U) : config.trigger_limit_burst;
  if (!rt.trigger_limit.admit(core.now.monotonic, interval, burst)) {
    if (traffic.connection >= 0) core.emit(effect::CloseFds{{traffic.connection}});
    ++rt.n_refused;
    run(core, unit, E::trigger_limit);
    return;
  }
  if (traffic.connection >= 0) return take_connection(core, unit, traffic);
  const Job* job = core.jobs.find(unit.job);
  Unit* service = core.units.find(rt.service);
  if ((job != nullptr && job->type == JobType::stop) || service == nullptr) {
    core.emit(effect::FlushSockets{fds_of(rt.ports)});
    return;
  }
  // Started already, or being stopped: the sockets go along when it is started next.
  if (!service_is_up(context_of<SocketMachine>(core, unit)) || service->active_state() == ActiveState::deactivating) {
    auto added = add_job(core, {service->id, JobType::start, JobMode::replace, Cause::of(CauseKind::trigger_socket, unit.id)});
    if (!added) {
      warn(core, unit, fmt::format("Failed to queue service startup job: {}", added.error().message));
      SocketContext c = context_of<SocketMachine>(core, unit);
      go_to<SocketMachine>(c, fail_to(c, stop_pre, SocketResult::resources));
      return;
    }
    service->runtime.write().activation_details = {{"trigger_unit", unit.name.text()}};
  }
  SocketContext c = context_of<SocketMachine>(core, unit);
  go_to<SocketMachine>(c, running);
  core.touch(unit);
}

void socket_connection_closed(Core& core, UnitId socket, UnitId service, const std::string& peer) {
  Unit* unit = core.units.find(socket);
  if (unit == nullptr) return;
  // The instance is done; the socket no longer speaks of it.
  core.graph.take_back(socket, DependencyKind::before, service, EdgeSource::transient);
  core.graph.take_back(socket, DependencyKind::triggers, service, EdgeSource::transient);
  auto& rt = unit->write<SocketRuntime>();
  if (rt.n_connections > 0) --rt.n_connections;
  const std::size_t colon = peer.rfind(':');
  auto at = rt.connections_per_source.find(colon == std::string::npos ? peer : peer.substr(0, colon));
  if (at != rt.connections_per_source.end() && --at->second == 0) rt.connections_per_source.erase(at);
  core.touch(*unit);
  consider_garbage(core, socket);
}

const TypeOperations socket_operations{
    .type = UnitType::socket,
    .start = start,
    .stop = stop,
    .spawned = spawned,
    .exited = exited,
    .timer = on_timer,
    .cgroup_empty = on_empty,
    .reset_failed = on_reset,
    .start_limit_hit = on_limit,
    .triggered_changed = on_triggered,
    .keeps_unit = keeps,
    .verify = verify,
    .renewed = renewed,
    .rearm = rearm,
};

}  // namespace init
