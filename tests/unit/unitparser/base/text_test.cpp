#include "unitparser/base/text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace unitparser {
namespace {

using Words = std::vector<std::string>;

Words words_of(std::string_view text, const WordOptions& options) {
  const auto words = split_words(text, options);
  return words ? *words : Words{"<" + words.error().message + ">"};
}

TEST(Words, PlainOnesLoseBackslashes) {
  EXPECT_EQ(words_of("  a  b\tc ", {}), (Words{"a", "b", "c"}));
  EXPECT_EQ(words_of("a\\ b 'c d'", {}), (Words{"a b", "'c", "d'"}));
  EXPECT_EQ(words_of("a\\", {}), (Words{"<unknown escape sequence>"}));
  EXPECT_EQ(words_of("a\\", {.relax = true}), (Words{"a"}));
}

TEST(Words, QuotesGroup) {
  EXPECT_EQ(words_of("\"a b\"c 'd'", {.unquote = true}), (Words{"a bc", "d"}));
  EXPECT_EQ(words_of("\"a b\"c 'd'", {.keep_quotes = true}), (Words{"\"a b\"c", "'d'"}));
  EXPECT_EQ(words_of("''", {.unquote = true}), (Words{""}));
  EXPECT_EQ(words_of("'a", {.unquote = true}), (Words{"<a quote is not closed>"}));
  EXPECT_EQ(words_of("'a", {.unquote = true, .relax = true}), (Words{"a"}));
}

TEST(Words, EscapesOfEveryFlavour) {
  EXPECT_EQ(words_of("\\x41\\102\\s\\u00e9", {.unescape = true}), (Words{"AB \u00e9"}));
  EXPECT_EQ(words_of("\\q", {.unescape = true}), (Words{"<unknown escape sequence>"}));
  EXPECT_EQ(words_of("\\q\\", {.unescape = true, .keep_unknown_escapes = true}), (Words{"\\q\\"}));
  EXPECT_EQ(words_of("a\\:b:c\\\\", {.separators = ":", .unescape_separators = true}), (Words{"a:b", "c\\"}));
  EXPECT_EQ(words_of("a\\ b", {.keep_backslashes = true}), (Words{"a\\", "b"}));
}

TEST(Words, EverySeparatorCounts) {
  EXPECT_EQ(words_of(":foo::bar:", {.separators = ":", .keep_empty = true}), (Words{"", "foo", "", "bar", ""}));
  EXPECT_EQ(words_of("foo", {.separators = ":", .keep_empty = true}), (Words{"foo"}));
}

TEST(Escaping, RoundTrips) {
  const std::string all = "a\n\t\"'\\\x01\xc3\xa9";
  EXPECT_EQ(unescape_c(escape_c(all)).value(), all);
  EXPECT_EQ(escape_c("\x01"), "\\001");
  EXPECT_EQ(escape_hex("a b", " "), "a\\x20b");
  EXPECT_EQ(quote_if_needed("plain=1"), "plain=1");
  EXPECT_EQ(quote_if_needed("a b$"), "\"a b\\$\"");
  EXPECT_EQ(quote_if_needed(""), "\"\"");
}

TEST(Utf8, RefusesWhatIsNot) {
  EXPECT_TRUE(is_valid_utf8("plain and long enough for chunks, caf\u00e9"));
  EXPECT_FALSE(is_valid_utf8("0123456789abcdef\xff"));
  EXPECT_FALSE(is_valid_utf8("\xc0\x80"));
  EXPECT_FALSE(is_valid_utf8("\xed\xa0\x80"));
  EXPECT_FALSE(is_valid_utf8(std::string_view("12345678a\0b", 11)));
}

TEST(Numbers, Forms) {
  EXPECT_EQ(parse_unsigned("0x10").value(), 16U);
  EXPECT_EQ(parse_unsigned("0o17").value(), 15U);
  EXPECT_EQ(parse_unsigned("0b11").value(), 3U);
  EXPECT_EQ(parse_unsigned("010").value(), 8U);
  EXPECT_EQ(parse_unsigned("0").value(), 0U);
  EXPECT_FALSE(parse_unsigned("-1").has_value());
  EXPECT_FALSE(parse_unsigned("1 ").has_value());
  EXPECT_FALSE(parse_unsigned("").has_value());
  EXPECT_EQ(parse_signed("-9223372036854775808").value(), std::numeric_limits<std::int64_t>::min());
  EXPECT_FALSE(parse_signed("--1").has_value());
  EXPECT_TRUE(parse_boolean("Yes").value());
  EXPECT_FALSE(parse_boolean("maybe").has_value());
}

TEST(Nearest, FindsTheRightSpelling) {
  constexpr std::array<std::string_view, 4> keys{"ExecStart", "ExecStop", "Restart", "RestartSec"};
  EXPECT_EQ(nearest("ExceStart", keys), "ExecStart");
  EXPECT_EQ(nearest("restart", keys), "Restart");
  EXPECT_EQ(nearest("Banana", keys), "");
}

/// The optimal string alignment of two words, without any short cut.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i)
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        cost[i][j] = i + j;
        continue;
      }
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  return cost[a.size()][b.size()];
}

TEST(Nearest, IsTheFirstOfTheNearest) {
  std::mt19937 random(4);
  const auto word = [&random](std::string letters) {
    std::string made;
    for (auto size = random() % 9; size > 0; --size) made += letters[random() % letters.size()];
    return made;
  };
  int found = 0;
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::string> words;
    for (int i = 0; i < 8; ++i) words.push_back(word(i % 2 == 0 ? "ab" : "abcdef"));
    const std::vector<std::string_view> candidates(words.begin(), words.end());
    const std::string name = word("abcde");
    std::size_t least = std::min<std::size_t>(4, std::max<std::size_t>(1, name.size() / 3)) + 1;
    std::string_view expected;
    for (const std::string_view candidate : candidates)
      if (const std::size_t far = distance(name, candidate); far < least) {
        least = far;
        expected = candidate;
      }
    ASSERT_EQ(nearest(name, candidates), expected) << name;
    found += expected.empty() ? 0 : 1;
  }
  EXPECT_GT(found, 100);
}

}  // namespace
}  // namespace unitparser
