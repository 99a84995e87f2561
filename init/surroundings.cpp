// Before the manager: the machine's boot, and a user's session. [os]
#include "init/surroundings.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "init/boot/firmware_times.h"
#include "init/boot/api_mounts.h"
#include "init/boot/identity.h"
#include "init/boot/own_settings.h"
#include "init/boot/preparation.h"
#include "init/boot/requests.h"
#include "init/compatible_version.h"
#include "init/conditions/file_conditions.h"
#include "init/conditions/virtualization.h"
#include "init/log/console_status.h"
#include "unitparser/base/diagnostic_log.h"
#include "unitparser/base/text.h"
#include "unitparser/load/file_source.h"
#include "unitparser/load/host_facts.h"
#include "unitparser/syntax/environment.h"
#include "unitparser/syntax/kernel_names.h"

extern char** environ;

namespace init {
namespace {

using unitparser::Duration;

/// The kernel's command line; in a container, our own arguments stand for it.
std::string read_kernel_command_line(const std::string& container, const std::vector<std::string>& arguments) {
  if (container.empty()) return read_text_file("/proc/cmdline");
  return unitparser::join(arguments, " ");
}

std::string read_id(const char* path) {
  std::string id = read_text_file(path).substr(0, 36);
  std::erase(id, '-');
  return id;
}

/// The kernel's clock began with the kernel; one that others share tells nothing of this container's boot.
void note_beginning(const Now& now, bool in_container, BootTimes& times) {
  times.pass(Milestone::userspace, now);
  if (in_container) return;
  times.pass(Milestone::kernel, {RealTime::from_usec(now.realtime.usec() - now.monotonic.usec()), MonotonicTime::never()});
  // There is nothing to set up for mandatory access control here: the kernel and apparmor.service do that.
  times.pass(Milestone::security_start, now);
  times.pass(Milestone::security_finish, now);
}

/// What the boot loader tells of the time before the kernel, as times before the monotonic clock's zero.
void note_firmware(BootTimes& times) {
  const auto loader = read_loader_times("/sys/firmware/efi/efivars");
  if (!loader) return;
  const std::uint64_t kernel = times.at(Milestone::kernel).realtime.usec();
  const auto before = [kernel](Duration ago) {
    return DualTime{RealTime::from_usec(kernel - std::min(kernel, ago.usec())), MonotonicTime::from_usec(ago.usec())};
  };
  times.pass(Milestone::firmware, before(loader->kernel_started));
  times.pass(Milestone::loader, before(loader->kernel_started - loader->loader_started));
}

/// The manager's own configuration, and what follows from it at once.
void read_config(Surroundings& around, LogSink& log) {
  const auto files = unitparser::make_disk_file_source();
  const auto loaded = unitparser::load_manager_config(*files, around.kind.scope, around.kind.specifiers(), unitparser::read_machine_facts(),
                                                      command_line_settings(around));
  around.config = loaded.config;
  const unitparser::ManagerBehaviour& behaviour = around.config.behaviour;
  if (around.kind.is_system() && !around.container.empty()) log.set_target(LogTarget::journal);  // the kernel's log is the host's
  take_up_log_settings(behaviour, log);
  log_findings(loaded.diagnostics, log);
  for (const std::string& problem : apply_own_settings(behaviour)) log.write(4, problem);
  if (behaviour.log_location) log.write(4, "LogLocation= has no effect here, messages do not name places in the code.");
}

/// A user's manager hands on what it was started with, but for what was said to itself alone
/// (systemd.exec(5) ENVIRONMENT VARIABLES SET OR PROPAGATED BY THE SERVICE MANAGER).
std::vector<std::string> inherited_environment() {
  static const std::vector<std::string> own{
      "CACHE_DIRECTORY", "CONFIGURATION_DIRECTORY", "CREDENTIALS_DIRECTORY", "EXIT_CODE", "EXIT_STATUS", "INVOCATION_ID",
      "JOURNAL_STREAM", "LISTEN_FDNAMES", "LISTEN_FDS", "LISTEN_PID", "LOGS_DIRECTORY", "LOG_NAMESPACE", "MAINPID", "MANAGERPID",
      "MONITOR_EXIT_CODE", "MONITOR_EXIT_STATUS", "MONITOR_INVOCATION_ID", "MONITOR_SERVICE_RESULT", "MONITOR_UNIT",
      "NOTIFY_SOCKET", "PIDFILE", "REMOTE_ADDR", "REMOTE_PORT", "RUNTIME_DIRECTORY", "SERVICE_RESULT", "STATE_DIRECTORY",
      "WATCHDOG_PID", "WATCHDOG_USEC"};
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry)
    if (unitparser::is_valid_assignment(*entry)) environment.emplace_back(*entry);
  unitparser::remove_variables(environment, own);
  return environment;
}

constexpr const char* usual_path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

}  // namespace

