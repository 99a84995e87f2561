// PID 1, or the manager of one user (--user): brings its surroundings up, runs, and ends as it was told. [all]
#include <linux/close_range.h>
#include <sys/reboot.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "init/boot/switch_root.h"
#include "init/driver/crash.h"
#include "init/driver/state_log.h"
#include "init/os/memory.h"
#include "init/surroundings.h"
#include "init/system.h"
#include "unitparser/base/text.h"

namespace init {
namespace {

constexpr const char* program_path = "/usr/lib/incipit/init";
constexpr const char* user_argument = "--user";
constexpr const char* switched_root_argument = "--switched-root";

/// What the last program has to know of the hardware watchdog; empty when there is none to ping.
std::string watchdog_argument(unitparser::Duration timeout, const unitparser::ManagerConfig& config) {
  if (timeout.is_zero()) return {};
  const std::string& device = config.behaviour.watchdog_device;
  return "--watchdog=" + (device.empty() ? std::string(usual_watchdog_path) : device);
}

/// Replaces this image by the program that ends the machine. Returns only when that cannot be executed.
void execute_shutdown(const RunEnd& end, const System& system, const std::string& watchdog) {
  if (end.immediately) {
    ::sync();
    ::reboot(end.objective == Objective::reboot ? RB_AUTOBOOT : RB_POWER_OFF);
  }
  constexpr std::uint64_t longest_seconds = 1'000'000'000;  // DefaultTimeoutStopSec=infinity
  const unitparser::ManagerConfig& config = system.config();
  const LogTarget target = system.log().target();
  constexpr const char* program = "/usr/lib/incipit/shutdown";
  std::vector<std::string> arguments{program, std::string(unitparser::to_name(end.objective)),
                                     "--timeout=" + std::to_string(std::min(config.defaults.timeout_stop.usec() / 1'000'000, longest_seconds)),
                                     "--exit-code=" + std::to_string(end.exit_code), "--log-level=" + std::to_string(system.log().max_priority()),
                                     std::string("--log-target=") + (target == LogTarget::null ? "null" : target == LogTarget::console ? "console" : "kmsg")};
  if (!watchdog.empty()) arguments.push_back(watchdog);
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  ::execv(program, pointers.data());
  std::fprintf(stderr, "init: cannot execute %s: %s\n", program, std::strerror(errno));
  ::sync();
  ::reboot(end.objective == Objective::reboot ? RB_AUTOBOOT : RB_POWER_OFF);
}

/// What an earlier image left open for us is not for the programs that we start.
void close_at_exec_whatever_was_handed() { ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC); }

/// The descriptor of the state log that an earlier image of this program left; nothing at a boot.
std::optional<int> handed_state(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments)
    if (const auto number = unitparser::after_prefix(argument, "--recover="))
      if (const auto fd = unitparser::parse_unsigned(*number, 1U << 30)) return static_cast<int>(*fd);
  return std::nullopt;
}

/// What a later image of this program is given: what this one was, but for the state that it took over.
std::vector<std::string> lasting_arguments(std::vector<std::string> arguments) {
  std::erase_if(arguments, [](const std::string& argument) { return argument.starts_with("--recover=") || argument == "--rescue" || argument == switched_root_argument; });
  return arguments;
}

/// Executes this program anew with the state that was committed to `log` and `lasting` arguments. Returns only when that failed:
/// the manager then goes on.
void execute_self(StateLog& log, const std::vector<std::string>& lasting, Beginning beginning) {
  log.prepare_exec();
  const std::string recover = "--recover=" + std::to_string(log.fd());
  std::vector<char*> arguments{const_cast<char*>(program_path), const_cast<char*>(recover.c_str())};
  if (beginning == Beginning::boot) arguments.push_back(const_cast<char*>(switched_root_argument));
  for (const std::string& argument : lasting) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  ::execv(program_path, arguments.data());
}

