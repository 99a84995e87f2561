// Socket addresses, IP prefixes and port rules as text. [pure]
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "unitparser/base/result.h"
#include "unitparser/config/values.h"

namespace unitparser {

/// Where a socket listens.
struct SocketAddress {
  enum class Kind : std::uint8_t { unix_path, unix_abstract, ipv4, ipv6, vsock, netlink };
  Kind kind{};
  std::string path;                        ///< unix: path, or name without '@'
  std::array<std::uint8_t, 16> address{};  ///< IP, network order
  std::string interface;                   ///< scope of a link-local IPv6 address: name or number
  std::uint32_t port = 0;                  ///< IP and vsock; multicast group of netlink
  std::uint32_t cid = UINT32_MAX;          ///< vsock, UINT32_MAX: any
  int netlink_family = 0;
  bool operator==(const SocketAddress&) const = default;
};

enum class Ipv6 : bool { unavailable, available };
/// "/path", "@abstract", "PORT" (all addresses), "1.2.3.4:PORT", "[v6]:PORT", "vsock:CID:PORT". systemd.socket(5).
/// A bare port means [::]:PORT, or 0.0.0.0:PORT on machines without IPv6.
[[nodiscard]] Result<SocketAddress> parse_socket_address(std::string_view text, Ipv6 ipv6 = Ipv6::available);
/// "FAMILY [GROUP]" of ListenNetlink=.
[[nodiscard]] Result<SocketAddress> parse_netlink_address(std::string_view text);
/// The canonical text, as in the Listen property.
[[nodiscard]] std::string format_socket_address(const SocketAddress& address);

/// "1.2.3.4" or "::1" to bytes.
[[nodiscard]] Result<IpPrefix> parse_ip_address(std::string_view text);
/// "ADDRESS[/LENGTH]", host bits cleared.
[[nodiscard]] Result<IpPrefix> parse_ip_prefix(std::string_view text);
/// The same, and the words any, localhost, link-local, multicast.
[[nodiscard]] Result<std::vector<IpPrefix>> parse_ip_prefixes(std::string_view word);
[[nodiscard]] std::string format_ip_address(const IpPrefix& prefix);
[[nodiscard]] std::string format_ip_prefix(const IpPrefix& prefix);

/// One word of SocketBindAllow=: "any", "[ipv4:|ipv6:][tcp:|udp:]PORT[-PORT]", "ipv6:", "tcp" ...
[[nodiscard]] Result<SocketBindRule> parse_socket_bind_rule(std::string_view text);
/// As `show` prints it ("ipv4:tcp80", "any", "6666-7777"); text made for people, it cannot be read back.
[[nodiscard]] std::string show_socket_bind_rule(const SocketBindRule& rule);
/// As it is written in a unit file.
[[nodiscard]] std::string format_socket_bind_rule(const SocketBindRule& rule);

}  // namespace unitparser
