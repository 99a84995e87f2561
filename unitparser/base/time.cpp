// Reads and prints time spans. [pure]
#include "unitparser/base/time.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>

#include "unitparser/base/text.h"

namespace unitparser {
namespace {

constexpr std::uint64_t usec_per_second = 1'000'000;
constexpr std::uint64_t usec_per_minute = 60 * usec_per_second;
constexpr std::uint64_t usec_per_hour = 60 * usec_per_minute;
constexpr std::uint64_t usec_per_day = 24 * usec_per_hour;
constexpr std::uint64_t usec_per_week = 7 * usec_per_day;
constexpr std::uint64_t usec_per_month = 2629800 * usec_per_second;  // a twelfth of a year
constexpr std::uint64_t usec_per_year = 31557600 * usec_per_second;  // 365.25 days

struct Unit {
  std::string_view name;
  std::uint64_t nanoseconds;
};
// The first name that is a prefix of the text counts, so longer names stand before their own beginnings.
constexpr std::array units{
    Unit{"seconds", usec_per_second * 1000}, Unit{"second", usec_per_second * 1000},
    Unit{"sec", usec_per_second * 1000},     Unit{"s", usec_per_second * 1000},
    Unit{"minutes", usec_per_minute * 1000}, Unit{"minute", usec_per_minute * 1000},
    Unit{"min", usec_per_minute * 1000},     Unit{"months", usec_per_month * 1000},
    Unit{"month", usec_per_month * 1000},    Unit{"M", usec_per_month * 1000},
    Unit{"msec", 1'000'000},                 Unit{"ms", 1'000'000},
    Unit{"m", usec_per_minute * 1000},       Unit{"hours", usec_per_hour * 1000},
    Unit{"hour", usec_per_hour * 1000},      Unit{"hr", usec_per_hour * 1000},
    Unit{"h", usec_per_hour * 1000},         Unit{"days", usec_per_day * 1000},
    Unit{"day", usec_per_day * 1000},        Unit{"d", usec_per_day * 1000},
    Unit{"weeks", usec_per_week * 1000},     Unit{"week", usec_per_week * 1000},
    Unit{"w", usec_per_week * 1000},         Unit{"years", usec_per_year * 1000},
    Unit{"year", usec_per_year * 1000},      Unit{"y", usec_per_year * 1000},
    Unit{"usec", 1000},                      Unit{"us", 1000},
    Unit{"\u03bcs", 1000},                   Unit{"\u00b5s", 1000},  // Greek mu, micro sign
    Unit{"nsec", 1},                         Unit{"ns", 1},
};

/// What one tick of the result is: microseconds know no "ns".
struct Scale {
  std::uint64_t default_unit;    ///< in ticks
  std::uint64_t tick_in_nsec;
};

std::uint64_t take_unit(std::string_view& text, const Scale& scale) {
  for (const Unit& unit : units) {
    if (!text.starts_with(unit.name) || unit.nanoseconds < scale.tick_in_nsec) continue;
    text.remove_prefix(unit.name.size());
    return unit.nanoseconds / scale.tick_in_nsec;
  }
  return scale.default_unit;
}

tl::unexpected<Error> not_a_span() { return fail_value(EINVAL, "not a time span"); }
tl::unexpected<Error> span_too_big() { return fail_value(ERANGE, "time span out of range"); }

/// The whole part of a number, as the C library reads it: blanks, a sign, digits.
Result<std::uint64_t> take_whole_number(std::string_view& text, bool& any_digits) {
  if (text[0] == '-') return span_too_big();
  std::size_t at = text[0] == '+' ? 1 : 0;
  std::uint64_t value = 0;
  const std::size_t begin = at;
  for (; at < text.size() && is_digit(text[at]); ++at) {
    const auto digit = static_cast<unsigned>(text[at] - '0');
    if (value > (static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) - digit) / 10) return span_too_big();
    value = value * 10 + digit;
  }
  any_digits = at > begin;
  if (any_digits) text.remove_prefix(at);
  return value;
}

Result<std::uint64_t> add(std::uint64_t sum, std::uint64_t more) {
  if (more >= std::numeric_limits<std::uint64_t>::max() - sum) return span_too_big();
  return sum + more;
}

Result<std::uint64_t> parse_ticks(std::string_view text, Scale scale) {
  constexpr std::uint64_t infinity = std::numeric_limits<std::uint64_t>::max();
  text = trim(text);
  if (text == "infinity") return infinity;
  if (text.empty()) return not_a_span();
  std::uint64_t total = 0;
  while (!(text = trim_left(text)).empty()) {
    bool any_digits = false;
    const std::uint64_t whole = TRY(take_whole_number(text, any_digits));
    std::string_view fraction;
    const bool has_fraction = !text.empty() && text[0] == '.';
    if (has_fraction) {
      text.remove_prefix(1);
      fraction = text.substr(0, std::min(text.find_first_not_of(digits), text.size()));
      text.remove_prefix(fraction.size());
      if (fraction.empty()) return not_a_span();
    } else if (!any_digits) {
      return not_a_span();
    }
    const std::string_view before_unit = text;
    text = trim_left(text);
    const std::uint64_t unit = take_unit(text, scale);
    // "12.34.56" is refused, "12.34 .56" and "12.34s.56" are not.
    if (text.size() == before_unit.size() && !text.empty()) return not_a_span();
    if (whole >= infinity / unit) return span_too_big();
    total = TRY(add(total, whole * unit));
    std::uint64_t place = unit / 10;
    for (const char digit : fraction) {
      total = TRY(add(total, static_cast<unsigned>(digit - '0') * place));
      place /= 10;
    }
  }
  return total;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text, Duration default_unit) {
  return Duration::from_usec(TRY(parse_ticks(text, {default_unit.usec(), 1000})));
}

Result<std::uint64_t> parse_nanoseconds(std::string_view text) { return parse_ticks(text, {1, 1}); }

std::string format_duration(Duration duration, Duration accuracy) {
  struct Step {
    std::string_view suffix;
    std::uint64_t usec;
  };
  constexpr std::array steps{Step{"y", usec_per_year},    Step{"month", usec_per_month}, Step{"w", usec_per_week},
                             Step{"d", usec_per_day},     Step{"h", usec_per_hour},      Step{"min", usec_per_minute},
                             Step{"s", usec_per_second},  Step{"ms", 1000},              Step{"us", 1}};
  if (duration.is_infinite()) return "infinity";
  if (duration.is_zero()) return "0";
  std::string out;
  std::uint64_t left = duration.usec();
  for (const Step& step : steps) {
    if (left == 0 || (left < accuracy.usec() && !out.empty())) break;
    if (left < step.usec) continue;
    const std::uint64_t count = left / step.usec;
    std::uint64_t remainder = left % step.usec;
    if (!out.empty()) out += ' ';
    int places = 0;  // below a minute the rest is shown as a fraction, as far as the accuracy goes
    std::uint64_t fraction = remainder;
    if (left < usec_per_minute && remainder > 0) {
      for (std::uint64_t u = step.usec; u > 1; u /= 10) ++places;
      for (std::uint64_t u = accuracy.usec(); u > 1; u /= 10) {
        fraction /= 10;
        --places;
      }
    }
    if (places > 0) {
      out += fmt::format("{}.{:0{}}{}", count, fraction, places, step.suffix);
      remainder = 0;
    } else {
      out += fmt::format("{}{}", count, step.suffix);
    }
    left = remainder;
  }
  return out;
}

}  // namespace unitparser
