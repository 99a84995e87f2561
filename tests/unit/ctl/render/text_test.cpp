// Width and cutting of text.
#include "ctl/render/text.h"

#include <gtest/gtest.h>

namespace ctl {
namespace {

TEST(DisplayWidth, counts_columns_not_bytes) {
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("→ ●"), 3U);
  EXPECT_EQ(display_width("日本"), 4U);
  EXPECT_EQ(display_width("e\u0301"), 1U);
  EXPECT_EQ(display_width("\x1b[0;1;31mred\x1b[0m"), 3U);
  EXPECT_EQ(display_width("\x1b]8;;file:///x\alink\x1b]8;;\a"), 4U);
}

TEST(Ellipsize, cuts_where_it_is_told) {
  EXPECT_EQ(ellipsize("console-getty.service", 17, 100, true), "console-getty.se…");
  EXPECT_EQ(ellipsize("Starting nginx.service - A high performance web server and a reverse proxy server...", 29, 90, true),
            "Starting nginx.service - …...");
  EXPECT_EQ(ellipsize("abcdef", 6, 100, true), "abcdef");
  EXPECT_EQ(ellipsize("abcdef", 5, 100, false), "ab...");
  EXPECT_EQ(ellipsize("abcdef", 1, 100, true), "…");
  EXPECT_EQ(ellipsize("日本語です", 5, 100, true), "日本…");
}

TEST(ShellQuote, quotes_as_show_environment_does) {
  EXPECT_EQ(shell_quote_posix("plain/path:x=1"), "plain/path:x=1");
  EXPECT_EQ(shell_quote_posix("a b"), "$'a b'");
  EXPECT_EQ(shell_quote_posix("it's\n"), "$'it\\'s\\n'");
}

}  // namespace
}  // namespace ctl
