#include "unitparser/base/time.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>

#include "tests/unit/unitparser/test_data.h"
#include "unitparser/base/text.h"

namespace unitparser {
namespace {

TEST(TimeSpan, AnswersLikeTheRecordedOnes) {
  const auto cases = testing::json_lines("timespan.jsonl");
  ASSERT_GE(cases.size(), 80U);
  for (const auto& c : cases) {
    const std::string text = c["expr"];
    const Result<Duration> span = parse_duration(text);
    if (span) {
      // the recording lost blanks at line ends
      const std::string shown = fmt::format("Original: {}\n      μs: {}\n   Human: {}\n", trim_right(text), span->usec(), format_duration(*span));
      EXPECT_EQ(shown, c["stdout"].get<std::string>()) << text;
    } else {
      EXPECT_EQ(c["rc"], 1) << text;
      const std::string message = fmt::format("Failed to parse time span '{}': {}\n", text, strerrordesc_np(span.error().os_errno));
      EXPECT_EQ(message, c["stderr"].get<std::string>().substr(0, message.size())) << text;
    }
  }
}

TEST(TimeSpan, PrintsWithLessAccuracy) {
  EXPECT_EQ(format_duration(Duration::from_usec(1'234'567), Duration::from_msec(1)), "1.234s");
  EXPECT_EQ(format_duration(Duration::from_usec(61'234'567), Duration::from_seconds(1)), "1min 1s");
  EXPECT_EQ(format_duration(Duration::from_usec(10), Duration::from_seconds(1)), "10us");
}

TEST(TimeSpan, Nanoseconds) {
  EXPECT_EQ(parse_nanoseconds("50us").value(), 50'000U);
  EXPECT_EQ(parse_nanoseconds("7").value(), 7U);
  EXPECT_EQ(parse_nanoseconds("1ns 2nsec").value(), 3U);
  EXPECT_FALSE(parse_nanoseconds("x").has_value());
}

}  // namespace
}  // namespace unitparser
