// Lines of the console; the expected ones with colours were written by systemd 252 on a console of 160 columns.
#include "init/log/console_status.h"

#include <gtest/gtest.h>

#include "unitparser/base/display_text.h"

namespace init {
namespace {

using effect::StatusKind;
using effect::UnitSentence;
using unitparser::Duration;

TEST(ConsoleStatus, MarksAreEightColumnsWide) {
  EXPECT_EQ(format_status_line(StatusKind::ok, {"Started a.", 0, 0}, false, 80), "[  OK  ] Started a.");
  EXPECT_EQ(format_status_line(StatusKind::failed, {"b", 0, 0}, false, 80), "[FAILED] b");
  EXPECT_EQ(format_status_line(StatusKind::none, {"Starting c...", 0, 0}, false, 80), "         Starting c...");
  EXPECT_EQ(format_status_line(StatusKind::advice, {"See there.", 0, 0}, false, 80), "See there.");
  for (const StatusKind kind : {StatusKind::depend, StatusKind::timeout, StatusKind::skipped, StatusKind::assert_, StatusKind::unsupported, StatusKind::once})
    EXPECT_EQ(format_status_line(kind, {}, false, 80).size(), 9U);
}

TEST(ConsoleStatus, TheUnitIsBrighterThanTheRest) {
  EXPECT_EQ(format_status_line(StatusKind::ok, {"Started cron.service - Jobs.", 8, 12}, true, 160),
            "[\x1b[0;32m  OK  \x1b[0m] Started \x1b[0;1;39mcron.service\x1b[0m - Jobs.");
  EXPECT_EQ(format_status_line(StatusKind::unsupported, {"Starting of a.swap - Cannot swap unsupported.", 12, 6}, true, 160),
            "[\x1b[0;1;38;5;185mUNSUPP\x1b[0m] Starting of \x1b[0;1;39ma.swap\x1b[0m - Cannot swap unsupported.");
  EXPECT_EQ(format_status_line(StatusKind::none, {"Starting a.service...", 9, 9}, true, 160), "         Starting \x1b[0;1;39ma.service\x1b[0m...");
}

TEST(ConsoleStatus, LongTextsAreCutInTheMiddleAndLeaveTheLastColumnFree) {
  const std::string line = format_status_line(StatusKind::ok, {std::string(40, 'a') + std::string(40, 'z'), 0, 0}, false, 30);
  EXPECT_EQ(line, "[  OK  ] aaaaaaaaaa…zzzzzzzzz");
  const UnitSentence wide{"Started a.service - 漢字漢字漢字漢字漢字.", 8, 9};
  for (unsigned width = 1; width < 60; ++width) {
    const std::string cut = format_status_line(StatusKind::ok, wide, true, width);
    EXPECT_LE(unitparser::display_width(cut), std::max(width, 9U + 3U + 1U) - 1) << width;
  }
}

TEST(ConsoleStatus, WaitingLineTellsJobTimesAndWhatTheServiceSays) {
  const WaitingJob job{"Job slow.service/start running", Duration::from_seconds(12), Duration::from_seconds(90), {}};
  EXPECT_EQ(format_waiting_line(job, 1, 2, 1, false, 200), "[**    ] (1 of 2) Job slow.service/start running (12s / 1min 30s)");
  EXPECT_EQ(format_waiting_line({"A stop job is running for x", Duration::from_seconds(3), Duration::infinity(), "Counting"}, 1, 1, 3, true, 200),
            "[ \x1b[0;31m*\x1b[0;1;31m*\x1b[0m\x1b[0;31m*  \x1b[0m] A stop job is running for x (3s / no limit): Counting");
}

TEST(ConsoleStatus, TheEyeGoesToAndFro) {
  std::vector<std::string> seen;
  for (unsigned round = 0; round < 15; ++round) seen.push_back(format_waiting_line({"x", {}, {}, {}}, 1, 1, round, false, 80).substr(1, 6));
  const std::vector<std::string> expected{"*     ", "**    ", "***   ", " ***  ", "  *** ", "   ***", "    **", "     *",
                                          "    **", "   ***", "  *** ", " ***  ", "***   ", "**    ", "*     "};
  EXPECT_EQ(seen, expected);
}

}  // namespace
}  // namespace init
