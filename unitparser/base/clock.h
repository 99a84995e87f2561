// What a clock says now. [os: clock_gettime]
#pragma once

#include <time.h>

#include <cstdint>

namespace unitparser {

/// Microseconds. May be called in a signal handler.
[[nodiscard]] inline std::uint64_t clock_usec(clockid_t clock) noexcept {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(now.tv_nsec) / 1000;
}

}  // namespace unitparser
