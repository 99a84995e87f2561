// Walking /proc and signalling at shutdown. [os]
#include "init/shutdown/processes.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

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

/// Signals all that may be signalled, and returns them.
std::vector<pid_t> signal_all(int signal) {
  std::vector<pid_t> signalled;
  DIR* proc = ::opendir("/proc");
  if (proc == nullptr) return signalled;
  while (const dirent* entry = ::readdir(proc)) {
    const auto pid = static_cast<pid_t>(std::strtol(entry->d_name, nullptr, 10));
    if (pid <= 1 || is_to_be_left_alone(pid)) continue;
    if (::kill(pid, signal) == 0) signalled.push_back(pid);
    if (signal == SIGTERM) ::kill(pid, SIGCONT);
  }
  ::closedir(proc);
  return signalled;
}

std::string names_of(const std::vector<pid_t>& processes) {
  std::string names;
  for (const pid_t pid : processes) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
    std::string name;
    std::getline(file, name);
    names.append(names.empty() ? "" : ", ").append(name.empty() ? "n/a" : name);
  }
  return names;
}

std::uint64_t now_msec() { return unitparser::clock_usec(CLOCK_MONOTONIC) / 1000; }

/// Reaps until nobody is left to wait for or the time is over. SIGCHLD is blocked and waited for.
void wait_until_gone(unsigned timeout_seconds, const Report& report, const Pulse& pulse) {
  constexpr std::uint64_t silence_msec = 10'000;
  const std::uint64_t begin = now_msec();
  const std::uint64_t deadline = begin + timeout_seconds * 1000ULL;
  bool told = false;
  sigset_t child;
  ::sigemptyset(&child);
  ::sigaddset(&child, SIGCHLD);
  while (true) {
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    const std::vector<pid_t> left = signal_all(0);
    if (left.empty()) return;
    pulse();
    const std::uint64_t now = now_msec();
    if (now >= deadline) return;
    if (!told && now >= begin + silence_msec) {
      report.info("Waiting for process: " + names_of(left));
      told = true;
    }
    // Processes that are not our children do not tell us: look again at least every 100 ms.
    const timespec pause{0, 100'000'000};
    ::sigtimedwait(&child, nullptr, &pause);
  }
}

}  // namespace

void end_all_processes(unsigned timeout_seconds, const Report& report, const Pulse& pulse) {
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, nullptr);
  report.info("Sending SIGTERM to remaining processes...");
  if (!signal_all(SIGTERM).empty()) wait_until_gone(timeout_seconds, report, pulse);
  report.info("Sending SIGKILL to remaining processes...");
  if (!signal_all(SIGKILL).empty()) wait_until_gone(timeout_seconds, report, pulse);
}

}  // namespace init::shutdown
