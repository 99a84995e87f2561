// What [Socket] says besides execution, resources and killing (systemd.socket(5)). [pure]
#pragma once

#include "unitparser/config/values.h"

namespace unitparser {

enum class ListenKind : std::uint8_t { stream, datagram, sequential_packet, fifo, netlink, special, message_queue, usb_function };
/// Names as in the Listen property.
constexpr std::array<std::string_view, 8> enum_names(std::type_identity<ListenKind>) {
  return {"Stream", "Datagram", "SequentialPacket", "FIFO", "Netlink", "Special", "MessageQueue", "USBFunction"};
}
struct ListenEntry {
  ListenKind kind{};
  std::string address;  ///< canonical text: path, "@abstract", "1.2.3.4:80", "[::]:80", "vsock:…", netlink "family group"
  Origin origin;
  bool operator==(const ListenEntry&) const = default;
  /// The path that it makes in the file system; empty when it makes none.
  [[nodiscard]] std::string node() const {
    const bool is_path = kind == ListenKind::fifo || (kind <= ListenKind::sequential_packet && address.starts_with('/'));
    return is_path ? address : std::string();
  }
};
enum class BindIpv6Only : std::uint8_t { default_, both, ipv6_only };
constexpr std::array<std::string_view, 3> enum_names(std::type_identity<BindIpv6Only>) {
  return {"default", "both", "ipv6-only"};
}
enum class SocketTimestamping : std::uint8_t { off, us, ns };
constexpr std::array<std::string_view, 3> enum_names(std::type_identity<SocketTimestamping>) {
  return {"off", "us", "ns"};
}

struct SocketConfig {
  std::vector<ListenEntry> listen;
  std::string service;  ///< empty: the unit of the same name
  std::string socket_user;
  std::string socket_group;
  std::uint32_t socket_mode = 0666;
  std::uint32_t directory_mode = 0755;
  bool accept = false;
  bool writable = false;
  bool flush_pending = false;
  std::uint32_t max_connections = 64;
  std::uint32_t max_connections_per_source = 0;
  bool remove_on_stop = false;
  std::vector<std::string> symlinks;
  std::optional<std::string> fd_name;  ///< unset: the unit's name
  Duration trigger_limit_interval = Duration::infinity();  ///< infinity: not said (2 s)
  std::uint32_t trigger_limit_burst = UINT32_MAX;          ///< UINT32_MAX: not said (200 with Accept=, else 20)
  Duration timeout = Duration::from_seconds(90);
  ExecCommands exec_start_pre;
  ExecCommands exec_start_post;
  ExecCommands exec_stop_pre;
  ExecCommands exec_stop_post;
  bool operator==(const SocketConfig&) const = default;
};

/// Socket options.
struct SocketOptions {
  int socket_protocol = 0;
  BindIpv6Only bind_ipv6_only = BindIpv6Only::default_;
  std::uint32_t backlog = 2147483647;  ///< as shown by 252 for SOMAXCONN
  std::string bind_to_device;
  bool keep_alive = false;
  Duration keep_alive_time;
  Duration keep_alive_interval;
  std::uint32_t keep_alive_probes = 0;
  Duration defer_accept;
  bool no_delay = false;
  int priority = -1;
  std::uint64_t receive_buffer = 0;
  std::uint64_t send_buffer = 0;
  int ip_tos = -1;
  int ip_ttl = -1;
  int mark = -1;
  std::uint64_t pipe_size = 0;
  bool free_bind = false;
  bool transparent = false;
  bool broadcast = false;
  bool pass_credentials = false;
  bool pass_security = false;
  bool pass_packet_info = false;
  SocketTimestamping timestamping = SocketTimestamping::off;
  std::string tcp_congestion;
  bool reuse_port = false;
  std::int64_t message_queue_max_messages = 0;
  std::int64_t message_queue_message_size = 0;
  std::string smack_label;
  std::string smack_label_ip_in;
  std::string smack_label_ip_out;
  bool selinux_context_from_net = false;
  bool operator==(const SocketOptions&) const = default;
};

}  // namespace unitparser
