// IpTraffic: what IPAccounting= counts of a unit. [pure]
#pragma once

#include <cstdint>

namespace init {

struct IpTraffic {
  std::uint64_t ingress_bytes = 0, ingress_packets = 0;
  std::uint64_t egress_bytes = 0, egress_packets = 0;
  bool operator==(const IpTraffic&) const = default;
};

}  // namespace init