void take_up_log_settings(const unitparser::ManagerBehaviour& settings, LogSink& log) {
  if (settings.log_level) log.set_max_priority(*settings.log_level);
  if (settings.log_target) log.set_target(*settings.log_target);
  log.set_console_style(settings.log_color, settings.log_time);
}

void log_findings(const unitparser::Diagnostics& findings, LogSink& log) {
  for (const unitparser::Diagnostic& finding : findings) {
    unitparser::DiagnosticLog record = unitparser::log_of(finding);
    log.write(LogRecord{record.priority, std::move(record.text), std::move(record.fields)});
  }
}

Surroundings prepare_machine(const std::vector<std::string>& arguments, Beginning beginning, LogSink& log) {
  Surroundings around;
  around.kind = system_manager();
  const Now began = read_clocks();
  around.container = detect_container();
  const bool in_container = !around.container.empty();
  note_beginning(began, in_container, around.times);
  const auto report = [&log](const std::string& problem) {
    if (!problem.empty()) log.write(3, problem);
  };
  const std::vector<std::string> mount_problems = mount_api_file_systems(in_container);
  prepare_process(in_container);
  const bool at_boot = beginning == Beginning::boot;
  if (at_boot) prepare_console();
  for (const std::string& problem : mount_problems) report(problem);
  if (!in_container) note_firmware(around.times);
  around.kernel_command_line = read_kernel_command_line(around.container, arguments);
  around.options = parse_kernel_command_line(around.kernel_command_line);
  apply_arguments(arguments, around.options);
  for (const std::string& warning : around.options.warnings) log.write(4, warning);

  raise_own_limits();
  for (const std::string& problem : make_runtime_folders(around.kind)) report(problem);
  // What somebody changed since the boot stays as it is.
  if (at_boot) {
    if (in_container) publish_container(around.container);
    else load_wanted_modules();
    if (!in_container) raise_kernel_limits();
    make_device_links();
    if (auto name = set_up_hostname(around.options.hostname)) around.new_hostname = std::move(*name);
    else report(name.error().message);
    report(set_up_loopback());
  }
  const MachineId machine = set_up_machine_id(around.options.machine_id);
  report(machine.problem);
  around.machine_id = machine.id;
  around.first_boot = around.options.first_boot.value_or(machine.first_boot);
  if (around.first_boot) mark_first_boot();
  around.boot_id = read_id("/proc/sys/kernel/random/boot_id");

  read_config(around, log);

  around.environment = own_environment(around);
  return around;
}

