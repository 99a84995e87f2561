// How many messages a unit may log in an interval, with a budget that grows with free disk space. [pure]
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

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

  /// Messages dropped since start, by unit.
  [[nodiscard]] const std::unordered_map<std::string, std::uint64_t>& dropped() const { return dropped_; }

 private:
  static constexpr std::size_t groups = 5;
  static constexpr std::size_t most_units = 2047;
  struct Budget {
    std::uint64_t begin = 0;
    std::uint64_t count = 0;
    std::uint64_t suppressed = 0;
  };
  struct Unit {
    std::array<Budget, groups> budgets;
    std::uint64_t used_at = 0;
  };
  std::unordered_map<std::string, Unit> units_;
  std::unordered_map<std::string, std::uint64_t> dropped_;
  std::string key_;
};

}  // namespace journal
