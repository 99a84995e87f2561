// The journal's native protocol and /dev/kmsg, without waiting. [os]
#include "init/log/log_sink.h"

#include <endian.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace init {
namespace {

constexpr const char* journal_socket = "/run/systemd/journal/socket";
/// The kernel cuts longer records.
constexpr std::size_t kmsg_max = 900;

/// One field in the native protocol: "NAME=value\n", or with a length when the value has a newline.
void append_field(std::string& datagram, std::string_view name, std::string_view value) {
  datagram += name;
  if (value.find('\n') == std::string_view::npos) {
    datagram += '=';
    datagram += value;
  } else {
    datagram += '\n';
    const std::uint64_t length = htole64(value.size());
    datagram.append(reinterpret_cast<const char*>(&length), sizeof length);
    datagram += value;
  }
  datagram += '\n';
}

}  // namespace

void LogSink::write(const LogRecord& record) {
  if (record.priority > max_priority_) return;
  bool written = false;
  switch (target_) {
    case LogTarget::journal_or_kmsg: written = write_journal(record) || write_kmsg(record); break;
    case LogTarget::kmsg: written = write_kmsg(record); break;
    case LogTarget::console: written = write_console(record); break;
    case LogTarget::null: written = true; break;
  }
  if (!written) ++lost_;
}

void LogSink::close() {
  journal_.reset();
  kmsg_.reset();
}

bool LogSink::write_journal(const LogRecord& record) {
  if (!journal_) {
    if (::access(journal_socket, W_OK) != 0) return false;
    unitparser::UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return false;
    const int buffer = 8 * 1024 * 1024;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof buffer);
    journal_ = std::move(fd);
  }
  std::string datagram;
  append_field(datagram, "MESSAGE", record.message);
  append_field(datagram, "PRIORITY", std::to_string(record.priority));
  append_field(datagram, "SYSLOG_FACILITY", "3");
  append_field(datagram, "SYSLOG_IDENTIFIER", "systemd");
  append_field(datagram, "TID", std::to_string(::getpid()));
  for (const auto& [name, value] : record.fields) append_field(datagram, name, value);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, journal_socket);
  return ::sendto(journal_.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                  reinterpret_cast<const sockaddr*>(&address), sizeof address) >= 0;
}

bool LogSink::write_kmsg(const LogRecord& record) {
  if (!kmsg_) kmsg_.reset(::open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!kmsg_) return write_console(record);
  // Facility 3 (daemon), as the journal expects of the manager.
  std::string line = "<" + std::to_string(3 * 8 + record.priority) + ">systemd[" + std::to_string(::getpid()) +
                     "]: " + record.message.substr(0, kmsg_max);
  for (char& c : line)
    if (c == '\n') c = ' ';
  line += '\n';
  return ::write(kmsg_.get(), line.data(), line.size()) >= 0;
}

bool LogSink::write_console(const LogRecord& record) {
  const unitparser::UniqueFd console(::open("/dev/console", O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!console) return false;
  const std::string line = record.message + "\n";
  return ::write(console.get(), line.data(), line.size()) >= 0;
}

}  // namespace init
