#include "unitparser/base/text.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace unitparser
