#include "journal/daemon/rate_limit.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace journal {
namespace {

/// emerg to crit, err, warning, notice and info, debug.
constexpr std::array<std::size_t, 8> group_of_level{0, 0, 0, 1, 2, 3, 3, 4};

}  // namespace

std::uint64_t RateLimiter::scaled_burst(std::uint64_t burst, std::uint64_t available) {
  // One times the burst up to 1 MiB of room, then a quarter more for each doubling.
  const std::uint64_t k = available == 0 ? 0 : static_cast<std::uint64_t>(std::bit_width(available)) - 1;
  return k <= 20 ? burst : burst * (k - 16) / 4;
}

RateVerdict RateLimiter::test(std::string_view unit, std::uint64_t interval, unsigned burst, int priority,
                              std::uint64_t available, std::uint64_t now) {
  if (interval == 0 || burst == 0) return {};
  key_.assign(unit);
  auto found = units_.find(key_);
  if (found == units_.end()) {
    if (units_.size() >= most_units) {
      const auto oldest = std::min_element(units_.begin(), units_.end(), [](const auto& a, const auto& b) {
        return a.second.used_at < b.second.used_at;
      });
      for (const Budget& budget : oldest->second.budgets)
        if (budget.suppressed > 0) evicted_.push_back({oldest->first, budget.suppressed});
      if (!evicted_.empty()) next_end_ = now;
      units_.erase(oldest);
    }
    found = units_.emplace(key_, Unit{}).first;
  }
  found->second.used_at = now;
  Budget& budget = found->second.budgets[group_of_level[static_cast<std::size_t>(priority & 7)]];
  budget.interval = interval;
  if (budget.begin == 0 || now - budget.begin > interval) {
    const RateVerdict verdict{true, budget.suppressed};
    budget = {now, 1, 0, interval};
    return verdict;
  }
  if (budget.count < scaled_burst(burst, available)) {
    ++budget.count;
    return {};
  }
  ++budget.suppressed;
  const std::uint64_t end = budget.begin + interval + 1;
  if (next_end_ == 0 || end < next_end_) next_end_ = end;
  return {false, 0};
}

std::vector<RateLimiter::Ended> RateLimiter::take_ended(std::uint64_t now) {
  std::vector<Ended> ended;
  if (next_end_ == 0 || now < next_end_) return ended;
  ended = std::exchange(evicted_, {});
  next_end_ = 0;
  for (auto& [unit, state] : units_)
    for (Budget& budget : state.budgets) {
      if (budget.suppressed == 0) continue;
      const std::uint64_t end = budget.begin + budget.interval + 1;
      if (now >= end) {
        ended.push_back({unit, budget.suppressed});
        budget = {};
      } else if (next_end_ == 0 || end < next_end_) {
        next_end_ = end;
      }
    }
  return ended;
}

}  // namespace journal
