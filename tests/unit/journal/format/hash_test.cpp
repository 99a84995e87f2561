#include "journal/format/hash.h"

#include <gtest/gtest.h>

#include <array>

namespace journal {
namespace {

TEST(SipHash, MatchesTheVectorsOfItsPaper) {
  Id128 key;
  for (std::size_t i = 0; i < 16; ++i) key.bytes[i] = static_cast<std::uint8_t>(i);
  std::array<std::uint8_t, 64> input{};
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = static_cast<std::uint8_t>(i);
  EXPECT_EQ(siphash24(input.data(), 0, key), 0x726fdb47dd0e0e31ULL);
  EXPECT_EQ(siphash24(input.data(), 1, key), 0x74f839c593dc67fdULL);
  EXPECT_EQ(siphash24(input.data(), 15, key), 0xa129ca6149be45e5ULL);
  EXPECT_EQ(siphash24(input.data(), 63, key), 0x958a324ceb064572ULL);
}

TEST(Jenkins, MatchesTheVectorsOfLookup3) {
  // lookup3.c driver5: hashlittle2 of "Four score and seven years ago" with seeds 0, 0.
  const char text[] = "Four score and seven years ago";
  EXPECT_EQ(jenkins_hash64(text, sizeof text - 1) >> 32, 0x17770551U);
  EXPECT_EQ(jenkins_hash64("", 0), 0xdeadbeefdeadbeefULL);
}

}  // namespace
}  // namespace journal
