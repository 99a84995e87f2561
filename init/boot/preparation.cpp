// Early set-up of the PID 1 process. [os]
#include "init/boot/preparation.h"

#include <fcntl.h>
#include <linux/kd.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>

#include "unitparser/base/fd.h"

extern char** environ;

namespace init {
namespace {

using unitparser::UniqueFd;

void null_standard_streams() {
  const int null = ::open("/dev/null", O_RDWR | O_NOCTTY);
  if (null < 0) return;
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (null != fd) ::dup2(null, fd);
  if (null > STDERR_FILENO) ::close(null);
}

/// Of a kernel's setting, which may not be there.
void write_setting(const char* path, std::string value) {
  value += '\n';  // some are not taken without
  const UniqueFd setting(::open(path, O_WRONLY | O_CLOEXEC));
  if (setting && ::write(setting.get(), value.data(), value.size()) < 0) errno = 0;
}
std::optional<long> read_setting(const char* path) {
  const UniqueFd setting(::open(path, O_RDONLY | O_CLOEXEC));
  std::array<char, 32> text{};
  if (!setting || ::read(setting.get(), text.data(), text.size() - 1) <= 0) return std::nullopt;
  return std::strtol(text.data(), nullptr, 10);
}

/// Who started us may have given us the console as controlling terminal. A login there hangs it up, and the kernel would
/// tell its session's leader with the very signal that asks for a reload.
void leave_terminal() {
  const UniqueFd terminal(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
  if (!terminal) return;
  // Leaving it hangs up the session: that is us.
  const auto former = ::signal(SIGHUP, SIG_IGN);
  ::ioctl(terminal.get(), TIOCNOTTY);
  ::signal(SIGHUP, former);
}

struct Module {
  const char* name;
  const char* present_when;  ///< this path exists when the module or its built-in form is there
  const char* wanted_when;   ///< and this one when the machine has a use for it
};
constexpr std::array wanted_modules{
    Module{"autofs4", "/dev/autofs", "/"},
    Module{"ipv6", "/proc/sys/net/ipv6", "/"},
    Module{"unix", "/proc/net/unix", "/"},
    Module{"virtio_rng", "/sys/module/virtio_rng", "/sys/bus/virtio/devices"},
};

}  // namespace

std::string detect_container() {
  if (const char* name = std::getenv("container"); name != nullptr && *name != '\0') return name;
  const UniqueFd fd(::open("/run/host/container-manager", O_RDONLY | O_CLOEXEC));
  if (!fd) return {};
  std::array<char, 64> buffer{};
  const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
  std::string name(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  name.erase(name.find_last_not_of(" \n") + 1);
  return name;
}

void prepare_console() {
  const UniqueFd console(::open("/dev/console", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
  if (!console) return;
  termios mode{};
  if (::tcgetattr(console.get(), &mode) != 0) return;
  mode.c_iflag &= static_cast<tcflag_t>(~(IGNBRK | BRKINT | ISTRIP | INLCR | IGNCR | IUCLC));
  mode.c_iflag |= ICRNL | IMAXBEL | IUTF8;
  mode.c_oflag |= OPOST | ONLCR;
  mode.c_cflag |= CREAD;
  mode.c_lflag = ISIG | ICANON | IEXTEN | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE;
  ::tcsetattr(console.get(), TCSANOW, &mode);
}

void make_device_links() {
  constexpr std::array links{std::pair{"/proc/kcore", "/dev/core"}, std::pair{"/proc/self/fd", "/dev/fd"}, std::pair{"/proc/self/fd/0", "/dev/stdin"},
                             std::pair{"/proc/self/fd/1", "/dev/stdout"}, std::pair{"/proc/self/fd/2", "/dev/stderr"}};
  for (const auto& [target, link] : links)
    if (::access("/proc/kcore", F_OK) == 0 || std::string_view(link) != "/dev/core")
      if (::symlink(target, link) != 0) errno = 0;  // made by the kernel, an initrd or an image
}

void raise_kernel_limits() {
  // A word of the kernel's command line about its log cannot be overruled, and need not be.
  write_setting("/proc/sys/kernel/printk_devkmsg", "on");
  write_setting("/proc/sys/fs/file-max", std::to_string(std::numeric_limits<long>::max()));
  constexpr long least_waiting_datagrams = 512;
  constexpr const char* waiting_datagrams = "/proc/sys/net/unix/max_dgram_qlen";
  if (read_setting(waiting_datagrams).value_or(least_waiting_datagrams) < least_waiting_datagrams)
    write_setting(waiting_datagrams, std::to_string(least_waiting_datagrams));
}

void prepare_process(bool in_container) {
  ::umask(0);
  ::setsid();
  leave_terminal();
  // The name by which clients recognise a manager that speaks org.freedesktop.systemd1.
  ::prctl(PR_SET_NAME, "systemd");
  null_standard_streams();
  if (in_container) return;
  ::reboot(RB_DISABLE_CAD);
  const UniqueFd terminal(::open("/dev/tty0", O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (terminal) ::ioctl(terminal.get(), KDSIGACCEPT, SIGWINCH);
}

namespace {

/// To `wanted` or as far as we may; never down.
void raise_limit(__rlimit_resource resource, rlim_t wanted) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0 || limit.rlim_cur >= wanted) return;
  const rlimit raised{wanted, std::max(wanted, limit.rlim_max)};
  if (::setrlimit(resource, &raised) == 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(resource, &limit);
}

}  // namespace

void raise_own_limits() {
  // Services get the limits of their own; these are for us: one descriptor for each socket, pipe and stored one, and locked
  // memory for the kernel's BPF programs, which old kernels count as ours.
  raise_limit(RLIMIT_NOFILE, 1048576);
  struct sysinfo info{};
  ::sysinfo(&info);
  constexpr rlim_t least_locked = 64UL * 1024 * 1024;
  raise_limit(RLIMIT_MEMLOCK, std::max<rlim_t>(least_locked, static_cast<rlim_t>(info.totalram) * info.mem_unit / 8));
}

std::vector<std::string> make_runtime_folders(const ManagerKind& kind) {
  std::vector<std::string> failures;
  const std::string base = kind.runtime_directory + "/systemd";
  std::vector<std::string> folders{"", "/units", "/inaccessible"};
  if (kind.is_system())
    folders.insert(folders.end(), {"/system", "/ask-password", "/seats", "/sessions", "/users", "/machines", "/shutdown", "/inhibit",
                                   "/journal", "/propagate", "/transient", "/dynamic-uid"});
  for (const std::string& folder : folders)
    if (::mkdir((base + folder).c_str(), 0755) != 0 && errno != EEXIST)
      failures.push_back("Failed to make " + base + folder + ": " + std::strerror(errno));
  if (kind.is_system()) ::chmod((base + "/propagate").c_str(), 0600);
  // Nodes that are put over what InaccessiblePaths= hides: one of each type, without any permission.
  const std::string nodes = base + "/inaccessible";
  ::chmod(nodes.c_str(), 0755);
  ::mkdir((nodes + "/dir").c_str(), 0000);
  for (const auto& [name, mode] : {std::pair{"/reg", S_IFREG}, {"/fifo", S_IFIFO}, {"/sock", S_IFSOCK}, {"/chr", S_IFCHR}, {"/blk", S_IFBLK}})
    ::mknod((nodes + name).c_str(), static_cast<mode_t>(mode), 0);  // device nodes may be refused in a container: the executor then uses "reg"
  return failures;
}

void load_wanted_modules() {
  constexpr const char* program = "/sbin/modprobe";
  if (::access(program, X_OK) != 0) return;
  std::vector<char*> arguments{const_cast<char*>(program), const_cast<char*>("-qab"), const_cast<char*>("--")};
  const std::size_t options = arguments.size();
  for (const Module& module : wanted_modules)
    if (::access(module.present_when, F_OK) != 0 && ::access(module.wanted_when, F_OK) == 0)
      arguments.push_back(const_cast<char*>(module.name));
  if (arguments.size() == options) return;
  arguments.push_back(nullptr);
  pid_t pid = -1;
  if (::posix_spawn(&pid, program, nullptr, nullptr, arguments.data(), environ) == 0) ::waitpid(pid, nullptr, 0);
}

void publish_container(const std::string& name) {
  const UniqueFd fd(::open("/run/systemd/container", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (fd) (void)!::write(fd.get(), name.data(), name.size());
}

}  // namespace init
