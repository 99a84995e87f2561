#include "journal/daemon/log_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace journal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// With `|` for the NUL and `!` for the byte between both kinds.
LogFilter filter_of(std::string text, std::vector<std::string>& refused) {
  for (char& c : text) c = c == '|' ? '\0' : c == '!' ? '\xff' : c;
  return LogFilter(text, refused);
}

TEST(LogFilter, DeniesBeforeItAllows) {
  std::vector<std::string> refused;
  const LogFilter filter = filter_of("^GET |POST!secret|[0-9]{16}", refused);
  EXPECT_THAT(refused, IsEmpty());
  EXPECT_TRUE(filter.keeps("GET /index.html"));
  EXPECT_TRUE(filter.keeps("a POST"));
  EXPECT_FALSE(filter.keeps("a GET"));
  EXPECT_FALSE(filter.keeps("get /index.html"));
  EXPECT_FALSE(filter.keeps("GET /?secret"));
  EXPECT_FALSE(filter.keeps("POST 1234567812345678"));
  EXPECT_FALSE(filter.keeps("HEAD /"));
}

TEST(LogFilter, OneKindAloneIsEnough) {
  std::vector<std::string> refused;
  const LogFilter denying = filter_of("!debug", refused), allowing = filter_of("err!", refused);
  EXPECT_TRUE(denying.keeps("anything"));
  EXPECT_FALSE(denying.keeps("a debug line"));
  EXPECT_TRUE(allowing.keeps("an error"));
  EXPECT_FALSE(allowing.keeps("anything"));
  EXPECT_THAT(refused, IsEmpty());
}

TEST(LogFilter, WhatIsNoPatternIsNamedAndLeftOut) {
  std::vector<std::string> refused;
  const LogFilter filter = filter_of("(!x", refused);
  EXPECT_THAT(refused, ElementsAre(HasSubstr("(")));
  EXPECT_TRUE(filter.keeps("anything"));
  EXPECT_FALSE(filter.keeps("x"));
  EXPECT_TRUE(filter_of("no delimiter", refused).keeps("anything"));
}

TEST(LogFilter, APatternThatWouldTakeForeverMatchesNothing) {
  std::vector<std::string> refused;
  const LogFilter filter = filter_of("!^(a+)+$", refused);
  EXPECT_FALSE(filter.keeps("aaaa"));
  EXPECT_TRUE(filter.keeps(std::string(64, 'a') + "b"));
}

}  // namespace
}  // namespace journal
