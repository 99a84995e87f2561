// Memory that runs out on demand: `operator new` of the whole test program asks here (failing_memory_test.cpp). [pure]
#pragma once

#include <cstdint>

namespace journal::test {

/// While it lives, the allocations `first` to `first + count - 1` (from 0) of this thread fail.
class FailingAllocations {
 public:
  FailingAllocations(std::uint64_t first, std::uint64_t count);
  FailingAllocations(const FailingAllocations&) = delete;
  FailingAllocations& operator=(const FailingAllocations&) = delete;
  ~FailingAllocations();
};

}  // namespace journal::test
