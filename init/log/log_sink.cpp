// The journal's native protocol and /dev/kmsg, without waiting. [os]
#include "init/log/log_sink.h"

#include <endian.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "init/log/colours.h"

namespace init {
namespace {

/// Most bytes kept for a journal that does not keep up: some 20,000 lines, as so many jobs that end at once write.
constexpr std::size_t kept_max = 16UL * 1024 * 1024;
constexpr std::size_t most_at_once = 64;  // datagrams in a system call
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

/// In the native protocol.
std::string datagram_of(const LogRecord& record, std::string_view own_pid) {
  constexpr std::size_t most_of_common = 128;  // all fields that every record has but the message, and what is around them
  std::size_t size = most_of_common + record.message.size();
  for (const auto& [name, value] : record.fields) size += name.size() + value.size() + 2;
  std::string datagram;
  datagram.reserve(size);
  append_field(datagram, "MESSAGE", record.message);
  append_field(datagram, "PRIORITY", std::to_string(record.priority));
  append_field(datagram, "SYSLOG_FACILITY", "3");
  append_field(datagram, "SYSLOG_IDENTIFIER", "systemd");
  append_field(datagram, "TID", own_pid);
  for (const auto& [name, value] : record.fields) append_field(datagram, name, value);
  return datagram;
}

/// "[    3.141592] ", as the kernel writes in front of its own messages.
std::string seconds_since_boot() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return fmt::format("[{:5d}.{:06d}] ", now.tv_sec, now.tv_nsec / 1000);
}

std::string_view colour_of(int priority) {
  if (priority <= 3) return colours::bright_red;
  if (priority == 4) return colours::bright_yellow;
  if (priority == 5) return colours::bright;
  return priority == 6 ? std::string_view() : colours::grey;
}

}  // namespace

void LogSink::write(LogRecord record) {
  if (record.priority > max_priority()) return;
  bool written = false;
  switch (target()) {
    // The journal takes what goes to syslog, and hands it on.
    case LogTarget::auto_:
    case LogTarget::syslog:
    case LogTarget::syslog_or_kmsg:
    case LogTarget::journal:
    case LogTarget::journal_or_kmsg: written = write_journal(record) || write_kmsg(line_of(record)); break;
    case LogTarget::kmsg: written = write_kmsg(line_of(record)); break;
    case LogTarget::console:
    case LogTarget::console_prefixed: written = write_console(line_of(record)); break;
    case LogTarget::null: written = true; break;
  }
  if (!written) ++lost_;
}

void LogSink::close() {
  constexpr int tries = 20;
  constexpr useconds_t pause = 5000;  // a tenth of a second in all
  for (int i = 0; i < tries && flush(); ++i) ::usleep(pause);
  for (const Kept& kept : kept_)
    if (!write_kmsg(kept.line)) ++lost_;
  kept_.clear();
  kept_bytes_ = 0;
  journal_.reset();
  kmsg_.reset();
}

bool LogSink::flush() {
  bool is_new = false;  // the connection; one that is not may be to a journal that is gone
  while (!kept_.empty()) {
    const int sent = send_kept();
    if (sent == -EAGAIN || sent == -ENOBUFS || sent == -EINTR) return true;
    for (int i = 0; i < sent; ++i) drop_first();
    if (sent >= 0) continue;
    if (sent != -EMSGSIZE && !is_new) {
      journal_.reset();
      is_new = true;
      if (connect_journal()) continue;
    }
    if (!write_kmsg(kept_.front().line)) ++lost_;
    drop_first();
  }
  return false;
}

void LogSink::drop_first() {
  kept_bytes_ -= kept_.front().size();
  kept_.pop_front();
}

int LogSink::send_kept() {
  std::array<iovec, most_at_once> texts{};
  std::array<mmsghdr, most_at_once> messages{};
  const std::size_t count = std::min(kept_.size(), most_at_once);
  for (std::size_t i = 0; i < count; ++i) {
    texts[i] = {kept_[i].datagram.data(), kept_[i].datagram.size()};
    messages[i].msg_hdr.msg_iov = &texts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  const int sent = ::sendmmsg(journal_.get(), messages.data(), static_cast<unsigned>(count), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent < 0 ? -errno : sent;
}

bool LogSink::connect_journal() {
  if (journal_) return true;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  journal_socket_.copy(address.sun_path, sizeof address.sun_path - 1);
  unitparser::UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return false;
  const int buffer = 8 * 1024 * 1024;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof buffer);
  journal_ = std::move(fd);
  return true;
}

/// In order: nothing overtakes what was kept.
bool LogSink::write_journal(LogRecord& record) {
  if (!connect_journal()) return false;
  Kept kept{{}, datagram_of(record, own_pid_)};
  if (kept_bytes_ + kept.size() + record.message.size() > kept_max) return false;
  kept.line = line_of(record);
  kept_bytes_ += kept.size();
  kept_.push_back(std::move(kept));
  if (!gathering_ || kept_.size() % most_at_once == 0) (void)flush();
  return true;
}

LogSink::Line LogSink::line_of(LogRecord& record) {
  const bool is_of_job = std::any_of(record.fields.begin(), record.fields.end(), [](const auto& field) { return field.first == "JOB_ID"; });
  return {record.priority, std::move(record.message), is_of_job};
}

bool LogSink::write_kmsg(const Line& entry) {
  if (!kmsg_) kmsg_.reset(::open(kernel_log_.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!kmsg_) return write_console(entry);
  // Facility 3 (daemon), as the journal expects of the manager.
  std::string line = "<" + std::to_string(3 * 8 + entry.priority) + ">systemd[" + own_pid_ + "]: " + entry.message.substr(0, kmsg_max);
  for (char& c : line)
    if (c == '\n') c = ' ';
  line += '\n';
  return ::write(kmsg_.get(), line.data(), line.size()) >= 0;
}

bool LogSink::write_console(const Line& entry) {
  if (entry.is_of_job) return true;  // what begins and ends is told there by status lines already, or shall not be told
  const unitparser::UniqueFd console(console_is_stderr_ ? ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)
                                                        : ::open("/dev/console", O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!console) return false;
  std::string line;
  if (target() == LogTarget::console_prefixed) line += "<" + std::to_string(entry.priority) + ">";
  if (console_time_) line += seconds_since_boot();
  const std::string_view colour = console_colour_ ? colour_of(entry.priority) : std::string_view();
  line += colour;
  line += entry.message;
  if (!colour.empty()) line += colours::off;
  line += "\r\n";
  return ::write(console.get(), line.data(), line.size()) >= 0;
}

}  // namespace init