/// Goes on in another root, as this manager if that root has it and no other init was asked for. Returns when it cannot.
void switch_root(const RunEnd& end, System& system, StateLog* state_log, const std::vector<std::string>& lasting, LogSink& log) {
  const bool kept = state_log != nullptr && system.commit_state();
  if (const auto entered = enter_new_root(end.new_root); !entered) return log.write(2, entered.error().message);
  if (end.new_init.empty() && kept) execute_self(*state_log, lasting, Beginning::boot);
  execute_init(end.new_init);
  log.write(1, "There is no init in " + end.new_root + ".");
}

/// The end of a user's manager is the end of its process; that of PID 1 is the machine's.
int end_run(const RunEnd& end, Duration watchdog, const System& system) {
  if (system.kind().is_system()) execute_shutdown(end, system, watchdog_argument(watchdog, system.config()));
  return system.kind().is_system() ? EXIT_FAILURE : end.exit_code;
}

/// Goes on from the state that an earlier image left, or boots.
void begin(System& system, std::string state, LogSink& log) {
  if (!state.empty()) {
    const auto taken = system.take_over(state);
    if (taken) return;
    log.write(2, "Failed to take over the state: " + taken.error().message);
  }
  if (auto started = system.start(); !started) log.write(2, "Failed to start: " + started.error().message);
  system.request_boot_target();
}

int run(const std::vector<std::string>& arguments) {
  const auto said = [&arguments](const char* word) { return std::find(arguments.begin(), arguments.end(), word) != arguments.end(); };
  const bool of_user = ::getpid() != 1 && said(user_argument);
  if (::getpid() != 1 && !of_user) {
    std::fprintf(stderr, "This program is PID 1: put init=/usr/lib/incipit/init on the kernel command line; --user makes it a user's manager.\n");
    return EXIT_FAILURE;
  }
  if (!of_user && said("--rescue")) run_rescue_reaper();
  close_at_exec_whatever_was_handed();
  return_large_buffers();
  LogSink log;
  const std::optional<int> handed = handed_state(arguments);
  const Beginning beginning = handed && !said(switched_root_argument) ? Beginning::again : Beginning::boot;
  auto prepared = of_user ? prepare_user_session(arguments, log) : unitparser::Result<Surroundings>(prepare_machine(arguments, beginning, log));
  if (!prepared) {
    log.write(2, prepared.error().message);
    return EXIT_FAILURE;
  }
  Surroundings around = std::move(*prepared);
  const std::vector<std::string> lasting = lasting_arguments(arguments);
  auto state_log = handed ? StateLog::open(*handed) : StateLog::create();
  if (!state_log && handed) state_log = StateLog::create();
  if (state_log) install_crash_handlers(*state_log, program_path, lasting);
  else log.write(2, "A crash would lose the state: " + state_log.error().message);
  if (beginning == Beginning::boot && !of_user) announce_boot(around, log);
  if (!handed) generate_units(around, log);
  std::string state = handed && state_log ? state_log->state() : std::string();
  if (!state.empty()) around.times = System::handed_boot_times(state);

  System system(std::move(around), log);
  begin(system, std::move(state), log);
  if (state_log) system.keep_state_in(*state_log);
  while (true) {
    const RunEnd end = system.run();
    if (end.objective == Objective::reexecute) log.write(6, "Reexecuting.");
    log.close();  // what follows replaces this process, and what the journal has not taken yet with it
    const Duration watchdog = system.hand_over_watchdog(end.objective);
    if (end.objective == Objective::switch_root) {
      switch_root(end, system, state_log ? &*state_log : nullptr, lasting, log);
      continue;
    }
    if (end.objective != Objective::reexecute) return end_run(end, watchdog, system);
    system.leave();
    if (state_log && system.commit_state()) execute_self(*state_log, lasting, Beginning::again);
    system.stay();
    log.write(2, "Failed to execute the manager anew; the present one goes on.");
  }
}

}  // namespace
}  // namespace init

int main(int argc, char** argv) { return init::run(std::vector<std::string>(argv + 1, argv + argc)); }
