// When a calendar expression elapses. [pure]
#include <algorithm>
#include <bit>
#include <cerrno>
#include <optional>

#include "unitparser/base/text.h"
#include "unitparser/syntax/calendar.h"

namespace unitparser {
namespace {

constexpr std::int64_t usec_per_second = 1'000'000;
constexpr int last_year = 2199;
constexpr int most_skips = 100;  // times in a row that the zone leaves out, before giving up

/// A wall-clock instant in microseconds, taken apart.
struct WallClock {
  std::int64_t days = 0;  ///< since 1970-01-01
  int hour = 0;
  int minute = 0;
  std::int64_t usec = 0;  ///< of the minute
};

/// Smallest value of the field that is not below `value` and at most `last`.
std::optional<std::int64_t> next_in_field(const CalendarField& field, std::int64_t value, std::int64_t last) {
  if (field.empty()) return value <= last ? std::optional(value) : std::nullopt;
  std::optional<std::int64_t> best;
  for (const CalendarComponent& c : field) {
    std::int64_t hit = c.start;
    if (hit < value) {
      if (c.repeat == 0) continue;
      hit += (value - hit + c.repeat - 1) / c.repeat * c.repeat;
      if (c.stop >= 0 && hit > c.stop) continue;
    }
    if (hit <= last && (!best || hit < *best)) best = hit;
  }
  return best;
}

/// The set of small values (below 64) of a field as bits.
std::uint64_t bits_of(const CalendarField& field, int first, int last) {
  if (field.empty()) return (2ULL << static_cast<unsigned>(last)) - (1ULL << static_cast<unsigned>(first));
  std::uint64_t bits = 0;
  for (const CalendarComponent& c : field) {
    const int stop = c.repeat == 0 ? c.start : c.stop >= 0 ? std::min(c.stop, last) : last;
    for (int value = c.start; value <= std::min(stop, last); value += std::max(c.repeat, 1))
      if (value >= first) bits |= 1ULL << static_cast<unsigned>(value);
  }
  return bits;
}

int lowest(std::uint64_t bits) { return std::countr_zero(bits); }
std::uint64_t from_bit(std::uint64_t bits, int first) { return first >= 64 ? 0 : bits >> static_cast<unsigned>(first) << static_cast<unsigned>(first); }

/// Finds matching wall-clock times, with the small fields as bit sets.
class Matcher {
 public:
  explicit Matcher(const CalendarSpec& spec)
      : spec_(spec), months_(bits_of(spec.months, 1, 12)), hours_(bits_of(spec.hours, 0, 23)), minutes_(bits_of(spec.minutes, 0, 59)) {
    if (!spec.end_of_month) days_ = bits_of(spec.days, 1, 31);
    first_usec_ = next_in_field(spec.microseconds, 0, 60 * usec_per_second - 1).value_or(0);
  }

  /// The first match at or after `at`, both in wall-clock microseconds since 1970; nothing up to the last year.
  [[nodiscard]] std::optional<std::int64_t> find(std::int64_t at) const {
    const std::int64_t seconds = at / usec_per_second;
    const CivilTime start = seconds_to_civil(seconds);
    const std::int64_t start_days = days_from_date(start.year, start.month, start.day);
    const WallClock clock{start_days, start.hour, start.minute, start.second * usec_per_second + at % usec_per_second};
    if (day_matches(start.year, start.month, start.day, start_days))
      if (const auto usec = time_of_day(clock)) return start_days * 86400 * usec_per_second + *usec;
    const auto day = find_day(start.year, start.month, start.day + 1);
    if (!day) return std::nullopt;
    const auto usec = time_of_day({*day, 0, 0, 0});
    return usec ? std::optional(*day * 86400 * usec_per_second + *usec) : std::nullopt;
  }

 private:
  [[nodiscard]] bool day_matches(int year, int month, int day, std::int64_t days) const {
    if (next_in_field(spec_.years, year, year) != year || year > last_year) return false;
    if ((months_ >> static_cast<unsigned>(month) & 1U) == 0) return false;
    if ((days_of(year, month) >> static_cast<unsigned>(day) & 1U) == 0) return false;
    return spec_.weekdays == 0 || (spec_.weekdays >> static_cast<unsigned>(weekday_of(days)) & 1U) != 0;
  }

  /// Days of one month, bit 1 the first.
  [[nodiscard]] std::uint64_t days_of(int year, int month) const {
    const int length = days_in_month(year, month);
    const std::uint64_t existing = (2ULL << static_cast<unsigned>(length)) - 2;
    if (!spec_.end_of_month) return days_ & existing;
    std::uint64_t bits = 0;
    for (const CalendarComponent& c : spec_.days) {
      // Counted from the end, and with both ends turned round: ~7/1 goes on to the last day.
      int first = length - (c.stop > 0 ? c.stop : c.start) + 1;
      const int last = c.stop > 0 ? length - c.start + 1 : c.repeat > 0 ? length : first;
      for (; first <= last; first += std::max(c.repeat, 1))
        if (first >= 1) bits |= 1ULL << static_cast<unsigned>(first);
    }
    return bits;
  }

