#include "unitparser/syntax/ini_reader.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "unitparser/syntax/logical_lines.h"

namespace unitparser {
namespace {

std::string shown(std::string_view bytes) {
  const IniDocument document = read_ini(bytes);
  std::string out;
  for (const IniEntry& e : document.entries) {
    const char* kinds[] = {"S", "A", "?", "!"};
    out += std::string(kinds[static_cast<int>(e.kind)]) + std::to_string(e.first_line) + "-" + std::to_string(e.line) + ":" +
           std::to_string(e.column) + " [" + std::string(e.section) + "] " + std::string(e.key) + "|" + std::string(e.value) + "\n";
  }
  if (document.failure)
    out += std::to_string(document.failure->position.line) + " " + document.failure->message + "\n";
  return out;
}

TEST(IniReader, SectionsAndAssignments) {
  EXPECT_EQ(shown("a=b\n[Unit]\nKey = value \n; c\n  # d\n\n[]\nx=\n"),
            "A1-1:3 [] a|b\nS2-2:1 [Unit] |\nA3-3:7 [Unit] Key|value\nS7-7:1 [] |\nA8-8:3 [] x|\n");
}

TEST(IniReader, LinesAreJoined) {
  EXPECT_EQ(shown("[S]\na=1 \\\n# no \\\n 2 \\\\\\\n3\nb=\\\\\nc=d\\"),
            "S1-1:1 [S] |\nA2-5:3 [S] a|1   2 \\\\ 3\nA6-6:3 [S] b|\\\\\nA7-8:3 [S] c|d\n");
  EXPECT_EQ(shown("[S]\na=1 \\\n\n b\n"), "S1-1:1 [S] |\nA2-3:3 [S] a|1\n?4-4:2 [S] |b\n");
}

TEST(IniReader, LineEndsAndMarks) {
  EXPECT_EQ(shown("\xEF\xBB\xBF[S]\r\na=b\r\rc=d\n\re=f"),
            "S1-1:4 [S] |\nA2-2:3 [S] a|b\nA4-4:3 [S] c|d\nA5-5:3 [S] e|f\n");
  EXPECT_EQ(shown(std::string_view("[S]\na=b\0c\n", 10)), "S1-1:1 [S] |\nA2-2:3 [S] a|b\n?3-3:1 [S] |c\n");
}

TEST(IniReader, MalformedLines) {
  EXPECT_EQ(shown("[S]\nnothing\n=x\n"), "S1-1:1 [S] |\n?2-2:1 [S] |nothing\n!3-3:2 [S] |x\n");
  EXPECT_EQ(shown("[S]\n[T\na=b\n"), "S1-1:1 [S] |\n2 Invalid section header '[T'\n");
  EXPECT_EQ(shown("[a\"b]\n"), "1 Bad characters in section header '[a\"b]'\n");
  EXPECT_EQ(shown("[S]\na=\xff\n"), "S1-1:1 [S] |\n2 String is not UTF-8 clean, ignoring assignment: a=\uFFFD\n");
  EXPECT_EQ(shown("[S]\n# \xff\na=b\n"), "S1-1:1 [S] |\nA3-3:3 [S] a|b\n");
}

TEST(IniReader, LongLinesAreRefused) {
  const std::string long_line = "[S]\na=" + std::string(longest_line - 3, 'x');
  EXPECT_FALSE(read_ini(long_line).failure.has_value());
  const IniDocument too_long = read_ini(long_line + "y");
  ASSERT_TRUE(too_long.failure.has_value());
  EXPECT_EQ(too_long.failure->os_errno, ENOBUFS);
  EXPECT_EQ(too_long.failure->position.line, 1U) << "the last line that was read";
  const IniDocument joined = read_ini("[S]\na=\\\n" + std::string(longest_line - 3, 'x') + "\\\nyyyy");
  ASSERT_TRUE(joined.failure.has_value());
  EXPECT_EQ(joined.failure->message, "Continuation line too long");
}

}  // namespace
}  // namespace unitparser
