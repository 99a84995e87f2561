// The clocks of the daemon, in microseconds. [os: clock_gettime]
#pragma once

#include <time.h>

#include <cstdint>

namespace journal {

[[nodiscard]] inline std::uint64_t clock_usec(clockid_t clock) {
  timespec ts = {};
  ::clock_gettime(clock, &ts);
  return static_cast<std::uint64_t>(ts.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(ts.tv_nsec) / 1000;
}
[[nodiscard]] inline std::uint64_t realtime_now() { return clock_usec(CLOCK_REALTIME); }
[[nodiscard]] inline std::uint64_t monotonic_now() { return clock_usec(CLOCK_MONOTONIC); }

}  // namespace journal
