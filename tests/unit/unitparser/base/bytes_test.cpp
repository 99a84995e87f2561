#include "unitparser/base/bytes.h"

#include <gtest/gtest.h>

namespace unitparser {
namespace {

TEST(Bytes, have_one_decimal_that_is_cut) {
  EXPECT_EQ(format_bytes(0), "0B");
  EXPECT_EQ(format_bytes(1023), "1023B");
  EXPECT_EQ(format_bytes(1024), "1.0K");
  EXPECT_EQ(format_bytes(1024 + 1023), "1.9K");
  EXPECT_EQ(format_bytes(59UL * 1024 * 1024 + 399UL * 1024), "59.3M");
  EXPECT_EQ(format_bytes((1UL << 30U) - 1), "1023.9M");
  EXPECT_EQ(format_bytes(UINT64_MAX), "15.9E");
}

}  // namespace
}  // namespace unitparser
