// Calendar expressions: OnCalendar=, when they elapse next and elapsed last. systemd.time(7) CALENDAR EVENTS. [pure]
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "unitparser/base/result.h"
#include "unitparser/base/time.h"
#include "unitparser/syntax/time_zone.h"

namespace unitparser {

/// One element of a list: start, start..stop, each with /repeat. Seconds are counted in microseconds.
struct CalendarComponent {
  int start = 0;
  int stop = -1;   ///< -1: no end
  int repeat = 0;  ///< 0: only `start`
  auto operator<=>(const CalendarComponent&) const = default;
};
/// Empty: every value.
using CalendarField = std::vector<CalendarComponent>;

/// A checked, normalised expression.
struct CalendarSpec {
  std::uint8_t weekdays = 0;  ///< bit 0 Monday .. bit 6 Sunday; 0: all
  bool end_of_month = false;  ///< '~': days count from the last one
  CalendarField years;
  CalendarField months;
  CalendarField days;
  CalendarField hours;
  CalendarField minutes;
  CalendarField microseconds;
  bool utc = false;
  std::int8_t daylight = -1;   ///< 1 or 0: only while the local zone has, or has not, daylight saving
  std::string daylight_name;   ///< the zone abbreviation that said so
  std::string zone;            ///< named zone; empty: the local one (or UTC)
  bool operator==(const CalendarSpec&) const = default;
};

/// Reads an expression. `zones` tells which zone names exist. EINVAL, or ERANGE for numbers out of range.
[[nodiscard]] Result<CalendarSpec> parse_calendar(std::string_view text, TimeZones& zones);
/// The normalised form.
[[nodiscard]] std::string format_calendar(const CalendarSpec& spec);
/// The zone in which an expression counts.
[[nodiscard]] const TimeZone& zone_of(const CalendarSpec& spec, TimeZones& zones);

/// The first elapse after `after`. ENOENT: never again. EDEADLK: only times that the zone leaves out (an expression
/// that hits nothing but daylight saving gaps).
[[nodiscard]] Result<RealTime> next_elapse(const CalendarSpec& spec, RealTime after, const TimeZone& zone);
/// The last elapse before `before`; ENOENT: none since 1970.
[[nodiscard]] Result<RealTime> previous_elapse(const CalendarSpec& spec, RealTime before, const TimeZone& zone);

}  // namespace unitparser
