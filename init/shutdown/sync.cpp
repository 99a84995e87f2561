// sync(2) with an end. [os]
#include "init/shutdown/sync.h"

#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <string>

#include "unitparser/base/fd.h"

namespace init::shutdown {
namespace {

/// What waits to be written, in kB.
std::uint64_t dirty_kilobytes() {
  std::ifstream memory("/proc/meminfo");
  std::string key;
  std::uint64_t amount = 0, sum = 0;
  for (std::string rest; memory >> key >> amount; std::getline(memory, rest))
    if (key == "Dirty:" || key == "Writeback:") sum += amount;
  return sum;
}

}  // namespace

void sync_disks(const Report& report, const Pulse& pulse) {
  constexpr int seconds_between_looks = 10, looks_without_progress = 3;
  report.info("Syncing filesystems and block devices.");
  const pid_t child = ::fork();
  if (child < 0) return ::sync();
  if (child == 0) {
    ::sync();
    ::_exit(0);
  }
  const unitparser::UniqueFd ended(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  std::uint64_t least = dirty_kilobytes();
  int in_vain = 0;
  for (int second = 1;; ++second) {
    pulse();
    pollfd wait{ended.get(), POLLIN, 0};
    if (::poll(&wait, 1, 1000) > 0) {
      ::waitpid(child, nullptr, 0);
      return;
    }
    if (second % seconds_between_looks != 0) continue;
    const std::uint64_t now = dirty_kilobytes();
    in_vain = now < least ? 0 : in_vain + 1;
    least = std::min(least, now);
    if (in_vain == looks_without_progress) break;
  }
  report.error("Syncing filesystems and block devices - timed out, issuing SIGKILL to PID " + std::to_string(child) + ".");
  ::kill(child, SIGKILL);  // and it is left: who waits for a disk that does not answer cannot be ended
}

}  // namespace init::shutdown
