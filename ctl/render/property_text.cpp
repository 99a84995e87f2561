// Properties as `systemctl show` prints them. Knows values and property names, no D-Bus. [pure]
#include "ctl/render/property_text.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <functional>
#include <limits>

#include "ctl/render/time_text.h"
#include "unitparser/base/encoding.h"
#include "unitparser/base/text.h"

namespace ctl {
namespace {

using namespace unitparser;
using Lines = std::vector<std::string>;
constexpr auto unlimited = std::numeric_limits<std::uint64_t>::max();
constexpr std::string_view unprintable = "[unprintable]";

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }
bool is_one_of(std::string_view text, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

// --- Access to values --------------------------------------------------------------------------------------------
const std::vector<Value>* fields_of(const Value& value) {
  const auto* s = std::get_if<StructValue>(&value.storage);
  return s == nullptr ? nullptr : &s->fields;
}
const std::vector<Value>* elements_of(const Value& value) {
  const auto* a = std::get_if<ArrayValue>(&value.storage);
  return a == nullptr ? nullptr : &a->elements;
}
template <class T>
T get(const Value& value) {
  const auto* content = std::get_if<T>(&value.storage);
  return content == nullptr ? T{} : *content;
}
std::string text_of(const Value& value) { return get<std::string>(value); }
std::vector<std::string> texts_of(const Value& value) {
  std::vector<std::string> result;
  if (const auto* elements = elements_of(value))
    for (const auto& element : *elements) result.push_back(text_of(element));
  return result;
}

std::string join_quoted(const std::vector<std::string>& words) {
  std::string result;
  for (const auto& word : words) result += (result.empty() ? "" : " ") + unitparser::quote_if_needed(word);
  return result;
}

/// "0-3 7" from a bit mask.
std::string ranges_of_mask(std::string_view mask) {
  std::string result;
  const auto has = [&](std::size_t bit) { return bit / 8 < mask.size() && ((static_cast<unsigned char>(mask[bit / 8]) >> (bit % 8)) & 1) != 0; };
  for (std::size_t bit = 0; bit < mask.size() * 8; ++bit) {
    if (!has(bit)) continue;
    auto last = bit;
    while (has(last + 1)) ++last;
    result += (result.empty() ? "" : " ") + std::to_string(bit) + (last > bit ? "-" + std::to_string(last) : "");
    bit = last;
  }
  return result;
}

// --- Numbers -----------------------------------------------------------------------------------------------------
constexpr std::array<std::string_view, 41> capability_names{
    "cap_chown", "cap_dac_override", "cap_dac_read_search", "cap_fowner", "cap_fsetid", "cap_kill", "cap_setgid", "cap_setuid",
    "cap_setpcap", "cap_linux_immutable", "cap_net_bind_service", "cap_net_broadcast", "cap_net_admin", "cap_net_raw", "cap_ipc_lock",
    "cap_ipc_owner", "cap_sys_module", "cap_sys_rawio", "cap_sys_chroot", "cap_sys_ptrace", "cap_sys_pacct", "cap_sys_admin",
    "cap_sys_boot", "cap_sys_nice", "cap_sys_resource", "cap_sys_time", "cap_sys_tty_config", "cap_mknod", "cap_lease",
    "cap_audit_write", "cap_audit_control", "cap_setfcap", "cap_mac_override", "cap_mac_admin", "cap_syslog", "cap_wake_alarm",
    "cap_block_suspend", "cap_audit_read", "cap_perfmon", "cap_bpf", "cap_checkpoint_restore"};

std::string capabilities(std::uint64_t set) {
  std::string result;
  for (std::size_t i = 0; i < capability_names.size(); ++i)
    if ((set >> i & 1) != 0) result += (result.empty() ? "" : " ") + std::string(capability_names[i]);
  return result;
}

/// RestrictNamespaces= as the set of CLONE_NEW* flags that stay allowed.
std::string namespaces(std::uint64_t flags) {
  constexpr std::array<std::pair<std::string_view, std::uint64_t>, 7> known{{{"cgroup", 0x02000000},
                                                                            {"ipc", 0x08000000},
                                                                            {"net", 0x40000000},
                                                                            {"mnt", 0x00020000},
                                                                            {"pid", 0x20000000},
                                                                            {"user", 0x10000000},
                                                                            {"uts", 0x04000000}}};
  constexpr std::uint64_t all = 0x7e020000;
  if ((flags & all) == all) return "no";
  if ((flags & all) == 0) return "yes";
  std::string result;
  for (const auto& [name, flag] : known)
    if ((flags & flag) != 0) result += (result.empty() ? "" : " ") + std::string(name);
  return result;
}

std::string mount_flags(std::uint64_t flags) {
  constexpr std::uint64_t ms_shared = 1U << 20, ms_slave = 1U << 19, ms_private = 1U << 18;
  return flags == ms_shared ? "shared" : flags == ms_slave ? "slave" : flags == ms_private ? "private" : "";
}

std::string long_number(std::string_view name, std::uint64_t n, TimestampStyle style) {
  if (name.ends_with("Timestamp") || is_one_of(name, {"NextElapseUSecRealtime", "LastTriggerUSec"})) return timestamp_text(n, style);
  if (contains(name, "USec")) return n == unlimited ? "infinity" : span_text(n, 0);
  if (name == "CoredumpFilter") return fmt::format("{:#x}", n);
  if (name == "RestrictNamespaces") return namespaces(n);
  if (name == "MountFlags") return mount_flags(n);
  if (is_one_of(name, {"CapabilityBoundingSet", "AmbientCapabilities"})) return capabilities(n);
  if (n == 0 && is_one_of(name, {"CPUWeight", "StartupCPUWeight"})) return "idle";
  if (n == unlimited) {
    if (is_one_of(name, {"CPUWeight", "StartupCPUWeight", "IOWeight", "StartupIOWeight", "CPUShares", "StartupCPUShares", "BlockIOWeight",
                         "StartupBlockIOWeight", "MemoryCurrent", "TasksCurrent"}) ||
        name.ends_with("NSec"))
      return "[not set]";
    if (is_one_of(name, {"DefaultMemoryLow", "DefaultMemoryMin", "MemoryLow", "MemoryHigh", "MemoryMax", "MemorySwapMax",
                         "MemoryZSwapMax", "MemoryLimit", "MemoryAvailable", "TasksMax", "DefaultTasksMax"}) ||
        name.starts_with("Limit") || name.starts_with("DefaultLimit"))
      return "infinity";
    if (is_one_of(name, {"IPIngressBytes", "IPIngressPackets", "IPEgressBytes", "IPEgressPackets"})) return "[no data]";
  }
  return std::to_string(n);
}

std::string word_number(std::string_view name, std::uint32_t n) {
  if (contains(name, "UMask") || contains(name, "Mode")) return fmt::format("{:04o}", n);
  if (is_one_of(name, {"UID", "GID"}) && n == std::numeric_limits<std::uint32_t>::max()) return "[not set]";
  return std::to_string(n);
}

std::string integer(std::string_view name, std::int32_t n) {
  constexpr std::array<std::string_view, 5> policies{"default", "preferred", "bind", "interleave", "local"};
  if (name == "NUMAPolicy") return n >= 0 && static_cast<std::size_t>(n) < policies.size() ? std::string(policies[static_cast<std::size_t>(n)]) : "n/a";
  if (n < 0 && is_one_of(name, {"SuccessActionExitStatus", "FailureActionExitStatus"})) return "[not set]";
  return std::to_string(n);
}

// --- Structured properties ---------------------------------------------------------------------------------------
std::string status_set(const std::vector<Value>& fields) {
  std::string result;
  for (const auto& status : *elements_of(fields[0])) result += (result.empty() ? "" : " ") + std::to_string(get<std::int32_t>(status));
  for (const auto& number : *elements_of(fields[1])) result += (result.empty() ? "" : " ") + signal_name(get<std::int32_t>(number));
  return result;
}

std::string address_prefixes(const std::vector<Value>& elements) {
  std::string result;
  for (const auto& element : elements) {
    const auto* fields = fields_of(element);
    if (fields == nullptr || fields->size() != 3) continue;
    std::array<char, INET6_ADDRSTRLEN> text{};
    const auto bytes = get<Bytes>((*fields)[1]).data;
    const int family = get<std::int32_t>((*fields)[0]);
    if (bytes.size() != (family == AF_INET ? 4U : 16U) || inet_ntop(family, bytes.data(), text.data(), text.size()) == nullptr) continue;
    result += fmt::format("{}{}/{}", result.empty() ? "" : " ", text.data(), get<std::uint32_t>((*fields)[2]));
  }
  return result;
}

std::string bind_path(const std::vector<Value>& f) {  // (ssbt)
  constexpr std::uint64_t ms_rec = 16384;
  return (get<bool>(f[2]) ? "-" : "") + text_of(f[0]) + ":" + text_of(f[1]) + ((get<std::uint64_t>(f[3]) & ms_rec) != 0 ? ":rbind" : "");
}

std::string mount_image(const std::vector<Value>& f, bool with_destination) {  // (ssba(ss)) or (sba(ss))
  const std::size_t flag = with_destination ? 2 : 1;
  std::string text = (get<bool>(f[flag]) ? "-" : "") + text_of(f[0]) + (with_destination ? ":" + text_of(f[1]) : "");
  if (const auto* options = elements_of(f[flag + 1]))
    for (const auto& option : *options)
      if (const auto* pair = fields_of(option); pair != nullptr && pair->size() == 2)
        text += ":" + text_of((*pair)[0]) + ":" + text_of((*pair)[1]);
  return text;
}

std::string socket_bind(const std::vector<Value>& f) {  // (iiqq): family, protocol, count, first port
  const auto family = get<std::int32_t>(f[0]), protocol = get<std::int32_t>(f[1]);
  const unsigned count = get<std::uint16_t>(f[2]), first = get<std::uint16_t>(f[3]);
  std::string text = family == AF_INET ? "ipv4:" : family == AF_INET6 ? "ipv6:" : "";
  text += protocol == IPPROTO_TCP ? "tcp" : protocol == IPPROTO_UDP ? "udp" : "";
  return text + (count == 0 ? "any" : count == 1 ? std::to_string(first) : fmt::format("{}-{}", first, first + count - 1));
}

std::string command_text(const RecordedCommand& c, TimestampStyle style) {
  const auto moment = [style](std::uint64_t t) {
    const auto text = timestamp_text(t, style);
    return text.empty() ? std::string("n/a") : text;
  };
  std::string status = std::to_string(c.status);
  if (c.code != CLD_EXITED) status += "/" + signal_name(c.status);
  const auto code = exit_code_name(c.code);
  return fmt::format("{{ path={} ; argv[]={} ; {} ; start_time=[{}] ; stop_time=[{}] ; pid={} ; code={} ; status={} }}", c.path,
                     unitparser::join(c.arguments, " "),
                     c.extended ? "flags=" + unitparser::join(c.flags, " ") : std::string("ignore_errors=") + (c.ignore_failure ? "yes" : "no"),
                     moment(c.start_realtime), moment(c.exit_realtime), c.pid, code.empty() ? "(null)" : code, status);
}

/// How the elements of an array of structs print: each on a line of its own, or all on one line.
struct StructListRow {
  std::string_view name, signature;
  bool own_lines;
  std::string (*print)(const std::vector<Value>& fields, std::string_view name, TimestampStyle style);
};

std::string reversed_pair_in_parentheses(const std::vector<Value>& f, std::string_view, TimestampStyle) {
  return text_of(f[1]) + " (" + text_of(f[0]) + ")";
}
std::string pair_with_blank(const std::vector<Value>& f, std::string_view, TimestampStyle) { return text_of(f[0]) + " " + text_of(f[1]); }
std::string pair_with_colon(const std::vector<Value>& f, std::string_view, TimestampStyle) {
  const auto second = text_of(f[1]);
  return text_of(f[0]) + (second.empty() ? "" : ":" + second);
}
std::string pair_around_colon(const std::vector<Value>& f, std::string_view, TimestampStyle) { return text_of(f[0]) + ":" + text_of(f[1]); }
std::string path_and_number(const std::vector<Value>& f, std::string_view name, TimestampStyle) {
  const auto n = get<std::uint64_t>(f[1]);
  return text_of(f[0]) + " " + (contains(name, "USec") ? span_text(n, 0) : std::to_string(n));
}

constexpr std::array struct_lists{
    StructListRow{"EnvironmentFiles", "(sb)", true,
                  [](const std::vector<Value>& f, std::string_view, TimestampStyle) {
                    return text_of(f[0]) + " (ignore_errors=" + (get<bool>(f[1]) ? "yes)" : "no)");
                  }},
    StructListRow{"Paths", "(ss)", true, reversed_pair_in_parentheses},
    StructListRow{"Listen", "(ss)", true, reversed_pair_in_parentheses},
    StructListRow{"DeviceAllow", "(ss)", true, pair_with_blank},
    StructListRow{"BPFProgram", "(ss)", true, pair_with_colon},
    StructListRow{"TemporaryFileSystem", "(ss)", false, pair_with_colon},
    StructListRow{"RootImageOptions", "(ss)", true, pair_around_colon},
    StructListRow{"TimersMonotonic", "(stt)", true,
                  [](const std::vector<Value>& f, std::string_view, TimestampStyle) {
                    const auto span = [](const Value& v) { return get<std::uint64_t>(v) == unlimited ? "infinity" : span_text(get<std::uint64_t>(v), 0); };
                    return "{ " + text_of(f[0]) + "=" + span(f[1]) + " ; next_elapse=" + span(f[2]) + " }";
                  }},
    StructListRow{"TimersCalendar", "(sst)", true,
                  [](const std::vector<Value>& f, std::string_view, TimestampStyle style) {
                    const auto next = timestamp_text(get<std::uint64_t>(f[2]), style);
                    return "{ " + text_of(f[0]) + "=" + text_of(f[1]) + " ; next_elapse=" + (next.empty() ? "(null)" : next) + " }";
                  }},
    StructListRow{"", "(st)", true, path_and_number},
    StructListRow{"BindPaths", "(ssbt)", false, [](const std::vector<Value>& f, std::string_view, TimestampStyle) { return bind_path(f); }},
    StructListRow{"BindReadOnlyPaths", "(ssbt)", false, [](const std::vector<Value>& f, std::string_view, TimestampStyle) { return bind_path(f); }},
    StructListRow{"MountImages", "(ssba(ss))", false, [](const std::vector<Value>& f, std::string_view, TimestampStyle) { return mount_image(f, true); }},
    StructListRow{"ExtensionImages", "(sba(ss))", false, [](const std::vector<Value>& f, std::string_view, TimestampStyle) { return mount_image(f, false); }},
    StructListRow{"SocketBindAllow", "(iiqq)", true, [](const std::vector<Value>& f, std::string_view, TimestampStyle) { return socket_bind(f); }},
    StructListRow{"SocketBindDeny", "(iiqq)", true, [](const std::vector<Value>& f, std::string_view, TimestampStyle) { return socket_bind(f); }},
    StructListRow{"", "(sst)", true,
                  [](const std::vector<Value>& f, std::string_view, TimestampStyle) { return text_of(f[0]) + ":" + text_of(f[1]); }},
};

Lines struct_list(std::string_view name, const ArrayValue& array, TimestampStyle style) {
  if (array.element_signature == "(sasbttttuii)" || array.element_signature == "(sasasttttuii)") {
    Lines lines;
    for (const auto& element : array.elements)
      if (const auto command = recorded_command(element)) lines.push_back(command_text(*command, style));
    return lines;
  }
  if (array.element_signature == "(iayu)") return {address_prefixes(array.elements)};
  for (const auto& row : struct_lists) {
    if (row.signature != array.element_signature || (!row.name.empty() && row.name != name)) continue;
    Lines lines;
    for (const auto& element : array.elements)
      if (const auto* fields = fields_of(element)) lines.push_back(row.print(*fields, name, style));
    if (row.own_lines) return lines;
    return {unitparser::join(lines, " ")};
  }
  return {std::string(unprintable)};
}

Lines array_lines(std::string_view name, const ArrayValue& array, TimestampStyle style) {
  const auto& element = array.element_signature;
  if (element == "s" || element == "o") {
    std::vector<std::string> words;
    for (const auto& e : array.elements) words.push_back(element == "s" ? text_of(e) : get<ObjectPath>(e).path);
    return {join_quoted(words)};
  }
  if (element == "ay") {
    std::string result;
    for (const auto& e : array.elements) result += (result.empty() ? "" : " ") + get<Bytes>(e).data;
    return {result};
  }
  if (element == "u" || element == "i" || element == "t") {
    std::string result;
    for (const auto& e : array.elements)
      std::visit(
          [&](const auto& number) {
            if constexpr (std::is_integral_v<std::decay_t<decltype(number)>>) result += (result.empty() ? "" : " ") + std::to_string(number);
          },
          e.storage);
    return {result};
  }
  return element.starts_with('(') ? struct_list(name, array, style) : Lines{std::string(unprintable)};
}

Lines struct_lines(std::string_view name, const StructValue& value, const std::string& signature) {
  const auto& f = value.fields;
  if (signature == "(bas)") {  // a list that allows, or one that forbids
    auto words = texts_of(f[1]);
    return {(get<bool>(f[0]) ? "" : "~") + unitparser::join(words, " ")};
  }
  if (signature == "(bs)") return {(get<bool>(f[0]) && !text_of(f[1]).empty() ? "-" : "") + text_of(f[1])};
  if (signature == "(uo)") return {get<std::uint32_t>(f[0]) == 0 ? "" : std::to_string(get<std::uint32_t>(f[0]))};
  if (signature == "(so)") return {text_of(f[0])};
  if (signature == "(aiai)") return {status_set(f)};
  if (signature == "(ss)") {
    if (text_of(f[0]).empty() && text_of(f[1]).empty()) return {""};
    return {text_of(f[0]) + " \"" + text_of(f[1]) + "\""};
  }
  static_cast<void>(name);
  return {std::string(unprintable)};
}

std::string bytes_line(std::string_view name, std::string_view data) {
  if (is_one_of(name, {"CPUAffinity", "NUMAMask", "AllowedCPUs", "AllowedMemoryNodes",
                       "EffectiveCPUs", "EffectiveMemoryNodes"}))
    return ranges_of_mask(data);
  if (is_one_of(name, {"StandardInputData", "RootHashSignature"})) return unitparser::encode_base64(data);
  return unitparser::encode_hex(data);
}

}  // namespace

std::string_view exit_code_name(std::int32_t code) {
  constexpr std::array<std::string_view, 7> names{"", "exited", "killed", "dumped", "trapped", "stopped", "continued"};
  return code >= 0 && static_cast<std::size_t>(code) < names.size() ? names[static_cast<std::size_t>(code)] : std::string_view{};
}

std::optional<RecordedCommand> recorded_command(const Value& element) {
  const auto* f = fields_of(element);
  if (f == nullptr || f->size() != 10) return std::nullopt;
  RecordedCommand c;
  c.path = text_of((*f)[0]);
  c.arguments = texts_of((*f)[1]);
  c.extended = elements_of((*f)[2]) != nullptr;
  if (c.extended)
    c.flags = texts_of((*f)[2]);
  else
    c.ignore_failure = get<bool>((*f)[2]);
  c.start_realtime = get<std::uint64_t>((*f)[3]);
  c.exit_realtime = get<std::uint64_t>((*f)[5]);
  c.pid = get<std::uint32_t>((*f)[7]);
  c.code = get<std::int32_t>((*f)[8]);
  c.status = get<std::int32_t>((*f)[9]);
  return c;
}

std::vector<std::string> property_texts(std::string_view name, const Value& value, TimestampStyle style) {
  return std::visit(
      [&](const auto& content) -> Lines {
        using T = std::decay_t<decltype(content)>;
        if constexpr (std::is_same_v<T, bool>) {
          return {content ? "yes" : "no"};
        } else if constexpr (std::is_same_v<T, std::string>) {
          std::string line;
          for (const char c : content) line += c == '\n' ? std::string("\\x0a") : std::string(1, c);
          return {line};
        } else if constexpr (std::is_same_v<T, std::uint64_t>) {
          return {long_number(name, content, style)};
        } else if constexpr (std::is_same_v<T, std::uint32_t>) {
          return {word_number(name, content)};
        } else if constexpr (std::is_same_v<T, std::int32_t>) {
          return {integer(name, content)};
        } else if constexpr (std::is_same_v<T, std::int64_t>) {
          return {std::to_string(content)};
        } else if constexpr (std::is_same_v<T, double>) {
          return {fmt::format("{:g}", content)};
        } else if constexpr (std::is_same_v<T, ObjectPath>) {
          return {content.path};
        } else if constexpr (std::is_same_v<T, Bytes>) {
          return {bytes_line(name, content.data)};
        } else if constexpr (std::is_same_v<T, ArrayValue>) {
          return array_lines(name, content, style);
        } else if constexpr (std::is_same_v<T, StructValue>) {
          return struct_lines(name, content, value.signature());
        } else {
          return {std::string(unprintable)};
        }
      },
      value.storage);
}

}  // namespace ctl
