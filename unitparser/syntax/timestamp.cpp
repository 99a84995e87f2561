// Points in time as text. [pure]
#include "unitparser/syntax/timestamp.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "unitparser/base/text.h"

namespace unitparser {
namespace {

constexpr std::uint64_t usec_per_second = 1'000'000;
constexpr std::uint64_t last_printable_second = 253402214399;  // 9999-12-30 23:59:59

tl::unexpected<Error> invalid() { return fail_value(EINVAL, "not a time stamp"); }

/// Takes numbers and separators as the C library's strptime() does: blanks in front of numbers do not matter.
class FormatReader {
 public:
  FormatReader(std::string_view text, const CivilTime& start) : rest_(text), time_(start) {}

  /// Follows a format of the letters y Y m d H M S and separators; false: does not fit.
  bool follow(std::string_view format) {
    return std::all_of(format.begin(), format.end(), [this](char c) { return follow_one(c); });
  }
  [[nodiscard]] std::string_view rest() const { return rest_; }
  [[nodiscard]] const CivilTime& time() const { return time_; }

 private:
  bool follow_one(char c) {
    int year = 0;
    switch (c) {
      case 'y':
        if (!take(0, 99, 2, year)) return false;
        time_.year = year < 69 ? year + 2000 : year + 1900;
        return true;
      case 'Y': return take(0, 9999, 4, time_.year);
      case 'm': return take(1, 12, 2, time_.month);
      case 'd': return take(1, 31, 2, time_.day);
      case 'H': return take(0, 23, 2, time_.hour);
      case 'M': return take(0, 59, 2, time_.minute);
      case 'S': return take(0, 61, 2, time_.second);
      case ' ': rest_ = trim_left(rest_, " \t\n\v\f\r"); return true;
      default:
        if (!rest_.starts_with(c)) return false;
        rest_.remove_prefix(1);
        return true;
    }
  }

  bool take(int from, int to, int most_digits, int& value) {
    rest_ = trim_left(rest_, " ");
    if (rest_.empty() || !is_digit(rest_[0])) return false;
    value = 0;
    do {
      value = value * 10 + (rest_[0] - '0');
      rest_.remove_prefix(1);
    } while (--most_digits > 0 && value * 10 <= to && !rest_.empty() && is_digit(rest_[0]));
    return value >= from && value <= to;
  }

