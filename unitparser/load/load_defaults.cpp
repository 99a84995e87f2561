// Defaults of units by type. [pure]
#include "unitparser/load/load_defaults.h"

#include "unitparser/load/derived_settings.h"

namespace unitparser {
namespace {

void set_exec_defaults(UnitConfig& config, UnitType type, const ManagerDefaults& manager, ManagerScope scope) {
  ExecScheduling scheduling;
  scheduling.limits = manager.limits;
  scheduling.oom_score_adjust = manager.oom_score_adjust;
  if (!(scheduling == *config.common->exec_scheduling)) config.common.write().exec_scheduling = Shared(scheduling);
  // Services decide at the end of the load, by their standard input.
  if (type != UnitType::service) {
    config.common.write().exec_streams.write().standard_output = manager.standard_output;
    config.common.write().exec_streams.write().standard_error = manager.standard_error;
    if (scope == ManagerScope::system) config.common.write().exec_privileges.write().keyring_mode = KeyringMode::shared;
  }
  if (scope == ManagerScope::user) config.common.write().exec_privileges.write().keyring_mode = KeyringMode::inherit;
  if (!manager.smack_process_label.empty()) config.common.write().exec_privileges.write().smack_process_label = {manager.smack_process_label, true};
}

void set_resource_defaults(UnitConfig& config, UnitType type, const ManagerDefaults& manager, const MachineFacts& machine) {
  ResourceBasics& basics = config.common.write().resource_basics.write();
  basics.cpu_accounting = manager.cpu_accounting;
  basics.memory_accounting = manager.memory_accounting;
  basics.tasks_accounting = manager.tasks_accounting;
  basics.io_accounting = manager.io_accounting;
  basics.block_io_accounting = manager.block_io_accounting;
  basics.ip_accounting = manager.ip_accounting;
  if (type == UnitType::slice) {
    basics.tasks_max = ScalableLimit{};
    return;
  }
  basics.tasks_max = manager.tasks_max;
  if (basics.tasks_max && basics.tasks_max->permyriad && machine.tasks_max > 0)
    basics.tasks_max->value = machine.tasks_max * *basics.tasks_max->permyriad / 10000;
}

UnitConfig defaults_for(UnitType type, const ManagerDefaults& manager, const MachineFacts& machine, ManagerScope scope) {
  UnitConfig config;
  UnitLimits limits;
  limits.start_limit_interval = manager.start_limit_interval;
  limits.start_limit_burst = manager.start_limit_burst;
  if (type == UnitType::device) limits.job_running_timeout = manager.device_timeout;
  if (!(limits == *config.common->unit_limits)) config.common.write().unit_limits = Shared(limits);
  switch (type) {
    case UnitType::automount:
    case UnitType::device:
    case UnitType::mount:
    case UnitType::swap:
    case UnitType::slice:
    case UnitType::scope: config.unit.write().ignore_on_isolate = true; break;
    default: break;
  }
  if (type_has_exec(type)) set_exec_defaults(config, type, manager, scope);
  if (type_has_cgroup(type)) set_resource_defaults(config, type, manager, machine);
  if (type == UnitType::service) {
    ServiceTimeouts& timeouts = config.common.write().service_timeouts.write();
    timeouts.timeout_start = manager.timeout_start;
    timeouts.timeout_stop = manager.timeout_stop;
    timeouts.timeout_abort_set = manager.timeout_abort.has_value();
    timeouts.timeout_abort = manager.timeout_abort.value_or(manager.timeout_stop);
    timeouts.restart_delay = manager.restart_delay;
  }
  if (type == UnitType::socket) config.common.write().socket.write().timeout = manager.timeout_start;
  if (type == UnitType::mount) config.common.write().mount.write().timeout = manager.timeout_start;
  if (type == UnitType::swap) config.common.write().swap.write().timeout = manager.timeout_start;
  if (type == UnitType::timer) config.common.write().timer.write().accuracy = manager.timer_accuracy;
  if (type == UnitType::scope) {
    config.common.write().scope.write().timeout_stop = manager.timeout_stop;
    config.common.write().scope.write().oom_policy = manager.oom_policy;
  }
  return config;
}

}  // namespace

LoadDefaults make_load_defaults(const ManagerDefaults& manager, const MachineFacts& machine, ManagerScope scope, std::string home) {
  LoadDefaults defaults;
  if (scope == ManagerScope::user) defaults.home = std::move(home);
  ExecIdentity at_home;
  at_home.working_directory = defaults.home;
  at_home.working_directory_missing_ok = !defaults.home.empty();
  const Shared identity(at_home);
  for (std::size_t i = 0; i < unit_type_count; ++i) {
    defaults.by_type[i] = defaults_for(static_cast<UnitType>(i), manager, machine, scope);
    if (!defaults.home.empty() && type_has_exec(static_cast<UnitType>(i))) defaults.by_type[i].common.write().exec_identity = identity;
  }
  UnitConfig simple = defaults.of(UnitType::service);
  simple.service_commands.write().exec_start.emplace_back();
  if (const Result<UnitName> name = UnitName::parse("simple.service")) derive_settings(simple, *name, manager, defaults, scope);
  defaults.simple_service = simple.common->service;
  defaults.service_streams = simple.common->exec_streams;
  defaults.usual_basics = simple.common->resource_basics;
  return defaults;
}

}  // namespace unitparser