unitparser::Result<Surroundings> prepare_user_session(const std::vector<std::string>& arguments, LogSink& log) {
  Surroundings around;
  around.kind = TRY(user_manager());
  around.times.pass(Milestone::userspace, read_clocks());
  // Children that lose their parent come to us, as they would come to PID 1.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ::prctl(PR_SET_NAME, "systemd");
  log.use_standard_error_as_console();
  around.container = unitparser::trim(read_text_file("/run/systemd/container"));
  around.kernel_command_line = read_text_file(around.container.empty() ? "/proc/cmdline" : "/proc/1/cmdline");
  apply_arguments(arguments, around.options);
  for (const std::string& warning : around.options.warnings) log.write(4, warning);
  for (const std::string& problem : make_runtime_folders(around.kind)) log.write(4, problem);
  around.machine_id = around.kind.specifiers().machine_id;
  around.boot_id = around.kind.specifiers().boot_id;
  read_config(around, log);
  around.environment = own_environment(around);
  return around;
}

std::vector<std::string> own_environment(const Surroundings& around) {
  std::vector<std::string> environment = around.kind.is_system() ? read_locale_environment() : inherited_environment();
  unitparser::set_variable(environment, usual_path);
  for (const auto* list : {&around.config.behaviour.default_environment, &around.options.environment})
    for (const std::string& assignment : *list) unitparser::set_variable(environment, assignment);
  std::sort(environment.begin(), environment.end());
  return environment;
}

void announce_boot(const Surroundings& around, LogSink& log) {
  log.write(6, fmt::format("incipit, as systemd {}, running in system mode ({})", compatible_version, compatible_features));
  if (const std::string virtualization = virtualization_name(); !virtualization.empty()) log.write(6, "Detected virtualization " + virtualization + ".");
  log.write(6, fmt::format("Detected architecture {}.", unitparser::native_architecture()));
  StatusConsole console([] { return true; });
  console.set_mode(around.config.behaviour.show_status);
  console.set_colour(around.config.behaviour.log_color);
  auto release = unitparser::os_release_of({}, [](const std::string& path) { return read_text_file(path.c_str()); });
  const auto value = [&release](const char* key, const char* usual) { return release[key].empty() ? usual : release[key]; };
  console.welcome(value("PRETTY_NAME", "Linux"), value("ANSI_COLOR", "1"));
  if (!around.new_hostname.empty()) log.write(6, "Hostname set to <" + around.new_hostname + ">.");
}

void generate_units(Surroundings& around, LogSink& log) {
  const GeneratorFolders& folders = around.kind.generators;
  around.times.pass(Milestone::generators_start, read_clocks());
  GeneratorReport report;
  for (std::string& assignment : run_environment_generators(folders.environment_generators, around.environment, generator_limit, report))
    unitparser::set_variable(around.environment, std::move(assignment));
  const GeneratorReport units = run_generators(folders, generator_environment(around, around.environment), generator_limit);
  around.times.pass(Milestone::generators_finish, read_clocks());
  for (const GeneratorReport* part : {&std::as_const(report), &units})
    for (const std::string& problem : part->problems) log.write(4, problem);
  for (const std::string& problem : apply_boot_requests(around.options, folders.early)) log.write(4, problem);
}

std::vector<std::string> generator_environment(const Surroundings& around, std::vector<std::string> own) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  for (std::string& assignment : own) unitparser::set_variable(environment, std::move(assignment));
  environment.push_back(std::string("SYSTEMD_SCOPE=") + (around.kind.is_system() ? "system" : "user"));
  if (around.kind.is_system()) {
    environment.emplace_back("SYSTEMD_IN_INITRD=0");
    environment.emplace_back(std::string("SYSTEMD_FIRST_BOOT=") + (around.first_boot ? "1" : "0"));
  }
  const std::string virtualization = virtualization_name();
  if (!virtualization.empty()) {
    const bool container = detect_container_kind() != "none";
    environment.push_back("SYSTEMD_VIRTUALIZATION=" + std::string(container ? "container:" : "vm:") + virtualization);
  }
  environment.push_back("SYSTEMD_ARCHITECTURE=" + std::string(unitparser::native_architecture()));
  return environment;
}

unitparser::CommandLineSettings command_line_settings(const Surroundings& around) {
  return {around.options.usual_settings, around.options.settings};
}

}  // namespace init
