// Reading of addresses, ports, interfaces and BPF programs of resource control. [pure]
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "unitparser/directives/codec_process.h"
#include "unitparser/directives/codec_resource.h"
#include "unitparser/directives/codec_security.h"
#include "unitparser/syntax/addresses.h"
#include "unitparser/syntax/kernel_names.h"

namespace unitparser {
bool IpPrefixCodec::parse(ParseContext& context, std::string_view text, std::vector<IpPrefix>& value) {
  return for_each_word(context, text, WordOptions{}, [&](const std::string& word) {
    const Result<std::vector<IpPrefix>> prefixes = parse_ip_prefixes(word);
    if (!prefixes)
      context.misread(prefixes.error().os_errno, fmt::format("Address prefix is invalid, ignoring assignment: {}", word), "such as 10.0.0.0/8, localhost, link-local, multicast or any");
    else
      for (const IpPrefix& prefix : *prefixes)
        if (std::find(value.begin(), value.end(), prefix) == value.end()) value.push_back(prefix);
  });
}
Value IpPrefixCodec::encode(const std::vector<IpPrefix>& value) {
  ArrayValue array{"(iayu)", {}};
  for (std::size_t i = 0; i < value.size(); ++i) {
    const IpPrefix& prefix = value[i];
    if (std::find(value.begin(), value.begin() + static_cast<std::ptrdiff_t>(i), prefix) != value.begin() + static_cast<std::ptrdiff_t>(i)) continue;  // each once
    const std::size_t bytes = prefix.family == AF_INET ? 4 : 16;
    array.elements.push_back(struct_of(std::int32_t{prefix.family},
                                       Bytes{std::string(prefix.address.begin(), prefix.address.begin() + static_cast<std::ptrdiff_t>(bytes))},
                                       std::uint32_t{prefix.length}));
  }
  return array;
}
Result<Texts> IpPrefixCodec::texts(const Given& given) {
  return whole_list_texts(given, 3, [&](const std::vector<Value>& fields) -> Result<std::string> {
    const auto family = std::get<std::int32_t>(fields[0].storage);
    const std::string& address = std::get<Bytes>(fields[1].storage).data;
    const auto length = std::get<std::uint32_t>(fields[2].storage);
    if (family != AF_INET && family != AF_INET6) return refused_setting(fmt::format("{}= expects IPv4 or IPv6 addresses only.", given.property));
    const std::string_view name = family == AF_INET ? "AF_INET" : "AF_INET6";
    const std::size_t size = family == AF_INET ? 4 : 16;
    if (address.size() != size) return refused_setting(fmt::format("IP address has wrong size for family ({}, expected {}, got {})", name, size, address.size()));
    if (length > size * 8) return refused_setting(fmt::format("Prefix length {} too large for address family {}.", length, name));
    IpPrefix prefix{family, {}, static_cast<std::uint8_t>(length)};
    std::copy(address.begin(), address.end(), prefix.address.begin());
    return format_ip_prefix(prefix);
  });
}

bool FilterPathsCodec::parse(ParseContext& context, std::string_view text, std::vector<std::string>& value) {
  const std::optional<std::string> expanded = context.expand(text);
  if (!expanded) return false;
  std::optional<std::string> path = checked_path(context, *expanded);
  if (!path) return false;
  value.push_back(std::move(*path));
  return true;
}
Value FilterPathsCodec::encode(const std::vector<std::string>& value) {
  return string_array(each_once(value));
}

bool BpfProgramCodec::parse(ParseContext& context, std::string_view text, std::vector<BpfProgram>& value) {
  const std::size_t colon = text.find(':');
  const std::string_view type = text.substr(0, colon);
  if (colon == std::string_view::npos || !number_of(bpf_attach_types(), type)) {
    context.ignore(colon == std::string_view::npos ? fmt::format("Invalid syntax in {}=, ignoring: {}", context.key, text) : fmt::format("Unknown BPF attach type={}, ignoring: {}", type, text),
                   "write type:path, such as egress:/sys/fs/bpf/name");
    return false;
  }
  const std::optional<std::string> expanded = context.expand(text.substr(colon + 1));
  if (!expanded) return false;
  std::optional<std::string> path = checked_path(context, *expanded);
  if (!path) return false;
  value.push_back({std::string(type), std::move(*path)});
  return true;
}
Value BpfProgramCodec::encode(const std::vector<BpfProgram>& value) {
  ArrayValue array{"(ss)", {}};
  // COMPAT: the last one said is shown first.
  for (auto program = value.rbegin(); program != value.rend(); ++program) array.elements.push_back(struct_of(program->attach_type, program->path));
  return array;
}
namespace {
Result<std::string> normal_path_text(const Given& given, const std::string& path) {
  if (!is_absolute_path(path) || !is_normal_path(path)) return refused_setting(fmt::format("{}= expects a normalized absolute path.", given.property));
  return escape_specifiers(path);
}
}  // namespace
Result<Texts> FilterPathsCodec::texts(const Given& given) {
  Texts texts = TRY(element_texts(given, [&](const Value& element) { return normal_path_text(given, text_of(element)); }));
  texts.insert(texts.begin(), std::string());
  return texts;
}
Result<Texts> BpfProgramCodec::texts(const Given& given) {
  return whole_list_texts(given, 2, [&](const std::vector<Value>& fields) -> Result<std::string> {
    const std::string& type = text_of(fields[0]);
    if (!number_of(bpf_attach_types(), type)) return refused_setting(fmt::format("{} expects a valid BPF attach type, got '{}'.", given.property, type));
    return type + ":" + TRY(normal_path_text(given, text_of(fields[1])));
  });
}

// --- Ports --------------------------------------------------------------------------------------------------------
bool SocketBindCodec::parse(ParseContext& context, std::string_view text, std::vector<SocketBindRule>& value) {
  const Result<SocketBindRule> rule = parse_socket_bind_rule(text);
  if (!rule) {
    context.misread(rule.error().os_errno, fmt::format("Unable to parse {}= assignment, ignoring: {}", context.key, text), "write [ipv4:|ipv6:][tcp:|udp:]port, first-last or any");
    return false;
  }
  value.push_back(*rule);
  return true;
}
Value SocketBindCodec::encode(const std::vector<SocketBindRule>& value) {
  ArrayValue array{"(iiqq)", {}};
  // COMPAT: the last one said is shown first.
  for (auto rule = value.rbegin(); rule != value.rend(); ++rule)
    array.elements.push_back(struct_of(std::int32_t{rule->family}, std::int32_t{rule->protocol}, rule->port_count, rule->port_first));
  return array;
}
Result<Texts> SocketBindCodec::texts(const Given& given) {
  return structure_texts(given, [&](const std::vector<Value>& fields) -> Result<std::string> {
    const SocketBindRule rule{std::get<std::int32_t>(fields[0].storage), std::get<std::int32_t>(fields[1].storage), std::get<std::uint16_t>(fields[2].storage), std::get<std::uint16_t>(fields[3].storage)};
    if (rule.family != AF_UNSPEC && rule.family != AF_INET && rule.family != AF_INET6) return refused_setting(fmt::format("{}= expects INET or INET6 family, if specified.", given.property));
    if (rule.protocol != 0 && rule.protocol != IPPROTO_TCP && rule.protocol != IPPROTO_UDP) return refused_setting(fmt::format("{}= expects TCP or UDP protocol, if specified.", given.property));
    if (rule.port_first + rule.port_count > 65536) return refused_setting(fmt::format("{}= expects maximum port value lesser than 65536.", given.property));
    if (rule.port_first == 0 && rule.port_count != 0) return refused_setting(fmt::format("{}= expects port range starting with positive value.", given.property));
    return format_socket_bind_rule(rule);
  });
}

bool is_interface_name(std::string_view name) {
  if (name.empty() || name.size() > 15 || name == "." || name == ".." || name == "all" || name == "default") return false;
  if (const Result<std::int64_t> index = parse_signed(name); index && *index >= 0) return false;  // a number is an index, not a name
  return std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 127 && c != ':' && c != '/' && c != '%'; });
}
bool NetworkInterfacesCodec::parse(ParseContext& context, std::string_view text, NameFilter& value) {
  if (text.empty()) {
    value.entries.clear();  // COMPAT: whether it was a list of what is allowed stays
    return true;
  }
  const bool invert = text.starts_with('~');
  if (invert) text.remove_prefix(1);
  NameFilter filter = value;
  if (filter.entries.empty()) filter.allow_list = !invert;
  (void)for_each_word(context, text, plain_words, [&](const std::string& word) {
    if (is_interface_name(word))
      apply_to_filter(filter, invert, std::string(word), NoExtra{});
    else
      context.ignore(fmt::format("Invalid interface name, ignoring: {}", word));
  }, incomplete::of_names);
  value = std::move(filter);  // also when the line was not understood to its end
  return true;
}
Value NetworkInterfacesCodec::encode(const NameFilter& value) { return encode_name_filter(value); }
Result<Texts> NetworkInterfacesCodec::texts(const Given& given) { return filter_texts(given); }

}  // namespace unitparser
