// Setting of socket options; a refused one is named and does no other harm. [os]
#include "init/os/socket_options.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/xattr.h>

#include <cerrno>
#include <string>

namespace init {
namespace {

using unitparser::SocketOptions;

/// One setsockopt() with a warning in systemd's words.
class Setter {
 public:
  Setter(int fd, const WarnOption& warn) : fd_(fd), warn_(warn) {}
  void set(const char* name, int level, int option, int value) const {
    if (::setsockopt(fd_, level, option, &value, sizeof value) != 0) report(std::string(name) + " failed", errno);
  }
  void set_text(const char* name, int level, int option, const std::string& value) const {
    if (::setsockopt(fd_, level, option, value.c_str(), static_cast<socklen_t>(value.size() + 1)) != 0) report(std::string(name) + " failed", errno);
  }
  void label(const char* directive, const char* attribute, const std::string& value) const {
    if (!value.empty() && ::fsetxattr(fd_, attribute, value.data(), value.size(), 0) != 0) report(std::string(directive) + " could not be applied", errno);
  }
  void report(const std::string& what, int error) const {
    if (warn_) warn_(unitparser::fail_errno(error, what).value());
  }

 private:
  int fd_;
  const WarnOption& warn_;
};

int seconds(unitparser::Duration duration) { return static_cast<int>(duration.usec() / 1'000'000); }

void set_buffer(const Setter& setter, const char* directive, int fd, int forced, int plain, std::uint64_t size) {
  if (size == 0) return;
  const int value = static_cast<int>(std::min<std::uint64_t>(size, 0x7FFFFFFF));
  if (::setsockopt(fd, SOL_SOCKET, forced, &value, sizeof value) != 0) setter.set(directive, SOL_SOCKET, plain, value);
}

}  // namespace

void apply_options_before_bind(int fd, int family, const SocketOptions& options, const WarnOption& warn) {
  if (family != AF_INET && family != AF_INET6) return;
  const Setter setter(fd, warn);
  if (family == AF_INET6 && options.bind_ipv6_only != unitparser::BindIpv6Only::default_)
    setter.set("IPV6_V6ONLY", IPPROTO_IPV6, IPV6_V6ONLY, options.bind_ipv6_only == unitparser::BindIpv6Only::ipv6_only ? 1 : 0);
  if (options.reuse_port) setter.set("SO_REUSEPORT", SOL_SOCKET, SO_REUSEPORT, 1);
  if (options.free_bind) setter.set("IP_FREEBIND", IPPROTO_IP, IP_FREEBIND, 1);
  if (options.transparent) setter.set("IP_TRANSPARENT", IPPROTO_IP, IP_TRANSPARENT, 1);
  setter.set("SO_REUSEADDR", SOL_SOCKET, SO_REUSEADDR, 1);
}

// COMPAT: every option is tried on every socket; who has listeners of several kinds hears of those that it does not fit.
void apply_options(int fd, int family, const SocketOptions& options, const WarnOption& warn) {
  const Setter setter(fd, warn);
  const bool ip = family == AF_INET || family == AF_INET6;
  if (options.keep_alive) setter.set("SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE, 1);
  if (!options.keep_alive_time.is_zero()) setter.set("TCP_KEEPIDLE", SOL_TCP, TCP_KEEPIDLE, seconds(options.keep_alive_time));
  if (!options.keep_alive_interval.is_zero()) setter.set("TCP_KEEPINTVL", SOL_TCP, TCP_KEEPINTVL, seconds(options.keep_alive_interval));
  if (options.keep_alive_probes > 0) setter.set("TCP_KEEPCNT", SOL_TCP, TCP_KEEPCNT, static_cast<int>(options.keep_alive_probes));
  if (!options.defer_accept.is_zero()) setter.set("TCP_DEFER_ACCEPT", SOL_TCP, TCP_DEFER_ACCEPT, seconds(options.defer_accept));
  if (options.no_delay) setter.set("TCP_NODELAY", SOL_TCP, TCP_NODELAY, 1);
  if (options.broadcast) setter.set("SO_BROADCAST", SOL_SOCKET, SO_BROADCAST, 1);
  if (options.pass_credentials) setter.set("SO_PASSCRED", SOL_SOCKET, SO_PASSCRED, 1);
  const int on = 1;
  if (options.pass_security && ::setsockopt(fd, SOL_SOCKET, SO_PASSSEC, &on, sizeof on) != 0 && errno != EOPNOTSUPP) setter.report("SO_PASSSEC failed", errno);
  if (options.pass_packet_info && family == AF_INET) setter.set("IP_PKTINFO", IPPROTO_IP, IP_PKTINFO, 1);
  else if (options.pass_packet_info && family == AF_INET6) setter.set("IPV6_RECVPKTINFO", IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
  else if (options.pass_packet_info && family != AF_NETLINK) setter.report("Failed to enable packet info socket option", EAFNOSUPPORT);
  if (options.timestamping == unitparser::SocketTimestamping::us) setter.set("SO_TIMESTAMP", SOL_SOCKET, SO_TIMESTAMP, 1);
  if (options.timestamping == unitparser::SocketTimestamping::ns) setter.set("SO_TIMESTAMPNS", SOL_SOCKET, SO_TIMESTAMPNS, 1);
  if (options.priority >= 0) setter.set("SO_PRIORITY", SOL_SOCKET, SO_PRIORITY, options.priority);
  set_buffer(setter, "SO_RCVBUF/SO_RCVBUFFORCE", fd, SO_RCVBUFFORCE, SO_RCVBUF, options.receive_buffer);
  set_buffer(setter, "SO_SNDBUF/SO_SNDBUFFORCE", fd, SO_SNDBUFFORCE, SO_SNDBUF, options.send_buffer);
  if (options.mark >= 0) setter.set("SO_MARK", SOL_SOCKET, SO_MARK, options.mark);
  if (options.ip_tos >= 0) setter.set("IP_TOS", IPPROTO_IP, IP_TOS, options.ip_tos);
  if (options.ip_ttl >= 0 && !ip) setter.report("IP_TTL/IPV6_UNICAST_HOPS failed", EAFNOSUPPORT);
  else if (options.ip_ttl >= 0 && family == AF_INET6) setter.set("IP_TTL/IPV6_UNICAST_HOPS", IPPROTO_IPV6, IPV6_UNICAST_HOPS, options.ip_ttl);
  else if (options.ip_ttl >= 0) setter.set("IP_TTL/IPV6_UNICAST_HOPS", IPPROTO_IP, IP_TTL, options.ip_ttl);
  if (!options.tcp_congestion.empty()) setter.set_text("TCP_CONGESTION", SOL_TCP, TCP_CONGESTION, options.tcp_congestion);
  setter.label("SmackLabelIPIn=", "security.SMACK64IPIN", options.smack_label_ip_in);
  setter.label("SmackLabelIPOut=", "security.SMACK64IPOUT", options.smack_label_ip_out);
}

}  // namespace init
