// The machine of services: its states, events and context. [pure]
//
// A start passes condition, start_pre, start, start_post (each only if it has something to do) to running. What "start"
// waits for depends on Type=: simple and idle: that the process exists; exec: that execve() worked; oneshot: that all
// commands ended; forking: that the command ended and the main process is known; notify: READY=1; dbus: the bus name.
// running ends in stop (ExecStop=), then stop_sigterm, stop_sigkill, stop_post (ExecStopPost=), final_sigterm,
// final_sigkill, dead or failed; Restart= leads from there to auto_restart. Every state but dead, failed, running and
// exited has a deadline or a process whose end is waited for.
#pragma once

#include "init/machines/machine_types.h"
#include "init/machines/unit_machine.h"

namespace init {

enum class ServiceEvent : std::uint8_t {
  start, stop, reload, main_spawned, main_done, control_done, exec_confirmed, timeout, watchdog, cgroup_empty,
  out_of_memory, notified_ready, notified_reloading, notified_stopping, main_pid_found, bus_name_changed, reset_failed,
  clean, clean_done, start_limit_hit
};

struct ServiceMachine;
struct ServiceContext : MachineContext<ServiceRuntime> {
  using Machine = ServiceMachine;
  ServiceResult outcome = ServiceResult::success;  ///< of the process that the event is about
  std::uint32_t clean_what = 0;
  bool watchdog_asked = false;  ///< the service asked for it: no limit was passed
  bool told_stopping = false;  ///< STOPPING=1: it ends by itself, no signal is needed
};

struct ServiceMachine : MachineOf<ServiceContext, ServiceEvent::start_limit_hit> {
  static const MachineTables<ServiceMachine> tables;
  static void commit(ServiceContext& c, ServiceState state);
};
using ServiceHandler = Handler<ServiceMachine>;

// Handlers, in service_handlers.cpp; rules in service_rules.cpp say when.
ServiceState service_begin_start(ServiceContext& c);
ServiceState service_begin_stop(ServiceContext& c);
ServiceState service_kill_at_once(ServiceContext& c);
ServiceState service_give_up_restart(ServiceContext& c);
ServiceState service_abort_cleaning(ServiceContext& c);
ServiceState service_begin_reload(ServiceContext& c);
ServiceState service_main_spawned(ServiceContext& c);
ServiceState service_start_main_done(ServiceContext& c);
ServiceState service_wait_control_or_stop(ServiceContext& c);
ServiceState service_running_main_done(ServiceContext& c);
ServiceState service_keep_result(ServiceContext& c);
ServiceState service_stopping_main_done(ServiceContext& c);
ServiceState service_stop_post_main_done(ServiceContext& c);
ServiceState service_final_main_done(ServiceContext& c);
ServiceState service_condition_done(ServiceContext& c);
ServiceState service_start_pre_done(ServiceContext& c);
ServiceState service_start_control_done(ServiceContext& c);
ServiceState service_start_post_done(ServiceContext& c);
ServiceState service_reload_done(ServiceContext& c);
ServiceState service_stop_done(ServiceContext& c);
ServiceState service_stopping_control_done(ServiceContext& c);
ServiceState service_stop_post_done(ServiceContext& c);
ServiceState service_final_control_done(ServiceContext& c);
ServiceState service_exec_confirmed(ServiceContext& c);
ServiceState service_start_timeout(ServiceContext& c);
ServiceState service_runtime_timeout(ServiceContext& c);
ServiceState service_reload_timeout(ServiceContext& c);
ServiceState service_stop_timeout(ServiceContext& c);
ServiceState service_stop_watchdog_timeout(ServiceContext& c);
ServiceState service_stop_sigterm_timeout(ServiceContext& c);
ServiceState service_stop_sigkill_timeout(ServiceContext& c);
ServiceState service_stop_post_timeout(ServiceContext& c);
ServiceState service_final_watchdog_timeout(ServiceContext& c);
ServiceState service_final_sigterm_timeout(ServiceContext& c);
ServiceState service_final_sigkill_timeout(ServiceContext& c);
ServiceState service_restart_due(ServiceContext& c);
ServiceState service_cleaning_timeout(ServiceContext& c);
ServiceState service_watchdog_expired(ServiceContext& c);
ServiceState service_start_cgroup_empty(ServiceContext& c);
ServiceState service_start_post_cgroup_empty(ServiceContext& c);
ServiceState service_running_cgroup_empty(ServiceContext& c);
ServiceState service_stopping_cgroup_empty(ServiceContext& c);
ServiceState service_final_cgroup_empty(ServiceContext& c);
ServiceState service_oom_starting(ServiceContext& c);
ServiceState service_oom_up(ServiceContext& c);
ServiceState service_oom_stopping(ServiceContext& c);
ServiceState service_oom_final(ServiceContext& c);
ServiceState service_oom_noted(ServiceContext& c);
ServiceState service_ready_while_starting(ServiceContext& c);
ServiceState service_ready_while_reloading(ServiceContext& c);
ServiceState service_reloading_by_notify(ServiceContext& c);
ServiceState service_stopping_by_notify(ServiceContext& c);
ServiceState service_start_main_pid_found(ServiceContext& c);
ServiceState service_start_post_main_pid_found(ServiceContext& c);
ServiceState service_start_bus_name(ServiceContext& c);
ServiceState service_running_bus_name(ServiceContext& c);
ServiceState service_reset_failed(ServiceContext& c);
ServiceState service_begin_clean(ServiceContext& c);
ServiceState service_clean_done(ServiceContext& c);
ServiceState service_start_limit_hit(ServiceContext& c);

// Entries of states.
ServiceState enter_service_condition(ServiceContext& c);
ServiceState enter_service_start_pre(ServiceContext& c);
ServiceState enter_service_start(ServiceContext& c);
ServiceState enter_service_start_post(ServiceContext& c);
ServiceState enter_service_running(ServiceContext& c);
ServiceState enter_service_exited(ServiceContext& c);
ServiceState enter_service_reload(ServiceContext& c);
ServiceState enter_service_stop(ServiceContext& c);
ServiceState enter_service_stop_watchdog(ServiceContext& c);
ServiceState enter_service_stop_sigterm(ServiceContext& c);
ServiceState enter_service_stop_sigkill(ServiceContext& c);
ServiceState enter_service_stop_post(ServiceContext& c);
ServiceState enter_service_final_watchdog(ServiceContext& c);
ServiceState enter_service_final_sigterm(ServiceContext& c);
ServiceState enter_service_final_sigkill(ServiceContext& c);
ServiceState enter_service_dead(ServiceContext& c);
ServiceState enter_service_auto_restart(ServiceContext& c);
ServiceState enter_service_cleaning(ServiceContext& c);

// Questions and small deeds shared by the service's files.
enum class Goodness : std::int8_t { bad, good, unknown };
[[nodiscard]] Goodness service_main_goodness(const ServiceContext& c);
[[nodiscard]] bool service_group_alive(const ServiceContext& c);
[[nodiscard]] bool service_is_good(const ServiceContext& c);
[[nodiscard]] unitparser::NotifyAccess service_notify_access(const Unit& unit);
[[nodiscard]] Duration service_watchdog_period(const Unit& unit);
void service_set_main_pid(ServiceContext& c, pid_t pid);
/// Reads PIDFile=; true: the main process is known now. `complain`: say why not.
enum class PidFileReading : std::uint8_t { quiet, complain };
bool service_load_pid_file(ServiceContext& c, PidFileReading reading);
void service_search_main_pid(ServiceContext& c);
void service_feed_watchdog(ServiceContext& c);
/// Starts the command of the present list at rt.control.index, or the main command at rt.main.index.
void service_spawn_control(ServiceContext& c, ServiceCommandKind kind, std::uint32_t index);
void service_spawn_main(ServiceContext& c);
/// For log_failed_task(), of the first command of the list that runs in `state`.
[[nodiscard]] std::string failed_service_task(ServiceState state);
[[nodiscard]] const unitparser::ExecCommands& service_commands(const Unit& unit, ServiceCommandKind kind);
[[nodiscard]] Duration service_start_limit(const ServiceContext& c);
[[nodiscard]] Duration service_abort_limit(const ServiceContext& c);
void service_release_fd_store(Core& core, Unit& unit);

/// A notify message from one of the unit's processes; its descriptors are taken over.
void service_notify(Core& core, Unit& unit, const event::Notify& message);
/// The owner of BusName= changed.
void service_stored_fd_closed(Core& core, Unit& unit, int fd);
void service_bus_name_changed(Core& core, Unit& unit, const std::string& owner, pid_t pid);
/// The PIDFile= may have appeared.
void service_pid_file_moved(Core& core, Unit& unit);
/// Gives an Accept=yes connection to a service before it is started.
void service_take_connection(Unit& unit, int fd, const std::string& peer, UnitId socket);

}  // namespace init
