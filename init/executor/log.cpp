// One datagram in the journal's native protocol for each message. [os]
#include "init/executor/log.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <syslog.h>

#include <cerrno>
#include <cstring>

namespace executor {
namespace {

constexpr const char* journal_socket = "/run/systemd/journal/socket";

constexpr timeval longest_wait{10, 0};  // for a journal that runs but is behind: only this process waits

unitparser::UniqueFd connect_journal() {
  unitparser::UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, journal_socket, sizeof address.sun_path - 1);
  if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) return {};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &longest_wait, sizeof longest_wait);
  return fd;
}

void add_field(std::string& datagram, std::string_view name, std::string_view value) {
  datagram.append(name).append("=");
  for (const char c : value) datagram.push_back(c == '\n' ? ' ' : c);
  datagram.push_back('\n');
}

}  // namespace

void Log::open() {
  if (!journal_) journal_ = connect_journal();
  if (!journal_ && !kernel_) kernel_.reset(::open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NOCTTY));
}

void Log::close() {
  journal_.reset();
  kernel_.reset();
}

void Log::move_above(int lowest) {
  for (unitparser::UniqueFd* fd : {&journal_, &kernel_})
    if (*fd && fd->get() < lowest) fd->reset(::fcntl(fd->get(), F_DUPFD_CLOEXEC, lowest));
}

std::string Log::spawn_failed_fields(std::string_view executable) {
  std::string fields;
  add_field(fields, "MESSAGE_ID", "641257651c1b4ec9a8624d7a40a9e1e7");
  add_field(fields, "EXECUTABLE", executable);
  return fields;
}

void Log::error(std::string_view message, int os_errno, std::string_view extra_fields) {
  write(LOG_ERR, message, os_errno, extra_fields);
}
void Log::warning(std::string_view message, int os_errno) { write(LOG_WARNING, message, os_errno, {}); }
void Log::info(std::string_view message, int os_errno, std::string_view extra_fields) {
  write(LOG_INFO, message, os_errno, extra_fields);
}

void Log::write(int priority, std::string_view message, int os_errno, std::string_view extra_fields) {
  std::string text = plan_.unit + ": " + std::string(message);
  if (os_errno != 0) {
    const char* reason = ::strerrordesc_np(os_errno);
    text += ": ";
    text += reason != nullptr ? reason : "Unknown error " + std::to_string(os_errno);
  }
  open();
  if (journal_) {
    std::string datagram;
    add_field(datagram, "MESSAGE", text);
    add_field(datagram, "PRIORITY", std::to_string(priority));
    add_field(datagram, "SYSLOG_FACILITY", "3");
    add_field(datagram, "SYSLOG_IDENTIFIER", name_);
    add_field(datagram, plan_.user_manager ? "USER_UNIT" : "UNIT", plan_.unit);
    // The journal asks the kernel for the unit of who writes, but we may be gone by then: -u finds what root says of a unit, too.
    if (!plan_.user_manager) add_field(datagram, "OBJECT_SYSTEMD_UNIT", plan_.unit);
    if (!plan_.invocation_id.empty())
      add_field(datagram, plan_.user_manager ? "USER_INVOCATION_ID" : "INVOCATION_ID", plan_.invocation_id);
    if (os_errno != 0) add_field(datagram, "ERRNO", std::to_string(os_errno));
    datagram.append(extra_fields);
    const int flags = MSG_NOSIGNAL | (plan_.journal_runs ? 0 : MSG_DONTWAIT);
    if (::send(journal_.get(), datagram.data(), datagram.size(), flags) >= 0) return;
    journal_.reset();
    open();
  }
  if (!kernel_) kernel_.reset(::open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NOCTTY));
  if (!kernel_) return;
  const std::string line = "<" + std::to_string(LOG_DAEMON | priority) + ">" + name_ + "[" +
                           std::to_string(::getpid()) + "]: " + text + "\n";
  if (::write(kernel_.get(), line.data(), line.size()) < 0) kernel_.reset();
}

}  // namespace executor
