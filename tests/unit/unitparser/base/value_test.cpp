#include "unitparser/base/value.h"

#include <gtest/gtest.h>

namespace unitparser {
namespace {

TEST(Value, SignatureFollowsContent) {
  EXPECT_EQ(Value(true).signature(), "b");
  EXPECT_EQ(Value(std::uint64_t{3}).signature(), "t");
  EXPECT_EQ(Value("text").signature(), "s");
  EXPECT_EQ(string_array({}).signature(), "as");
  EXPECT_EQ(struct_of("a", std::uint32_t{1}, ObjectPath{"/"}).signature(), "(suo)");
  EXPECT_EQ(Value(VariantValue{{Value("x")}}).signature(), "v");
}

}  // namespace
}  // namespace unitparser
