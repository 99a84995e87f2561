#include "init/program/run_program.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "unitparser/base/text.h"

namespace init {

using unitparser::Duration, unitparser::Error, unitparser::fail_errno, unitparser::Result, unitparser::UniqueFd;

namespace {

constexpr std::size_t said_bytes_max = 64U << 10U;

tl::unexpected<Error> failed(std::string_view what) { return fail_errno(errno, what); }

/// A file in memory, whose number is none of the standard streams'.
UniqueFd make_file() {
  const UniqueFd file(::memfd_create("stream", MFD_CLOEXEC));
  return UniqueFd(::fcntl(file.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

/// A stream of the program's: in memory, so that neither side waits for the other.
struct Stream {
  UniqueFd fd = make_file();

  Result<std::string> content(std::size_t limit) const {
    struct stat info {};
    if (::fstat(fd.get(), &info) < 0) return failed("Failed to look at what a program wrote");
    if (static_cast<std::size_t>(info.st_size) > limit) return fail_errno(E2BIG, "A program wrote too much");
    std::string bytes(static_cast<std::size_t>(info.st_size), '\0');
    if (::pread(fd.get(), bytes.data(), bytes.size(), 0) != info.st_size) return failed("Failed to read what a program wrote");
    return bytes;
  }
};

/// Waits for the end. A program that is late is killed.
Result<void> wait_for(const StartedProgram& program, Duration patience, int& status) {
  pollfd poll{program.pidfd.get(), POLLIN, 0};
  const bool late = program.pidfd && ::poll(&poll, 1, static_cast<int>(patience.usec() / 1000)) == 0;
  if (late) ::kill(program.pid, SIGKILL);
  while (::waitpid(program.pid, &status, 0) < 0) {
    if (errno != EINTR) return failed("Failed to wait for a program");
  }
  if (late) return fail_errno(ETIMEDOUT, "It took too long");
  return {};
}

std::string_view last_line(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace

Result<StartedProgram> start_program(std::vector<std::string> arguments, std::vector<std::string> environment, const std::array<int, 3>& streams) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  for (int fd = 0; fd < 3; ++fd) {
    const int from = streams.at(static_cast<std::size_t>(fd));
    if (from >= 0) ::posix_spawn_file_actions_adddup2(&actions, from, fd);
  }
  ::posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  StartedProgram started;
  const int error = ::posix_spawn(&started.pid, arguments.front().c_str(), &actions, &attributes, unitparser::argument_vector(arguments).data(),
                                  unitparser::argument_vector(environment).data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0) return fail_errno(error, "Failed to run " + arguments.front());
  started.pidfd.reset(static_cast<int>(::syscall(SYS_pidfd_open, started.pid, 0)));
  return started;
}

std::vector<std::string> plain_environment() {
  return {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "SYSTEMD_LOG_TARGET=console", "SYSTEMD_LOG_COLOR=0"};
}

Result<std::string> run_program(const Program& program) {
  const std::array<Stream, 3> streams;
  for (const Stream& stream : streams) {
    if (!stream.fd) return failed("Failed to make a file in memory");
  }
  const int in = streams[STDIN_FILENO].fd.get();
  const std::string_view input = program.input;
  if (::write(in, input.data(), input.size()) != static_cast<ssize_t>(input.size()) || ::lseek(in, 0, SEEK_SET) < 0)
    return failed("Failed to write a file in memory");
  const StartedProgram started = TRY(start_program(program.arguments, program.environment, {in, streams[STDOUT_FILENO].fd.get(), streams[STDERR_FILENO].fd.get()}));
  int status = 0;
  TRY(wait_for(started, program.patience, status));
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return streams[STDOUT_FILENO].content(program.output_max);
  const std::string said = TRY(streams[STDERR_FILENO].content(said_bytes_max));
  return fail_errno(EIO, program.arguments.front() + ": " + std::string(said.empty() ? "ended abnormally" : last_line(said)));
}

}  // namespace init
