// How much room a journal may take.
#include "journal/store/policy.h"

#include <gtest/gtest.h>

namespace journal {
namespace {

TEST(Policy, LimitsAsTheyAreSetAndAsTheyFollow) {
  constexpr std::uint64_t mebibyte = 1024 * 1024, disk = 1000 * mebibyte;
  EXPECT_EQ(resolve_rules({}, disk).max_use, 100 * mebibyte);
  EXPECT_EQ(resolve_rules({.max_use = 0}, disk).max_use, 0U) << "no limit";
  EXPECT_EQ(resolve_rules({.max_use = 0}, disk).max_file_size, 128 * mebibyte);
  EXPECT_EQ(resolve_rules({.max_use = 5, .max_file_size = 5}, disk).max_use, mebibyte);
  EXPECT_EQ(resolve_rules({.max_use = 10 * mebibyte, .max_file_size = 8 * mebibyte}, disk).max_use, 16 * mebibyte) << "two files";
  EXPECT_EQ(resolve_rules({.max_file_size = 1ULL << 40}, disk).max_use, 2ULL * UINT32_MAX);
}

}  // namespace
}  // namespace journal
