// Reading and writing calendar expressions. [pure]
#include "unitparser/syntax/calendar.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

#include "unitparser/base/text.h"

namespace unitparser {
namespace {

constexpr int usec_per_second = 1'000'000;
constexpr std::size_t most_components = 240;
constexpr std::uint8_t all_weekdays = 0x7F;

tl::unexpected<Error> invalid() { return fail_value(EINVAL, "not a calendar expression"); }
tl::unexpected<Error> out_of_range() { return fail_value(ERANGE, "number out of range in a calendar expression"); }

CalendarField only(std::initializer_list<int> values) {
  CalendarField field;
  for (const int value : values) field.push_back({value, -1, 0});
  return field;
}

/// daily, weekly and so on.
std::optional<CalendarSpec> shorthand(std::string_view word) {
  struct Row {
    std::string_view name;
    std::uint8_t weekdays;
    CalendarField months, days, hours, minutes;
  };
  const CalendarField first = only({1});
  const CalendarField zero = only({0});
  const std::array rows{
      Row{"minutely", 0, {}, {}, {}, {}},
      Row{"hourly", 0, {}, {}, {}, zero},
      Row{"daily", 0, {}, {}, zero, zero},
      Row{"weekly", 1, {}, {}, zero, zero},
      Row{"monthly", 0, {}, first, zero, zero},
      Row{"quarterly", 0, only({1, 4, 7, 10}), first, zero, zero},
      Row{"biannually", 0, only({1, 7}), first, zero, zero},
      Row{"bi-annually", 0, only({1, 7}), first, zero, zero},
      Row{"semiannually", 0, only({1, 7}), first, zero, zero},
      Row{"semi-annually", 0, only({1, 7}), first, zero, zero},
      Row{"yearly", 0, first, first, zero, zero},
      Row{"annually", 0, first, first, zero, zero},
      Row{"anually", 0, first, first, zero, zero},  // COMPAT: systemd reads this misspelling too
  };
  for (const Row& row : rows) {
    if (!equals_ignoring_case(row.name, word)) continue;
    CalendarSpec spec;
    spec.weekdays = row.weekdays;
    spec.months = row.months;
    spec.days = row.days;
    spec.hours = row.hours;
    spec.minutes = row.minutes;
    spec.microseconds = zero;
    return spec;
  }
  return std::nullopt;
}

/// Reads the parts of an expression from left to right.
class CalendarParser {
 public:
  explicit CalendarParser(std::string_view text) : rest_(text) {}

  Result<CalendarSpec> parse() {
    (void)TRY(parse_weekdays());
    if (TRY(parse_date())) (void)TRY(parse_time());
    if (!rest_.empty()) return invalid();
    return std::move(spec_);
  }

