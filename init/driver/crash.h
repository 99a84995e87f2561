// What happens when PID 1 itself fails: it keeps its state, dumps a core from a child, and starts anew. [os]
#pragma once

#include <string>
#include <vector>

#include "init/driver/state_log.h"

namespace init {

/// What a crash shall lead to besides the manager's return (DumpCore=, CrashShell=, CrashReboot=, CrashChangeVT=).
struct CrashSettings {
  bool dump_core = true;
  bool rescue = true;        ///< after too many crashes live on as run_rescue_reaper; otherwise die of the signal
  bool shell = false;        ///< a shell on the console at each crash, to look around
  bool reboot = false;       ///< after too many crashes reboot; otherwise an emergency shell
  int terminal = -1;         ///< virtual terminal to switch to; 0: the one that kernel messages go to; -1: stay
};

/// Installs handlers for SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGABRT (a failed CHECK too) on a stack of their own. They do
/// only what is safe in a signal handler: record the crash in `log`, let a forked child dump core, execute `program` with
/// "--recover=FD" (with "--rescue" instead after too many crashes) and the `lasting` arguments. All of them must live as
/// long as the process.
void install_crash_handlers(StateLog& log, const char* program, const std::vector<std::string>& lasting);

/// What the handlers do from now on; the default until it is called.
void set_crash_settings(const CrashSettings& settings);

/// The last resort after a crash loop: reaps children and keeps an emergency shell on the console, for ever.
[[noreturn]] void run_rescue_reaper();

}  // namespace init
