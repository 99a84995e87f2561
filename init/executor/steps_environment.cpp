// The environment: the plan's layers, and between them what only the process itself can know. [os]
#include <unistd.h>

#include "init/executor/context.h"
#include "unitparser/base/text.h"
#include "unitparser/syntax/environment.h"

namespace executor {
namespace {

using unitparser::DirectoryKind;
constexpr std::array<std::string_view, unitparser::directory_kind_count> directory_variables{
    "RUNTIME_DIRECTORY", "STATE_DIRECTORY", "CACHE_DIRECTORY", "LOGS_DIRECTORY", "CONFIGURATION_DIRECTORY"};

/// What the executor adds (systemd.exec(5) ENVIRONMENT VARIABLES SET OR PROPAGATED BY THE SERVICE MANAGER).
std::vector<std::string> own_variables(const Context& context) {
  const init::SpawnPlan& plan = context.plan;
  std::vector<std::string> own;
  const auto set = [&own](std::string_view name, const std::string& value) {
    if (!value.empty()) own.push_back(std::string(name) + "=" + value);
  };
  const std::string pid = std::to_string(::getpid());
  if (!plan.descriptors.passed.empty()) {
    set("LISTEN_PID", pid);
    set("LISTEN_FDS", std::to_string(plan.descriptors.passed.size()));
    set("LISTEN_FDNAMES", unitparser::join(plan.descriptors.names, ":"));
  }
  if (plan.environment.watchdog_usec > 0) {
    set("WATCHDOG_PID", pid);
    set("WATCHDOG_USEC", std::to_string(plan.environment.watchdog_usec));
  }
  if (context.user.known) {
    set("HOME", context.user.home);
    set("LOGNAME", context.user.name);
    set("USER", context.user.name);
    set("SHELL", context.user.shell);
  }
  set("INVOCATION_ID", plan.process.invocation_id);
  set("TERM", plan.environment.terminal_type);
  if (context.journal_inode != 0)
    set("JOURNAL_STREAM", std::to_string(context.journal_device) + ":" + std::to_string(context.journal_inode));
  set("LOG_NAMESPACE", plan.logging.log_namespace);
  for (std::size_t kind = 0; kind < directory_variables.size(); ++kind)
    set(directory_variables[kind], plan.directories.variables[kind]);
  set("CREDENTIALS_DIRECTORY", plan.credentials.directory);
  if (plan.environment.notify_socket) set("NOTIFY_SOCKET", plan.environment.notify_socket_path);
  set("SYSTEMD_EXEC_PID", pid);
  return own;
}

void set_variables(std::vector<std::string>& environment, const std::vector<std::string>& assignments) {
  for (const std::string& assignment : assignments) unitparser::set_variable(environment, assignment);
}

}  // namespace

Done step_environment(Context& context) {
  const init::PlanEnvironment& plan = context.plan.environment;
  context.environment = plan.base;
  set_variables(context.environment, own_variables(context));
  set_variables(context.environment, plan.configured);
  unitparser::remove_variables(context.environment, plan.unset);
  return {};
}

}  // namespace executor
