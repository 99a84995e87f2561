#include "init/engine/boot_times.h"

#include <gtest/gtest.h>

#include "unitparser/base/enum_names.h"
#include "unitparser/base/text.h"

namespace init {
namespace {

TEST(BootTimes, SurviveBeingWrittenAndRead) {
  BootTimes times;
  times.pass(Milestone::kernel, DualTime{RealTime::from_usec(1'000'000), MonotonicTime::never()});
  times.pass(Milestone::userspace, DualTime{RealTime::from_usec(3'000'000), MonotonicTime::from_usec(2'000'000)});
  BootTimes again;
  const std::string text = format_boot_times(times);
  for (const std::string_view line : unitparser::split_at(text, '\n')) take_boot_time(line, again);
  for (std::size_t i = 0; i < milestone_count; ++i)
    EXPECT_EQ(times.at(static_cast<Milestone>(i)), again.at(static_cast<Milestone>(i))) << unitparser::to_name(static_cast<Milestone>(i));
}

TEST(BootTimes, OtherLinesAreLeftAlone) {
  BootTimes times;
  for (const char* line : {"", "milestone", "milestone Nonsense 1 2", "milestone KernelTimestamp x 2", "other KernelTimestamp 1 2"})
    EXPECT_FALSE(take_boot_time(line, times)) << line;
  EXPECT_TRUE(take_boot_time("milestone KernelTimestamp 1 2", times));
}

}  // namespace
}  // namespace init
