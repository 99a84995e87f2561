#include "journal/format/sealing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace journal::test {
namespace {

/// A key that the genuine journalctl --setup-keys made, and what it wrote to the key file: begin and end of the generator's state.
constexpr const char* genuine_key = "a22478-d0fe2a-8fd5f9-8e8652/ab40a9c-989680";
constexpr const char* genuine_modulus_begin = "005feb39f6b792f589dc6edacba37fc31d379c5b5fc84baa4743b3de60f2a41780a6";
constexpr const char* genuine_state_end = "c265d1a3363dbcae418519833332c0620000000000000000";

std::string hex(std::span<const std::uint8_t> bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    constexpr const char* digits = "0123456789abcdef";
    text += {digits[byte >> 4], digits[byte & 15]};
  }
  return text;
}

SealSource genuine_source() { return *SealSource::from_seed(parse_verification_key(genuine_key)->seed); }

TEST(Sealing, TheGeneratorIsTheGenuineOne) {
  const SealState state = genuine_source().at(0);
  const std::string text = hex(state.bytes());
  EXPECT_TRUE(text.starts_with(genuine_modulus_begin)) << text;
  EXPECT_TRUE(text.ends_with(genuine_state_end)) << text;
}

TEST(Sealing, StepsLeadWhereTheSeedLeads) {
  const SealSource source = genuine_source();
  SealState state = source.at(0);
  for (const std::uint64_t steps : {0, 1, 1, 2, 5, 100}) {
    state.evolve(steps);
    const SealState leapt = source.at(state.epoch());
    EXPECT_TRUE(std::ranges::equal(leapt.bytes(), state.bytes())) << state.epoch();
    EXPECT_EQ(leapt.key(), state.key());
  }
  EXPECT_EQ(state.epoch(), 109U);
  EXPECT_NE(source.at(1).key(), source.at(2).key());
}

TEST(Sealing, WhatIsNoStateIsRefused) {
  const SealState state = genuine_source().at(3);
  const auto bytes = state.bytes();
  EXPECT_TRUE(SealState::parse(bytes).has_value());
  EXPECT_FALSE(SealState::parse(bytes.first(bytes.size() - 1)).has_value());
  EXPECT_FALSE(SealState::parse(bytes.first(1)).has_value());
  EXPECT_FALSE(SealState::parse({}).has_value());
  std::vector<std::uint8_t> without_modulus(bytes.size());
  without_modulus[0] = bytes[0], without_modulus[1] = bytes[1];
  EXPECT_FALSE(SealState::parse(without_modulus).has_value());
}

TEST(Sealing, VerificationKeysReadAsTheyAreWritten) {
  const auto key = parse_verification_key(genuine_key);
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->interval, 10'000'000U);
  EXPECT_EQ(key->start, 0xab40a9cULL * 10'000'000U);
  EXPECT_EQ(format_verification_key(*key), genuine_key);
  for (const char* bad : {"", "a22478", "a22478-d0fe2a-8fd5f9-8e8652", "a22478-d0fe2a-8fd5f9-8e8652/", "a22478-d0fe2a-8fd5f9-8e8652/1",
                          "a22478-d0fe2a-8fd5f9-8e8652/1-0", "a22478-d0fe2a-8fd5f9-8e8652/1-2x", "g22478-d0fe2a-8fd5f9-8e8652/1-2",
                          "a22478-d0fe2a-8fd5f9-8e865/1-2", "a22478-d0fe2a-8fd5f9-8e8652/ffffffffffffffff-2"})
    EXPECT_FALSE(parse_verification_key(bad).has_value()) << bad;
}

}  // namespace
}  // namespace journal::test
