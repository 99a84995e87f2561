#include "journal/daemon/forwarder.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>
#include <utmp.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "journal/daemon/clock.h"

namespace journal {
namespace {

using unitparser::UniqueFd;

/// While nobody listens for syslog messages, asking again for each message would double its cost.
constexpr std::uint64_t absent_interval = 50'000;

void append_time(std::string& text) {
  const time_t seconds = ::time(nullptr);
  tm broken = {};
  std::array<char, 32> buffer;
  if (::localtime_r(&seconds, &broken) != nullptr)
    text.append(buffer.data(), ::strftime(buffer.data(), buffer.size(), "%h %e %T ", &broken));
}

void append_source(std::string& text, const ForwardedMessage& message) {
  if (!message.identifier.empty()) text.append(message.identifier);
  if (message.sender.pid > 0) text.append("[").append(std::to_string(message.sender.pid)).append("]");
  if (!message.identifier.empty() || message.sender.pid > 0) text.append(": ");
}

}  // namespace

void Forwarder::forward(const ForwardedMessage& message, const ForwardWishes& wishes) {
  const int level = message.priority & 7;
  if ((config_.forward_to_syslog || wishes.syslog) && level <= config_.max_level_syslog) to_syslog(message);
  if ((config_.forward_to_kmsg || wishes.kmsg) && level <= config_.max_level_kmsg) to_kmsg(message);
  if ((config_.forward_to_console || wishes.console) && level <= config_.max_level_console) to_console(message);
  if (config_.forward_to_wall && level <= config_.max_level_wall) to_wall(message);
}

void Forwarder::to_syslog(const ForwardedMessage& message) {
  const std::uint64_t now = monotonic_now();
  if (now < syslog_absent_until_) return;
  if (!syslog_) syslog_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  std::string_view datagram = message.raw;
  if (datagram.empty()) {
    text_ = "<" + std::to_string(message.priority) + ">";
    append_time(text_);
    append_source(text_, message);
    text_.append(message.message);
    datagram = text_;
  }
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const std::string path = paths_.run + "/syslog";
  if (path.size() >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);

  iovec part{const_cast<char*>(datagram.data()), datagram.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control{};
  msghdr header = {};
  header.msg_name = &address;
  header.msg_namelen = sizeof address;
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (message.sender.pid > 0) {
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    cmsghdr* credentials = CMSG_FIRSTHDR(&header);
    credentials->cmsg_level = SOL_SOCKET;
    credentials->cmsg_type = SCM_CREDENTIALS;
    credentials->cmsg_len = CMSG_LEN(sizeof(ucred));
    const ucred sender{message.sender.pid, message.sender.uid, message.sender.gid};
    std::memcpy(CMSG_DATA(credentials), &sender, sizeof sender);
  }
  if (::sendmsg(syslog_.get(), &header, MSG_NOSIGNAL) >= 0) return;
  if (header.msg_control != nullptr && (errno == ESRCH || errno == EPERM)) {
    // The sender is gone, or we may not speak in its name: pass it on as our own.
    header.msg_control = nullptr;
    header.msg_controllen = 0;
    if (::sendmsg(syslog_.get(), &header, MSG_NOSIGNAL) >= 0) return;
  }
  if (errno == EAGAIN) ++missed_;
  else if (errno == ENOENT || errno == ECONNREFUSED) syslog_absent_until_ = now + absent_interval;
}

void Forwarder::to_kmsg(const ForwardedMessage& message) {
  if (!kmsg_) kmsg_.reset(::open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!kmsg_) return;
  // The kernel keeps facility 0 for itself.
  const int priority = (message.priority & ~7) == 0 ? (message.priority | 8) : message.priority;
  text_ = "<" + std::to_string(priority) + ">";
  append_source(text_, message);
  text_.append(message.message).append("\n");
  [[maybe_unused]] const ssize_t r = ::write(kmsg_.get(), text_.data(), text_.size());
}

void Forwarder::to_console(const ForwardedMessage& message) {
  const UniqueFd tty(::open(config_.tty_path.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
  if (!tty) return;
  char stamp[32];
  const std::uint64_t now = monotonic_now();
  std::snprintf(stamp, sizeof stamp, "[%5llu.%06llu] ", static_cast<unsigned long long>(now / 1'000'000),
                static_cast<unsigned long long>(now % 1'000'000));
  text_ = stamp;
  append_source(text_, message);
  text_.append(message.message).append("\r\n");
  [[maybe_unused]] const ssize_t r = ::write(tty.get(), text_.data(), text_.size());
}

void Forwarder::to_wall(const ForwardedMessage& message) {
  std::array<char, 65> host{};
  ::gethostname(host.data(), host.size() - 1);
  const time_t seconds = ::time(nullptr);
  tm broken = {};
  std::array<char, 64> date{};
  if (::localtime_r(&seconds, &broken) != nullptr)
    ::strftime(date.data(), date.size(), "%a %Y-%m-%d %H:%M:%S %Z", &broken);
  std::string text = std::string("\a\r\nBroadcast message from systemd-journald@") + host.data() + " (" + date.data() +
                     "):\r\n\r\n";
  append_source(text, message);
  text.append(message.message).append("\r\n\r\n");
  const UniqueFd users(::open((paths_.root + "/run/utmp").c_str(), O_RDONLY | O_CLOEXEC));
  utmp record = {};
  constexpr int most_users = 1024;
  for (int i = 0; i < most_users && users; ++i) {
    if (::read(users.get(), &record, sizeof record) != static_cast<ssize_t>(sizeof record)) return;
    if (record.ut_type != USER_PROCESS || record.ut_user[0] == '\0') continue;
    const std::string line(record.ut_line, ::strnlen(record.ut_line, sizeof record.ut_line));
    if (line.empty() || line.find("..") != std::string::npos) continue;
    const UniqueFd tty(::open(("/dev/" + line).c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
    if (tty && ::isatty(tty.get()) == 1) [[maybe_unused]]
      const ssize_t r = ::write(tty.get(), text.data(), text.size());
  }
}

}  // namespace journal