  std::string_view rest_;
  CivilTime time_;
};

/// ".5" and so on, in microseconds; nothing if more follows.
std::optional<std::uint64_t> fraction_usec(std::string_view text) {
  text.remove_prefix(1);
  if (text.empty() || text.find_first_not_of(digits) != std::string_view::npos) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 6; ++i) value = value * 10 + (i < text.size() ? static_cast<unsigned>(text[i] - '0') : 0U);
  return value + (text.size() > 6 && text[6] >= '5' ? 1 : 0);
}

struct ParsedTime {
  CivilTime time;
  std::uint64_t usec = 0;
};

std::optional<ParsedTime> parse_date_and_time(std::string_view text, const CivilTime& now) {
  struct Format {
    std::string_view letters;
    bool fraction;    ///< ".123" may follow
    bool keeps_time;  ///< hours and so on are given
  };
  constexpr std::array formats{Format{"y-m-d H:M:S", true, true}, Format{"Y-m-d H:M:S", true, true},
                               Format{"y-m-d H:M", false, true},  Format{"Y-m-d H:M", false, true},
                               Format{"y-m-d", false, false},     Format{"Y-m-d", false, false},
                               Format{"H:M:S", true, true},       Format{"H:M", false, true}};
  for (const Format& format : formats) {
    CivilTime start = now;
    start.second = 0;
    if (!format.keeps_time) start.hour = start.minute = 0;
    FormatReader reader(text, start);
    if (!reader.follow(format.letters)) continue;
    if (reader.rest().empty()) return ParsedTime{reader.time(), 0};
    if (!format.fraction || reader.rest()[0] != '.') continue;
    if (const auto usec = fraction_usec(reader.rest())) return ParsedTime{reader.time(), *usec};
    return std::nullopt;
  }
  return std::nullopt;
}

std::optional<int> take_weekday(std::string_view& text) {
  for (int day = 0; day < 7; ++day)
    for (const std::string_view name : {long_weekday(day), short_weekday(day)}) {
      if (!starts_with_ignoring_case(text, name) || text.substr(name.size(), 1) != " ") continue;
      text.remove_prefix(name.size() + 1);
      return day;
    }
  return std::nullopt;
}

Result<RealTime> shifted(RealTime now, std::string_view span, bool forward) {
  const Result<Duration> by = parse_duration(span);
  if (!by) return tl::unexpected(by.error());
  if (forward ? by->is_infinite() || (now + *by).is_infinite() : by->usec() > now.usec()) return invalid();
  return forward ? now + *by : RealTime::from_usec(now.usec() - by->usec());
}

/// "now", "+5min", "5min ago", "@5": what needs no calendar. Nothing: it is something else.
std::optional<Result<RealTime>> parse_relative(std::string_view text, RealTime now) {
  if (text == "now") return Result<RealTime>(now);
  if (text.starts_with('+')) return shifted(now, text.substr(1), true);
  if (text.starts_with('-')) return shifted(now, text.substr(1), false);
  if (text.starts_with('@')) {
    const Result<Duration> since = parse_duration(text.substr(1));
    if (!since) return Result<RealTime>(tl::unexpected(since.error()));
    return Result<RealTime>(RealTime::from_usec(since->usec()));
  }
  if (text.ends_with(" ago")) return shifted(now, text.substr(0, text.size() - 4), false);
  if (text.ends_with(" left")) return shifted(now, text.substr(0, text.size() - 5), true);
  return std::nullopt;
}

struct ZoneChoice {
  const TimeZone* zone = nullptr;
  const TimeZone::Kind* kind = nullptr;  ///< of an abbreviation that was given
};

/// Takes " UTC" or the local zone's abbreviation off the end.
ZoneChoice take_zone(std::string_view& text, TimeZones& zones) {
  static const TimeZone utc;
  const std::size_t space = text.rfind(' ');
  ZoneChoice choice{&zones.local(), nullptr};
  if (space == std::string_view::npos) return choice;
  const std::string_view word = text.substr(space + 1);
  if (equals_ignoring_case(word, "UTC")) {
    choice.zone = &utc;
  } else {
    for (const bool daylight : {false, true})
      if (const TimeZone::Kind* kind = choice.zone->kind_with(daylight); kind != nullptr && equals_ignoring_case(word, kind->abbreviation))
        choice.kind = kind;
    // COMPAT: systemd-analyze 252 refuses words that name a zone file, even when they abbreviate the local zone.
    if (choice.kind == nullptr || zones.find(word) != nullptr) return {&zones.local(), nullptr};
  }
  text = trim_right(text.substr(0, space), " ");
  return choice;
}

}  // namespace

Result<RealTime> parse_timestamp(std::string_view text, RealTime now, TimeZones& zones) {
  if (const auto relative = parse_relative(text, now)) return *relative;
  const ZoneChoice choice = take_zone(text, zones);
  const auto now_seconds = static_cast<std::int64_t>(now.usec() / usec_per_second);
  const CivilTime now_there = seconds_to_civil(choice.zone->to_wall_clock(now_seconds));
  const CivilTime midnight{now_there.year, now_there.month, now_there.day, 0, 0, 0};
  ParsedTime parsed;
  std::optional<int> weekday;
  if (text == "today" || text == "yesterday" || text == "tomorrow") {
    parsed.time = midnight;
    parsed.time.day += text == "yesterday" ? -1 : text == "tomorrow" ? 1 : 0;
  } else {
    weekday = take_weekday(text);
    const auto given = parse_date_and_time(text, now_there);
    if (!given) return invalid();
    parsed = *given;
  }
  const CivilTime& time = parsed.time;
  if (weekday && *weekday != weekday_of(days_from_date(time.year, time.month, time.day))) return invalid();
  const std::int64_t wall_clock = civil_to_seconds(time);
  std::int64_t instant = 0;
  if (choice.kind != nullptr) {
    instant = wall_clock - choice.kind->offset;
  } else {
    const TimeZone::Meaning meaning = choice.zone->meaning_of(wall_clock);
    instant = meaning.instants.empty() ? meaning.gap_shifted : meaning.instants.front();
  }
  if (instant < 0 || static_cast<std::uint64_t>(instant) > last_printable_second) return invalid();
  return RealTime::from_usec(static_cast<std::uint64_t>(instant) * usec_per_second + parsed.usec);
}

