// Reading of scheduling, CPU sets, limits and personalities. [pure]
#include <algorithm>
#include <cerrno>

#include "unitparser/directives/codec_process.h"
#include "unitparser/syntax/cpu_set.h"
#include "unitparser/syntax/kernel_names.h"

namespace unitparser {

bool NiceCodec::parse(ParseContext& context, std::string_view text, std::optional<int>& value) {
  if (text.empty()) {
    value.reset();
    return true;
  }
  const Result<std::int64_t> nice = parse_signed(text, INT32_MIN, INT32_MAX);
  if (!nice && nice.error().os_errno != ERANGE) {
    context.misread_because(nice.error().os_errno, fmt::format("Failed to parse nice priority '{}', ignoring", text));
    return false;
  }
  if (!nice || *nice < -20 || *nice > 19) {
    context.misread(ERANGE, fmt::format("Nice priority out of range, ignoring: {}", text), "the range is -20 to 19");
    return false;
  }
  value = static_cast<int>(*nice);
  return true;
}
bool OomScoreCodec::parse(ParseContext& context, std::string_view text, std::optional<int>& value) {
  if (text.empty()) {
    value.reset();
    return true;
  }
  const Result<std::int64_t> score = parse_signed(text, INT32_MIN, INT32_MAX);
  if (!score && score.error().os_errno != ERANGE) {
    context.misread_because(score.error().os_errno, fmt::format("Failed to parse the OOM score adjust value '{}', ignoring", text), "the range is -1000 to 1000");
    return false;
  }
  if (!score || *score < -1000 || *score > 1000) {
    context.misread(ERANGE, fmt::format("OOM score adjust value out of range, ignoring: {}", text), "the range is -1000 to 1000");
    return false;
  }
  value = static_cast<int>(*score);
  return true;
}
bool CoredumpFilterCodec::parse(ParseContext& context, std::string_view text, std::optional<std::uint64_t>& value) {
  constexpr std::array<std::string_view, 9> kinds{"private-anonymous", "shared-anonymous", "private-file-backed",
                                                  "shared-file-backed", "elf-headers", "private-huge", "shared-huge",
                                                  "private-dax", "shared-dax"};
  if (text.empty()) {
    value.reset();
    return true;
  }
  std::uint64_t mask = value.value_or(0);
  int unknown = 0;  // the error of the last word that is none
  const bool complete = for_each_word(context, text, WordOptions{}, [&](const std::string& word) {
    const auto kind = std::find(kinds.begin(), kinds.end(), word);
    if (word == "default") {
      mask |= 0x33;
    } else if (word == "all") {
      mask = UINT32_MAX;
    } else if (kind != kinds.end()) {
      mask |= std::uint64_t{1} << (kind - kinds.begin());
    } else if (const Result<std::uint64_t> number = parse_unsigned(after_prefix(word, "0x").value_or(word), UINT64_MAX, 16)) {
      mask |= *number;
    } else {
      unknown = number.error().os_errno;
    }
  });
  if (complete && unknown != 0) context.misread_because(unknown, fmt::format("Failed to parse the CoredumpFilter={}, ignoring", text));
  if (!complete || unknown != 0) return false;
  value = mask;
  return true;
}
Result<Texts> CoredumpFilterCodec::texts(const Given& given) { return Texts{fmt::format("{:#x}", std::get<std::uint64_t>(given.value.storage))}; }

bool IoClassCodec::parse(ParseContext& context, std::string_view text, std::optional<int>& value) {
  if (text.empty()) {
    value.reset();
    return true;
  }
  const std::optional<int> said = name_or_number(io_scheduling_classes(), text, 8);
  if (!said) {
    context.misread(EINVAL, fmt::format("Failed to parse IO scheduling class, ignoring: {}", text), "choose realtime, best-effort or idle");
    return false;
  }
  value = *said == 0 ? 2 : *said;
  return true;
}
bool IoPriorityCodec::parse(ParseContext& context, std::string_view text, std::optional<int>& value) {
  if (text.empty()) {
    value.reset();
    return true;
  }
  const Result<std::int64_t> number = parse_signed(text, INT32_MIN, INT32_MAX);
  if (!number || *number < 0 || *number > 7) {
    context.misread(number ? EINVAL : number.error().os_errno, fmt::format("Failed to parse IO priority, ignoring: {}", text), "the range is 0 (highest) to 7");
    return false;
  }
  value = static_cast<int>(*number);
  return true;
}
// --- Sets of CPUs -------------------------------------------------------------------------------------------------
namespace {
/// The first word that is no number and no range; nothing when the line breaks off before.
std::optional<std::string> first_bad_range(std::string_view text) {
  WordReader reader(text, WordOptions{.separators = " \t\n\r,", .unquote = true});
  for (;;) {
    const Result<std::optional<std::string>> word = reader.next();
    if (!word || !*word) return std::nullopt;
    if (!parse_cpu_set(**word, nullptr)) return **word;
  }
}
}  // namespace
bool parse_cpu_set(ParseContext& context, std::string_view text, CpuMask& mask) {
  if (text.empty()) {
    mask.clear();
    return true;
  }
  std::vector<std::string> backward;
  const Result<CpuMask> more = parse_cpu_set(text, &backward);
  if (!more) {
    const int why = more.error().os_errno;
    const std::optional<std::string> bad = first_bad_range(text);
    context.complain(bad ? fmt::format("Failed to parse CPU affinity '{}'", *bad) : fmt::format("Invalid value for {}: {}", context.key, text),
                     "write numbers and ranges, such as 0-3,7", why);
    return false;
  }
  for (const std::string& range : backward) context.ignore(fmt::format("Range '{}' is invalid, it runs backwards, ignoring.", range));
  add_cpus(mask, *more);
  return true;
}
bool parse_numa_mask(ParseContext& context, std::string_view text, CpuMask& mask) {
  if (parse_cpu_set(context, text, mask)) return true;
  const Result<CpuMask> nodes = parse_cpu_set(text, nullptr);
  context.misread(nodes ? EINVAL : nodes.error().os_errno, fmt::format("Failed to parse NUMA node mask, ignoring: {}", text));
  return false;
}
bool NumaPolicyCodec::parse(ParseContext& context, std::string_view text, std::optional<int>& value) {
  const std::optional<int> policy = number_of(numa_policies(), text);
  if (policy || text.empty()) value = policy;
  else context.misread(EINVAL, fmt::format("Invalid NUMA policy type, ignoring: {}", text), "choose default, preferred, bind, interleave or local");
  return policy || text.empty();
}
Value cpu_mask_value(const CpuMask& mask) { return Bytes{std::string(mask.begin(), mask.end())}; }
namespace {
Result<CpuMask> given_cpus(const Given& given) {
  const std::string& bytes = std::get<Bytes>(given.value.storage).data;
  if (bytes.size() * 8 > cpu_number_limit) return refused_setting(given);
  return CpuMask(bytes.begin(), bytes.end());
}
}  // namespace
Result<Texts> cpu_mask_texts(const Given& given) {
  const CpuMask mask = TRY(given_cpus(given));
  Texts numbers;
  for (std::size_t cpu = 0; cpu < mask.size() * 8; ++cpu)
    if (has_cpu(mask, cpu)) numbers.push_back(std::to_string(cpu));
  return Texts{join(numbers, " ")};
}
Result<Texts> cpu_ranges_texts(const Given& given) { return Texts{"", format_cpu_set(TRY(given_cpus(given)))}; }
bool CpuSetCodec::parse(ParseContext& context, std::string_view text, CpuMask& value) {
  const std::optional<std::string> expanded = context.expand(text);
  return expanded && parse_cpu_set(context, *expanded, value);
}

// --- Limits -------------------------------------------------------------------------------------------------------
bool parse_limit(ParseContext& context, std::string_view text, int resource, ResourceLimit& limit) {
  const Result<ResourceLimit> said = parse_resource_limit(resource, text);
  if (!said) {
    const int why = said.error().os_errno;
    context.misread(why, fmt::format("{}, ignoring: {}", why == EILSEQ ? "Soft resource limit chosen higher than hard limit" : "Failed to parse resource value", text),
                    "write one value, soft:hard, or infinity");
    return false;
  }
  limit = *said;
  return true;
}

// --- Personality --------------------------------------------------------------------------------------------------
bool PersonalityCodec::parse(ParseContext& context, std::string_view text, std::optional<unsigned long>& value) {
  if (text.empty()) {
    value.reset();
    return true;
  }
  const std::optional<unsigned long> personality = parse_personality(text);
  if (!personality) {
    context.ignore(fmt::format("Failed to parse personality, ignoring: {}", text), "choose x86-64 or x86");
    return false;
  }
  value = *personality;
  return true;
}
Value PersonalityCodec::encode(const std::optional<unsigned long>& value) {
  return std::string(value ? format_personality(*value) : std::string_view{});
}

}  // namespace unitparser
