#include "init/varlink/json.h"

#include <gtest/gtest.h>

namespace init::varlink {
namespace {

std::string again(std::string_view text) {
  const auto json = parse_json(text);
  return json ? format_json(*json) : "refused";
}

TEST(Json, ReadsAndWritesEveryKindOfValue) {
  EXPECT_EQ(again(R"( { "a" : [ 1 , -2, true, false, null, "x" ] , "b" : { } } )"), R"({"a":[1,-2,true,false,null,"x"],"b":{}})");
  EXPECT_EQ(again("0.5"), "0.5");
  EXPECT_EQ(again("9223372036854775807"), "9223372036854775807");
}

TEST(Json, EscapesInBothDirections) {
  EXPECT_EQ(again(R"("\"\\\/\n\u0041\u00e4\ud83d\ude00")"), "\"\\\"\\\\/\\u000aA\xC3\xA4\xF0\x9F\x98\x80\"");
}

TEST(Json, RefusesWhatIsNone) {
  for (const char* text : {"", "{", "[1,]", "{\"a\"}", "{\"a\":1,}", "tru", "1 2", "\"open", "\"\\x\"", "\"\\ud800\"", "\"\\u0000\"", "nan",
                           "1e999", "\"\n\"", "\"\xFF\"", "{1:2}", "--1"})
    EXPECT_EQ(again(text), "refused") << text;
}

TEST(Json, DepthIsBounded) {
  EXPECT_NE(again(std::string(20, '[') + std::string(20, ']')), "refused");
  EXPECT_EQ(again(std::string(100'000, '[')), "refused");
  std::string nested;
  for (int i = 0; i < 100; ++i) nested += "{\"a\":";
  EXPECT_EQ(again(nested), "refused");
}

TEST(Json, MembersAreFoundByName) {
  const auto json = parse_json(R"({"a":1,"b":"t","a":2})");
  ASSERT_TRUE(json);
  EXPECT_EQ(json->find("a")->integer(), 1);
  EXPECT_EQ(*json->find("b")->text(), "t");
  EXPECT_EQ(json->find("c"), nullptr);
  EXPECT_EQ(json->find("a")->find("x"), nullptr);
}

}  // namespace
}  // namespace init::varlink
