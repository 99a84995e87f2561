// Reading of amounts of resources. [pure]
#include "unitparser/directives/codec_resource.h"

#include <algorithm>
#include <cerrno>

namespace unitparser {

bool parse_weight(ParseContext& context, std::string_view text, std::string_view noun, std::uint64_t low, std::uint64_t high,
                  std::optional<std::uint64_t>& value) {
  if (text.empty()) {
    value.reset();
    return true;
  }
  const Result<std::uint64_t> weight = parse_unsigned(text);
  if (!weight || *weight < low || *weight > high) {
    context.misread(weight ? ERANGE : weight.error().os_errno, fmt::format("Invalid {}, ignoring: {}", noun, text), fmt::format("the range is {} to {}", low, high));
    return false;
  }
  value = *weight;
  return true;
}
Result<Texts> weight_texts(const Given& given) {
  const auto weight = std::get<std::uint64_t>(given.value.storage);
  return weight == UINT64_MAX ? Texts{""} : Texts{fmt::format("{}", weight)};
}
bool CpuWeightCodec::parse(ParseContext& context, std::string_view text, std::optional<std::uint64_t>& value) {
  if (text == "idle") {
    value = 0;
    return true;
  }
  return parse_weight(context, text, "CPU weight", 1, 10000, value);
}
Result<Texts> CpuWeightCodec::texts(const Given& given) {
  return std::get<std::uint64_t>(given.value.storage) == 0 ? Result<Texts>(Texts{"idle"}) : weight_texts(given);
}
bool CpuSharesCodec::parse(ParseContext& context, std::string_view text, std::optional<std::uint64_t>& value) {
  context.ignore(fmt::format("Unit uses {}=; please use CPUWeight= instead. Support for {}= will be removed soon.", context.key, context.key));
  return parse_weight(context, text, "CPU shares", 2, 262144, value);
}

bool CpuQuotaCodec::parse(ParseContext& context, std::string_view text, Duration& value) {
  if (text.empty()) {
    value = Duration::infinity();
    return true;
  }
  const Result<std::uint32_t> permyriad = parse_permyriad(text, UINT32_MAX);
  if (!permyriad || *permyriad == 0) {
    context.misread(permyriad ? ERANGE : permyriad.error().os_errno, fmt::format("Invalid CPU quota '{}', ignoring.", text), "write a percentage such as 20%; 100% is one whole CPU");
    return false;
  }
  value = Duration::from_usec(std::uint64_t{*permyriad} * 100);
  return true;
}
Result<Texts> CpuQuotaCodec::texts(const Given& given) {
  const auto usec = std::get<std::uint64_t>(given.value.storage);
  if (usec == UINT64_MAX) return Texts{""};
  return Texts{usec % 10000 == 0 ? fmt::format("{}%", usec / 10000) : fmt::format("{}.{:02}%", usec / 10000, usec % 10000 / 100)};
}

// --- Memory and tasks ---------------------------------------------------------------------------------------------
namespace {
/// `permyriad` of the machine's memory, in whole pages.
std::uint64_t part_of_memory(const MachineFacts& machine, std::uint32_t permyriad) {
  const std::uint64_t pages = machine.physical_memory / machine.page_size;
  return pages * permyriad / 10000 * machine.page_size;
}
}  // namespace
bool parse_memory(ParseContext& context, std::string_view text, std::uint64_t least, ScalableLimit& value) {
  if (text == "infinity") {
    value = {};
    return true;
  }
  ScalableLimit limit;
  if (const Result<std::uint32_t> permyriad = parse_permyriad(text)) {
    limit.permyriad = *permyriad;
    if (context.machine != nullptr && context.machine->physical_memory > 0) limit.value = part_of_memory(*context.machine, *permyriad);
  } else if (const Result<std::uint64_t> bytes = parse_size(text)) {
    limit.value = *bytes;
  } else {
    context.misread_because(bytes.error().os_errno, fmt::format("Invalid memory limit '{}', ignoring", text), "write a size such as 512M, a percentage, or infinity");
    return false;
  }
  if (limit.value < least || (limit.value == UINT64_MAX && !limit.permyriad)) {
    context.ignore(fmt::format("Memory limit '{}' out of range, ignoring.", text));
    return false;
  }
  value = limit;
  return true;
}
Result<Texts> limit_texts(const Given& given) {
  const auto limit = std::get<std::uint64_t>(given.value.storage);
  return limit == UINT64_MAX ? Texts{"infinity"} : Texts{fmt::format("{}", limit)};
}
std::string fraction_text(const Given& given) {
  const auto permyriad = (std::uint64_t{std::get<std::uint32_t>(given.value.storage)} * 10000 + UINT32_MAX / 2) / UINT32_MAX;
  return fmt::format("{}.{:02}%", permyriad / 100, permyriad % 100);
}
bool MemoryMaximumCodec::parse(ParseContext& context, std::string_view text, ScalableLimit& value) {
  if (!text.empty() && !parse_memory(context, text, context.key == "MemorySwapMax" ? 0 : 1, value)) return false;
  if (text.empty()) value = {};
  if (context.key == "MemoryLimit")
    context.ignore("Unit uses MemoryLimit=; please use MemoryMax= instead. Support for MemoryLimit= will be removed soon.");
  return true;
}
bool MemoryProtectionCodec::parse(ParseContext& context, std::string_view text, std::optional<ScalableLimit>& value) {
  if (text.empty()) {
    value.reset();
    return true;
  }
  ScalableLimit limit;
  if (!parse_memory(context, text, 0, limit)) return false;
  value = limit;
  return true;
}
bool TasksMaxCodec::parse(ParseContext& context, std::string_view text, std::optional<ScalableLimit>& value) {
  if (text.empty()) {
    value.reset();  // the loader puts the manager's default in
    return true;
  }
  ScalableLimit limit;
  if (text == "infinity") {
    value = limit;
    return true;
  }
  if (const Result<std::uint32_t> permyriad = parse_permyriad(text)) {
    limit.permyriad = *permyriad;
    if (context.machine != nullptr && context.machine->tasks_max > 0) limit.value = context.machine->tasks_max * *permyriad / 10000;
  } else if (const Result<std::uint64_t> number = parse_unsigned(text)) {
    limit.value = *number;
  } else {
    context.misread_because(number.error().os_errno, fmt::format("Invalid maximum tasks value '{}', ignoring", text), "write a number, a percentage, or infinity");
    return false;
  }
  if (!limit.permyriad && (limit.value == 0 || limit.value == UINT64_MAX)) {
    context.ignore(fmt::format("Maximum tasks value '{}' out of range, ignoring.", text));
    return false;
  }
  value = limit;
  return true;
}

// --- Controllers --------------------------------------------------------------------------------------------------
bool parse_delegate(ParseContext& context, std::string_view text, bool& delegate, std::uint32_t& controllers) {
  if (context.type != UnitType::service && context.type != UnitType::scope) {
    context.ignore("Delegate= setting not supported for this unit type, ignoring.");
    return false;
  }
  if (text.empty()) {
    delegate = true;
    controllers = 0;
    return true;
  }
  if (const Result<bool> truth = parse_boolean(text)) {
    delegate = *truth;
    controllers = *truth ? delegatable_controllers : 0;
    return true;
  }
  std::uint32_t named = 0;
  const bool complete = for_each_word(context, text, plain_words, [&](const std::string& word) {
    if (const std::optional<Controller> controller = from_name<Controller>(word))
      named |= 1U << static_cast<unsigned>(*controller);
    else
      context.misread(EPERM, fmt::format("Invalid controller name '{}', ignoring", word), "such as cpu, cpuset, io, memory or pids");
  });
  if (!complete) return false;
  delegate = true;
  controllers |= named;
  return true;
}
Value encode_controllers(std::uint32_t controllers) {
  ArrayValue array{"s", {}};
  constexpr auto names = enum_names(std::type_identity<Controller>{});
  for (std::size_t i = 0; i < names.size(); ++i)
    if ((controllers >> i & 1) != 0) array.elements.emplace_back(std::string(names[i]));
  return array;
}

// --- Devices ------------------------------------------------------------------------------------------------------
namespace {
struct DeviceWords {
  std::string path;
  std::string_view rest;
};
/// "path rest", the path with specifiers resolved. What both are called: "device path", "weight".
std::optional<DeviceWords> split_device(ParseContext& context, std::string_view text, std::string_view device, std::string_view amount) {
  WordReader reader(text, plain_words);
  const Result<std::optional<std::string>> word = reader.next();
  if (!word) {
    context.misread(EINVAL, fmt::format("Failed to extract {} and {} from '{}', ignoring.", device, amount, text), "a quote is not complete");
    return std::nullopt;
  }
  if (!*word || reader.rest().empty()) {
    context.ignore(fmt::format("Invalid {} or {} specified in '{}', ignoring.", device, amount, text), "write a path and an amount");
    return std::nullopt;
  }
  const std::optional<std::string> expanded = context.expand(**word);
  if (!expanded) return std::nullopt;
  return DeviceWords{simplify_path(*expanded), trim(reader.rest())};  // COMPAT: need not be absolute
}
/// Lines of a path and what `text_of_amount` makes of its amount; nothing: the device has none any more.
template <class Amount>
Result<Texts> device_pairs(const Given& given, Amount&& text_of_amount) {
  return whole_list_texts(given, 1, [&](const std::vector<Value>& fields) -> Result<std::string> {
    const std::string& path = text_of(fields[0]);
    if (path.empty() || !is_normal_path(path)) return refused_setting(fmt::format("Path '{}' specified in {}= is not normalized.", path, given.property));
    const std::string amount = text_of_amount(std::get<std::uint64_t>(fields[1].storage));
    return amount.empty() ? amount : quoted_word(path) + " " + amount;
  });
}
}  // namespace

bool DeviceWeightCodec::parse(ParseContext& context, std::string_view text, std::vector<DeviceWeight>& value) {
  const bool old = context.key == "BlockIODeviceWeight";
  if (old) context.ignore("Unit uses BlockIODeviceWeight=; please use IO*= settings instead. Support for BlockIODeviceWeight= will be removed soon.");
  std::optional<DeviceWords> words = split_device(context, text, old ? "device node" : "device path", "weight");
  if (!words) return false;
  const Result<std::uint64_t> weight = parse_unsigned(words->rest);
  const std::uint64_t low = old ? 10 : 1, high = old ? 1000 : 10000;
  if (!weight || *weight < low || *weight > high) {
    context.misread_because(weight ? ERANGE : weight.error().os_errno,
                            fmt::format(fmt::runtime(old ? "Invalid block IO weight '{}', ignoring" : "IO weight '{}' invalid, ignoring"), words->rest),
                            fmt::format("the range is {} to {}", low, high));
    return false;
  }
  value.push_back(DeviceWeight{std::move(words->path), *weight});
  return true;
}
Value DeviceWeightCodec::encode(const std::vector<DeviceWeight>& value) {
  ArrayValue array{"(st)", {}};
  for (const DeviceWeight& entry : value) array.elements.push_back(struct_of(entry.path, entry.weight));
  return array;
}
Result<Texts> DeviceWeightCodec::texts(const Given& given) {
  return device_pairs(given, [](std::uint64_t weight) { return fmt::format("{}", weight); });
}

bool DeviceLimitCodec::parse(ParseContext& context, std::string_view text, std::vector<DeviceLimit>& value) {
  const bool old = context.key.starts_with("BlockIO");
  if (old)
    context.ignore(fmt::format("Unit uses {}=; please use IO*= settings instead. Support for {}= will be removed soon.", context.key, context.key));
  std::optional<DeviceWords> words = split_device(context, text, "device node", "bandwidth");
  if (!words) return false;
  const Result<std::uint64_t> amount = words->rest == "infinity" ? Result<std::uint64_t>(UINT64_MAX) : parse_size(words->rest, SizeBase::decimal);
  if (!amount || *amount == 0) {
    context.misread(old ? EINVAL : 0, fmt::format(fmt::runtime(old ? "Invalid Block IO Bandwidth '{}', ignoring." : "Invalid IO limit '{}', ignoring."), words->rest), "write an amount such as 5M, or infinity");
    return false;
  }
  value.push_back(DeviceLimit{std::move(words->path), *amount});
  return true;
}
void DeviceLimitCodec::merge(std::vector<DeviceLimit>& all, std::vector<DeviceLimit> more) {
  for (DeviceLimit& limit : more) {
    const auto known = std::find_if(all.begin(), all.end(), [&limit](const DeviceLimit& other) { return other.path == limit.path; });
    if (known == all.end()) all.push_back(std::move(limit));
    else *known = std::move(limit);
  }
}
Value DeviceLimitCodec::encode(const std::vector<DeviceLimit>& value) {
  ArrayValue array{"(st)", {}};
  for (const DeviceLimit& entry : value)
    if (entry.value != UINT64_MAX) array.elements.push_back(struct_of(entry.path, entry.value));  // that is no limit
  return array;
}
Result<Texts> DeviceLimitCodec::texts(const Given& given) {
  return device_pairs(given, [](std::uint64_t limit) { return limit == UINT64_MAX ? std::string() : fmt::format("{}", limit); });
}
bool DeviceLatencyCodec::parse(ParseContext& context, std::string_view text, std::vector<DeviceLimit>& value) {
  std::optional<DeviceWords> words = split_device(context, text, "device path", "latency");
  if (!words) return false;
  const Result<Duration> span = parse_duration(words->rest);
  if (!span) {
    context.misread(span.error().os_errno, fmt::format("Failed to parse timer value, ignoring: {}", words->rest));
    return false;
  }
  value.push_back(DeviceLimit{std::move(words->path), span->usec()});
  return true;
}
Value DeviceLatencyCodec::encode(const std::vector<DeviceLimit>& value) {
  ArrayValue array{"(st)", {}};
  for (const DeviceLimit& entry : value) array.elements.push_back(struct_of(entry.path, entry.value));
  return array;
}
Result<Texts> DeviceLatencyCodec::texts(const Given& given) {
  return device_pairs(given, [](std::uint64_t usec) { return format_duration(Duration::from_usec(usec)); });
}

bool DeviceAllowCodec::parse(ParseContext& context, std::string_view text, std::vector<DeviceAllowEntry>& value) {
  WordReader reader(text, plain_words);
  const Result<std::optional<std::string>> word = reader.next();
  if (!word || !*word) {
    context.misread(EINVAL, fmt::format("Failed to extract device path and rights from '{}', ignoring.", text));
    return false;
  }
  const std::optional<std::string> expanded = context.expand(**word);
  if (!expanded) return false;
  std::string path = *expanded;
  if (!path.starts_with("block-") && !path.starts_with("char-")) {
    const auto is_device = [&] {
      if (is_device_path(path)) return true;
      context.ignore(fmt::format("Invalid device node path '{}', ignoring.", path), "it must lie below /dev");
      return false;
    };
    if (!is_absolute_path(path)) return is_device();
    std::optional<std::string> checked = checked_path(context, path);
    if (!checked) return false;
    path = std::move(*checked);
    if (!is_device()) return false;
  }
  std::string rights(trim(reader.rest()));
  if (rights.find_first_not_of("rwm") != std::string::npos) {
    context.ignore(fmt::format("Invalid device rights '{}', ignoring.", rights), "write some of r, w and m");
    return false;
  }
  if (rights.empty()) rights = "rwm";
  value.push_back({std::move(path), std::move(rights)});
  return true;
}
Value DeviceAllowCodec::encode(const std::vector<DeviceAllowEntry>& value) {
  ArrayValue array{"(ss)", {}};
  // COMPAT: the last one said is shown first.
  for (auto entry = value.rbegin(); entry != value.rend(); ++entry) array.elements.push_back(struct_of(entry->path, entry->permissions));
  return array;
}
Result<Texts> DeviceAllowCodec::texts(const Given& given) {
  return whole_list_texts(given, 1, [&](const std::vector<Value>& fields) -> Result<std::string> {
    const std::string &path = text_of(fields[0]), &rights = text_of(fields[1]);
    if (!path.starts_with("block-") && !path.starts_with("char-") && !is_device_path(path)) return refused_setting(fmt::format("{}= requires device node or pattern", given.property));
    if (rights.find_first_not_of("rwm") != std::string::npos) return refused_setting(fmt::format("{}= requires combination of rwm flags", given.property));
    return quoted_word(path) + " " + (rights.empty() ? "rwm" : rights);
  });
}

bool may_be_watched_for_memory(ParseContext& context) {
  if (context.type == UnitType::service || context.type == UnitType::slice || context.type == UnitType::scope) return true;
  context.ignore(fmt::format("{}= is not supported for this unit type, ignoring.", context.key));
  return false;
}
bool PressureLimitCodec::parse(ParseContext& context, std::string_view text, std::uint32_t& value) {
  if (!may_be_watched_for_memory(context)) return false;
  if (text.empty()) {
    value = 0;
    return true;
  }
  const Result<std::uint32_t> permyriad = parse_permyriad(text);
  if (!permyriad) {
    context.misread(permyriad.error().os_errno, fmt::format("Failed to parse memory pressure limit value, ignoring: {}", text), "write a percentage such as 50%");
    return false;
  }
  value = static_cast<std::uint32_t>((std::uint64_t{*permyriad} * UINT32_MAX + 5000) / 10000);
  return true;
}
Result<Texts> PressureLimitCodec::texts(const Given& given) { return Texts{fraction_text(given)}; }

}  // namespace unitparser
