#include "init/log/console_status.h"

#include <gtest/gtest.h>

namespace init {
namespace {

using unitparser::Duration;

TEST(ConsoleStatus, MarksAreEightColumnsWide) {
  EXPECT_EQ(format_status_line(effect::StatusKind::ok, "Started a.", false, 80), "[  OK  ] Started a.");
  EXPECT_EQ(format_status_line(effect::StatusKind::failed, "b", false, 80), "[FAILED] b");
  EXPECT_EQ(format_status_line(effect::StatusKind::none, "Starting c...", false, 80), "         Starting c...");
  EXPECT_EQ(format_status_line(effect::StatusKind::ok, "a", true, 80), "[\x1b[0;32m  OK  \x1b[0m] a");
}

TEST(ConsoleStatus, LongTextsAreCutInTheMiddle) {
  const std::string line = format_status_line(effect::StatusKind::ok, std::string(40, 'a') + std::string(40, 'z'), false, 29);
  EXPECT_EQ(line, "[  OK  ] aaaaaaaaa...zzzzzzzz");
  EXPECT_EQ(line.size(), 29U);
}

TEST(ConsoleStatus, WaitingLineTellsJobAndTimes) {
  const WaitingJob job{"start", "Slow Thing", Duration::from_seconds(12), Duration::from_seconds(90)};
  EXPECT_EQ(format_waiting_line(job, 1, 2, 0, false, 200),
            "[**    ] (1 of 2) A start job is running for Slow Thing (12s / 1min 30s)");
  EXPECT_EQ(format_waiting_line({"stop", "x", Duration::from_seconds(3)}, 1, 1, 5, false, 200),
            "[    **] A stop job is running for x (3s / no limit)");
}

}  // namespace
}  // namespace init
