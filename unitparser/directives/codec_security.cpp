// Reading of privileges and filters. [pure]
#include "unitparser/directives/codec_security.h"

#include <algorithm>
#include <cerrno>

#include "unitparser/syntax/kernel_names.h"
#include "unitparser/syntax/syscall_groups.h"

namespace unitparser {

bool parse_capabilities(ParseContext& context, std::string_view text, std::uint64_t initial, std::uint64_t& set) {
  const bool invert = text.starts_with('~');
  if (invert) text.remove_prefix(1);
  std::uint64_t sum = 0;
  // COMPAT: of a line that is not understood to its end the first words count.
  (void)for_each_word(context, text, plain_words, [&](const std::string& word) {
    if (const std::optional<int> capability = parse_capability(word))
      sum |= std::uint64_t{1} << *capability;
    else  // COMPAT: systemd says nothing of it
      context.ignore(fmt::format("Failed to parse capability in {}=, ignoring: {}", context.key, word), "see capabilities(7)");
  });
  if (sum == 0 || set == initial)
    set = !invert ? sum : sum == 0 ? UINT64_MAX : ~sum & all_capabilities;
  else if (invert)
    set &= ~sum;
  else
    set |= sum;
  return true;
}
bool SecureBitsCodec::parse(ParseContext& context, std::string_view text, std::optional<int>& value) {
  if (text.empty()) {
    value.reset();
    return true;
  }
  int bits = 0;  // COMPAT: the last line counts, though systemd.exec(5) has them add up
  // COMPAT: of a line that is not understood to its end the first words count.
  (void)for_each_word(context, text, plain_words, [&](const std::string& word) {
    if (const std::optional<int> bit = parse_secure_bit(word))
      bits |= *bit;
    else
      context.ignore(fmt::format("Failed to parse secure bits, ignoring: {}", word));
  });
  value = bits;
  return true;
}
Result<Texts> SecureBitsCodec::texts(const Given& given) {
  const auto bits = std::get<std::int32_t>(given.value.storage);
  if (bits < 0 || bits > 63) return refused_setting(given);
  return Texts{format_secure_bits(bits)};
}

// --- Filters ------------------------------------------------------------------------------------------------------
namespace {
bool is_allow_list(const Given& given) { return std::get<bool>(fields_of(given.value)[0].storage); }
const std::vector<Value>& names_in_filter(const Given& given) { return elements_of(fields_of(given.value)[1]); }
}  // namespace
Result<Texts> filter_texts(const Given& given) {
  Texts names;
  for (const Value& element : names_in_filter(given))
    if (!text_of(element).empty()) names.push_back(quoted_word(text_of(element)));
  return Texts{(is_allow_list(given) || names_in_filter(given).empty() ? "" : "~") + join(names, " ")};
}

namespace {
struct CallWord {
  std::string name;
  int error = -1;
};
constexpr int kill_error = 2147483646;  // what "kill" is on the bus
std::optional<CallWord> split_call(std::string_view word) {
  const std::size_t colon = word.find(':');
  CallWord call{std::string(word.substr(0, colon)), -1};
  if (colon == std::string_view::npos) return call;
  const std::string_view error = word.substr(colon + 1);
  if (error == "kill") {
    call.error = kill_error;
  } else if (const std::optional<int> number = parse_errno(error)) {
    call.error = *number;
  } else {
    return std::nullopt;
  }
  return call;
}

/// Names of the kernel that libseccomp 2.5.4 cannot put into a filter.
bool is_filterable(std::string_view name) {
  constexpr std::array<std::string_view, 32> left_out{
      "atomic_barrier", "atomic_cmpxchg_32", "dipc", "exec_with_loader", "execv", "getdomainname", "getdtablesize", "gethostname",
      "getpagesize", "getxgid", "getxpid", "getxuid", "kern_features", "memory_ordering", "old_adjtimex", "oldumount", "or1k_atomic",
      "perfctr", "riscv_hwprobe", "sched_get_affinity", "sched_set_affinity", "sethae", "setpgrp", "uretprobe", "utrap_install",
      "fchmodat3", "mseal", "lsm_get_self_attr", "lsm_set_self_attr", "lsm_list_modules", "statmount", "listmount"};
  if (name.starts_with("osf_") || name.starts_with("arc_")) return false;
  return std::find(left_out.begin(), left_out.end(), name) == left_out.end();
}
/// What libseccomp 2.5.4 calls the one of that name: two that this machine has not share their number there, and are one.
std::string_view name_in_filter(std::string_view name) { return name == "sys_debug_setcontext" ? "switch_endian" : name; }
bool is_call(std::string_view name) { return is_filterable(name) && is_known_system_call(name); }

void add_calls(ParseContext& context, SystemCallSet& filter, bool invert, const CallWord& call) {
  if (call.name.starts_with('@')) {
    const SystemCallGroup* group = find_system_call_group(call.name);
    if (group == nullptr) {
      context.misread(EINVAL, fmt::format("Unknown system call group, ignoring: {}", call.name), "see systemd-analyze syscall-filter");
      return;
    }
    for (const std::string_view member : system_calls_of(*group))
      if (is_filterable(member)) apply_to_filter(filter, invert, std::string(name_in_filter(member)), int{call.error});
  } else if (!is_call(call.name)) {
    context.ignore(fmt::format("Failed to parse system call, ignoring: {}", call.name));
  } else {
    apply_to_filter(filter, invert, std::string(name_in_filter(call.name)), int{call.error});
  }
}

bool parse_calls(ParseContext& context, std::string_view text, bool with_errors, std::optional<SystemCallSet>& value) {
  if (text.empty()) {
    value.reset();
    return true;
  }
  const bool invert = text.starts_with('~');
  if (invert) text.remove_prefix(1);
  SystemCallSet filter;
  if (value) {
    filter = *value;
  } else if (!invert) {
    filter.allow_list = true;
    if (with_errors) add_calls(context, filter, false, {"@default", -1});
  }
  (void)for_each_word(context, text, WordOptions{}, [&](const std::string& word) {
    const std::optional<CallWord> call = with_errors ? split_call(word) : CallWord{word, -1};
    if (!call)
      context.misread(EINVAL, fmt::format("Failed to parse syscall:errno, ignoring: {}", word));
    else if (!invert && call->error >= 0)
      context.ignore(fmt::format("Allow-listed system calls cannot take error number, ignoring: {}", word));
    else
      add_calls(context, filter, invert, *call);
  });
  value = std::move(filter);  // also when the line was not understood to its end
  return true;
}
}  // namespace

bool SystemCallFilterCodec::parse(ParseContext& context, std::string_view text, std::optional<SystemCallSet>& value) {
  return parse_calls(context, text, true, value);
}
Result<Texts> SystemCallFilterCodec::texts(const Given& given) {
  for (const Value& element : names_in_filter(given)) {
    const std::optional<CallWord> call = split_call(text_of(element));
    if (!call || call->name.empty() || (is_allow_list(given) && call->error >= 0)) return refused_setting(given);
  }
  return filter_texts(given);
}
bool SystemCallLogCodec::parse(ParseContext& context, std::string_view text, std::optional<SystemCallSet>& value) {
  return parse_calls(context, text, false, value);
}
Value SystemCallFilterCodec::encode(const std::optional<SystemCallSet>& value) {
  ArrayValue names{"s", {}};
  if (value)
    for (const auto& [name, error] : value->entries) {
      if (error < 0) {
        names.elements.emplace_back(name);
      } else {
        names.elements.emplace_back(name + ":" + (error == kill_error ? "kill" : format_errno(error)));
      }
    }
  return struct_of(value && value->allow_list, std::move(names));
}

bool ArchitecturesCodec::parse(ParseContext& context, std::string_view text, std::vector<std::string>& value) {
  return for_each_word(context, text, plain_words, [&](const std::string& word) {
    if (!is_system_call_architecture(word))
      context.misread_because(EINVAL, fmt::format("Failed to parse system call architecture \"{}\", ignoring", word), "such as native, x86-64 or x86");
    else if (std::find(value.begin(), value.end(), word) == value.end())
      value.push_back(word);
  });
}
Result<Texts> ArchitecturesCodec::texts(const Given& given) {
  for (const Value& element : elements_of(given.value))
    if (!is_system_call_architecture(text_of(element))) return refused_setting(given);
  return one_line_texts(given);
}
Value ArchitecturesCodec::encode(const std::vector<std::string>& value) {
  std::vector<std::string> sorted = value;
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  return string_array(sorted);
}

bool ErrorNumberCodec::parse(ParseContext& context, std::string_view text, std::optional<int>& value) {
  if (text.empty() || text == "kill") {
    value.reset();
    return true;
  }
  const std::optional<int> number = parse_errno(text);
  if (number && *number > 0) {
    value = *number;
    return true;
  }
  constexpr const char* hint = "write a name such as EPERM, a number, or kill";
  const Result<std::int64_t> written = parse_signed(text);
  const int why = written || written.error().os_errno == ERANGE ? ERANGE : EINVAL;
  if (number) context.ignore(fmt::format("Invalid error number, ignoring: {}", text), hint);
  else context.misread(why, fmt::format("Failed to parse error number, ignoring: {}", text), hint);
  return false;
}
Result<Texts> ErrorNumberCodec::texts(const Given& given) {
  const auto number = std::get<std::int32_t>(given.value.storage);
  return Texts{number == kill_error ? "kill" : fmt::format("{}", number)};
}

// --- Namespaces ---------------------------------------------------------------------------------------------------
bool NamespacesCodec::parse(ParseContext& context, std::string_view text, std::optional<std::uint64_t>& value) {
  if (text.empty()) {
    value.reset();
    return true;
  }
  if (const Result<bool> restrict_all = parse_boolean(text)) {
    value = *restrict_all ? 0 : all_namespaces();
    return true;
  }
  const bool invert = text.starts_with('~');
  if (invert) text.remove_prefix(1);
  std::uint64_t flags = 0;
  for (const std::string_view word : split_whitespace(text)) {
    const std::optional<std::uint64_t> flag = parse_namespace(word);
    if (!flag) {
      context.misread(EINVAL, fmt::format("Failed to parse namespace type string, ignoring: {}", text), "choose from cgroup, ipc, net, mnt, pid, user, uts");
      return false;
    }
    flags |= *flag;
  }
  if (!value)
    value = invert ? all_namespaces() & ~flags : flags;
  else
    value = invert ? *value & ~flags : *value | flags;
  return true;
}
Result<Texts> NamespacesCodec::texts(const Given& given) {
  const auto flags = std::get<std::uint64_t>(given.value.storage);
  if (flags == UINT64_MAX) return Texts{""};
  return Texts{(flags & all_namespaces()) == 0 ? "yes" : format_namespaces(flags)};
}

bool AddressFamiliesCodec::parse(ParseContext& context, std::string_view text, std::optional<FamilyFilter>& value) {
  if (text.empty()) {
    value.reset();
    return true;
  }
  if (text == "none") {
    value = FamilyFilter{true, {}};
    return true;
  }
  const bool invert = text.starts_with('~');
  if (invert) text.remove_prefix(1);
  FamilyFilter filter = value.value_or(FamilyFilter{!invert, {}});
  (void)for_each_word(context, text, plain_words, [&](const std::string& word) {
    if (const std::optional<int> family = number_of(address_families(), word))
      apply_to_filter(filter, invert, int{*family}, NoExtra{});
    else
      context.misread(EINVAL, fmt::format("Failed to parse address family, ignoring: {}", word), "such as AF_UNIX or AF_INET");
  });
  value = std::move(filter);  // also when the line was not understood to its end
  return true;
}
Value AddressFamiliesCodec::encode(const std::optional<FamilyFilter>& value) {
  std::vector<std::string> names;
  if (value)
    for (const auto& [family, none] : value->entries) names.emplace_back(name_of(address_families(), family));
  std::sort(names.begin(), names.end());
  return struct_of(value && value->allow_list, string_array(names));
}
Result<Texts> AddressFamiliesCodec::texts(const Given& given) {
  for (const Value& element : names_in_filter(given))
    if (!number_of(address_families(), text_of(element))) return refused_setting(given);
  return names_in_filter(given).empty() && is_allow_list(given) ? Texts{"none"} : filter_texts(given);
}

bool FileSystemsCodec::parse(ParseContext&, std::string_view text, std::optional<NameFilter>& value) {
  if (text.empty()) {
    value.reset();
  } else if (!value) {
    value = NameFilter{!text.starts_with('~'), {}};
  }
  return true;
}
Value FileSystemsCodec::encode(const std::optional<NameFilter>& value) { return encode_name_filter(value.value_or(NameFilter{})); }
Value encode_name_filter(const NameFilter& filter) {
  std::vector<std::string> names;
  for (const auto& [name, none] : filter.entries) names.push_back(name);
  return struct_of(filter.allow_list, string_array(names));
}

bool LabelCodec::parse(ParseContext& context, std::string_view text, SecurityLabel& value) {
  if (text.empty()) {
    value = {};
    return true;
  }
  SecurityLabel label;
  label.ignore_failure = text.starts_with('-');
  if (label.ignore_failure) text.remove_prefix(1);
  std::optional<std::string> expanded = label.ignore_failure ? context.expand(text) : context.expand_or_refuse(text, unresolved::refused);
  if (!expanded) return false;
  label.label = std::move(*expanded);
  value = std::move(label);
  return true;
}
Result<Texts> LabelCodec::texts(const Given& given) {
  if (const auto* plain = std::get_if<std::string>(&given.value.storage)) return Texts{escape_specifiers(*plain)};
  const std::vector<Value>& pair = fields_of(given.value);
  return Texts{(std::get<bool>(pair[0].storage) ? "-" : "") + escape_specifiers(text_of(pair[1]))};
}

bool MountFlagsCodec::parse(ParseContext& context, std::string_view text, std::uint64_t& value) {
  if (text.empty()) {
    value = 0;
  } else if (const std::optional<int> flag = number_of(mount_propagations(), text)) {
    value = static_cast<std::uint64_t>(*flag);
  } else {
    context.misread(EINVAL, fmt::format("Failed to parse mount flag, ignoring: {}", text), "choose shared, slave or private");
    return false;
  }
  return true;
}
Result<Texts> MountFlagsCodec::texts(const Given& given) {
  const auto flags = std::get<std::uint64_t>(given.value.storage);
  if (flags == 0) return Texts{""};
  const std::string_view name = flags <= INT32_MAX ? name_of(mount_propagations(), static_cast<int>(flags)) : std::string_view{};
  if (name.empty()) return refused_setting(given);
  return Texts{std::string(name)};
}

}  // namespace unitparser
