// What nobody may send is noticed. That the rest is read by others as it was written: tests of ctl's reader and of PID 1's outbox.
#include "unitparser/base/wire.h"

#include <gtest/gtest.h>

namespace unitparser {
namespace {

bool may_be_sent(const Value& value) {
  std::string text;
  WireWriter writer(text);
  writer.value(value);
  writer.string("after it");
  return writer.ok();
}

TEST(WireWriter, TextsThatAreNotUtf8AreNoticedAtAnyDepth) {
  EXPECT_TRUE(may_be_sent("plain"));
  EXPECT_TRUE(may_be_sent("\u00e4\u20ac"));
  EXPECT_FALSE(may_be_sent("\xff"));
  EXPECT_FALSE(may_be_sent(std::string("a\0b", 3)));
  EXPECT_FALSE(may_be_sent(struct_of(std::uint8_t{1}, ArrayValue{"v", {VariantValue{{Value("\xc3")}}}})));
  EXPECT_TRUE(may_be_sent(Bytes{std::string("\xff\0", 2)}));
}

}  // namespace
}  // namespace unitparser
