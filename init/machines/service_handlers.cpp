// Bodies of the service's decisions. COMPAT: systemd.service(5). [pure]
#include <csignal>

#include <fmt/format.h>

#include "init/engine/propagation.h"
#include "init/engine/transaction.h"
#include "init/machines/service_machine.h"
#include "init/machines/socket.h"

namespace init {

using enum ServiceState;
using unitparser::ServiceType;
using unitparser::TimeoutFailureMode;

namespace {

const unitparser::ServiceConfig& config_of(const ServiceContext& c) { return *c.unit.config.common->service; }
const unitparser::ServiceTimeouts& timeouts_of(const ServiceContext& c) { return *c.unit.config.common->service_timeouts; }
ServiceType type_of(const ServiceContext& c) { return c.unit.config.common->service->type; }
bool sends_sigkill(const ServiceContext& c) { return c.unit.config.common->kill->send_sigkill; }

void set_deadline(ServiceContext& c, Duration limit) { arm_deadline(c.core, c.unit, c.rt.deadline, from_now(c.core, limit)); }

/// Goes on with the next command of the list that just had one end well. False: that was the last.
bool run_next_control(ServiceContext& c) {
  if (c.outcome != ServiceResult::success || !c.rt.control.running_list) return false;
  const auto& commands = service_commands(c.unit, c.rt.control.kind);
  if (c.rt.control.index + 1 >= commands.size()) return false;
  service_spawn_control(c, c.rt.control.kind, c.rt.control.index + 1);
  return true;
}

bool begin_list(ServiceContext& c, ServiceCommandKind kind) {
  forget_process(c.core, c.rt.control.process);
  c.rt.control.running_list = false;
  if (service_commands(c.unit, kind).empty()) return false;
  service_spawn_control(c, kind, 0);
  return true;
}

/// Whether a service that must not be killed may start beside what is left of it; says what is there.
bool may_start_beside_leftovers(ServiceContext& c, ServiceState state) {
  using unitparser::KillMode;
  const KillMode mode = c.unit.config.common->kill->kill_mode;
  if (log_leftover_processes(c.core, c.unit, true) == 0 || sends_sigkill(c) || (mode != KillMode::mixed && mode != KillMode::control_group)) return true;
  log_unit(c.core, c.unit, 3,
           fmt::format("{}: Will not start SendSIGKILL=no service of type KillMode=control-group or mixed while processes exist", c.unit.name.text()));
  log_failed_task(c.core, c.unit, failed_service_task(state), unitparser::fail_errno(EBUSY, {}).value());
  return false;
}

bool has_control(const ServiceContext& c) { return c.rt.control.process.occupied(); }

}  // namespace

std::string failed_service_task(ServiceState state) {
  return fmt::format("Failed to run '{}' task", state == condition ? "exec-condition" : unitparser::to_name(state));
}

// --- start --------------------------------------------------------------------------------------------------------

ServiceState service_begin_start(ServiceContext& c) {
  ServiceRuntime& rt = c.rt;
  rt.result = ServiceResult::success;
  rt.reload_result = ServiceResult::success;
  rt.main = {};
  rt.control = {};
  rt.forbid_restart = false;
  rt.notify = {};
  rt.command_status.clear();
  if (rt.flush_n_restarts) {
    rt.n_restarts = 0;
    rt.flush_n_restarts = false;
  }
  const std::uint64_t extra = timeouts_of(c).runtime_randomized_extra.usec();
  rt.runtime_extra = Duration::from_usec(extra == 0 ? 0 : c.core.world.random() % extra);
  return condition;
}

ServiceState enter_service_condition(ServiceContext& c) {
  if (!service_commands(c.unit, ServiceCommandKind::condition).empty() && !may_start_beside_leftovers(c, condition))
    return fail_to(c, stop_sigterm, ServiceResult::resources);
  return begin_list(c, ServiceCommandKind::condition) ? condition : start_pre;
}

ServiceState service_condition_done(ServiceContext& c) {
  // ExecCondition=: 1 to 254 means "not now", which is no failure; 255 and signals are.
  const auto status = c.rt.command_status[command_key(0, c.rt.control.index)];
  if (c.outcome == ServiceResult::exit_code && status.status < 255) {
    c.unit.runtime.write().condition_result = false;
    c.outcome = ServiceResult::exec_condition;
  }
  note_result(c, c.outcome);
  if (run_next_control(c)) return condition;
  if (c.outcome != ServiceResult::success) return stop_sigterm;
  c.unit.runtime.write().condition_result = true;
  return start_pre;
}

ServiceState enter_service_start_pre(ServiceContext& c) {
  if (!service_commands(c.unit, ServiceCommandKind::start_pre).empty() && !may_start_beside_leftovers(c, start_pre))
    return fail_to(c, stop_sigterm, ServiceResult::resources);
  return begin_list(c, ServiceCommandKind::start_pre) ? start_pre : start;
}

ServiceState service_start_pre_done(ServiceContext& c) {
  note_result(c, c.outcome);
  if (run_next_control(c)) return start_pre;
  return c.outcome == ServiceResult::success ? start : stop_sigterm;
}

ServiceState enter_service_start(ServiceContext& c) {
  forget_process(c.core, c.rt.control.process);
  c.rt.control.running_list = false;
  c.rt.main.index = 0;
  c.rt.main.known = false;
  if (!may_start_beside_leftovers(c, start)) return fail_to(c, stop_sigterm, ServiceResult::resources);
  if (service_commands(c.unit, ServiceCommandKind::start).empty()) {
    if (type_of(c) != ServiceType::oneshot) return fail_to(c, stop_sigterm, ServiceResult::resources);
    // Passed through, but seen: SuccessAction= and the like follow a service that was up and went down.
    ServiceMachine::commit(c, start);
    return start_post;
  }
  if (type_of(c) == ServiceType::forking)
    service_spawn_control(c, ServiceCommandKind::start, 0);
  else
    service_spawn_main(c);
  return start;
}

ServiceState service_main_spawned(ServiceContext& c) {
  if (c.rt.state != start) return c.rt.state;
  const ServiceType type = type_of(c);
  if (type == ServiceType::simple || type == ServiceType::idle) return start_post;
  return start;
}

ServiceState service_exec_confirmed(ServiceContext& c) {
  return type_of(c) == ServiceType::exec ? start_post : start;
}

ServiceState service_start_main_done(ServiceContext& c) {
  note_result(c, c.outcome);
  const ServiceType type = type_of(c);
  if (type == ServiceType::oneshot && c.outcome == ServiceResult::success &&
      c.rt.main.index + 1 < service_commands(c.unit, ServiceCommandKind::start).size()) {
    ++c.rt.main.index;
    service_spawn_main(c);
    set_deadline(c, service_start_limit(c));
    return start;
  }
  if (config_of(c).exit_type == unitparser::ServiceExitType::cgroup && service_group_alive(c)) return start;
  if (type == ServiceType::oneshot) return c.outcome == ServiceResult::success ? start_post : stop_sigterm;
  if (type == ServiceType::notify || type == ServiceType::notify_reload) {
    if (c.outcome != ServiceResult::success) return stop_sigterm;
    if (!config_of(c).remain_after_exit || service_notify_access(c.unit) == unitparser::NotifyAccess::main)
      return fail_to(c, stop_sigterm, ServiceResult::protocol);
    return start;
  }
  if (c.outcome != ServiceResult::success) return stop_sigterm;
  return running;
}

ServiceState service_start_control_done(ServiceContext& c) {
  note_result(c, c.outcome);
  if (type_of(c) != ServiceType::forking) return start;
  if (run_next_control(c)) return start;
  if (c.outcome != ServiceResult::success) return stop_sigterm;
  if (!config_of(c).pid_file.empty()) {
    // A command of ExecStartPost= may be the one that writes the file.
    const bool later = !service_commands(c.unit, ServiceCommandKind::start_post).empty();
    if (!service_load_pid_file(c, later ? PidFileReading::quiet : PidFileReading::complain) && !later) {
      if (!service_group_alive(c)) return fail_to(c, stop_sigterm, ServiceResult::protocol);
      return start;  // the watch or the deadline decides
    }
  } else {
    service_search_main_pid(c);
  }
  return start_post;
}

ServiceState service_start_main_pid_found(ServiceContext& c) {
  if (type_of(c) == ServiceType::forking && !has_control(c)) return start_post;
  return start;
}

ServiceState service_start_post_main_pid_found(ServiceContext& c) { return has_control(c) ? start_post : running; }

ServiceState service_ready_while_starting(ServiceContext& c) {
  const ServiceType type = type_of(c);
  return type == ServiceType::notify || type == ServiceType::notify_reload ? start_post : start;
}

ServiceState service_start_bus_name(ServiceContext& c) {
  return type_of(c) == ServiceType::dbus && c.rt.bus_name_owned ? start_post : start;
}

ServiceState service_start_cgroup_empty(ServiceContext& c) {
  const ServiceType type = type_of(c);
  const bool nobody = !c.rt.main.process.occupied() && !has_control(c);
  if ((type == ServiceType::notify || type == ServiceType::notify_reload) && nobody)
    return fail_to(c, stop_post, ServiceResult::protocol);
  if (config_of(c).exit_type == unitparser::ServiceExitType::cgroup && nobody && c.rt.main.known) return start_post;
  if (c.rt.pid_file_watched && nobody) {
    warn(c, "Daemon never wrote its PID file. Failing.");
    return fail_to(c, stop_post, ServiceResult::protocol);
  }
  return start;
}

ServiceState enter_service_start_post(ServiceContext& c) {
  service_feed_watchdog(c);
  return begin_list(c, ServiceCommandKind::start_post) ? start_post : running;
}

ServiceState service_start_post_done(ServiceContext& c) {
  note_result(c, c.outcome);
  if (run_next_control(c)) return start_post;
  if (c.outcome != ServiceResult::success) return stop_sigterm;
  if (!config_of(c).pid_file.empty() && type_of(c) == ServiceType::forking) {
    if (!c.rt.main.known && !service_load_pid_file(c, PidFileReading::complain)) {
      if (!service_group_alive(c)) return fail_to(c, stop, ServiceResult::protocol);
      return start_post;
    }
  } else {
    service_search_main_pid(c);
  }
  return running;
}

ServiceState service_start_post_cgroup_empty(ServiceContext& c) {
  if (c.rt.pid_file_watched && !c.rt.main.process.occupied() && !has_control(c)) {
    warn(c, "Daemon never wrote its PID file. Failing.");
    return fail_to(c, stop, ServiceResult::protocol);
  }
  return start_post;
}

ServiceState service_wait_control_or_stop(ServiceContext& c) {
  note_result(c, c.outcome);
  if (config_of(c).exit_type == unitparser::ServiceExitType::cgroup && service_group_alive(c)) return c.rt.state;
  return has_control(c) ? c.rt.state : stop;
}

// --- running ------------------------------------------------------------------------------------------------------

ServiceState enter_service_running(ServiceContext& c) {
  forget_process(c.core, c.rt.control.process);
  c.rt.control.running_list = false;
  if (c.rt.result != ServiceResult::success) return stop_sigterm;
  if (service_is_good(c)) {
    if (c.rt.notify.state == NotifyState::stopping) return service_stopping_by_notify(c);
    if (c.rt.notify.state == NotifyState::reloading && c.rt.state != reload) return reload;
    return running;
  }
  return config_of(c).remain_after_exit ? exited : stop;
}

ServiceState enter_service_exited(ServiceContext& c) {
  if (!service_group_alive(c)) release_cgroup(c.core, c.unit);  // else the kernel tells when its last process is gone
  return exited;
}

/// Looks anew whether a running service still is one.
static ServiceState reconsider_running(ServiceContext& c) { return enter_service_running(c); }

ServiceState service_running_main_done(ServiceContext& c) {
  note_result(c, c.outcome);
  if (config_of(c).exit_type == unitparser::ServiceExitType::cgroup && service_group_alive(c)) return running;
  return reconsider_running(c);
}

ServiceState service_running_cgroup_empty(ServiceContext& c) { return reconsider_running(c); }
ServiceState service_running_bus_name(ServiceContext& c) {
  return type_of(c) == ServiceType::dbus ? reconsider_running(c) : running;
}

ServiceState service_begin_reload(ServiceContext& c) {
  c.rt.reload_result = ServiceResult::success;
  if (type_of(c) == ServiceType::notify_reload && c.rt.main.process.pid > 0) {
    c.rt.notify.state = NotifyState::unknown;
    c.core.emit(effect::KillProcess{c.rt.main.process.pid, SIGHUP, false, false, c.unit.id,
                                    c.unit.runtime->last_cause});
  }
  return reload;
}

ServiceState enter_service_reload(ServiceContext& c) {
  if (c.rt.notify.state == NotifyState::reloading || type_of(c) == ServiceType::notify_reload) return reload;
  return begin_list(c, ServiceCommandKind::reload) ? reload : running;
}

ServiceState service_reload_done(ServiceContext& c) {
  if (run_next_control(c)) return reload;
  c.rt.reload_result = c.outcome;
  if (c.outcome == ServiceResult::success) {
    const bool by_file = !config_of(c).pid_file.empty() && service_load_pid_file(c, PidFileReading::complain);
    if (!by_file && config_of(c).pid_file.empty()) service_search_main_pid(c);
  }
  return running;
}

ServiceState service_reloading_by_notify(ServiceContext& c) {
  auto added = add_job(c.core, {c.unit.id, JobType::nop, JobMode::fail, Cause::of(CauseKind::notify, c.unit.id, "RELOADING=1"), true});
  if (!added) warn(c, fmt::format("Failed to schedule propagation of reload: {}", added.error().message));
  return reload;
}

ServiceState service_ready_while_reloading(ServiceContext& c) { return has_control(c) ? reload : running; }

ServiceState service_reload_timeout(ServiceContext& c) {
  warn(c, "Reload operation timed out. Killing reload process.");
  if (c.rt.control.process.pid > 0)
    c.core.emit(effect::KillProcess{c.rt.control.process.pid, SIGKILL, false, false, c.unit.id, {}});
  c.rt.reload_result = ServiceResult::timeout;
  c.rt.notify.state = NotifyState::unknown;
  return running;
}

ServiceState service_watchdog_expired(ServiceContext& c) {
  if (!c.watchdog_asked)
    log_unit(c.core, c.unit, 3,
           fmt::format("{}: Watchdog timeout (limit {})!", c.unit.name.text(),
                       unitparser::format_duration(service_watchdog_period(c.unit))));
  return fail_to(c, stop_watchdog, ServiceResult::watchdog);
}

ServiceState service_runtime_timeout(ServiceContext& c) {
  warn(c, "Service reached runtime time limit. Stopping.");
  return fail_to(c, stop, ServiceResult::timeout);
}

// --- stop ---------------------------------------------------------------------------------------------------------

ServiceState service_begin_stop(ServiceContext& c) {
  c.rt.forbid_restart = true;
  return stop;
}
ServiceState service_kill_at_once(ServiceContext& c) {
  c.rt.forbid_restart = true;
  return stop_sigterm;
}
ServiceState service_give_up_restart(ServiceContext& c) {
  c.rt.forbid_restart = true;
  ServiceMachine::commit(c, dead);
  return dead;
}
ServiceState service_abort_cleaning(ServiceContext& c) {
  c.rt.clean_result = ServiceResult::resources;
  return dead;
}
ServiceState service_stopping_by_notify(ServiceContext& c) {
  c.rt.notify.state = NotifyState::stopping;
  c.told_stopping = true;
  return stop_sigterm;
}

ServiceState enter_service_stop(ServiceContext& c) { return begin_list(c, ServiceCommandKind::stop) ? stop : stop_sigterm; }

ServiceState service_stop_done(ServiceContext& c) {
  note_result(c, c.outcome);
  return run_next_control(c) ? stop : stop_sigterm;
}
ServiceState service_keep_result(ServiceContext& c) {
  note_result(c, c.outcome);
  return c.rt.state;
}

/// Signals all that is left; without anything left goes on.
static ServiceState enter_killing(ServiceContext& c, ServiceState state, ServiceState next, KillOperation operation) {
  c.rt.control.running_list = false;
  if (state == stop_sigterm && c.told_stopping) return state;
  return kill_unit_processes(c.core, c.unit, operation, &c.rt.main.process, &c.rt.control.process) ? state : next;
}

static KillOperation polite_kill(const ServiceContext& c) {
  const Job* job = c.core.jobs.find(c.unit.job);
  return job != nullptr && (job->type == JobType::restart) ? KillOperation::restart : KillOperation::terminate;
}

ServiceState enter_service_stop_watchdog(ServiceContext& c) {
  return enter_killing(c, stop_watchdog, sends_sigkill(c) ? stop_sigkill : stop_post, KillOperation::watchdog);
}
ServiceState enter_service_stop_sigterm(ServiceContext& c) {
  return enter_killing(c, stop_sigterm, sends_sigkill(c) ? stop_sigkill : stop_post, polite_kill(c));
}
ServiceState enter_service_stop_sigkill(ServiceContext& c) {
  return enter_killing(c, stop_sigkill, stop_post, KillOperation::kill);
}
ServiceState enter_service_stop_post(ServiceContext& c) {
  return begin_list(c, ServiceCommandKind::stop_post) ? stop_post : final_sigterm;
}
ServiceState enter_service_final_watchdog(ServiceContext& c) {
  return enter_killing(c, final_watchdog, sends_sigkill(c) ? final_sigkill : dead, KillOperation::watchdog);
}
ServiceState enter_service_final_sigterm(ServiceContext& c) {
  return enter_killing(c, final_sigterm, sends_sigkill(c) ? final_sigkill : dead, KillOperation::terminate);
}
ServiceState enter_service_final_sigkill(ServiceContext& c) {
  return enter_killing(c, final_sigkill, dead, KillOperation::kill);
}

static bool nobody_left(const ServiceContext& c) {
  return service_main_goodness(c) != Goodness::good && !has_control(c);
}
ServiceState service_stopping_main_done(ServiceContext& c) {
  note_result(c, c.outcome);
  return has_control(c) ? c.rt.state : stop_post;
}
ServiceState service_stop_post_main_done(ServiceContext& c) {
  note_result(c, c.outcome);
  return has_control(c) ? stop_post : final_sigterm;
}
ServiceState service_final_main_done(ServiceContext& c) {
  note_result(c, c.outcome);
  return has_control(c) ? c.rt.state : dead;
}
ServiceState service_stopping_control_done(ServiceContext& c) {
  note_result(c, c.outcome);
  return nobody_left(c) ? stop_post : c.rt.state;
}
ServiceState service_stop_post_done(ServiceContext& c) {
  note_result(c, c.outcome);
  if (run_next_control(c)) return stop_post;
  return nobody_left(c) ? final_sigterm : stop_post;
}
ServiceState service_final_control_done(ServiceContext& c) {
  note_result(c, c.outcome);
  return nobody_left(c) ? dead : c.rt.state;
}
ServiceState service_stopping_cgroup_empty(ServiceContext& c) { return nobody_left(c) ? stop_post : c.rt.state; }
ServiceState service_final_cgroup_empty(ServiceContext& c) { return nobody_left(c) ? dead : c.rt.state; }
// --- deadlines ----------------------------------------------------------------------------------------------------

ServiceState service_start_timeout(ServiceContext& c) {
  const std::string_view name = unitparser::to_name(c.rt.state);
  switch (timeouts_of(c).timeout_start_failure_mode) {
    case TimeoutFailureMode::terminate:
      warn(c, fmt::format("{} operation timed out. Terminating.", name));
      return fail_to(c, stop_sigterm, ServiceResult::timeout);
    case TimeoutFailureMode::abort:
      warn(c, fmt::format("{} operation timed out. Aborting.", name));
      return fail_to(c, stop_watchdog, ServiceResult::timeout);
    case TimeoutFailureMode::kill: break;
  }
  warn(c, fmt::format("{} operation timed out. {}", name, sends_sigkill(c) ? "Killing." : "Skipping SIGKILL."));
  return fail_to(c, sends_sigkill(c) ? stop_sigkill : stop_post, ServiceResult::timeout);
}

ServiceState service_stop_timeout(ServiceContext& c) {
  switch (timeouts_of(c).timeout_stop_failure_mode) {
    case TimeoutFailureMode::terminate:
      warn(c, "Stopping timed out. Terminating.");
      return fail_to(c, stop_sigterm, ServiceResult::timeout);
    case TimeoutFailureMode::abort:
      warn(c, "Stopping timed out. Aborting.");
      return fail_to(c, stop_watchdog, ServiceResult::timeout);
    case TimeoutFailureMode::kill: break;
  }
  warn(c, sends_sigkill(c) ? "Stopping timed out. Killing." : "Stopping timed out. Skipping SIGKILL.");
  return fail_to(c, sends_sigkill(c) ? stop_sigkill : stop_post, ServiceResult::timeout);
}

static ServiceState kill_or_skip(ServiceContext& c, ServiceState killing, ServiceState skipping, std::string_view skipped) {
  warn(c, fmt::format("State '{}' timed out. {}", unitparser::to_name(c.rt.state), sends_sigkill(c) ? "Killing." : skipped));
  return fail_to(c, sends_sigkill(c) ? killing : skipping, ServiceResult::timeout);
}
static ServiceState abort_in(ServiceContext& c, ServiceState state) {
  warn(c, fmt::format("State '{}' timed out. Aborting.", unitparser::to_name(c.rt.state)));
  return fail_to(c, state, ServiceResult::timeout);
}

ServiceState service_stop_watchdog_timeout(ServiceContext& c) {
  return kill_or_skip(c, stop_sigkill, stop_post, "Skipping SIGKILL.");
}
ServiceState service_stop_sigterm_timeout(ServiceContext& c) {
  if (timeouts_of(c).timeout_stop_failure_mode == TimeoutFailureMode::abort) return abort_in(c, stop_watchdog);
  return kill_or_skip(c, stop_sigkill, stop_post, "Skipping SIGKILL.");
}
ServiceState service_stop_sigkill_timeout(ServiceContext& c) {
  warn(c, "Processes still around after SIGKILL. Ignoring.");
  return fail_to(c, stop_post, ServiceResult::timeout);
}
ServiceState service_stop_post_timeout(ServiceContext& c) {
  switch (timeouts_of(c).timeout_stop_failure_mode) {
    case TimeoutFailureMode::terminate:
      warn(c, "State 'stop-post' timed out. Terminating.");
      return fail_to(c, final_sigterm, ServiceResult::timeout);
    case TimeoutFailureMode::abort: return abort_in(c, final_watchdog);
    case TimeoutFailureMode::kill: break;
  }
  return kill_or_skip(c, final_sigkill, dead, "Skipping SIGKILL. Entering failed mode.");
}
ServiceState service_final_watchdog_timeout(ServiceContext& c) {
  return kill_or_skip(c, final_sigkill, dead, "Skipping SIGKILL. Entering failed mode.");
}
ServiceState service_final_sigterm_timeout(ServiceContext& c) {
  if (timeouts_of(c).timeout_stop_failure_mode == TimeoutFailureMode::abort) return abort_in(c, final_watchdog);
  return kill_or_skip(c, final_sigkill, dead, "Skipping SIGKILL. Entering failed mode.");
}
ServiceState service_final_sigkill_timeout(ServiceContext& c) {
  warn(c, "Processes still around after final SIGKILL. Entering failed mode.");
  return fail_to(c, dead, ServiceResult::timeout);
}

// --- out of memory ------------------------------------------------------------------------------------------------

static unitparser::OomPolicy oom_policy(const ServiceContext& c) {
  if (config_of(c).oom_policy) return *config_of(c).oom_policy;
  return c.unit.config.common->resource_basics->delegate ? unitparser::OomPolicy::continue_ : c.core.options.default_oom_policy;
}
ServiceState service_oom_starting(ServiceContext& c) {
  if (oom_policy(c) == unitparser::OomPolicy::continue_) return c.rt.state;
  return fail_to(c, oom_policy(c) == unitparser::OomPolicy::kill ? stop_sigkill : stop_sigterm, ServiceResult::oom_kill);
}
ServiceState service_oom_up(ServiceContext& c) {
  if (oom_policy(c) == unitparser::OomPolicy::continue_) return c.rt.state;
  return fail_to(c, oom_policy(c) == unitparser::OomPolicy::kill ? stop_sigkill : stop, ServiceResult::oom_kill);
}
ServiceState service_oom_stopping(ServiceContext& c) {
  if (oom_policy(c) == unitparser::OomPolicy::continue_) return c.rt.state;
  return fail_to(c, stop_sigkill, ServiceResult::oom_kill);
}
ServiceState service_oom_final(ServiceContext& c) {
  if (oom_policy(c) == unitparser::OomPolicy::continue_) return c.rt.state;
  return fail_to(c, final_sigkill, ServiceResult::oom_kill);
}
ServiceState service_oom_noted(ServiceContext& c) { return fail_to(c, c.rt.state, ServiceResult::oom_kill); }

// --- rest ---------------------------------------------------------------------------------------------------------

static bool shall_restart(const ServiceContext& c) {
  using unitparser::ServiceRestart;
  const ServiceRuntime& rt = c.rt;
  const Job* job = c.core.jobs.find(c.unit.job);
  if (rt.forbid_restart || (job != nullptr && job->type == JobType::stop)) return false;
  const auto& config = config_of(c);
  const auto listed = [&rt](const unitparser::ExitStatusSet& set) {
    const ExecStatus& main = rt.main.status;
    if (main.code == CLD_EXITED) return set.codes.contains(main.status);
    return (main.code == CLD_KILLED || main.code == CLD_DUMPED) && set.signals.contains(main.status);
  };
  if (listed(config.restart_prevent_exit_status)) return false;
  if (listed(config.restart_force_exit_status)) return true;
  const ServiceResult r = rt.result;
  switch (config.restart) {
    case ServiceRestart::no: return false;
    case ServiceRestart::always: return r != ServiceResult::exec_condition;
    case ServiceRestart::on_success: return r == ServiceResult::success;
    case ServiceRestart::on_failure: return r != ServiceResult::success && r != ServiceResult::exec_condition;
    case ServiceRestart::on_abnormal:
      return r != ServiceResult::success && r != ServiceResult::exit_code && r != ServiceResult::exec_condition;
    case ServiceRestart::on_watchdog: return r == ServiceResult::watchdog;
    case ServiceRestart::on_abort: return r == ServiceResult::signal || r == ServiceResult::core_dump;
  }
  return false;
}

static void log_end(ServiceContext& c) {
  if (c.rt.result != ServiceResult::exec_condition) return log_end(c.core, c.unit, unitparser::to_name(c.rt.result));
  log_unit(c.core, c.unit, 6, fmt::format("{}: Skipped due to 'exec-condition'.", c.unit.name.text()),
           {{"MESSAGE_ID", "0e4284a0caca4bfc81c0bb6786972673"}, {"UNIT_RESULT", "exec-condition"}});
}

/// Comes to rest as dead or failed, and from there, if Restart= says so, to auto_restart.
ServiceState enter_service_dead(ServiceContext& c) {
  ServiceRuntime& rt = c.rt;
  forget_process(c.core, rt.control.process);
  rt.control.running_list = false;
  const bool well = rt.result == ServiceResult::success || rt.result == ServiceResult::exec_condition;
  log_end(c);
  log_leftover_processes(c.core, c.unit, false);
  rt.will_auto_restart = rt.result != ServiceResult::start_limit_hit && shall_restart(c);
  ServiceMachine::commit(c, well ? dead : failed);
  if (rt.connection.fd >= 0) {
    c.core.emit(effect::CloseFds{{rt.connection.fd}});
    socket_connection_closed(c.core, rt.connection.socket, c.unit.id, rt.connection.peer);
    rt.connection = {};
  }
  const auto preserve = c.unit.config.common->exec_provided->runtime_directory_preserve;
  const Job* job = c.core.jobs.find(c.unit.job);
  const bool comes_back = rt.will_auto_restart || (job != nullptr && (job->type == JobType::start || job->type == JobType::restart));
  c.core.emit(effect::ReleaseExecution{
      c.unit.id, preserve == unitparser::PreserveMode::yes || (preserve == unitparser::PreserveMode::restart && comes_back)});
  if (!config_of(c).pid_file.empty()) c.core.emit(effect::RemoveFile{config_of(c).pid_file});
  const bool restart = rt.will_auto_restart;
  rt.forbid_restart = false;
  if (restart) return auto_restart;
  rt.flush_n_restarts = true;
  return c.rt.state;
}

ServiceState enter_service_auto_restart(ServiceContext& c) {
  c.rt.will_auto_restart = false;
  return auto_restart;
}

ServiceState service_restart_due(ServiceContext& c) {
  const Job* job = c.core.jobs.find(c.unit.job);
  if (job != nullptr && job->type == JobType::stop) {
    log_unit(c.core, c.unit, 6, fmt::format("{}: Stop job pending for unit, skipping automatic restart.", c.unit.name.text()));
    set_deadline(c, std::max(timeouts_of(c).restart_delay, Duration::from_seconds(1)));
    return auto_restart;
  }
  // Looked at again, so that a restart whose job is cancelled is not forgotten.
  set_deadline(c, std::max(timeouts_of(c).restart_delay, Duration::from_seconds(1)));
  if (job != nullptr) return auto_restart;
  // A restart and not a start: so units bound to this one are restarted too.
  auto added = add_job(c.core, {c.unit.id, JobType::restart, JobMode::replace,
                                Cause::of(CauseKind::restart_rule, c.unit.id,
                                          fmt::format("Restart={}", unitparser::to_name(config_of(c).restart)))});
  if (!added) {
    warn(c, fmt::format("Failed to schedule restart job: {}", added.error().message));
    c.rt.forbid_restart = true;
    return fail_to(c, dead, ServiceResult::resources);
  }
  ++c.rt.n_restarts;
  c.rt.flush_n_restarts = false;
  log_unit(c.core, c.unit, 6,
           fmt::format("{}: Scheduled restart job, restart counter is at {}.", c.unit.name.text(), c.rt.n_restarts),
           {{"MESSAGE_ID", "5eb03494b6584870a536b337290809b3"}, {"N_RESTARTS", std::to_string(c.rt.n_restarts)}});
  return auto_restart;
}

ServiceState service_reset_failed(ServiceContext& c) {
  c.rt.result = ServiceResult::success;
  c.rt.reload_result = ServiceResult::success;
  c.rt.clean_result = ServiceResult::success;
  c.rt.n_restarts = 0;
  c.rt.flush_n_restarts = false;
  ServiceMachine::commit(c, dead);
  return dead;
}

ServiceState service_start_limit_hit(ServiceContext& c) {
  note_result(c, ServiceResult::start_limit_hit);  // COMPAT: the first failure is told
  log_end(c);
  log_leftover_processes(c.core, c.unit, false);
  c.rt.will_auto_restart = false;
  ServiceMachine::commit(c, failed);
  c.rt.flush_n_restarts = true;
  return failed;
}

ServiceState service_begin_clean(ServiceContext& c) {
  c.rt.clean_result = ServiceResult::success;
  if ((c.clean_what & 32U) != 0) service_release_fd_store(c.core, c.unit);
  if ((c.clean_what & 31U) == 0) return c.rt.state;
  c.core.emit(effect::CleanDirectories{c.unit.id, c.clean_what & 31U});
  return cleaning;
}
ServiceState enter_service_cleaning(ServiceContext&) { return cleaning; }
ServiceState service_clean_done(ServiceContext& c) {
  c.rt.clean_result = c.outcome;
  ServiceMachine::commit(c, dead);
  return dead;
}
ServiceState service_cleaning_timeout(ServiceContext& c) {
  warn(c, "Cleaning timed out. killing.");
  c.rt.clean_result = ServiceResult::timeout;
  ServiceMachine::commit(c, dead);
  return dead;
}

}  // namespace init
