// Walking /proc and signalling at shutdown. [os]
#include "init/shutdown/processes.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

#include "unitparser/base/clock.h"
#include "unitparser/base/fd.h"

namespace init::shutdown {
namespace {

/// Kernel threads have no command line; '@' marks programs that ask to be left alone (storage of the root).
bool is_to_be_left_alone(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/cmdline";
  const unitparser::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char first = 0;
  if (!fd || ::read(fd.get(), &first, 1) != 1) return true;
  return first == '@';
}

/// Signals all that may be signalled; returns how many there were.
unsigned signal_all(int signal) {
  DIR* proc = ::opendir("/proc");
  if (proc == nullptr) return 0;
  unsigned count = 0;
  while (const dirent* entry = ::readdir(proc)) {
    const auto pid = static_cast<pid_t>(std::strtol(entry->d_name, nullptr, 10));
    if (pid <= 1 || is_to_be_left_alone(pid)) continue;
    if (::kill(pid, signal) == 0) ++count;
    if (signal == SIGTERM) ::kill(pid, SIGCONT);
  }
  ::closedir(proc);
  return count;
}

std::uint64_t now_msec() { return unitparser::clock_usec(CLOCK_MONOTONIC) / 1000; }

/// Reaps until nobody is left to wait for or the time is over. SIGCHLD is blocked and waited for.
void wait_until_gone(unsigned timeout_seconds, const Pulse& pulse) {
  const std::uint64_t deadline = now_msec() + timeout_seconds * 1000ULL;
  sigset_t child;
  ::sigemptyset(&child);
  ::sigaddset(&child, SIGCHLD);
  while (true) {
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    if (signal_all(0) == 0) return;
    pulse();
    const std::uint64_t now = now_msec();
    if (now >= deadline) return;
    // Processes that are not our children do not tell us: look again at least every 100 ms.
    const timespec pause{0, 100'000'000};
    ::sigtimedwait(&child, nullptr, &pause);
  }
}

}  // namespace

void end_all_processes(unsigned timeout_seconds, const Pulse& pulse) {
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, nullptr);
  if (signal_all(SIGTERM) > 0) wait_until_gone(timeout_seconds, pulse);
  if (signal_all(SIGKILL) > 0) wait_until_gone(timeout_seconds, pulse);
}

}  // namespace init::shutdown
