// Setting of socket options; a refused one is named and does no other harm. [os]
#include "init/os/socket_options.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/xattr.h>

#include <cerrno>
#include <cstring>

namespace init {
namespace {

using unitparser::SocketOptions;

/// One setsockopt() with a warning that names the directive.
class Setter {
 public:
  Setter(int fd, const WarnOption& warn) : fd_(fd), warn_(warn) {}
  void set(const char* directive, int level, int option, int value) const {
    if (::setsockopt(fd_, level, option, &value, sizeof value) != 0) report(directive);
  }
  void set_text(const char* directive, int level, int option, const std::string& value) const {
    if (::setsockopt(fd_, level, option, value.c_str(), static_cast<socklen_t>(value.size() + 1)) != 0) report(directive);
  }
  void label(const char* directive, const char* attribute, const std::string& value) const {
    if (!value.empty() && ::fsetxattr(fd_, attribute, value.data(), value.size(), 0) != 0) report(directive);
  }

 private:
  void report(const char* directive) const {
    if (warn_) warn_(std::string(directive) + " could not be applied: " + ::strerrordesc_np(errno));
  }
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
  const Setter setter(fd, warn);
  const bool ip = family == AF_INET || family == AF_INET6;
  if (family == AF_INET6 && options.bind_ipv6_only != unitparser::BindIpv6Only::default_)
    setter.set("BindIPv6Only=", IPPROTO_IPV6, IPV6_V6ONLY,
               options.bind_ipv6_only == unitparser::BindIpv6Only::ipv6_only ? 1 : 0);
  if (ip && !options.bind_to_device.empty())
    setter.set_text("BindToDevice=", SOL_SOCKET, SO_BINDTODEVICE, options.bind_to_device);
  if (options.reuse_port) setter.set("ReusePort=", SOL_SOCKET, SO_REUSEPORT, 1);
  if (ip && options.free_bind) setter.set("FreeBind=", IPPROTO_IP, IP_FREEBIND, 1);
  if (ip && options.transparent) setter.set("Transparent=", IPPROTO_IP, IP_TRANSPARENT, 1);
  if (ip) setter.set("address reuse", SOL_SOCKET, SO_REUSEADDR, 1);
}

void apply_options(int fd, int family, int type, const SocketOptions& options, const WarnOption& warn) {
  const Setter setter(fd, warn);
  const bool ip = family == AF_INET || family == AF_INET6;
  const bool tcp = ip && type == SOCK_STREAM;
  if (options.keep_alive) setter.set("KeepAlive=", SOL_SOCKET, SO_KEEPALIVE, 1);
  if (tcp && !options.keep_alive_time.is_zero())
    setter.set("KeepAliveTimeSec=", SOL_TCP, TCP_KEEPIDLE, seconds(options.keep_alive_time));
  if (tcp && !options.keep_alive_interval.is_zero())
    setter.set("KeepAliveIntervalSec=", SOL_TCP, TCP_KEEPINTVL, seconds(options.keep_alive_interval));
  if (tcp && options.keep_alive_probes > 0)
    setter.set("KeepAliveProbes=", SOL_TCP, TCP_KEEPCNT, static_cast<int>(options.keep_alive_probes));
  if (tcp && !options.defer_accept.is_zero())
    setter.set("DeferAcceptSec=", SOL_TCP, TCP_DEFER_ACCEPT, seconds(options.defer_accept));
  if (tcp && options.no_delay) setter.set("NoDelay=", SOL_TCP, TCP_NODELAY, 1);
  if (options.broadcast) setter.set("Broadcast=", SOL_SOCKET, SO_BROADCAST, 1);
  if (options.pass_credentials) setter.set("PassCredentials=", SOL_SOCKET, SO_PASSCRED, 1);
  if (options.pass_security) setter.set("PassSecurity=", SOL_SOCKET, SO_PASSSEC, 1);
  if (options.pass_packet_info && family == AF_INET) setter.set("PassPacketInfo=", IPPROTO_IP, IP_PKTINFO, 1);
  if (options.pass_packet_info && family == AF_INET6) setter.set("PassPacketInfo=", IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
  if (options.timestamping == unitparser::SocketTimestamping::us) setter.set("Timestamping=", SOL_SOCKET, SO_TIMESTAMP, 1);
  if (options.timestamping == unitparser::SocketTimestamping::ns) setter.set("Timestamping=", SOL_SOCKET, SO_TIMESTAMPNS, 1);
  if (options.priority >= 0) setter.set("Priority=", SOL_SOCKET, SO_PRIORITY, options.priority);
  set_buffer(setter, "ReceiveBuffer=", fd, SO_RCVBUFFORCE, SO_RCVBUF, options.receive_buffer);
  set_buffer(setter, "SendBuffer=", fd, SO_SNDBUFFORCE, SO_SNDBUF, options.send_buffer);
  if (options.mark >= 0) setter.set("Mark=", SOL_SOCKET, SO_MARK, options.mark);
  if (ip && options.ip_tos >= 0) setter.set("IPTOS=", IPPROTO_IP, IP_TOS, options.ip_tos);
  if (ip && options.ip_ttl >= 0) {
    if (family == AF_INET6) setter.set("IPTTL=", IPPROTO_IPV6, IPV6_UNICAST_HOPS, options.ip_ttl);
    else setter.set("IPTTL=", IPPROTO_IP, IP_TTL, options.ip_ttl);
  }
  if (tcp && !options.tcp_congestion.empty())
    setter.set_text("TCPCongestion=", SOL_TCP, TCP_CONGESTION, options.tcp_congestion);
  setter.label("SmackLabelIPIn=", "security.SMACK64IPIN", options.smack_label_ip_in);
  setter.label("SmackLabelIPOut=", "security.SMACK64IPOUT", options.smack_label_ip_out);
}

}  // namespace init
