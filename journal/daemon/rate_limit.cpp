#include "journal/daemon/rate_limit.h"

#include <algorithm>
#include <bit>

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
      units_.erase(oldest);
    }
    found = units_.emplace(key_, Unit{}).first;
  }
  found->second.used_at = now;
  Budget& budget = found->second.budgets[group_of_level[static_cast<std::size_t>(priority & 7)]];
  if (budget.begin == 0 || now - budget.begin > interval) {
    const RateVerdict verdict{true, budget.suppressed};
    budget = {now, 1, 0};
    return verdict;
  }
  if (budget.count < scaled_burst(burst, available)) {
    ++budget.count;
    return {};
  }
  ++budget.suppressed;
  if (dropped_.size() < most_units || dropped_.contains(key_)) ++dropped_[key_];
  return {false, 0};
}

}  // namespace journal
