#include "tests/unit/journal/failing_memory.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <string>

namespace {

struct Plan {
  bool active = false;
  std::uint64_t seen = 0, first = 0, count = 0;
};
thread_local Plan plan;

bool fails() {
  if (!plan.active) return false;
  const std::uint64_t number = plan.seen++;
  return number >= plan.first && number - plan.first < plan.count;
}

}  // namespace

// Not inline: an optimiser that sees malloc() behind new warns of free() behind delete.
[[gnu::noinline]] void* operator new(std::size_t size) {
  void* const memory = fails() ? nullptr : std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace journal::test {

FailingAllocations::FailingAllocations(std::uint64_t first, std::uint64_t count) { plan = {true, 0, first, count}; }
FailingAllocations::~FailingAllocations() { plan = {}; }

TEST(FailingMemory, FailsWhereItShould) {
  const FailingAllocations second(1, 1);
  EXPECT_NO_THROW(std::string(100, 'a'));
  EXPECT_THROW(std::string(100, 'a'), std::bad_alloc);
  EXPECT_NO_THROW(std::string(100, 'a'));
}

}  // namespace journal::test