  /// First matching day not before that one, in days since 1970; `day` may be one too many.
  [[nodiscard]] std::optional<std::int64_t> find_day(int year, int month, int day) const {
    const auto first_year = next_in_field(spec_.years, year, last_year);
    if (first_year && *first_year > year) {
      month = 1;
      day = 1;
    }
    for (auto y = first_year; y; y = next_in_field(spec_.years, *y + 1, last_year), month = 1, day = 1) {
      for (std::uint64_t months = from_bit(months_, month); months != 0; months &= months - 1) {
        const int m = lowest(months);
        if (m > month) day = 1;
        const auto current_year = static_cast<int>(*y);
        const std::int64_t before_first = days_from_date(current_year, m, 1) - 1;
        for (std::uint64_t days = from_bit(days_of(current_year, m), day); days != 0; days &= days - 1) {
          const std::int64_t candidate = before_first + lowest(days);
          if (spec_.weekdays == 0 || (spec_.weekdays >> static_cast<unsigned>(weekday_of(candidate)) & 1U) != 0) return candidate;
        }
        day = 1;
      }
    }
    return std::nullopt;
  }

  /// Microseconds into the day of the first match at or after the clock's time.
  [[nodiscard]] std::optional<std::int64_t> time_of_day(const WallClock& clock) const {
    const auto at = [](int hour, int minute, std::int64_t usec) { return (hour * 60LL + minute) * 60 * usec_per_second + usec; };
    const bool hour_matches = (hours_ >> static_cast<unsigned>(clock.hour) & 1U) != 0;
    if (hour_matches) {
      if ((minutes_ >> static_cast<unsigned>(clock.minute) & 1U) != 0)
        if (const auto usec = next_in_field(spec_.microseconds, clock.usec, 60 * usec_per_second - 1)) return at(clock.hour, clock.minute, *usec);
      if (const std::uint64_t later = from_bit(minutes_, clock.minute + 1)) return at(clock.hour, lowest(later), first_usec_);
    }
    const std::uint64_t later = from_bit(hours_, clock.hour + 1);
    if (later == 0) return std::nullopt;
    return at(lowest(later), lowest(minutes_), first_usec_);
  }

  const CalendarSpec& spec_;
  std::uint64_t months_ = 0;
  std::uint64_t days_ = 0;
  std::uint64_t hours_ = 0;
  std::uint64_t minutes_ = 0;
  std::int64_t first_usec_ = 0;
};

tl::unexpected<Error> never() { return tl::unexpected<Error>(Error{ErrorCode::not_found, ENOENT, "the expression does not elapse again", {}}); }

Result<RealTime> next_with(const Matcher& matcher, const CalendarSpec& spec, RealTime after, const TimeZone& zone) {
  constexpr std::uint64_t farthest = 8'000'000'000'000'000;  // beyond the last year
  if (after.usec() >= farthest) return never();
  const auto from = static_cast<std::int64_t>(after.usec()) + 1;
  const std::int64_t from_seconds = from / usec_per_second;
  std::int64_t wall = zone.to_wall_clock(from_seconds) * usec_per_second + from % usec_per_second;
  if (wall < 0) wall = 0;
  for (int skipped = 0; skipped < most_skips; ++skipped) {
    const std::optional<std::int64_t> match = matcher.find(wall);
    if (!match) return never();
    const std::int64_t seconds = *match / usec_per_second;
    const std::optional<std::int64_t> instant = zone.first_instant(seconds, from_seconds);
    if (!instant) {
      // The clock is moved forward over this time: go on where it continues.
      wall = std::max(zone.meaning_of(seconds).gap_end * usec_per_second, *match + 1);
      continue;
    }
    if (spec.daylight >= 0 && zone.kind_at(*instant).daylight != (spec.daylight == 1)) {
      const auto change = zone.next_change(*instant);
      if (!change) return never();
      wall = std::max(zone.to_wall_clock(*change) * usec_per_second, *match + 1);
      continue;
    }
    return RealTime::from_usec(static_cast<std::uint64_t>(*instant * usec_per_second + *match % usec_per_second));
  }
  return fail_value(EDEADLK, "Infinite loop in calendar calculation: " + format_calendar(spec));
}

}  // namespace

Result<RealTime> next_elapse(const CalendarSpec& spec, RealTime after, const TimeZone& zone) {
  return next_with(Matcher(spec), spec, after, zone);
}

Result<RealTime> previous_elapse(const CalendarSpec& spec, RealTime before, const TimeZone& zone) {
  const Matcher matcher(spec);
  const auto elapses_before = [&](std::uint64_t from) -> std::optional<std::uint64_t> {
    const Result<RealTime> next = next_with(matcher, spec, RealTime::from_usec(from), zone);
    return next && *next < before ? std::optional(next->usec()) : std::nullopt;
  };
  // Go back in growing steps until an elapse is found, then close in on the last one.
  std::uint64_t low = before.usec();
  std::uint64_t high = before.usec();
  std::optional<std::uint64_t> found;
  for (std::uint64_t step = 1'000'000; !found && low > 0; step *= 2) {
    high = low;
    low = before.usec() > step ? before.usec() - step : 0;
    found = elapses_before(low);
  }
  if (!found) return never();
  low = *found;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (const auto later = elapses_before(middle)) {
      low = *later;
    } else {
      high = middle;
    }
  }
  return RealTime::from_usec(low);
}

}  // namespace unitparser
