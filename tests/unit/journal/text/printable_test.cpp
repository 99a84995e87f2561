#include "journal/text/printable.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

namespace journal::test {
namespace {

TEST(Printable, EveryByteAtEveryPlace) {
  for (int c = 0; c < 256; ++c)
    for (std::size_t size = 1; size < 20; ++size)
      for (std::size_t at = 0; at < size; ++at) {
        std::string text(size, 'x');
        text[at] = static_cast<char>(c);
        const bool is_ascii = c >= ' ' && c < 0x7F;
        EXPECT_EQ(is_plain_text(text), is_ascii && c != '"' && c != '\\') << c << " at " << at << " of " << size;
        EXPECT_EQ(is_printable(text, NewlineRule::allowed), is_ascii || c == '\t' || c == '\n') << c << " at " << at << " of " << size;
        EXPECT_EQ(is_printable(text, NewlineRule::forbidden), is_ascii || c == '\t') << c << " at " << at << " of " << size;
      }
}

TEST(Printable, BytesNextToEachOther) {
  // Pairs of all bytes: what one of them is must not hide or change what the other is.
  for (int a = 0; a < 128; ++a)
    for (int b = 0; b < 128; ++b) {
      std::string text = "........";
      text[3] = static_cast<char>(a);
      text[4] = static_cast<char>(b);
      const auto is_ascii = [](int c) { return c >= ' ' && c < 0x7F; };
      const auto is_plain = [&](int c) { return is_ascii(c) && c != '"' && c != '\\'; };
      EXPECT_EQ(is_plain_text(text), is_plain(a) && is_plain(b)) << a << ", " << b;
      EXPECT_EQ(is_printable(text, NewlineRule::forbidden), (is_ascii(a) || a == '\t') && (is_ascii(b) || b == '\t')) << a << ", " << b;
    }
}

TEST(Printable, Utf8) {
  EXPECT_TRUE(is_printable("grüße, 日本語 und 😀 in a longer text", NewlineRule::forbidden));
  EXPECT_FALSE(is_printable("cut at the end of a longer text \xE6\x97", NewlineRule::forbidden));
  EXPECT_FALSE(is_printable("C1 control \xC2\x85 in a longer text", NewlineRule::forbidden));
}

}  // namespace
}  // namespace journal::test
