// Messages of user space on the audit netlink. [os: socket, sendto]
#include "init/os/audit.h"

#include <linux/audit.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <cstring>
#include <vector>

namespace init {
namespace {

// Of the types that the kernel leaves to user space; their numbers are those of libaudit.
constexpr std::uint16_t type_of(AuditEvent event) { return event == AuditEvent::service_start ? 1130 : 1131; }

constexpr const char* own_path = "/usr/lib/systemd/systemd";  // what rules and reports look for

}  // namespace

AuditLog::AuditLog() : fd_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_AUDIT)) {}

void AuditLog::record(AuditEvent event, const std::string& unit, bool success) {
  if (!fd_) return;
  // A name with other than plain characters is told in hexadecimal digits, as all untrusted text in this log.
  std::string name;
  bool plain = true;
  for (const char each : unit) {
    const auto c = static_cast<unsigned char>(each);
    constexpr std::string_view digits = "0123456789ABCDEF";
    name += {digits[c >> 4U], digits[c & 15U]};
    plain = plain && c > 0x20 && c < 0x7F && c != '"';
  }
  const std::string text = "unit=" + (plain ? unit : name) + " comm=\"systemd\" exe=\"" + own_path +
                           "\" hostname=? addr=? terminal=? res=" + (success ? "success" : "failed");
  std::vector<char> message(NLMSG_SPACE(text.size() + 1));
  nlmsghdr header{};
  header.nlmsg_len = static_cast<std::uint32_t>(message.size());
  header.nlmsg_type = type_of(event);
  header.nlmsg_flags = NLM_F_REQUEST;
  std::memcpy(message.data(), &header, sizeof header);
  std::memcpy(message.data() + NLMSG_HDRLEN, text.c_str(), text.size() + 1);
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  (void)::sendto(fd_.get(), message.data(), message.size(), MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel);
}

}  // namespace init
