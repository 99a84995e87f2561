#include "journal/journalctl/filters.h"

#include <gtest/gtest.h>

#include <string>

namespace journal::test {
namespace {

/// "(A=1 & B=2 | C=3) & (…)"; values of one field are joined by commas.
std::string text_of(const Match& match) {
  std::string text;
  for (const Match::Group& group : match.groups()) {
    text += text.empty() ? "(" : " & (";
    for (const Match::Term& term : group) {
      if (!text.ends_with("(")) text += " | ";
      for (const Match::Alternatives& values : term) {
        if (&values != &term.front()) text += " & ";
        for (const std::string& payload : values.payloads) text += (&payload == &values.payloads.front() ? "" : ",") + payload;
      }
    }
    text += ")";
  }
  return text;
}

TEST(Filters, FacilitiesJoinTheFirstTermOnlyAsForJournalctl) {
  Options options;
  options.facilities = 1U << 2 | 1U << 9;
  options.priorities = 1U << 3;
  options.matches = {"_PID=279", "+", "_UID=1000"};
  Journal journal;
  const auto as_journalctl = build_match(options, journal);
  ASSERT_TRUE(as_journalctl.has_value());
  EXPECT_EQ(text_of(*as_journalctl), "(PRIORITY=3) & (SYSLOG_FACILITY=2,SYSLOG_FACILITY=9 & _PID=279 | _UID=1000)");
  options.speaks_as_journalctl = false;
  const auto own = build_match(options, journal);
  ASSERT_TRUE(own.has_value());
  EXPECT_EQ(text_of(*own), "(PRIORITY=3) & (SYSLOG_FACILITY=2,SYSLOG_FACILITY=9) & (_PID=279 | _UID=1000)");
}

}  // namespace
}  // namespace journal::test
