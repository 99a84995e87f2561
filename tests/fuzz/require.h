// What a fuzzer holds true of what was read. [pure]
#pragma once

#include <cstdlib>

/// Ends the program when it does not hold: that is how libFuzzer hears of it.
inline void require(bool condition) {
  if (!condition) std::abort();
}
