// Standard input, output and error (systemd.exec(5) StandardInput= and sisters). [os]
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>

#include <cerrno>
#include <cstring>

#include "init/executor/context.h"

namespace executor {
namespace {

using unitparser::ExecInput;
using unitparser::ExecOutput;

constexpr const char* journal_stdout = "/run/systemd/journal/stdout";

/// Puts `fd` at the standard position, keeping it open over exec.
Done place(UniqueFd fd, int position) {
  if (fd.get() == position) {
    const int flags = ::fcntl(position, F_GETFD);
    if (flags >= 0 && ::fcntl(position, F_SETFD, flags & ~FD_CLOEXEC) == 0) {
      static_cast<void>(fd.release());
      return {};
    }
    return failed("Failed to keep a standard stream");
  }
  if (::dup2(fd.get(), position) < 0) return failed("Failed to set up a standard stream");
  return {};
}

Done duplicate(int from, int position) {
  if (from != position && ::dup2(from, position) < 0) return failed("Failed to set up a standard stream");
  return {};
}

Done open_null(int flags, int position) {
  UniqueFd fd(::open("/dev/null", flags | O_NOCTTY | O_CLOEXEC));
  if (!fd) return failed("Failed to open /dev/null");
  return place(std::move(fd), position);
}

/// A file, or the AF_UNIX socket that lies there.
Result<UniqueFd> open_path(const std::string& path, int flags, mode_t mode) {
  UniqueFd fd(::open(path.c_str(), flags | O_NOCTTY | O_CLOEXEC | ((flags & O_ACCMODE) != O_RDONLY ? O_CREAT : 0), mode));
  if (fd) return fd;
  if (errno != ENXIO) return failed("Failed to open " + path);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return unitparser::fail_errno(ENXIO, "Failed to open " + path);
  std::memcpy(address.sun_path, path.data(), path.size());
  fd.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
    return failed("Failed to connect to " + path);
  if ((flags & O_ACCMODE) == O_RDONLY) ::shutdown(fd.get(), SHUT_WR);
  if ((flags & O_ACCMODE) == O_WRONLY) ::shutdown(fd.get(), SHUT_RD);
  return fd;
}

/// Descriptor passed under that name, -1 if none.
int named_fd(const Context& context, const std::string& name, std::string_view fallback) {
  const auto& descriptors = context.plan.descriptors;
  const std::string_view wanted = name.empty() ? fallback : std::string_view(name);
  for (std::size_t i = 0; i < descriptors.names.size(); ++i)
    if (descriptors.names[i] == wanted) return descriptors.passed[i];
  return -1;
}

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

/// A stream to the journal: one connection with a header of seven lines.
Done connect_journal(Context& context, ExecOutput output, int position) {
  const auto& logging = context.plan.logging;
  const int priority = logging.syslog_facility << 3 | logging.syslog_level;
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::string path = journal_stdout;
  if (!logging.log_namespace.empty()) path = "/run/systemd/journal." + logging.log_namespace + "/stdout";
  if (!fd || path.size() >= sizeof address.sun_path) return failed("Failed to make a journal stream");
  std::memcpy(address.sun_path, path.data(), path.size());
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
    const int why = errno;
    // Early in the boot there is no journal yet; that must not stop anything.
    if (why != ENOENT && why != ECONNREFUSED)
      context.log.warning("Failed to connect stdout to the journal socket, ignoring", why);
    return open_null(O_WRONLY, position);
  }
  ::shutdown(fd.get(), SHUT_RD);
  constexpr int send_buffer = 8 * 1024 * 1024;
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUFFORCE, &send_buffer, sizeof send_buffer) < 0)
    ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
  const std::string& identifier =
      logging.syslog_identifier.empty() ? base_name(context.plan.process.path) : logging.syslog_identifier;
  const auto flag = [](bool on) { return on ? "1\n" : "0\n"; };
  const bool to_kernel = output == ExecOutput::kmsg || output == ExecOutput::kmsg_and_console;
  const bool to_console = output == ExecOutput::kmsg_and_console || output == ExecOutput::journal_and_console;
  std::string header = identifier + "\n" + (context.plan.process.user_manager ? "" : context.plan.process.unit) + "\n" +
                       std::to_string(priority) + "\n" + flag(logging.syslog_level_prefix);
  header.append(flag(false)).append(flag(to_kernel)).append(flag(to_console));
  if (::send(fd.get(), header.data(), header.size(), MSG_NOSIGNAL) < 0) return failed("Failed to greet the journal");
  struct stat info {};
  if (::fstat(fd.get(), &info) == 0) {
    context.journal_device = info.st_dev;
    context.journal_inode = info.st_ino;
  }
  return place(std::move(fd), position);
}

