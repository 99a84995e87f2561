// Socket addresses, IP prefixes and port rules. [pure]
#include "unitparser/syntax/addresses.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>

#include "unitparser/base/text.h"
#include "unitparser/syntax/kernel_names.h"
#include "unitparser/syntax/paths.h"
#include "unitparser/syntax/quantities.h"

namespace unitparser {
namespace {

constexpr std::size_t longest_unix_path = 107;

std::size_t bit_count(int family) { return family == AF_INET ? 32 : 128; }

Result<SocketAddress> with_port(const IpPrefix& ip, std::string_view port) {
  SocketAddress address;
  address.kind = ip.family == AF_INET ? SocketAddress::Kind::ipv4 : SocketAddress::Kind::ipv6;
  address.address = ip.address;
  address.port = TRY(parse_port(port));
  return address;
}

Result<SocketAddress> parse_bracketed(std::string_view text) {
  const std::size_t end = text.find(']');
  if (end == std::string_view::npos || text.substr(end + 1, 1) != ":") return fail_value(EINVAL, "not a socket address");
  std::string_view host = text.substr(1, end - 1);
  std::string_view port = text.substr(end + 2);
  std::string_view scope;
  for (std::string_view* part : {&host, &port}) {
    if (const std::size_t percent = part->find('%'); percent != std::string_view::npos) {
      scope = part->substr(percent + 1);
      *part = part->substr(0, percent);
      if (scope.empty()) return fail_value(EINVAL, "empty interface name");
    }
  }
  const IpPrefix ip = TRY(parse_ip_address(host));
  if (ip.family != AF_INET6) return fail_value(EINVAL, "not an IPv6 address");
  SocketAddress address = TRY(with_port(ip, port));
  address.interface = scope;
  return address;
}

Result<SocketAddress> parse_vsock(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return fail_value(EINVAL, "vsock address without port");
  SocketAddress address;
  address.kind = SocketAddress::Kind::vsock;
  address.port = static_cast<std::uint32_t>(TRY(parse_unsigned(text.substr(colon + 1), UINT32_MAX)));
  if (colon > 0) address.cid = static_cast<std::uint32_t>(TRY(parse_unsigned(text.substr(0, colon), UINT32_MAX)));
  return address;
}

IpPrefix make_prefix(int family, std::initializer_list<std::uint8_t> bytes, std::uint8_t length) {
  IpPrefix prefix;
  prefix.family = family;
  prefix.length = length;
  std::copy(bytes.begin(), bytes.end(), prefix.address.begin());
  return prefix;
}

}  // namespace

Result<SocketAddress> parse_socket_address(std::string_view text, Ipv6 ipv6) {
  if (text.starts_with('/') || text.starts_with('@')) {
    SocketAddress address;
    const bool abstract = text[0] == '@';
    address.kind = abstract ? SocketAddress::Kind::unix_abstract : SocketAddress::Kind::unix_path;
    address.path = abstract ? text.substr(1) : text;
    if (text.size() == 1) return fail_value(EINVAL, "empty socket name");
    if (text.size() > longest_unix_path) return fail_value(EINVAL, "path too long for a socket");
    return address;
  }
  if (const auto rest = after_prefix(text, "vsock:")) return parse_vsock(*rest);
  if (text.starts_with('[')) return parse_bracketed(text);
  if (const std::size_t colon = text.rfind(':'); colon != std::string_view::npos) {
    const IpPrefix ip = TRY(parse_ip_address(text.substr(0, colon)));
    if (ip.family != AF_INET) return fail_value(EINVAL, "IPv6 addresses stand in brackets");
    return with_port(ip, text.substr(colon + 1));
  }
  IpPrefix any;
  any.family = ipv6 == Ipv6::available ? AF_INET6 : AF_INET;
  return with_port(any, text);
}

Result<SocketAddress> parse_netlink_address(std::string_view text) {
  const std::vector<std::string> words = TRY(split_words(text, {}));
  if (words.empty() || words.size() > 2) return fail_value(EINVAL, "not a netlink family and group");
  SocketAddress address;
  address.kind = SocketAddress::Kind::netlink;
  const auto family = name_or_number(netlink_families(), words[0], INT32_MAX);
  if (!family) return fail_value(EINVAL, "unknown netlink family");
  address.netlink_family = *family;
  if (words.size() == 2) address.port = static_cast<std::uint32_t>(TRY(parse_unsigned(words[1], UINT32_MAX)));
  return address;
}

std::string format_socket_address(const SocketAddress& address) {
  using Kind = SocketAddress::Kind;
  IpPrefix ip;
  ip.address = address.address;
  ip.family = address.kind == Kind::ipv4 ? AF_INET : AF_INET6;
  switch (address.kind) {
    case Kind::unix_path: return address.path;
    case Kind::unix_abstract: return "@" + address.path;
    case Kind::ipv4: return fmt::format("{}:{}", format_ip_address(ip), address.port);
    case Kind::ipv6:
      return fmt::format("[{}]:{}{}{}", format_ip_address(ip), address.port, address.interface.empty() ? "" : "%", address.interface);
    case Kind::vsock:
      return address.cid == UINT32_MAX ? fmt::format("vsock::{}", address.port) : fmt::format("vsock:{}:{}", address.cid, address.port);
    case Kind::netlink: {
      const std::string_view family = name_of(netlink_families(), address.netlink_family);
      return family.empty() ? fmt::format("{} {}", address.netlink_family, address.port) : fmt::format("{} {}", family, address.port);
    }
  }
  return {};
}

Result<IpPrefix> parse_ip_address(std::string_view text) {
  IpPrefix ip;
  const std::string terminated(text);
  for (const int family : {AF_INET, AF_INET6}) {
    if (text.find('\0') != std::string_view::npos || ::inet_pton(family, terminated.c_str(), ip.address.data()) != 1) continue;
    ip.family = family;
    ip.length = static_cast<std::uint8_t>(bit_count(family));
    return ip;
  }
  return fail_value(EINVAL, "not an IP address");
}

Result<IpPrefix> parse_ip_prefix(std::string_view text) {
  const std::size_t slash = text.find('/');
  IpPrefix prefix = TRY(parse_ip_address(text.substr(0, slash)));
  if (slash == std::string_view::npos) return prefix;
  prefix.length = static_cast<std::uint8_t>(TRY(parse_unsigned(text.substr(slash + 1), bit_count(prefix.family))));
  for (std::size_t bit = prefix.length; bit < 128; ++bit)
    prefix.address[bit / 8] = static_cast<std::uint8_t>(prefix.address[bit / 8] & ~(0x80U >> (bit % 8)));
  return prefix;
}

Result<std::vector<IpPrefix>> parse_ip_prefixes(std::string_view word) {
  if (word == "any") return std::vector{make_prefix(AF_INET, {}, 0), make_prefix(AF_INET6, {}, 0)};
  if (word == "localhost")
    return std::vector{make_prefix(AF_INET, {127}, 8),
                       make_prefix(AF_INET6, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128)};
  if (word == "link-local") return std::vector{make_prefix(AF_INET, {169, 254}, 16), make_prefix(AF_INET6, {0xfe, 0x80}, 64)};
  if (word == "multicast") return std::vector{make_prefix(AF_INET, {224}, 4), make_prefix(AF_INET6, {0xff}, 8)};
  return std::vector{TRY(parse_ip_prefix(word))};
}

std::string format_ip_address(const IpPrefix& prefix) {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  const char* text = ::inet_ntop(prefix.family, prefix.address.data(), buffer.data(), buffer.size());
  return text != nullptr ? text : "";
}

std::string format_ip_prefix(const IpPrefix& prefix) { return fmt::format("{}/{}", format_ip_address(prefix), prefix.length); }

Result<SocketBindRule> parse_socket_bind_rule(std::string_view text) {
  SocketBindRule rule;
  const std::vector<std::string> words = TRY(split_words(text, {.separators = ":", .keep_empty = true}));
  std::size_t taken = 0;
  const auto take = [&](std::string_view word) {
    if (taken == words.size() || words[taken] != word) return false;
    ++taken;
    return true;
  };
  if (text.empty()) return fail_value(EINVAL, "empty rule");
  if (take("ipv4")) rule.family = AF_INET;
  else if (take("ipv6")) rule.family = AF_INET6;
  if (take("tcp")) rule.protocol = IPPROTO_TCP;
  else if (take("udp")) rule.protocol = IPPROTO_UDP;
  if (taken == words.size()) return rule;
  if (taken + 1 < words.size()) return fail_value(EINVAL, "something behind the ports");
  if (take("any")) return rule;
  const std::string_view ports = words.back();
  const std::size_t dash = ports.find('-');
  rule.port_first = TRY(parse_port(ports.substr(0, dash)));
  const std::uint16_t last = dash == std::string_view::npos ? rule.port_first : TRY(parse_port(ports.substr(dash + 1)));
  if (last < rule.port_first) return fail_value(ERANGE, "port range runs backwards");
  rule.port_count = static_cast<std::uint16_t>(last - rule.port_first + 1);
  return rule;
}

namespace {

std::string bind_ports(const SocketBindRule& rule) {
  if (rule.port_count == 0) return "any";
  if (rule.port_count == 1) return fmt::format("{}", rule.port_first);
  return fmt::format("{}-{}", rule.port_first, rule.port_first + rule.port_count - 1);
}

std::string bind_rule_text(const SocketBindRule& rule, std::string_view after_protocol) {
  std::string out;
  if (rule.family != 0) out += rule.family == AF_INET ? "ipv4:" : "ipv6:";
  if (rule.protocol != 0) out += fmt::format("{}{}", rule.protocol == IPPROTO_TCP ? "tcp" : "udp", after_protocol);
  return out + bind_ports(rule);
}

}  // namespace

std::string show_socket_bind_rule(const SocketBindRule& rule) { return bind_rule_text(rule, ""); }
std::string format_socket_bind_rule(const SocketBindRule& rule) { return bind_rule_text(rule, ":"); }

}  // namespace unitparser
