// Duration and the two kinds of instants; reading and printing time spans (systemd.time(7)). [pure]
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "unitparser/base/result.h"

namespace unitparser {

/// A length of time in whole microseconds, or infinity. Arithmetic saturates: infinity stays infinity.
class Duration {
 public:
  constexpr Duration() = default;
  [[nodiscard]] static constexpr Duration from_usec(std::uint64_t usec) { return Duration(usec); }
  [[nodiscard]] static constexpr Duration from_msec(std::uint64_t msec) { return Duration(msec * 1000); }
  [[nodiscard]] static constexpr Duration from_seconds(std::uint64_t seconds) { return Duration(seconds * 1'000'000); }
  [[nodiscard]] static constexpr Duration infinity() { return Duration(std::numeric_limits<std::uint64_t>::max()); }

  /// Microseconds; UINT64_MAX for infinity, as on the bus.
  [[nodiscard]] constexpr std::uint64_t usec() const { return usec_; }
  [[nodiscard]] constexpr bool is_infinite() const { return *this == infinity(); }
  [[nodiscard]] constexpr bool is_zero() const { return usec_ == 0; }

  constexpr auto operator<=>(const Duration&) const = default;
  friend constexpr Duration operator+(Duration a, Duration b) {
    return a.usec_ > infinity().usec_ - b.usec_ ? infinity() : Duration(a.usec_ + b.usec_);
  }
  /// Difference, not below zero.
  friend constexpr Duration operator-(Duration a, Duration b) {
    if (a.is_infinite()) return a;
    return a.usec_ > b.usec_ ? Duration(a.usec_ - b.usec_) : Duration();
  }

 private:
  constexpr explicit Duration(std::uint64_t usec) : usec_(usec) {}
  std::uint64_t usec_ = 0;
};

/// An instant of clock `Clock` in microseconds since that clock's zero; 0 means "never happened", as on the bus.
template <class Clock>
class Instant {
 public:
  constexpr Instant() = default;
  [[nodiscard]] static constexpr Instant from_usec(std::uint64_t usec) {
    Instant i;
    i.usec_ = usec;
    return i;
  }
  [[nodiscard]] static constexpr Instant never() { return {}; }
  [[nodiscard]] static constexpr Instant infinity() { return from_usec(std::numeric_limits<std::uint64_t>::max()); }
  [[nodiscard]] constexpr std::uint64_t usec() const { return usec_; }
  [[nodiscard]] constexpr bool is_set() const { return usec_ != 0; }
  [[nodiscard]] constexpr bool is_infinite() const { return *this == infinity(); }
  constexpr auto operator<=>(const Instant&) const = default;
  friend constexpr Instant operator+(Instant at, Duration d) {
    return from_usec((Duration::from_usec(at.usec_) + d).usec());
  }
  friend constexpr Duration operator-(Instant a, Instant b) {
    return Duration::from_usec(a.usec_) - Duration::from_usec(b.usec_);
  }

 private:
  std::uint64_t usec_ = 0;
};

using MonotonicTime = Instant<struct MonotonicClock>;  ///< CLOCK_MONOTONIC
using RealTime = Instant<struct RealtimeClock>;        ///< CLOCK_REALTIME
using BootTime = Instant<struct BoottimeClock>;        ///< CLOCK_BOOTTIME

/// One moment on all clocks, read once for each turn.
struct Now {
  MonotonicTime monotonic;
  RealTime realtime;
  BootTime boottime;
};

/// Reads a time span such as "5min 20s", "1h30m", "infinity" or "20" (seconds). systemd.time(7) PARSING TIME SPANS.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text,
                                              Duration default_unit = Duration::from_seconds(1));

/// The same in nanoseconds (knows "ns", default unit is the nanosecond); UINT64_MAX for infinity.
[[nodiscard]] Result<std::uint64_t> parse_nanoseconds(std::string_view text);

/// Prints a time span as systemd does ("1min 30s", "infinity", "0"), leaving out what is below `accuracy`.
[[nodiscard]] std::string format_duration(Duration duration, Duration accuracy = Duration::from_usec(1));

}  // namespace unitparser
