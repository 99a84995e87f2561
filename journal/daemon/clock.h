// The two clocks that entries are stamped with, in microseconds. [os: clock_gettime]
#pragma once

#include "unitparser/base/clock.h"

namespace journal {

[[nodiscard]] inline std::uint64_t realtime_now() { return unitparser::clock_usec(CLOCK_REALTIME); }
[[nodiscard]] inline std::uint64_t monotonic_now() { return unitparser::clock_usec(CLOCK_MONOTONIC); }

}  // namespace journal
