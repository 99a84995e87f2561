// Traffic on listening descriptors. [loop]
#include "init/driver/socket_traffic.h"

#include <arpa/inet.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "init/os/sockets.h"

namespace init {
namespace {

/// Connections taken from one socket before others get a turn; the rest waits in the kernel's queue.
constexpr int accept_burst = 32;

union Address {
  sockaddr any;
  sockaddr_in in;
  sockaddr_in6 in6;
  sockaddr_un un;
  sockaddr_vm vm;
  sockaddr_storage storage;
};

struct HostPort {
  std::string host;
  unsigned port = 0;
};

/// IPv4 addresses in IPv6 clothes are shown as IPv4.
HostPort describe_inet(const Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.any.sa_family == AF_INET) {
    ::inet_ntop(AF_INET, &address.in.sin_addr, text.data(), text.size());
    return {text.data(), ntohs(address.in.sin_port)};
  }
  if (IN6_IS_ADDR_V4MAPPED(&address.in6.sin6_addr))
    ::inet_ntop(AF_INET, address.in6.sin6_addr.s6_addr + 12, text.data(), text.size());
  else
    ::inet_ntop(AF_INET6, &address.in6.sin6_addr, text.data(), text.size());
  return {text.data(), ntohs(address.in6.sin6_port)};
}

std::string with_port(const HostPort& address) { return address.host + ":" + std::to_string(address.port); }

}  // namespace

unitparser::Result<ConnectionName> name_connection(int fd) {
  Address local{};
  Address peer{};
  socklen_t local_size = sizeof local;
  socklen_t peer_size = sizeof peer;
  if (::getsockname(fd, &local.any, &local_size) != 0) return unitparser::fail_errno(errno, "cannot name a connection");
  if (::getpeername(fd, &peer.any, &peer_size) != 0) return unitparser::fail_errno(errno, "cannot name a connection");
  switch (local.any.sa_family) {
    case AF_INET:
    case AF_INET6: {
      const HostPort here = describe_inet(local);
      const HostPort there = describe_inet(peer);
      return ConnectionName{with_port(here) + "-" + with_port(there), with_port(there), there.host};
    }
    case AF_UNIX: {
      ucred credentials{};
      socklen_t size = sizeof credentials;
      if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
        return ConnectionName{"unknown", "unknown", {}};
      const std::string uid = std::to_string(credentials.uid);
      const std::string pid = std::to_string(credentials.pid);
      // COMPAT: MaxConnectionsPerSource= counts no local clients.
      return ConnectionName{pid + "-" + uid, "PID " + pid + "/UID " + uid, {}};
    }
    case AF_VSOCK: {
      const std::string there = std::to_string(peer.vm.svm_cid);
      return ConnectionName{std::to_string(local.vm.svm_cid) + ":" + std::to_string(local.vm.svm_port) + "-" + there +
                                ":" + std::to_string(peer.vm.svm_port),
                            "vsock:" + there + ":" + std::to_string(peer.vm.svm_port), there};
    }
    default: return unitparser::fail(unitparser::ErrorCode::not_supported, "connection of an unknown kind");
  }
}

void SocketTraffic::watch(const effect::WatchSockets& wanted) {
  std::vector<Source>& sources = sources_[wanted.unit];
  sources.clear();
  for (int fd : wanted.fds) {
    auto source = loop_.on_ready(fd, EPOLLIN, Priority::traffic,
                                 [this, unit = wanted.unit, fd, accept = wanted.accept](std::uint32_t revents) {
                                   on_ready(unit, fd, accept, revents);
                                 });
    if (source) sources.push_back(std::move(*source));
  }
}

void SocketTraffic::on_ready(UnitId unit, int fd, bool accept, std::uint32_t revents) {
  int listening = 0;
  socklen_t size = sizeof listening;
  const bool is_listening = ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening != 0;
  if (accept && is_listening && (revents & EPOLLIN) != 0) return accept_all(unit, fd);
  post_(event::SocketReady{unit, fd, -1, {}, {}, {}});
}

void SocketTraffic::accept_all(UnitId unit, int fd) {
  for (int i = 0; i < accept_burst; ++i) {
    const int connection = accept_connection(fd);
    if (connection < 0) return;  // none left, or one that went away: the next is told of again
    auto name = name_connection(connection);
    if (!name) {
      ::close(connection);
      continue;
    }
    post_(event::SocketReady{unit, fd, connection, name->instance, name->peer, name->peer_host});
  }
}

}  // namespace init
