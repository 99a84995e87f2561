// The last program of a boot, executed by PID 1 in its own place: kills what is left, unmounts everything, ends. [os]
//
// shutdown VERB [--timeout=SECONDS] [--exit-code=N] [--watchdog=DEVICE] [--log-level=N] [--log-target=kmsg|console|null];
// VERB is poweroff, reboot, halt, kexec or exit. The order is that of
// systemd-shutdown(8): SIGTERM, SIGKILL, then again and again unmount, swap off and detach until nothing moves any more,
// the programs of system-shutdown, then the initrd's shutdown program if there is one, then the kernel.
#include <dirent.h>
#include <fcntl.h>
#include <linux/reboot.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "init/os/watchdog.h"
#include "init/shutdown/hooks.h"
#include "init/shutdown/processes.h"
#include "init/shutdown/report.h"
#include "init/shutdown/storage.h"
#include "init/shutdown/sync.h"
#include "unitparser/base/fd.h"
#include "unitparser/base/text.h"

namespace init::shutdown {
namespace {

using unitparser::UniqueFd;

constexpr std::string_view all_detached = "All filesystems, swaps, loop devices, MD devices and DM devices detached.";

struct Options {
  std::string verb = "poweroff";
  unsigned timeout_seconds = 90;
  int exit_code = 0;
  const char* watchdog = nullptr;   ///< device to ping while it takes long
  int log_level = 6;                ///< as in syslog(3)
  std::string_view log_target = "kmsg";
};

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("--timeout=")) options.timeout_seconds = static_cast<unsigned>(std::atoi(argv[i] + 10));
    else if (argument.starts_with("--exit-code=")) options.exit_code = std::atoi(argv[i] + 12);
    else if (argument.starts_with("--watchdog=")) options.watchdog = argv[i] + 11;
    else if (argument.starts_with("--log-level=")) options.log_level = std::atoi(argv[i] + 12);
    else if (argument.starts_with("--log-target=")) options.log_target = argument.substr(13);
    else if (!argument.starts_with("-")) options.verb = argument;
  }
  return options;
}

/// Storage may depend on storage (a loop file on a mount, a mount on a loop device): repeat while something moves.
void release_storage(const Report& report, const Pulse& pulse) {
  constexpr int rounds_max = 50;
  std::array<std::vector<std::string>, storage_kinds.size()> left;
  std::array<bool, storage_kinds.size()> released{};
  bool changed = true;
  for (int round = 0; round < rounds_max && changed; ++round) {
    changed = false;
    for (std::size_t i = 0; i < storage_kinds.size(); ++i) {
      if (released[i]) continue;
      pulse();
      const StorageKind& kind = storage_kinds[i];
      report.info(kind.begun);
      StorageRound result = kind.release(report);
      changed = changed || result.changed;
      left[i] = std::move(result.left);
      released[i] = left[i].empty();
      if (released[i]) report.info(kind.ended);
      else report.info(std::string(kind.left_before) + std::to_string(left[i].size()) + std::string(kind.left_after));
    }
  }
  std::string list;
  for (std::size_t i = 0; i < storage_kinds.size(); ++i)
    if (!released[i]) list.append(list.empty() ? " " : ", ").append(storage_kinds[i].name).append(" (").append(unitparser::join(left[i], ", ")).append(")");
  if (list.empty()) report.info(all_detached);
  else report.error("Unable to finalize remaining" + list + ", ignoring.");
}

/// An initrd that put itself into /run/initramfs takes over here, so that the real root can be unmounted as well.
void hand_over_to_initrd(const Options& options) {
  if (::access("/run/initramfs/shutdown", X_OK) != 0) return;
  if (!switch_root_for_shutdown("/run/initramfs")) return;
  const std::string path = "/shutdown";
  ::execl(path.c_str(), path.c_str(), options.verb.c_str(), static_cast<char*>(nullptr));
}

/// Reboots, into what the boot loader or firmware shall do next when somebody left that in a file; and plainly otherwise.
void reboot_with_argument() {
  const UniqueFd fd(::open("/run/systemd/reboot-param", O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  std::array<char, 256> argument{};
  ssize_t size = fd ? ::read(fd.get(), argument.data(), argument.size() - 1) : 0;
  while (size > 0 && argument[static_cast<std::size_t>(size) - 1] == '\n') argument[static_cast<std::size_t>(--size)] = 0;
  if (size > 0)
    ::syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_RESTART2, argument.data());
  ::reboot(RB_AUTOBOOT);
}

/// COMPAT: the last words of a machine.
std::string_view last_words(std::string_view verb) {
  if (verb == "exit") return "Exiting container.";
  if (verb == "kexec") return "Rebooting with kexec.";
  if (verb == "reboot") return "Rebooting.";
  return verb == "halt" ? "Halting system." : "Powering off.";
}

[[noreturn]] void end(const Options& options, bool in_container, const Report& report) {
  report.info(last_words(options.verb));
  if (options.verb == "exit") ::_exit(options.exit_code);
  if (options.verb == "kexec") ::syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC, 0);
  if (options.verb == "reboot" || options.verb == "kexec") reboot_with_argument();
  else if (options.verb == "halt") ::reboot(RB_HALT_SYSTEM);
  else ::reboot(RB_POWER_OFF);
  // Refused inside a container without CAP_SYS_BOOT: leaving ends the container.
  if (in_container) ::_exit(options.exit_code);
  report.error("The kernel refused to " + options.verb + ": " + std::strerror(errno));
  while (true) ::pause();
}

int run(int argc, char** argv) {
  const Options options = parse(argc, argv);
  const bool in_container = std::getenv("container") != nullptr;
  if (::getpid() != 1) {
    std::fprintf(stderr, "shutdown: not executed by PID 1\n");
    return 1;
  }
  ::umask(0022);
  ::mlockall(MCL_CURRENT | MCL_FUTURE);
  const Report report(options.log_target == "console", options.log_target == "null" ? -1 : options.log_level);

  // PID 1 left the hardware watchdog armed: whatever hangs from here on, the machine ends.
  const auto watchdog = make_watchdog_device();
  const bool armed = options.watchdog != nullptr && watchdog->open(options.watchdog).has_value();
  const Pulse pulse = [&] { if (armed) watchdog->ping(); };
  if (!in_container) sync_disks(report, pulse);
  end_all_processes(options.timeout_seconds, report, pulse);
  if (in_container) report.info(all_detached);  // what there is belongs to the host
  else release_storage(report, pulse);
  run_shutdown_hooks(options.verb, pulse);
  if (!in_container) {
    hand_over_to_initrd(options);
    sync_disks(report, pulse);
  }
  end(options, in_container, report);
}

}  // namespace
}  // namespace init::shutdown

int main(int argc, char** argv) { return init::shutdown::run(argc, argv); }
