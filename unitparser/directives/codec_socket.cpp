// Reading of sockets, timers and paths. [pure]
#include "unitparser/directives/codec_socket.h"

#include <algorithm>
#include <cerrno>

#include "unitparser/directives/codec_process.h"
#include "unitparser/directives/codec_resource.h"
#include "unitparser/names/bus_name.h"
#include "unitparser/syntax/addresses.h"
#include "unitparser/syntax/calendar.h"
#include "unitparser/syntax/kernel_names.h"

namespace unitparser {

namespace {
/// /var/run is a link to /run since long; the path without it, and a remark.
std::string without_legacy_folder(ParseContext& context, std::string path) {
  constexpr std::string_view legacy = "/var/run";
  if (!path_is_below(path, legacy) || path.size() <= legacy.size() + 1) return path;
  std::string better = "/run" + path.substr(legacy.size());
  context.note(fmt::format("{}= references a path below legacy directory /var/run/, updating {} → {}; please update the unit file accordingly.", context.key, path, better));
  return better;
}
}  // namespace

// --- Sockets ------------------------------------------------------------------------------------------------------
namespace {
bool is_address(ListenKind kind) { return kind == ListenKind::stream || kind == ListenKind::datagram || kind == ListenKind::sequential_packet; }
}  // namespace

bool parse_listen(ParseContext& context, ListenKind kind, std::string_view text, std::vector<ListenEntry>& list) {
  if (text.empty()) {
    list.clear();
    return true;
  }
  const std::optional<std::string> expanded = context.expand(text);
  if (!expanded) return false;
  ListenEntry entry{kind, {}, context.origin};
  const bool has_address = is_address(kind);
  if (has_address || kind == ListenKind::netlink) {
    const std::string said = has_address ? without_legacy_folder(context, *expanded) : *expanded;
    const Result<SocketAddress> address = has_address ? parse_socket_address(said) : parse_netlink_address(said);
    if (!address) {
      const bool is_number = has_address && said != "0" && said.find_first_not_of("0123456789", said.starts_with('-') ? 1 : 0) == std::string::npos;
      context.misread_because(is_number ? ERANGE : EINVAL, fmt::format("Failed to parse address value in '{}', ignoring", *expanded),
                              "write a path, @abstract, port, address:port or vsock:cid:port");
      return false;
    }
    const bool is_unix = address->kind == SocketAddress::Kind::unix_path || address->kind == SocketAddress::Kind::unix_abstract;
    if (kind == ListenKind::sequential_packet && !is_unix) {
      context.ignore(fmt::format("Address family not supported, ignoring: {}", *expanded), "sequential packets exist for local sockets");
      return false;
    }
    entry.address = format_socket_address(*address);
  } else {
    std::optional<std::string> path = checked_path(context, *expanded);
    if (!path) return false;
    entry.address = std::move(*path);
  }
  list.push_back(std::move(entry));
  return true;
}
Value encode_listen(const std::vector<ListenEntry>& list) {
  ArrayValue array{"(ss)", {}};
  // COMPAT: what is an address is shown escaped, what is a path of another kind as it is.
  for (const ListenEntry& entry : list) array.elements.push_back(struct_of(std::string(to_name(entry.kind)), is_address(entry.kind) ? escape_c(entry.address) : entry.address));
  return array;
}

namespace {
/// Lines "<key>=<text>" of pairs; `line` takes the kind and what goes with it.
template <class Line>
Result<Texts> pair_lines(const Given& given, std::string_view reset, Line&& line) {
  Texts lines = TRY(element_texts(given, [&](const Value& pair) { return line(text_of(fields_of(pair)[0]), fields_of(pair)[1]); }));
  return lines.empty() ? Texts{fmt::format("{}=", reset)} : lines;
}
}  // namespace

Result<Texts> listen_lines(const Given& given) {
  return pair_lines(given, "ListenStream", [](const std::string& name, const Value& content) -> Result<std::string> {
    const std::string& address = text_of(content);
    const std::optional<ListenKind> kind = from_name<ListenKind>(name);
    if (!kind) return refused_setting(fmt::format("Unknown Socket type: {}", name));
    if (is_address(*kind)) {
      if (!parse_socket_address(address)) return refused_setting(fmt::format("Invalid address: {}", address));
    } else if (*kind == ListenKind::netlink) {
      if (!parse_netlink_address(address)) return refused_setting(fmt::format("Invalid netlink address: {}", address));
    } else if (!is_absolute_path(address)) {
      return refused_setting(fmt::format("Invalid socket path: {}", address));
    }
    return fmt::format("Listen{}={}", name, escape_specifiers(address));
  });
}

bool SocketProtocolCodec::parse(ParseContext& context, std::string_view text, int& value) {
  const std::optional<int> protocol = number_of(socket_protocols(), text);
  if (!protocol) {
    const Result<std::int64_t> number = parse_signed(text, INT32_MIN, INT32_MAX);
    const bool is_other = text.empty() || (number && *number >= 0);  // a protocol, but none that sockets have
    context.misread(is_other ? EPROTONOSUPPORT : number ? EINVAL : number.error().os_errno, fmt::format("Failed to parse socket protocol, ignoring: {}", text), "choose udplite or sctp");
    return false;
  }
  value = *protocol;
  return true;
}
Result<Texts> SocketProtocolCodec::texts(const Given& given) {
  const auto number = std::get<std::int32_t>(given.value.storage);
  const std::string_view name = name_of(socket_protocols(), number);
  if (name.empty() && number != 0) return refused_setting(given);
  return Texts{std::string(name)};
}
Result<Texts> IpTosCodec::texts(const Given& given) {
  const auto tos = std::get<std::int32_t>(given.value.storage);
  if (tos < 0 || tos > 255) return refused_as_too_large();
  return Texts{fmt::format("{}", tos)};
}
bool IpTosCodec::parse(ParseContext& context, std::string_view text, int& value) {
  if (text.empty()) {
    value = -1;
    return true;
  }
  const std::optional<int> tos = name_or_number(ip_tos_names(), text, 255);
  if (!tos) {
    context.misread(EINVAL, fmt::format("Failed to parse IP TOS value, ignoring: {}", text), "choose low-delay, throughput, reliability or low-cost");
    return false;
  }
  value = *tos;
  return true;
}
bool InterfaceCodec::parse(ParseContext& context, std::string_view text, std::string& value) {
  if (text.empty() || text == "*") {
    value.clear();
    return true;
  }
  if (!is_interface_name(text)) {  // COMPAT: no specifiers
    context.ignore(fmt::format("Invalid interface name, ignoring: {}", text));
    return false;
  }
  value = text;
  return true;
}
bool DescriptorNameCodec::parse(ParseContext& context, std::string_view text, std::optional<std::string>& value) {
  if (text.empty()) {
    value.reset();
    return true;
  }
  std::optional<std::string> name = context.expand(text);
  if (!name) return false;
  if (name->size() > 255 || !is_descriptor_name(*name)) {
    context.ignore(fmt::format("Invalid file descriptor name, ignoring: {}", *name), "at most 255 characters, no colon");
    return false;
  }
  value = std::move(*name);
  return true;
}
bool TimestampingCodec::parse(ParseContext& context, std::string_view text, SocketTimestamping& value) {
  if (text == "us" || text == "usec" || text == "µs") {
    value = SocketTimestamping::us;
  } else if (text == "ns" || text == "nsec") {
    value = SocketTimestamping::ns;
  } else if (const Result<bool> truth = parse_boolean(text)) {
    value = *truth ? SocketTimestamping::ns : SocketTimestamping::off;
  } else {
    context.misread(EINVAL, fmt::format("Failed to parse timestamping precision, ignoring: {}", text), "choose off, us or ns");
    return false;
  }
  return true;
}
bool SymlinksCodec::parse(ParseContext& context, std::string_view text, std::vector<std::string>& value) {
  bool ended = false;  // COMPAT: a path that is not absolute is the line's last
  return for_each_word(context, text, plain_words, [&](const std::string& word) {
    const std::optional<std::string> expanded = ended ? std::nullopt : context.expand(word);
    if (!expanded) return;
    std::optional<std::string> path = checked_path(context, *expanded);
    ended = !path;
    if (path) value.push_back(std::move(*path));
  });
}

// --- Timers -------------------------------------------------------------------------------------------------------
namespace {
/// Knows no zone but UTC.
class UtcOnly final : public TimeZones {
 public:
  const TimeZone* find(std::string_view name) override { return name == "UTC" ? &utc_ : nullptr; }
  const TimeZone& local() override { return utc_; }

