// Civil time and time zones: from tzfile(5) bytes to offsets, both ways, with gaps and overlaps. [pure]
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "unitparser/base/result.h"

namespace unitparser {

/// A date and time of day as on a wall clock, proleptic Gregorian.
struct CivilTime {
  int year = 1970;
  int month = 1;    ///< 1..12
  int day = 1;      ///< 1..31
  int hour = 0;
  int minute = 0;
  int second = 0;
  auto operator<=>(const CivilTime&) const = default;
};
/// Seconds since 1970-01-01 00:00 on the same wall clock; fields out of range are carried over.
[[nodiscard]] std::int64_t civil_to_seconds(const CivilTime& time);
[[nodiscard]] CivilTime seconds_to_civil(std::int64_t seconds);
/// 0 Monday .. 6 Sunday.
[[nodiscard]] int weekday_of(std::int64_t days_since_epoch);
[[nodiscard]] std::int64_t days_from_date(int year, int month, int day);
[[nodiscard]] int days_in_month(int year, int month);
/// "Mon" .. "Sun", "Monday" .. "Sunday" for 0..6.
[[nodiscard]] std::string_view short_weekday(int weekday);
[[nodiscard]] std::string_view long_weekday(int weekday);

/// The rules of one place.
class TimeZone {
 public:
  struct Kind {
    std::int32_t offset = 0;  ///< seconds east of Greenwich
    bool daylight = false;
    std::string abbreviation;
    bool operator==(const Kind&) const = default;
  };
  /// What a wall-clock reading may mean.
  struct Meaning {
    std::vector<std::int64_t> instants;  ///< in UTC, ascending: one, two in an overlap, none in a gap
    std::int64_t gap_end = 0;            ///< for a gap: first wall-clock second after it
    std::int64_t gap_shifted = 0;        ///< for a gap: the instant meant if the clock had not been moved forward
  };

  TimeZone() : kinds_{{0, false, "UTC"}} {}  ///< UTC
  /// Reads a tzfile; rules for the far future (its footer) are followed until the year 2200.
  [[nodiscard]] static Result<TimeZone> parse(std::string_view bytes);

  [[nodiscard]] const Kind& kind_at(std::int64_t utc) const { return kinds_[kind_index(utc)]; }
  [[nodiscard]] std::int64_t to_wall_clock(std::int64_t utc) const { return utc + kind_at(utc).offset; }
  [[nodiscard]] Meaning meaning_of(std::int64_t wall_clock) const;
  /// The earliest instant that is not before `not_before` at which the clock reads so; nothing if there is none.
  [[nodiscard]] std::optional<std::int64_t> first_instant(std::int64_t wall_clock, std::int64_t not_before) const;
  /// Start of the next kind after `utc`, if any.
  [[nodiscard]] std::optional<std::int64_t> next_change(std::int64_t utc) const;
  /// The last known kind with or without daylight saving; nullptr if the place has none.
  [[nodiscard]] const Kind* kind_with(bool daylight) const;
  bool operator==(const TimeZone&) const = default;

 private:
  [[nodiscard]] std::size_t kind_index(std::int64_t utc) const;
  std::vector<std::int64_t> changes_;      ///< ascending
  std::vector<std::uint8_t> change_kinds_; ///< kind from changes_[i] on
  std::vector<Kind> kinds_;                ///< kinds_[0] holds before the first change
  friend class TzFileReader;
};

/// Time zones by name ("Europe/Berlin"); the port through which pure code gets them.
class TimeZones {
 public:
  virtual ~TimeZones() = default;
  /// nullptr if there is no such zone. The zone lives as long as this object.
  [[nodiscard]] virtual const TimeZone* find(std::string_view name) = 0;
  /// The machine's own.
  [[nodiscard]] virtual const TimeZone& local() = 0;
};

}  // namespace unitparser