std::string format_timestamp(RealTime time, const TimeZone& zone, TimestampStyle style) {
  if (!time.is_set() || time.is_infinite()) return {};
  const std::uint64_t seconds = time.usec() / usec_per_second;
  if (style == TimestampStyle::unix_seconds) return fmt::format("@{}", seconds);
  if (seconds > last_printable_second) return style == TimestampStyle::date ? "--- XXXX-XX-XX" : style == TimestampStyle::microseconds ? "--- XXXX-XX-XX XX:XX:XX.XXXXXX" : "--- XXXX-XX-XX XX:XX:XX";
  const auto utc = static_cast<std::int64_t>(seconds);
  const std::int64_t wall_clock = zone.to_wall_clock(utc);
  const CivilTime t = seconds_to_civil(wall_clock);
  std::string out = fmt::format("{} {:04}-{:02}-{:02}", short_weekday(weekday_of(days_from_date(t.year, t.month, t.day))), t.year, t.month, t.day);
  if (style == TimestampStyle::date) return out;
  out += fmt::format(" {:02}:{:02}:{:02}", t.hour, t.minute, t.second);
  if (style == TimestampStyle::microseconds) out += fmt::format(".{:06}", time.usec() % usec_per_second);
  return out + " " + zone.kind_at(utc).abbreviation;
}

std::string format_relative(RealTime time, RealTime now) {
  if (!time.is_set() || time.is_infinite()) return {};
  constexpr std::uint64_t minute = 60 * usec_per_second;
  constexpr std::uint64_t hour = 60 * minute;
  constexpr std::uint64_t day = 24 * hour;
  constexpr std::uint64_t week = 7 * day;
  constexpr std::uint64_t month = 2629800 * usec_per_second;
  constexpr std::uint64_t year = 31557600 * usec_per_second;
  const std::uint64_t d = now > time ? now.usec() - time.usec() : time.usec() - now.usec();
  const std::string_view end = now > time ? " ago" : " left";
  const auto count = [](std::uint64_t n, std::string_view unit) { return fmt::format("{} {}{}", n, unit, n == 1 ? "" : "s"); };
  if (d >= year) return fmt::format("{} {}{}", count(d / year, "year"), count(d % year / month, "month"), end);
  if (d >= month) return fmt::format("{} {}{}", count(d / month, "month"), count(d % month / day, "day"), end);
  if (d >= week) return fmt::format("{} {}{}", count(d / week, "week"), count(d % week / day, "day"), end);
  if (d >= 2 * day) return fmt::format("{} days{}", d / day, end);
  if (d >= 25 * hour) return fmt::format("1 day {}h{}", (d - day) / hour, end);
  if (d >= 6 * hour) return fmt::format("{}h{}", d / hour, end);
  if (d >= hour) return fmt::format("{}h {}min{}", d / hour, d % hour / minute, end);
  if (d >= 5 * minute) return fmt::format("{}min{}", d / minute, end);
  if (d >= minute) return fmt::format("{}min {}s{}", d / minute, d % minute / usec_per_second, end);
  if (d >= usec_per_second) return fmt::format("{}s{}", d / usec_per_second, end);
  if (d >= 1000) return fmt::format("{}ms{}", d / 1000, end);
  return d > 0 ? fmt::format("{}us{}", d, end) : "now";
}

}  // namespace unitparser