 private:
  TimeZone utc_;
};
}  // namespace
bool parse_timer(ParseContext& context, TimerBase base, std::string_view text, std::vector<TimerEntry>& list) {
  if (text.empty()) {
    list.clear();
    return true;
  }
  const std::optional<std::string> expanded = context.expand(text);
  if (!expanded) return false;
  TimerEntry entry;
  entry.base = base;
  entry.origin = context.origin;
  if (base == TimerBase::calendar) {
    UtcOnly utc_only;
    const Result<CalendarSpec> calendar = parse_calendar(*expanded, context.zones != nullptr ? *context.zones : utc_only);
    if (!calendar) {
      context.misread(calendar.error().os_errno == ERANGE ? ERANGE : EINVAL, fmt::format("Failed to parse calendar specification, ignoring: {}", *expanded), "see systemd.time(7), such as Mon..Fri 10:00 or daily");
      return false;
    }
    entry.calendar = format_calendar(*calendar);
  } else {
    const Result<Duration> delay = parse_duration(*expanded);
    if (!delay) {
      context.misread(delay.error().os_errno, fmt::format("Failed to parse timer value, ignoring: {}", *expanded), "write a time span such as 15min");
      return false;
    }
    entry.delay = *delay;
  }
  list.push_back(std::move(entry));
  return true;
}
Value encode_monotonic_timers(const std::vector<TimerEntry>& list) {
  ArrayValue array{"(stt)", {}};
  for (auto entry = list.rbegin(); entry != list.rend(); ++entry)
    if (entry->base != TimerBase::calendar)
      array.elements.push_back(struct_of(std::string(to_name(entry->base)), entry->delay.usec(), std::uint64_t{0}));
  return array;
}
Value encode_calendar_timers(const std::vector<TimerEntry>& list) {
  ArrayValue array{"(sst)", {}};
  for (auto entry = list.rbegin(); entry != list.rend(); ++entry)
    if (entry->base == TimerBase::calendar)
      array.elements.push_back(struct_of(std::string(to_name(entry->base)), entry->calendar, std::uint64_t{0}));
  return array;
}
Result<Texts> monotonic_timer_lines(const Given& given) {
  return pair_lines(given, "OnBootSec", [](const std::string& key, const Value& content) -> Result<std::string> {
    const std::optional<TimerBase> base = key.ends_with("Sec") ? from_name<TimerBase>(key.substr(0, key.size() - 3) + "USec") : std::nullopt;
    if (!base) return refused_setting(fmt::format("Invalid timer base: {}", key));
    return fmt::format("{}={}", key, format_duration(Duration::from_usec(std::get<std::uint64_t>(content.storage))));
  });
}
Result<Texts> calendar_timer_lines(const Given& given) {
  return pair_lines(given, "OnCalendar", [](const std::string& key, const Value& content) -> Result<std::string> {
    if (key != "OnCalendar") return refused_setting(fmt::format("Invalid timer base: {}", key));
    return fmt::format("{}={}", key, escape_specifiers(text_of(content)));
  });
}

// --- Paths --------------------------------------------------------------------------------------------------------
bool parse_watched_path(ParseContext& context, PathKind kind, std::string_view text, std::vector<PathEntry>& list) {
  if (text.empty()) {
    list.clear();
    return true;
  }
  const std::optional<std::string> expanded = context.expand(text, unresolved::bare);
  if (!expanded) return false;
  std::optional<std::string> path = checked_path(context, *expanded);
  if (!path) return false;
  list.push_back({kind, std::move(*path), context.origin});
  return true;
}
Value encode_watched_paths(const std::vector<PathEntry>& list) {
  ArrayValue array{"(ss)", {}};
  for (auto entry = list.rbegin(); entry != list.rend(); ++entry)
    array.elements.push_back(struct_of(std::string(to_name(entry->kind)), entry->path));
  return array;
}
Result<Texts> watched_path_lines(const Given& given) {
  return pair_lines(given, "PathExists", [](const std::string& kind, const Value& content) -> Result<std::string> {
    const std::string& path = text_of(content);
    if (!from_name<PathKind>(kind)) return refused_setting(fmt::format("Unknown path type: {}", kind));
    if (path.empty()) return refused_setting(fmt::format("Path in {} is empty", kind));
    if (!is_absolute_path(path)) return refused_setting(fmt::format("Path in {} is not absolute: {}", kind, path));
    return fmt::format("{}={}", kind, escape_specifiers(path));
  });
}

// --- Mounts, swaps, services --------------------------------------------------------------------------------------
bool MountSourceCodec::parse(ParseContext& context, std::string_view text, std::string& value) {
  std::optional<std::string> source = context.expand(text);
  if (!source) return false;
  value = std::move(*source);
  return true;
}
bool SwapSourceCodec::parse(ParseContext& context, std::string_view text, std::string& value) { return parse_path(context, text, value, false); }
bool SwapPriorityCodec::parse(ParseContext& context, std::string_view text, std::optional<int>& value) {
  if (text.empty()) {
    value.reset();
    return true;
  }
  const Result<std::int64_t> priority = parse_signed(text, INT32_MIN, INT32_MAX);
  if (!priority) {
    context.misread(priority.error().os_errno, fmt::format("Invalid swap priority '{}', ignoring.", text), "the range is -1 to 32767");
    return false;
  }
  if (*priority < -1 || *priority > 32767) {
    context.ignore(fmt::format("Swap priority out of range, ignoring: {}", text), "the range is -1 to 32767");
    return false;
  }
  value = static_cast<int>(*priority);
  return true;
}

bool BusNameCodec::parse(ParseContext& context, std::string_view text, std::string& value) {
  std::optional<std::string> name = context.expand(text, unresolved::bare);
  if (!name) return false;
  if (!is_well_known_bus_name(*name)) {
    context.ignore(fmt::format("Invalid bus name, ignoring: {}", *name), "such as org.example.Service");
    return false;
  }
  value = std::move(*name);
  return true;
}
bool PidFileCodec::parse(ParseContext& context, std::string_view text, std::string& value) {
  if (text.empty()) {
    value.clear();
    return true;
  }
  const std::optional<std::string> expanded = context.expand(text);
  if (!expanded) return false;
  if (!expanded->empty() && !is_safe_path(*expanded)) {
    context.complain(fmt::format("{}= path is not normalized, ignoring: {}", context.key, *expanded));
    context.load_error = EINVAL;  // COMPAT: in spite of these words the whole unit cannot be loaded
    return false;
  }
  std::string path = *expanded;
  if (!is_absolute_path(path)) path = (context.specifiers.facts != nullptr ? context.specifiers.facts->runtime_directory : std::string("/run")) + "/" + path;
  path = simplify_path(path);
  value = without_legacy_folder(context, std::move(path));
  return true;
}

}  // namespace unitparser
