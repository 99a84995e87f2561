// Sizes, fractions, modes and resource limits. [pure]
#include "unitparser/syntax/quantities.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

#include "unitparser/base/text.h"

namespace unitparser {
namespace {

constexpr std::uint64_t maximum = std::numeric_limits<std::uint64_t>::max();

/// Takes decimal digits off the front; ERANGE when they do not fit.
Result<std::uint64_t> take_digits(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem == std::errc::result_out_of_range) return fail_value(ERANGE, "number too big");
  if (problem != std::errc{}) return fail_value(EINVAL, "not a number");
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

/// The fraction behind a dot, in [0, 1).
double take_fraction(std::string_view& text) {
  double fraction = 0;
  double place = 0.1;
  for (; !text.empty() && is_digit(text[0]); text.remove_prefix(1), place /= 10) fraction += place * (text[0] - '0');
  return fraction;
}

/// "12", "12.3" or "12.34" times 10^places, when the fraction has at most so many digits.
Result<std::uint64_t> fixed_point(std::string_view text, int places) {
  const std::size_t dot = text.find('.');
  std::string_view fraction = dot == std::string_view::npos ? std::string_view{} : text.substr(dot + 1);
  if (dot != std::string_view::npos && (fraction.empty() || fraction.size() > static_cast<std::size_t>(places)))
    return fail_value(EINVAL, "too many digits after the dot");
  std::uint64_t value = TRY(parse_unsigned(text.substr(0, dot), std::numeric_limits<std::int32_t>::max()));
  for (int i = 0; i < places; ++i) {
    value *= 10;
    if (fraction.empty()) continue;
    if (!is_digit(fraction[0])) return fail_value(EINVAL, "not a number");
    value += static_cast<unsigned>(fraction[0] - '0');
    fraction.remove_prefix(1);
  }
  return value;
}

Result<std::uint32_t> fraction_of(std::string_view text, std::span<const std::pair<std::string_view, int>> signs, std::uint32_t limit) {
  for (const auto& [sign, places] : signs) {
    if (!text.ends_with(sign)) continue;
    const std::uint64_t value = TRY(fixed_point(text.substr(0, text.size() - sign.size()), places));
    if (value > limit) return fail_value(ERANGE, "more than allowed");
    return static_cast<std::uint32_t>(value);
  }
  return fail_value(EINVAL, "not a percentage");
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text, SizeBase base) {
  constexpr std::string_view suffixes = "EPTGMKB";
  std::uint64_t total = 0;
  std::size_t first_suffix = 0;  // units must get smaller from part to part
  do {
    text = trim_left(text);
    if (text.size() > 1 && text[0] == '-' && is_digit(text[1])) return fail_value(ERANGE, "size must not be negative");
    if (!text.empty() && text[0] == '+') text.remove_prefix(1);
    const std::uint64_t whole = TRY(take_digits(text));
    double fraction = 0;
    if (!text.empty() && text[0] == '.') {
      text.remove_prefix(1);
      fraction = take_fraction(text);
    }
    text = trim_left(text);
    std::size_t suffix = text.empty() ? std::string_view::npos : suffixes.find(text[0], first_suffix);
    if (suffix == std::string_view::npos)
      suffix = suffixes.size();  // no letter: bytes
    else
      text.remove_prefix(1);
    if (suffix < first_suffix || first_suffix > suffixes.size()) return fail_value(EINVAL, "units must get smaller");
    std::uint64_t factor = 1;
    for (std::size_t i = suffix; i + 1 < suffixes.size(); ++i) factor *= static_cast<std::uint64_t>(base);
    if (whole > maximum / factor - (fraction > 0 ? 1 : 0)) return fail_value(ERANGE, "size too big");
    const std::uint64_t part = whole * factor + static_cast<std::uint64_t>(fraction * static_cast<double>(factor));
    if (part > maximum - total) return fail_value(ERANGE, "size too big");
    total += part;
    first_suffix = suffix + 1;
  } while (!text.empty());
  return total;
}

Result<std::uint32_t> parse_permyriad(std::string_view text, std::uint32_t limit) {
  constexpr std::array<std::pair<std::string_view, int>, 3> signs{{{"%", 2}, {"\u2030", 1}, {"\u2031", 0}}};
  return fraction_of(text, signs, limit);
}

Result<std::uint32_t> parse_percent(std::string_view text, std::uint32_t limit) {
  constexpr std::array<std::pair<std::string_view, int>, 1> signs{{{"%", 0}}};
  return fraction_of(text, signs, limit);
}

std::string format_permyriad(std::uint32_t permyriad) {
  const std::uint32_t hundredths = permyriad % 100;
  if (hundredths == 0) return fmt::format("{}%", permyriad / 100);
  if (hundredths % 10 == 0) return fmt::format("{}.{}%", permyriad / 100, hundredths / 10);
  return fmt::format("{}.{:02}%", permyriad / 100, hundredths);
}

Result<std::uint32_t> parse_mode(std::string_view text) {
  if (text.find_first_not_of("01234567") != std::string_view::npos) return fail_value(EINVAL, "not an octal file mode");
  return static_cast<std::uint32_t>(TRY(parse_unsigned(text, 07777, 8)));
}

Result<int> parse_nice(std::string_view text) { return static_cast<int>(TRY(parse_signed(text, -20, 19))); }

Result<int> parse_oom_score_adjust(std::string_view text) { return static_cast<int>(TRY(parse_signed(text, -1000, 1000))); }

Result<std::uint16_t> parse_port(std::string_view text) {
  const std::uint64_t port = TRY(parse_unsigned(text, 65535));
  if (port == 0) return fail_value(EINVAL, "port must not be zero");
  return static_cast<std::uint16_t>(port);
}

// --- Resource limits ----------------------------------------------------------------------------------------------
namespace {

enum class LimitUnit : std::uint8_t { count, bytes, seconds, microseconds, nice };
struct LimitKind {
  std::string_view name;
  LimitUnit unit;
};
constexpr std::array<LimitKind, RLIM_NLIMITS> limit_kinds = [] {
  std::array<LimitKind, RLIM_NLIMITS> kinds{};
  kinds[RLIMIT_CPU] = {"CPU", LimitUnit::seconds};
  kinds[RLIMIT_FSIZE] = {"FSIZE", LimitUnit::bytes};
  kinds[RLIMIT_DATA] = {"DATA", LimitUnit::bytes};
  kinds[RLIMIT_STACK] = {"STACK", LimitUnit::bytes};
  kinds[RLIMIT_CORE] = {"CORE", LimitUnit::bytes};
  kinds[RLIMIT_RSS] = {"RSS", LimitUnit::bytes};
  kinds[RLIMIT_NPROC] = {"NPROC", LimitUnit::count};
  kinds[RLIMIT_NOFILE] = {"NOFILE", LimitUnit::count};
  kinds[RLIMIT_MEMLOCK] = {"MEMLOCK", LimitUnit::bytes};
  kinds[RLIMIT_AS] = {"AS", LimitUnit::bytes};
  kinds[RLIMIT_LOCKS] = {"LOCKS", LimitUnit::count};
  kinds[RLIMIT_SIGPENDING] = {"SIGPENDING", LimitUnit::count};
  kinds[RLIMIT_MSGQUEUE] = {"MSGQUEUE", LimitUnit::bytes};
  kinds[RLIMIT_NICE] = {"NICE", LimitUnit::nice};
  kinds[RLIMIT_RTPRIO] = {"RTPRIO", LimitUnit::count};
  kinds[RLIMIT_RTTIME] = {"RTTIME", LimitUnit::microseconds};
  return kinds;
}();

/// RLIMIT_NICE counts 1..40 for the levels 19..-20, and 0 for none; "+5" and "-5" are levels.
Result<std::uint64_t> parse_nice_limit(std::string_view text) {
  if (text.starts_with('+')) return 20 - TRY(parse_unsigned(text.substr(1), 19));
  if (text.starts_with('-')) return 20 + TRY(parse_unsigned(text.substr(1), 20));
  return parse_unsigned(text, 40);
}

Result<std::uint64_t> parse_one_limit(LimitUnit unit, std::string_view text) {
  if (unit == LimitUnit::nice) return parse_nice_limit(text);
  if (text == "infinity") return maximum;
  switch (unit) {
    case LimitUnit::bytes: {
      const std::uint64_t bytes = TRY(parse_size(text));
      if (bytes == maximum) return fail_value(ERANGE, "limit out of range");  // "infinity" is the word for that
      return bytes;
    }
    case LimitUnit::seconds: {
      const Duration time = TRY(parse_duration(text));
      return time.is_infinite() ? maximum : (time.usec() + 999'999) / 1'000'000;
    }
    case LimitUnit::microseconds: return TRY(parse_duration(text, Duration::from_usec(1))).usec();
    default: return parse_unsigned(text, maximum - 1);
  }
}

}  // namespace

int resource_limit_from_name(std::string_view name) {
  for (std::size_t i = 0; i < limit_kinds.size(); ++i)
    if (limit_kinds[i].name == name) return static_cast<int>(i);
  return -1;
}

std::string_view resource_limit_name(int resource) {
  return resource >= 0 && resource < RLIM_NLIMITS ? limit_kinds[static_cast<std::size_t>(resource)].name : std::string_view{};
}

Result<ResourceLimit> parse_resource_limit(int resource, std::string_view text) {
  if (resource < 0 || resource >= RLIM_NLIMITS) return fail_value(EINVAL, "no such resource");
  const LimitUnit unit = limit_kinds[static_cast<std::size_t>(resource)].unit;
  std::vector<std::string> parts = TRY(split_words(text, {.separators = ":", .keep_empty = true}));
  if (parts.size() == 3 && parts[2].empty()) parts.pop_back();  // COMPAT: a colon behind both is passed over
  if (parts.empty()) return fail_value(EINVAL, "a limit is one value, or soft:hard");
  ResourceLimit limit;
  limit.soft = TRY(parse_one_limit(unit, trim(parts[0])));
  if (parts.size() > 2) return fail_value(EINVAL, "a limit is one value, or soft:hard");
  limit.hard = parts.size() == 1 ? limit.soft : TRY(parse_one_limit(unit, trim(parts[1])));
  if (limit.soft > limit.hard) return fail_value(EILSEQ, "soft limit above the hard limit");
  return limit;
}

}  // namespace unitparser
