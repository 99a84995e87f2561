// IoTraffic: what IOAccounting= counts of a unit. [pure]
#pragma once

#include <cstdint>

namespace init {

/// Of all block devices together.
struct IoTraffic {
  std::uint64_t read_bytes = 0, write_bytes = 0;
  std::uint64_t read_operations = 0, write_operations = 0;
  bool operator==(const IoTraffic&) const = default;
};

}  // namespace init