 private:
  [[nodiscard]] char peek() const { return rest_.empty() ? '\0' : rest_[0]; }
  bool take(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  void skip_blanks() { rest_ = trim_left(rest_, " "); }

  std::optional<int> take_weekday() {
    for (int day = 0; day < 7; ++day)
      for (const std::string_view name : {long_weekday(day), short_weekday(day)}) {
        if (!starts_with_ignoring_case(rest_, name)) continue;
        rest_.remove_prefix(name.size());
        return day;
      }
    return std::nullopt;
  }

  Result<bool> parse_weekdays() {
    int range_start = -1;
    for (bool first = true;; first = false) {
      const std::optional<int> day = take_weekday();
      if (!day && first) return true;  // no weekdays: the date begins here
      if (!day || !contains_character(std::string_view("\0-., ", 5), peek())) return invalid();
      if (range_start > *day) return invalid();
      for (int d = range_start >= 0 ? range_start : *day; d <= *day; ++d) spec_.weekdays = static_cast<std::uint8_t>(spec_.weekdays | 1U << static_cast<unsigned>(d));
      if (rest_.empty()) return true;
      if (peek() == ' ') return skip_blanks(), true;
      if (peek() == '.' || peek() == '-') {
        if (range_start >= 0 || !(take("..") || take("-"))) return invalid();
        range_start = *day;
      } else if (take(",")) {
        range_start = -1;
      }
      if (rest_.empty() || peek() == ' ') {  // a comma at the end is fine, an open range is not
        if (range_start >= 0) return invalid();
        skip_blanks();
        return true;
      }
    }
  }

  /// False: the date was a time stamp and no time follows.
  Result<bool> parse_date() {
    if (rest_.empty()) return true;
    if (take("@")) return parse_time_stamp();
    const std::string_view before = rest_;
    CalendarField first = TRY(parse_field(Unit::number));
    if (rest_.empty() || peek() == ':') {  // that was a time
      rest_ = before;
      return true;
    }
    bool end_of_month = peek() == '~';
    if (!take("~") && !take("-")) return invalid();
    CalendarField second = TRY(parse_field(Unit::number));
    if (rest_.empty() || peek() == ' ') {
      spec_.months = std::move(first);
      spec_.days = std::move(second);
    } else {
      if (end_of_month) return invalid();
      end_of_month = peek() == '~';
      if (!take("~") && !take("-")) return invalid();
      spec_.days = TRY(parse_field(Unit::number));
      if (!rest_.empty() && peek() != ' ') return invalid();
      spec_.years = std::move(first);
      spec_.months = std::move(second);
    }
    spec_.end_of_month = end_of_month;
    skip_blanks();
    return true;
  }

  Result<bool> parse_time_stamp() {
    const std::size_t end = std::min(rest_.find_first_not_of(digits), rest_.size());
    const auto seconds = parse_unsigned(rest_.substr(0, end), std::numeric_limits<std::int64_t>::max() / usec_per_second, 10);
    if (!seconds) return invalid();
    rest_.remove_prefix(end);
    constexpr std::uint64_t far_future = 253402300800;  // beyond every year that is accepted
    const CivilTime time = seconds_to_civil(static_cast<std::int64_t>(std::min(*seconds, far_future)));
    spec_.utc = true;
    spec_.years = only({time.year});
    spec_.months = only({time.month});
    spec_.days = only({time.day});
    spec_.hours = only({time.hour});
    spec_.minutes = only({time.minute});
    spec_.microseconds = only({time.second * usec_per_second});
    return false;
  }

  Result<bool> parse_time() {
    spec_.hours = spec_.minutes = spec_.microseconds = only({0});
    if (rest_.empty()) return true;
    spec_.hours = TRY(parse_field(Unit::number));
    if (!take(":")) return invalid();
    spec_.minutes = TRY(parse_field(Unit::number));
    if (rest_.empty()) return true;
    if (!take(":")) return invalid();
    spec_.microseconds = TRY(parse_field(Unit::seconds));
    return true;
  }

  enum class Unit : std::uint8_t { number, seconds };

  Result<CalendarField> parse_field(Unit unit) {
    CalendarField field;
    if (take("*")) {
      if (unit == Unit::seconds) field.push_back({0, -1, usec_per_second});
      return field;
    }
    do {
      if (field.size() > most_components) return fail_value(ENOBUFS, "too many parts in a calendar expression");
      field.push_back(TRY(parse_component(unit)));
    } while (take(","));
    return field;
  }

  Result<CalendarComponent> parse_component(Unit unit) {
    CalendarComponent component;
    component.start = TRY(parse_number(unit));
    if (take("..")) {
      component.stop = TRY(parse_number(unit));
      component.repeat = unit == Unit::seconds ? usec_per_second : 1;
    }
    if (take("/")) {
      component.repeat = TRY(parse_number(unit));
      if (component.repeat == 0) return out_of_range();
    } else if (unit == Unit::seconds && component.stop >= 0 && component.start + component.repeat > component.stop) {
      return invalid();
    }
    if (!contains_character(std::string_view("\0 ,-~:", 6), peek())) return invalid();
    return component;
  }

  Result<int> parse_number(Unit unit) {
    const std::size_t end = std::min(rest_.find_first_not_of(digits), rest_.size());
    if (end == 0) return invalid();
    std::uint64_t value = TRY(parse_unsigned(rest_.substr(0, end), std::numeric_limits<int>::max(), 10));
    rest_.remove_prefix(end);
    if (unit == Unit::seconds) {
      value *= usec_per_second;
      if (peek() == '.' && !rest_.starts_with("..")) value += TRY(parse_fraction());
    }
    if (value > static_cast<std::uint64_t>(std::numeric_limits<int>::max())) return out_of_range();
    return static_cast<int>(value);
  }

  /// ".123456789" in microseconds, rounded.
  Result<std::uint64_t> parse_fraction() {
    rest_.remove_prefix(1);
    if (!is_digit(peek())) return invalid();
    std::uint64_t value = 0;
    int places = 0;
    for (; is_digit(peek()) && places < 6; rest_.remove_prefix(1), ++places) value = value * 10 + static_cast<unsigned>(peek() - '0');
    for (; places < 6; ++places) value *= 10;
    if (is_digit(peek()) && peek() >= '5') ++value;
    while (is_digit(peek())) rest_.remove_prefix(1);
    return value;
  }

  std::string_view rest_;
  CalendarSpec spec_;
};

/// Takes a zone off the end: "UTC", an abbreviation of the local zone, or a zone's name.
std::string_view take_zone(std::string_view text, TimeZones& zones, CalendarSpec& zone_part) {
  const std::size_t space = text.rfind(' ');
  if (space == std::string_view::npos) return text;
  const std::string_view word = text.substr(space + 1);
  const std::string_view before = text.substr(0, space);
  if (equals_ignoring_case(word, "UTC")) {
    zone_part.utc = true;
    return before;
  }
  for (const bool daylight : {false, true}) {
    const TimeZone::Kind* kind = zones.local().kind_with(daylight);
    if (kind == nullptr || !equals_ignoring_case(word, kind->abbreviation)) continue;
    zone_part.daylight = daylight ? 1 : 0;
    zone_part.daylight_name = kind->abbreviation;
    return before;
  }
  if (zones.find(word) == nullptr) return text;
  zone_part.zone = word;
  return before;
}

// --- Checking and normalising -------------------------------------------------------------------------------------
bool is_valid_field(const CalendarField& field, int from, int to, bool end_of_month) {
  if (end_of_month) to -= 3;  // days further than that from the end do not exist in every month
  return std::all_of(field.begin(), field.end(), [&](const CalendarComponent& c) {
    if (c.start < from || c.start > to || c.repeat > to - from) return false;
    // At least one repetition must lie inside.
    if (c.stop >= 0) return c.stop >= from && c.stop <= to && c.start + c.repeat <= c.stop;
    return end_of_month ? c.start - c.repeat >= from : c.start + c.repeat <= to;
  });
}

bool is_valid_spec(const CalendarSpec& spec) {
  return is_valid_field(spec.years, 1970, 2199, false) && is_valid_field(spec.months, 1, 12, false) &&
         is_valid_field(spec.days, 1, 31, spec.end_of_month) && is_valid_field(spec.hours, 0, 23, false) &&
         is_valid_field(spec.minutes, 0, 59, false) && is_valid_field(spec.microseconds, 0, 60 * usec_per_second - 1, false);
}

void normalise_field(CalendarField& field) {
  for (CalendarComponent& c : field)
    if (c.stop > c.start && c.repeat > 0) c.stop -= (c.stop - c.start) % c.repeat;  // the last value that is hit
  std::sort(field.begin(), field.end());
  field.erase(std::unique(field.begin(), field.end()), field.end());
}

int full_year(int year) { return year < 0 ? year : year < 70 ? year + 2000 : year < 100 ? year + 1900 : year; }

void normalise(CalendarSpec& spec) {
  if (spec.weekdays == all_weekdays) spec.weekdays = 0;
  if (spec.days.empty()) spec.end_of_month = false;
  for (CalendarComponent& c : spec.years) {
    c.start = full_year(c.start);
    c.stop = full_year(c.stop);
  }
  for (CalendarField* field : {&spec.years, &spec.months, &spec.days, &spec.hours, &spec.minutes, &spec.microseconds}) normalise_field(*field);
}

// --- Writing ------------------------------------------------------------------------------------------------------
std::string format_number(int value, int width, int unit) {
  std::string out = fmt::format("{:0{}}", value / unit, width);
  if (value % unit > 0) out += fmt::format(".{:06}", value % unit);
  return out;
}

std::string format_field(const CalendarField& field, int width, int unit) {
  if (field.empty()) return "*";
  if (unit > 1 && field.size() == 1 && field[0] == CalendarComponent{0, -1, unit}) return "*";
  std::string out;
  for (const CalendarComponent& c : field) {
    if (!out.empty()) out += ',';
    out += format_number(c.start, width, unit);
    if (c.stop > 0) out += ".." + format_number(c.stop, width, unit);
    if (c.repeat > 0 && !(c.stop > 0 && c.repeat == unit)) out += "/" + format_number(c.repeat, 1, unit);
  }
  return out;
}

std::string format_weekdays(std::uint8_t weekdays) {
  std::string out;
  for (int day = 0; day < 7; ++day) {
    const auto has = [weekdays](int d) { return d < 7 && (weekdays >> static_cast<unsigned>(d) & 1U) != 0; };
    if (!has(day)) continue;
    int last = day;
    while (has(last + 1)) ++last;
    if (!out.empty()) out += ',';
    out += short_weekday(day);
    if (last > day) {
      out += last > day + 1 ? ".." : ",";
      out += short_weekday(last);
    }
    day = last;
  }
  return out;
}

}  // namespace

Result<CalendarSpec> parse_calendar(std::string_view text, TimeZones& zones) {
  if (text.empty()) return invalid();
  CalendarSpec zone_part;
  const std::string_view expression = take_zone(text, zones, zone_part);
  CalendarSpec spec;
  if (std::optional<CalendarSpec> known = shorthand(expression)) {
    spec = std::move(*known);
  } else {
    if (expression.empty()) return invalid();
    spec = TRY(CalendarParser(expression).parse());
  }
  spec.utc = spec.utc || zone_part.utc;
  spec.daylight = zone_part.daylight;
  spec.daylight_name = zone_part.daylight_name;
  spec.zone = zone_part.zone;
  normalise(spec);
  if (!is_valid_spec(spec)) return invalid();
  return spec;
}

std::string format_calendar(const CalendarSpec& spec) {
  std::string out;
  if (spec.weekdays != 0) out += format_weekdays(spec.weekdays) + " ";
  out += format_field(spec.years, 4, 1) + "-" + format_field(spec.months, 2, 1) + (spec.end_of_month ? "~" : "-") +
         format_field(spec.days, 2, 1) + " " + format_field(spec.hours, 2, 1) + ":" + format_field(spec.minutes, 2, 1) + ":" +
         format_field(spec.microseconds, 2, usec_per_second);
  if (spec.utc)
    out += " UTC";
  else if (!spec.zone.empty())
    out += " " + spec.zone;
  else if (spec.daylight >= 0)
    out += " " + spec.daylight_name;
  return out;
}

const TimeZone& zone_of(const CalendarSpec& spec, TimeZones& zones) {
  static const TimeZone utc;
  if (spec.utc) return utc;
  if (spec.zone.empty()) return zones.local();
  const TimeZone* zone = zones.find(spec.zone);
  return zone != nullptr ? *zone : zones.local();
}

}  // namespace unitparser
