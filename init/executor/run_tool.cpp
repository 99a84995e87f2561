// Programs of the distribution to which a step leaves its work. [os]
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "init/executor/context.h"
#include "unitparser/base/text.h"

namespace executor {
namespace {

constexpr int patience_msec = 60'000;
constexpr std::size_t said_bytes_max = 64U << 10U;

/// A stream of the program's: in memory, so that neither side waits for the other.
struct Stream {
  UniqueFd fd{static_cast<int>(::memfd_create("tool", MFD_CLOEXEC))};

  Result<std::string> content(std::size_t limit) const {
    struct stat info {};
    if (::fstat(fd.get(), &info) < 0) return failed("Failed to look at what a program wrote");
    if (static_cast<std::size_t>(info.st_size) > limit) return unitparser::fail_errno(E2BIG, "A program wrote too much");
    std::string bytes(static_cast<std::size_t>(info.st_size), '\0');
    if (::pread(fd.get(), bytes.data(), bytes.size(), 0) != info.st_size) return failed("Failed to read what a program wrote");
    return bytes;
  }
};

int spawn(std::vector<std::string> arguments, const std::array<Stream, 3>& streams, pid_t& pid) {
  std::vector<std::string> environment{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "SYSTEMD_LOG_TARGET=console", "SYSTEMD_LOG_COLOR=0"};
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  for (int fd = 0; fd < 3; ++fd) ::posix_spawn_file_actions_adddup2(&actions, streams.at(static_cast<std::size_t>(fd)).fd.get(), fd);
  ::posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const int error = ::posix_spawn(&pid, arguments.front().c_str(), &actions, &attributes, unitparser::argument_vector(arguments).data(),
                                  unitparser::argument_vector(environment).data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  return error;
}

/// Waits for the end. A program that is late is killed.
Done wait_for(pid_t pid, int& status) {
  const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  pollfd poll{pidfd.get(), POLLIN, 0};
  const bool late = pidfd && ::poll(&poll, 1, patience_msec) == 0;
  if (late) ::kill(pid, SIGKILL);
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return failed("Failed to wait for a program");
  }
  return late ? Done(unitparser::fail_errno(ETIMEDOUT, "It took too long")) : Done();
}

std::string_view last_line(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace

Result<std::string> run_tool(const std::vector<std::string>& arguments, std::string_view input, std::size_t limit) {
  const std::array<Stream, 3> streams;
  for (const Stream& stream : streams) {
    if (!stream.fd) return failed("Failed to make a file in memory");
  }
  const int in = streams[STDIN_FILENO].fd.get();
  if (::write(in, input.data(), input.size()) != static_cast<ssize_t>(input.size()) || ::lseek(in, 0, SEEK_SET) < 0)
    return failed("Failed to write a file in memory");
  pid_t pid = -1;
  if (const int error = spawn(arguments, streams, pid); error != 0) return unitparser::fail_errno(error, "Failed to run " + arguments.front());
  int status = 0;
  TRY(wait_for(pid, status));
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return streams[STDOUT_FILENO].content(limit);
  const std::string said = TRY(streams[STDERR_FILENO].content(said_bytes_max));
  return unitparser::fail_errno(EIO, arguments.front() + ": " + std::string(said.empty() ? "ended abnormally" : last_line(said)));
}

}  // namespace executor