Done open_data(const std::string& data) {
  UniqueFd fd(::memfd_create("data-fd", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return failed("Failed to provide input data");
  std::size_t at = 0;
  while (at < data.size()) {
    const ssize_t n = ::write(fd.get(), data.data() + at, data.size() - at);
    if (n < 0) return failed("Failed to provide input data");
    at += static_cast<std::size_t>(n);
  }
  ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
  // A second, read-only description with its own offset.
  UniqueFd reader(::open(("/proc/self/fd/" + std::to_string(fd.get())).c_str(), O_RDONLY | O_CLOEXEC));
  if (!reader) return failed("Failed to provide input data");
  return place(std::move(reader), STDIN_FILENO);
}

bool is_terminal_input(ExecInput input) {
  return input == ExecInput::tty || input == ExecInput::tty_force || input == ExecInput::tty_fail;
}

/// Terminal input needs someone who can have a controlling terminal; other kinds stay as they are.
ExecInput effective_input(const Context& context) {
  const ExecInput input = context.plan.streams.standard_input;
  if (input == ExecInput::socket && context.plan.descriptors.socket < 0) return ExecInput::null;
  return input;
}

/// Both descriptors refer to the same file as configured, so one open file description serves both.
bool same_file(const unitparser::ExecStreams& streams, ExecOutput output, const std::string& name) {
  return (output == ExecOutput::file || output == ExecOutput::append || output == ExecOutput::truncate) &&
         streams.standard_input == ExecInput::file && streams.standard_input_name == name;
}

Done open_output_file(Context& context, ExecOutput output, const std::string& name, int position) {
  if (same_file(context.plan.streams, output, name)) return duplicate(STDIN_FILENO, position);
  int flags = O_WRONLY;
  if (output == ExecOutput::append) flags |= O_APPEND;
  if (output == ExecOutput::truncate) flags |= O_TRUNC;
  const mode_t mask = ::umask(static_cast<mode_t>(context.plan.identity.umask));
  auto fd = open_path(name, flags, 0666);
  ::umask(mask);
  if (!fd) return tl::unexpected(std::move(fd.error()));
  return place(std::move(*fd), position);
}

Done set_up_output(Context& context, int position) {
  const auto& streams = context.plan.streams;
  const bool is_error = position == STDERR_FILENO;
  const ExecInput input = effective_input(context);
  const ExecOutput output = is_error ? streams.standard_error : streams.standard_output;
  const std::string& name = is_error ? streams.standard_error_name : streams.standard_output_name;
  const int given = context.plan.descriptors.standard[static_cast<std::size_t>(position)];
  if (given >= 0) return duplicate(given, position);

  if (is_error && (output == ExecOutput::inherit ||
                   (output == streams.standard_output && name == streams.standard_output_name &&
                    output != ExecOutput::fd)))
    return duplicate(STDOUT_FILENO, position);
  if (output == ExecOutput::inherit) {
    if (input != ExecInput::null && input != ExecInput::data) return duplicate(STDIN_FILENO, position);
    return open_null(O_WRONLY, position);
  }
  switch (output) {
    case ExecOutput::inherit:
    case ExecOutput::null: return open_null(O_WRONLY, position);
    case ExecOutput::tty: {
      if (is_terminal_input(input)) return duplicate(STDIN_FILENO, position);
      auto fd = open_terminal(init::terminal_path(context.plan.streams), O_WRONLY);
      if (!fd) return tl::unexpected(std::move(fd.error()));
      return place(std::move(*fd), position);
    }
    case ExecOutput::kmsg:
    case ExecOutput::kmsg_and_console:
    case ExecOutput::journal:
    case ExecOutput::journal_and_console: return connect_journal(context, output, position);
    case ExecOutput::socket:
      if (context.plan.descriptors.socket < 0) return unitparser::fail_errno(EBADF, "No socket was passed for a standard stream");
      return duplicate(context.plan.descriptors.socket, position);
    case ExecOutput::fd: {
      const int fd = named_fd(context, name, is_error ? "stderr" : "stdout");
      if (fd < 0) return unitparser::fail_errno(ENOENT, "No descriptor of that name was passed for a standard stream");
      return duplicate(fd, position);
    }
    case ExecOutput::file:
    case ExecOutput::append:
    case ExecOutput::truncate: return open_output_file(context, output, name, position);
  }
  return {};
}

}  // namespace

Done step_standard_input(Context& context) {
  const auto& streams = context.plan.streams;
  const ExecInput input = effective_input(context);
  const int given = context.plan.descriptors.standard[0];
  if (given >= 0) return duplicate(given, STDIN_FILENO);
  switch (input) {
    case ExecInput::null: return open_null(O_RDONLY, STDIN_FILENO);
    case ExecInput::tty:
    case ExecInput::tty_force:
    case ExecInput::tty_fail: {
      auto fd = acquire_terminal(init::terminal_path(streams), input);
      if (!fd) return tl::unexpected(std::move(fd.error()));
      if (streams.tty_reset) make_sane(fd->get());
      return place(std::move(*fd), STDIN_FILENO);
    }
    case ExecInput::socket: return duplicate(context.plan.descriptors.socket, STDIN_FILENO);
    case ExecInput::fd: {
      const int fd = named_fd(context, streams.standard_input_name, "stdin");
      if (fd < 0) return unitparser::fail_errno(ENOENT, "No descriptor of that name was passed for standard input");
      return duplicate(fd, STDIN_FILENO);
    }
    case ExecInput::data: return open_data(streams.standard_input_data);
    case ExecInput::file: {
      const bool both = same_file(streams, streams.standard_output, streams.standard_output_name) ||
                        same_file(streams, streams.standard_error, streams.standard_error_name);
      auto fd = open_path(streams.standard_input_name, both ? O_RDWR : O_RDONLY, 0666);
      if (!fd) return tl::unexpected(std::move(fd.error()));
      return place(std::move(*fd), STDIN_FILENO);
    }
  }
  return {};
}

Done step_standard_output(Context& context) { return set_up_output(context, STDOUT_FILENO); }
Done step_standard_error(Context& context) { return set_up_output(context, STDERR_FILENO); }

}  // namespace executor
