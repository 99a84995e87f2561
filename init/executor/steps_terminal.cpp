// Terminals: acquiring, resetting, hanging up, owner, and the login records of utmp. [os]
#include <fcntl.h>
#include <linux/kd.h>
#include <linux/vt.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <termios.h>
#include <utmpx.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>

#include "init/executor/context.h"
#include "unitparser/base/clock.h"

namespace executor {
namespace {

using unitparser::ExecInput;

/// Number of a virtual terminal "/dev/ttyN", 0 if it is none.
int virtual_terminal(const std::string& path) {
  if (path.compare(0, 8, "/dev/tty") != 0 || path.size() == 8) return 0;
  for (const char c : path.substr(8))
    if (c < '0' || c > '9') return 0;
  return std::atoi(path.c_str() + 8);
}

/// Gives the virtual terminal back to the kernel, or clears its screen and scroll-back when it is in use.
void disallocate(const std::string& path) {
  constexpr std::string_view clear = "\033[r\033[H\033[3J";
  const int number = virtual_terminal(path);
  if (number > 0) {
    const UniqueFd any(::open("/dev/tty0", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
    if (any && ::ioctl(any.get(), VT_DISALLOCATE, number) == 0) return;
  }
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
  if (fd && ::write(fd.get(), clear.data(), clear.size()) < 0) errno = 0;
}

void hang_up_and_reset(const unitparser::ExecStreams& streams, const std::string& path) {
  if (streams.tty_vhangup) {
    auto fd = open_terminal(path, O_RDWR | O_NONBLOCK);
    if (fd) ::ioctl(fd->get(), TIOCVHANGUP);
  }
  if (streams.tty_reset) {
    auto fd = open_terminal(path, O_RDWR | O_NONBLOCK);
    if (fd) make_sane(fd->get());
  }
}

/// Runs `action` while losing a terminal that we have does not end us.
template <class Action>
int with_hangups_ignored(Action action) {
  struct sigaction ignore {};
  struct sigaction before {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGHUP, &ignore, &before);
  const int result = action();
  const int why = errno;
  ::sigaction(SIGHUP, &before, nullptr);
  errno = why;
  return result;
}

Result<UniqueFd> try_acquire(const std::string& path, ExecInput mode, bool& taken) {
  auto fd = open_terminal(path, O_RDWR);
  if (!fd) return fd;
  taken = with_hangups_ignored([&] { return ::ioctl(fd->get(), TIOCSCTTY, mode == ExecInput::tty_force ? 1 : 0); }) == 0;
  if (taken || errno == EPERM) return fd;
  return failed("Failed to acquire terminal " + path);
}

std::int64_t monotonic_msec() { return static_cast<std::int64_t>(unitparser::clock_usec(CLOCK_MONOTONIC) / 1000); }

}  // namespace

void make_sane(int fd) {
  ::ioctl(fd, TIOCNXCL);
  ::ioctl(fd, KDSETMODE, KD_TEXT);
  ::ioctl(fd, KDSKBMODE, K_UNICODE);
  termios modes{};
  if (::tcgetattr(fd, &modes) == 0) {
    modes.c_iflag &= ~static_cast<tcflag_t>(IGNBRK | BRKINT | ISTRIP | INLCR | IGNCR | IUCLC);
    modes.c_iflag |= ICRNL | IMAXBEL | IUTF8;
    modes.c_oflag |= ONLCR | OPOST;
    modes.c_cflag |= CREAD;
    modes.c_lflag = ISIG | ICANON | IEXTEN | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE;
    modes.c_cc[VINTR] = 03;
    modes.c_cc[VQUIT] = 034;
    modes.c_cc[VERASE] = 0177;
    modes.c_cc[VKILL] = 025;
    modes.c_cc[VEOF] = 04;
    modes.c_cc[VSTART] = 021;
    modes.c_cc[VSTOP] = 023;
    modes.c_cc[VSUSP] = 032;
    modes.c_cc[VLNEXT] = 026;
    modes.c_cc[VWERASE] = 027;
    modes.c_cc[VREPRINT] = 022;
    modes.c_cc[VEOL] = 0;
    modes.c_cc[VEOL2] = 0;
    modes.c_cc[VTIME] = 0;
    modes.c_cc[VMIN] = 1;
    ::tcsetattr(fd, TCSANOW, &modes);
  }
  ::tcflush(fd, TCIOFLUSH);
}

Result<UniqueFd> open_terminal(const std::string& path, int flags) {
  // A terminal that is being hung up answers EIO for a short while.
  constexpr int attempts = 20;
  constexpr int pause_msec = 50;
  for (int attempt = 0;; ++attempt) {
    UniqueFd fd(::open(path.c_str(), flags | O_NOCTTY | O_CLOEXEC));
    if (fd) {
      if (::isatty(fd.get()) == 0) return unitparser::fail_errno(ENOTTY, "Failed to open terminal " + path);
      return fd;
    }
    if (errno != EIO || attempt >= attempts) return failed("Failed to open terminal " + path);
    ::poll(nullptr, 0, pause_msec);
  }
}

Result<UniqueFd> acquire_terminal(const std::string& path, ExecInput mode, int longest_wait_msec) {
  const UniqueFd watch(mode == ExecInput::tty ? ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK) : -1);
  if (watch && ::inotify_add_watch(watch.get(), path.c_str(), IN_CLOSE) < 0)
    return failed("Failed to watch terminal " + path);
  const std::int64_t deadline = monotonic_msec() + longest_wait_msec;
  for (;;) {
    bool taken = false;
    auto fd = try_acquire(path, mode, taken);
    if (!fd || taken) return fd;
    if (!watch) return unitparser::fail_errno(EPERM, "Failed to acquire terminal " + path);
    // Someone else's: wait until it is closed.
    fd->reset();
    const std::int64_t left = deadline - monotonic_msec();
    if (longest_wait_msec >= 0 && left <= 0) return unitparser::fail_errno(ETIMEDOUT, "Failed to acquire terminal " + path);
    pollfd wait{watch.get(), POLLIN, 0};
    if (::poll(&wait, 1, longest_wait_msec < 0 ? -1 : static_cast<int>(left)) < 0 && errno != EINTR)
      return failed("Failed to wait for terminal " + path);
    char buffer[4096];
    while (::read(watch.get(), buffer, sizeof buffer) > 0) {
    }
  }
}

void give_up_terminal(int fd) {
  with_hangups_ignored([fd] { return ::ioctl(fd, TIOCNOTTY); });
}

Done step_terminal_wait(Context& context) {
  // Whoever is at it has less time than that; should it hang all the same, the process starts.
  constexpr int longest_wait_msec = 10'000;
  int& busy = context.plan.descriptors.terminal_busy;
  if (busy < 0) return {};
  pollfd wait{busy, POLLIN, 0};
  ::poll(&wait, 1, longest_wait_msec);
  ::close(busy);
  busy = -1;
  return {};
}

Done step_terminal_reset(Context& context) {
  const auto& streams = context.plan.streams;
  const std::string path = init::terminal_path(context.plan.streams);
  hang_up_and_reset(streams, path);
  if (streams.tty_rows || streams.tty_columns) {
    auto fd = open_terminal(path, O_RDWR | O_NONBLOCK);
    winsize size{};
    if (fd && ::ioctl(fd->get(), TIOCGWINSZ, &size) == 0) {
      size.ws_row = streams.tty_rows.value_or(size.ws_row);
      size.ws_col = streams.tty_columns.value_or(size.ws_col);
      ::ioctl(fd->get(), TIOCSWINSZ, &size);
    }
  }
  if (streams.tty_vt_disallocate) disallocate(path);
  return {};
}

Done step_terminal_release(Context& context) {
  // A serial line may keep whoever opens it for ever.
  constexpr unsigned longest_seconds = 5;
  constexpr gid_t tty_group = 5;
  constexpr mode_t usual_mode = 0620;  // the group may write: write(1), wall(1)
  ::signal(SIGALRM, SIG_DFL);
  ::alarm(longest_seconds);
  const auto& streams = context.plan.streams;
  const std::string path = init::terminal_path(context.plan.streams);
  hang_up_and_reset(streams, path);
  if (streams.tty_vt_disallocate) disallocate(path);
  if ((::chmod(path.c_str(), usual_mode) < 0 || ::chown(path.c_str(), 0, tty_group) < 0) && errno != ENOENT)
    context.log.warning("Failed to reset access to terminal " + path + ", ignoring", errno);
  context.finish = true;
  return {};
}

Done step_terminal_owner(Context& context) {
  if (!context.user.known) return {};
  if (::fchmod(STDIN_FILENO, 0600) < 0 || ::fchown(STDIN_FILENO, context.user.uid, static_cast<gid_t>(-1)) < 0) {
    if (errno != EPERM && errno != EROFS) return failed("Failed to change ownership of terminal");
  }
  return {};
}

Done step_utmp(Context& context) {
  const auto& streams = context.plan.streams;
  utmpx record{};
  record.ut_type = streams.utmp_mode == unitparser::UtmpMode::init    ? INIT_PROCESS
                   : streams.utmp_mode == unitparser::UtmpMode::login ? LOGIN_PROCESS
                                                                      : USER_PROCESS;
  record.ut_pid = ::getpid();
  record.ut_session = ::getsid(0);
  timeval now{};
  ::gettimeofday(&now, nullptr);
  record.ut_tv.tv_sec = static_cast<decltype(record.ut_tv.tv_sec)>(now.tv_sec);
  record.ut_tv.tv_usec = static_cast<decltype(record.ut_tv.tv_usec)>(now.tv_usec);
  const std::string& id = streams.utmp_identifier;
  const std::size_t skip = id.size() > sizeof record.ut_id ? id.size() - sizeof record.ut_id : 0;
  std::memcpy(record.ut_id, id.data() + skip, id.size() - skip);
  std::string line = streams.tty_path;
  if (line.compare(0, 5, "/dev/") == 0) line.erase(0, 5);
  std::memcpy(record.ut_line, line.data(), std::min(line.size(), sizeof record.ut_line));
  if (streams.utmp_mode == unitparser::UtmpMode::user)
    std::memcpy(record.ut_user, context.user.name.data(), std::min(context.user.name.size(), sizeof record.ut_user));
  ::setutxent();
  if (::pututxline(&record) == nullptr && errno != ENOENT) context.log.warning("Failed to write utmp record, ignoring", errno);
  ::endutxent();
  if (streams.utmp_mode != unitparser::UtmpMode::init) ::updwtmpx("/var/log/wtmp", &record);
  return {};
}

}  // namespace executor
