// PID 1: brings the machine up far enough for a manager, runs it, and ends as it was told. [all]
#include <fcntl.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "init/boot/api_mounts.h"
#include "init/boot/firmware_times.h"
#include "init/boot/generators.h"
#include "init/boot/identity.h"
#include "init/boot/own_settings.h"
#include "init/boot/preparation.h"
#include "init/boot/requests.h"
#include "init/boot/switch_root.h"
#include "init/conditions/file_conditions.h"
#include "init/driver/crash.h"
#include "init/driver/state_log.h"
#include "init/system.h"
#include "unitparser/base/text.h"
#include "unitparser/load/host_facts.h"
#include "unitparser/load/manager_config_loader.h"

namespace init {
namespace {

constexpr const char* program_path = "/usr/lib/incipit/init";

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

/// Everything before the manager. Problems are logged, never fatal: a machine that half works can be mended.
Surroundings prepare(const std::vector<std::string>& arguments, LogSink& log) {
  Surroundings around;
  const Now began = read_clocks();
  around.container = detect_container();
  const bool in_container = !around.container.empty();
  note_beginning(began, in_container, around.times);
  const auto report = [&log](const std::string& problem) {
    if (!problem.empty()) log.write(3, problem);
  };
  const std::vector<std::string> mount_problems = mount_api_file_systems(in_container);
  prepare_process(in_container);
  for (const std::string& problem : mount_problems) report(problem);
  if (!in_container) note_firmware(around.times);
  around.kernel_command_line = read_kernel_command_line(around.container, arguments);
  around.options = parse_kernel_command_line(around.kernel_command_line);
  apply_arguments(arguments, around.options);
  for (const std::string& warning : around.options.warnings) log.write(4, warning);

  raise_own_limits();
  for (const std::string& problem : make_runtime_folders()) report(problem);
  if (in_container) publish_container(around.container);
  else load_wanted_modules();
  report(set_up_hostname(around.options.hostname));
  const MachineId machine = set_up_machine_id(around.options.machine_id);
  report(machine.problem);
  around.machine_id = machine.id;
  around.first_boot = around.options.first_boot.value_or(machine.first_boot);
  if (around.first_boot) mark_first_boot();
  around.boot_id = read_id("/proc/sys/kernel/random/boot_id");
  report(set_up_loopback());

  const auto files = unitparser::make_disk_file_source();
  const auto loaded = unitparser::load_manager_config(*files, unitparser::ManagerScope::system,
                                                      unitparser::read_specifier_facts(unitparser::ManagerScope::system),
                                                      unitparser::read_machine_facts(), command_line_settings(around.options));
  for (const unitparser::Diagnostic& finding : loaded.diagnostics) log.write(4, unitparser::describe(finding));
  around.config = loaded.config;
  log.set_max_priority(around.config.behaviour.log_level);
  log.set_target(around.config.behaviour.log_target);
  log.set_console_style(around.config.behaviour.log_color, around.config.behaviour.log_time);

  for (const std::string& problem : apply_own_settings(around.config.behaviour)) log.write(4, problem);

  around.environment = read_locale_environment();
  around.environment.emplace_back("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  for (const auto* list : {&around.config.behaviour.default_environment, &around.options.environment})
    around.environment.insert(around.environment.end(), list->begin(), list->end());
  return around;
}

/// Generators, and what the command line asks for that they may have left undone.
void generate_units(Surroundings& around, LogSink& log) {
  const GeneratorFolders folders = system_generator_folders();
  around.times.pass(Milestone::generators_start, read_clocks());
  const GeneratorReport report =
      run_generators(folders, generator_environment(around, around.environment), generator_limit);
  around.times.pass(Milestone::generators_finish, read_clocks());
  for (const std::string& problem : report.problems) log.write(4, problem);
  for (const std::string& problem : apply_boot_requests(around.options, folders.early)) log.write(4, problem);
}

/// What the last program has to know of the hardware watchdog; empty when there is none to ping.
std::string watchdog_argument(unitparser::Duration timeout, const unitparser::ManagerConfig& config) {
  if (timeout.is_zero()) return {};
  const std::string& device = config.behaviour.watchdog_device;
  return "--watchdog=" + (device.empty() ? std::string(usual_watchdog_path) : device);
}

/// Replaces this image by the program that ends the machine. Returns only when that cannot be executed.
void execute_shutdown(const RunEnd& end, unitparser::Duration timeout, const std::string& watchdog) {
  if (end.immediately) {
    ::sync();
    ::reboot(end.objective == Objective::reboot ? RB_AUTOBOOT : RB_POWER_OFF);
  }
  const std::string verb(unitparser::to_name(end.objective));
  const std::string limit = "--timeout=" + std::to_string(timeout.usec() / 1'000'000);
  const std::string code = "--exit-code=" + std::to_string(end.exit_code);
  constexpr const char* program = "/usr/lib/incipit/shutdown";
  ::execl(program, program, verb.c_str(), limit.c_str(), code.c_str(), watchdog.empty() ? nullptr : watchdog.c_str(),
          static_cast<char*>(nullptr));
  std::fprintf(stderr, "init: cannot execute %s: %s\n", program, std::strerror(errno));
  ::sync();
  ::reboot(end.objective == Objective::reboot ? RB_AUTOBOOT : RB_POWER_OFF);
}

/// The descriptor of the state log that an earlier image of this program left; nothing at a boot.
std::optional<int> handed_state(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments)
    if (const auto number = unitparser::after_prefix(argument, "--recover="))
      if (const auto fd = unitparser::parse_unsigned(*number, 1U << 30)) return static_cast<int>(*fd);
  return std::nullopt;
}

/// Executes this program anew with the state in `log`. Returns only when that failed: the manager then goes on.
void execute_self(StateLog& log, const std::string& state, const std::vector<int>& descriptors) {
  if (!log.commit(state, descriptors)) return;
  log.prepare_exec();
  const std::string recover = "--recover=" + std::to_string(log.fd());
  ::execl(program_path, program_path, recover.c_str(), static_cast<char*>(nullptr));
}

/// Goes on in another root, as this manager if that root has it and no other init was asked for. Returns when it cannot.
void switch_root(const RunEnd& end, const System& system, StateLog* state_log, LogSink& log) {
  const std::string state = system.hand_over();
  if (const auto entered = enter_new_root(end.new_root); !entered) return log.write(2, entered.error().message);
  if (end.new_init.empty() && state_log != nullptr) execute_self(*state_log, state, system.descriptors());
  execute_init(end.new_init);
  log.write(1, "There is no init in " + end.new_root + ".");
}

int run(const std::vector<std::string>& arguments) {
  if (::getpid() != 1) {
    std::fprintf(stderr, "This program is PID 1: put init=/usr/lib/incipit/init on the kernel command line.\n");
    return EXIT_FAILURE;
  }
  if (std::find(arguments.begin(), arguments.end(), "--rescue") != arguments.end()) run_rescue_reaper();
  LogSink log;
  Surroundings around = prepare(arguments, log);
  const std::optional<int> handed = handed_state(arguments);
  auto state_log = handed ? StateLog::open(*handed) : StateLog::create();
  if (!state_log && handed) state_log = StateLog::create();
  if (state_log) install_crash_handlers(*state_log, program_path);
  else log.write(2, "A crash would lose the state: " + state_log.error().message);
  if (!handed) generate_units(around, log);
  // A copy: the log is written anew before the state is no longer needed.
  const std::string state = handed && state_log ? std::string(state_log->state()) : std::string();
  if (!state.empty()) around.times = System::handed_boot_times(state);

  System system(std::move(around), log);
  bool running = false;
  if (!state.empty()) {
    auto taken = system.take_over(state);
    running = taken.has_value();
    if (!running) log.write(2, "Failed to take over the state: " + taken.error().message);
  }
  if (!running) {
    if (auto started = system.start(); !started) log.write(2, "Failed to start: " + started.error().message);
    system.request_boot_target();
  }
  if (state_log) system.keep_state_in(*state_log);
  while (true) {
    const RunEnd end = system.run();
    log.close();  // what follows replaces this process, and what the journal has not taken yet with it
    const Duration watchdog = system.hand_over_watchdog(end.objective);
    if (end.objective == Objective::switch_root) {
      switch_root(end, system, state_log ? &*state_log : nullptr, log);
      continue;
    }
    if (end.objective != Objective::reexecute) {
      execute_shutdown(end, Duration::from_seconds(10), watchdog_argument(watchdog, system.config()));
      return EXIT_FAILURE;
    }
    system.leave();
    if (state_log) execute_self(*state_log, system.hand_over(), system.descriptors());
    system.stay();
    log.write(2, "Failed to execute the manager anew; the present one goes on.");
  }
}

}  // namespace
}  // namespace init

int main(int argc, char** argv) { return init::run(std::vector<std::string>(argv + 1, argv + argc)); }
