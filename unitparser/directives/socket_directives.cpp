// Rows of [Socket] besides execution, resources and killing (systemd.socket(5)). [pure]
#include "unitparser/directives/codec_process.h"
#include "unitparser/directives/codec_resource.h"
#include "unitparser/directives/codec_socket.h"
#include "unitparser/directives/codec_unit.h"
#include "unitparser/directives/rows.h"

namespace unitparser {

template <>
inline constexpr std::string_view enum_noun<BindIpv6Only> = "bind IPv6 only value";

namespace {

constexpr Sections socket = Section::socket;

template <ListenKind Kind>
bool apply_listen(ParseContext& context, UnitConfig& config, std::string_view text) {
  return extend_list<&SocketConfig::listen>(config, text, [&](std::vector<ListenEntry>& list) { return parse_listen(context, Kind, text, list); });
}
template <ListenKind Kind>
consteval UnitRow listen(std::string_view key, std::string_view description) {
  return as_list(custom<&SocketConfig::listen>(socket, key, no_property, "", "address", {&apply_listen<Kind>, nullptr, nullptr}, description));
}
Value get_listen(const Subject<UnitConfig>& subject) { return encode_listen(subject.config.common->socket->listen); }

Value get_descriptor_name(const Subject<UnitConfig>& subject) {
  return subject.config.common->socket->fd_name.value_or(subject.name.text());
}
Value get_trigger_interval(const Subject<UnitConfig>& subject) {
  const Duration interval = subject.config.common->socket->trigger_limit_interval;
  return interval.is_infinite() ? Duration::from_seconds(2).usec() : interval.usec();
}
Value get_trigger_burst(const Subject<UnitConfig>& subject) {
  const SocketConfig& config = *subject.config.common->socket;
  if (config.trigger_limit_burst != UINT32_MAX) return config.trigger_limit_burst;
  return std::uint32_t{config.accept ? 200U : 20U};
}
Result<Texts> symlinks_texts(const Given& given) {
  for (const Value& element : elements_of(given.value))
    if (!is_absolute_path(text_of(element))) return refused_setting(fmt::format("Symlink path is not absolute: {}", text_of(element)));
  return one_line_texts(given);
}
/// An IP time to live, or any other plain integer of the kernel.
template <auto Field>
consteval UnitRow integer(std::string_view key, std::string_view description) {
  return row<Field, IntegerCodec>(socket, key, constant(key), description);
}
template <auto Field>
consteval UnitRow boolean(std::string_view key, std::string_view description) {
  return row<Field, BooleanCodec>(socket, key, constant(key), description);
}

using Socket = SocketConfig;
using Options = SocketOptions;
constexpr std::array rows{
    listen<ListenKind::stream>("ListenStream", "Stream socket to listen on: a path, @abstract name, port or address."),
    listen<ListenKind::datagram>("ListenDatagram", "Datagram socket to listen on."),
    listen<ListenKind::sequential_packet>("ListenSequentialPacket", "Local sequential packet socket to listen on."),
    listen<ListenKind::fifo>("ListenFIFO", "Named pipe to listen on."),
    listen<ListenKind::netlink>("ListenNetlink", "Netlink family and multicast group to listen on."),
    listen<ListenKind::special>("ListenSpecial", "Special file to listen on, such as a character device."),
    listen<ListenKind::message_queue>("ListenMessageQueue", "POSIX message queue to listen on."),
    listen<ListenKind::usb_function>("ListenUSBFunction", "USB FunctionFS end point to listen on."),
    settable(shown(socket, constant("Listen"), "a(ss)", &get_listen, "Everything that the unit listens on."), &listen_lines),
    row<&Options::socket_protocol, SocketProtocolCodec>(socket, "SocketProtocol", constant("SocketProtocol"), "Protocol of the IP sockets, if it is not the usual one."),
    row<&Options::bind_ipv6_only, BindIpv6OnlyCodec>(socket, "BindIPv6Only", constant("BindIPv6Only"), "Whether IPv6 sockets take IPv4 connections too."),
    row<&Options::backlog, UnsignedCodec>(socket, "Backlog", constant("Backlog"), "How many connections may wait to be accepted."),
    row<&Options::bind_to_device, InterfaceCodec>(socket, "BindToDevice", constant("BindToDevice"), "Network interface that the sockets are bound to."),
    row<&Socket::exec_start_pre, ExecCodec>(socket, "ExecStartPre", invalidates("ExecStartPre"), "Commands run before the sockets are made."),
    row<&Socket::exec_start_post, ExecCodec>(socket, "ExecStartPost", invalidates("ExecStartPost"), "Commands run after the sockets were made."),
    row<&Socket::exec_stop_pre, ExecCodec>(socket, "ExecStopPre", invalidates("ExecStopPre"), "Commands run before the sockets are closed."),
    row<&Socket::exec_stop_post, ExecCodec>(socket, "ExecStopPost", invalidates("ExecStopPost"), "Commands run after the sockets were closed."),
    row<&Socket::timeout, SpanOrNever>(socket, "TimeoutSec", constant("TimeoutUSec"), "How long each command of the socket may take."),
    row<&Socket::socket_user, UserCodec>(socket, "SocketUser", constant("SocketUser"), "Owner of the socket's file."),
    row<&Socket::socket_group, UserCodec>(socket, "SocketGroup", constant("SocketGroup"), "Group of the socket's file."),
    row<&Socket::socket_mode, ModeCodec>(socket, "SocketMode", constant("SocketMode"), "Access mode of the socket's file."),
    row<&Socket::directory_mode, ModeCodec>(socket, "DirectoryMode", constant("DirectoryMode"), "Access mode of folders that are made for the socket's file."),
    boolean<&Socket::accept>("Accept", "Start one service for each connection instead of one for the socket."),
    boolean<&Socket::flush_pending>("FlushPending", "Empty the socket before listening again after the service ended."),
    boolean<&Socket::writable>("Writable", "Open special files for writing too."),
    row<&Socket::max_connections, UnsignedCodec>(socket, "MaxConnections", constant("MaxConnections"), "How many services of Accept=yes may run at once."),
    row<&Socket::max_connections_per_source, UnsignedCodec>(socket, "MaxConnectionsPerSource", constant("MaxConnectionsPerSource"), "The same for one peer address; 0 is no limit."),
    boolean<&Options::keep_alive>("KeepAlive", "Send TCP keep-alive messages."),
    row<&Options::keep_alive_time, Span>(socket, "KeepAliveTimeSec", constant("KeepAliveTimeUSec"), "Idle time before the first keep-alive message."),
    row<&Options::keep_alive_interval, Span>(socket, "KeepAliveIntervalSec", constant("KeepAliveIntervalUSec"), "Time between keep-alive messages."),
    row<&Options::keep_alive_probes, UnsignedCodec>(socket, "KeepAliveProbes", constant("KeepAliveProbes"), "Unanswered keep-alive messages until the connection is dropped."),
    row<&Options::defer_accept, Span>(socket, "DeferAcceptSec", constant("DeferAcceptUSec"), "Wake up only when data arrived, or after this time."),
    boolean<&Options::no_delay>("NoDelay", "Switch Nagle's algorithm off."),
    integer<&Options::priority>("Priority", "Priority of all packets sent (SO_PRIORITY)."),
    row<&Options::receive_buffer, SizeCodec>(socket, "ReceiveBuffer", constant("ReceiveBuffer"), "Size of the receive buffer."),
    row<&Options::send_buffer, SizeCodec>(socket, "SendBuffer", constant("SendBuffer"), "Size of the send buffer."),
    row<&Options::ip_tos, IpTosCodec>(socket, "IPTOS", constant("IPTOS"), "Type of service of IP packets."),
    integer<&Options::ip_ttl>("IPTTL", "Time to live of IP packets."),
    integer<&Options::mark>("Mark", "Firewall mark of packets (SO_MARK)."),
    row<&Options::pipe_size, SizeCodec>(socket, "PipeSize", constant("PipeSize"), "Size of a named pipe's buffer."),
    boolean<&Options::free_bind>("FreeBind", "Addresses that do not exist yet may be bound."),
    boolean<&Options::transparent>("Transparent", "Set IP_TRANSPARENT."),
    boolean<&Options::broadcast>("Broadcast", "Broadcasts may be sent."),
    boolean<&Options::pass_credentials>("PassCredentials", "Receive the sender's credentials with each message."),
    boolean<&Options::pass_security>("PassSecurity", "Receive the sender's security label with each message."),
    boolean<&Options::pass_packet_info>("PassPacketInfo", "Receive addresses and interface with each message."),
    row<&Options::timestamping, TimestampingCodec>(socket, "Timestamping", constant("Timestamping"), "Receive a time stamp with each message."),
    row<&Options::tcp_congestion, PlainStringCodec>(socket, "TCPCongestion", constant("TCPCongestion"), "TCP congestion control algorithm."),
    boolean<&Options::reuse_port>("ReusePort", "Several sockets may bind the same port."),
    row<&Options::message_queue_max_messages, LongCodec>(socket, "MessageQueueMaxMessages", constant("MessageQueueMaxMessages"), "How many messages a queue holds."),
    row<&Options::message_queue_message_size, LongCodec>(socket, "MessageQueueMessageSize", constant("MessageQueueMessageSize"), "Size of a queue's messages."),
    boolean<&Socket::remove_on_stop>("RemoveOnStop", "Remove the files of the sockets when the unit stops."),
    settable(row<&Socket::symlinks, SymlinksCodec>(socket, "Symlinks", constant("Symlinks"), "Links that are made to the socket's file."), &symlinks_texts),
    shown_by(row<&Socket::fd_name, DescriptorNameCodec>(socket, "FileDescriptorName", quiet("FileDescriptorName"), "Name of the descriptors as the service sees it."), &get_descriptor_name),
    not_settable(row<&Socket::service, ServiceUnitCodec>(socket, "Service", no_property, "Service that the sockets belong to, if it has another name.")),
    shown_by(row<&Socket::trigger_limit_interval, Span>(socket, "TriggerLimitIntervalSec", constant("TriggerLimitIntervalUSec"), "Interval in which activations are counted."), &get_trigger_interval),
    shown_by(row<&Socket::trigger_limit_burst, UnsignedCodec>(socket, "TriggerLimitBurst", constant("TriggerLimitBurst"), "How many activations are allowed in that interval."), &get_trigger_burst),
    row<&Options::smack_label, StringCodec>(socket, "SmackLabel", constant("SmackLabel"), "SMACK label of the socket's file."),
    not_settable(row<&Options::smack_label_ip_in, StringCodec>(socket, "SmackLabelIPIn", constant("SmackLabelIPIn"), "SMACK label of incoming IP packets.")),
    row<&Options::smack_label_ip_out, StringCodec>(socket, "SmackLabelIPOut", constant("SmackLabelIPOut"), "SMACK label of outgoing IP packets."),
    row<&Options::selinux_context_from_net, BooleanCodec>(socket, "SELinuxContextFromNet", no_property, "Services of Accept=yes get the peer's SELinux context."),
};
static_assert(unique_keys(rows) && documented(rows));
static_assert(covers_every_field<SocketConfig>(rows) && covers_every_field<SocketOptions>(rows));

}  // namespace

std::span<const UnitRow> socket_rows() { return rows; }

}  // namespace unitparser
