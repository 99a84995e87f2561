// How many messages a unit may log in an interval, with a budget that grows with free disk space. [pure]
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace journal {

/// What to do with one message.
struct RateVerdict {
  bool pass = true;
  std::uint64_t suppressed_before = 0;  ///< messages dropped in the interval that ended; tell them once
};

class RateLimiter {
 public:
  /// `interval` in microseconds; 0 for interval or burst: no limit. `priority` decides the group (each has its own
  /// budget, so that noise does not hide errors). COMPAT: journald.conf(5) RateLimitBurst=.
  RateVerdict test(std::string_view unit, std::uint64_t interval, unsigned burst, int priority, std::uint64_t available,
                   std::uint64_t now);

  /// The burst that applies with so many bytes available: more room, larger bursts.
  [[nodiscard]] static std::uint64_t scaled_burst(std::uint64_t burst, std::uint64_t available);

  /// One burst that is over: its interval has passed.
  struct Ended {
    std::string unit;
    std::uint64_t suppressed = 0;
  };
  /// Bursts that were cut and whose interval has passed, without waiting for the unit's next message.
  [[nodiscard]] std::vector<Ended> take_ended(std::uint64_t now);
  /// When the next cut burst ends, on the clock of test(); 0: none is open.
  [[nodiscard]] std::uint64_t next_end() const { return next_end_; }

 private:
  static constexpr std::size_t groups = 5;
  static constexpr std::size_t most_units = 2047;
  struct Budget {
    std::uint64_t begin = 0;
    std::uint64_t count = 0;
    std::uint64_t suppressed = 0;
    std::uint64_t interval = 0;
  };
  struct Unit {
    std::array<Budget, groups> budgets;
    std::uint64_t used_at = 0;
  };
  std::unordered_map<std::string, Unit> units_;
  std::vector<Ended> evicted_;  ///< told at the next take_ended()
  std::uint64_t next_end_ = 0;
  std::string key_;
};

}  // namespace journal
