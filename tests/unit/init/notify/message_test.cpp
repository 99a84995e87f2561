#include "init/notify/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace init {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(NotifyMessage, ReadsAssignmentsInOrder) {
  EXPECT_THAT(parse_notify_message("READY=1\nSTATUS=up = running\n\nMAINPID=12"),
              ElementsAre(Pair("READY", "1"), Pair("STATUS", "up = running"), Pair("MAINPID", "12")));
}

TEST(NotifyMessage, HostileDatagramsSayNothing) {
  EXPECT_THAT(parse_notify_message(""), IsEmpty());
  EXPECT_THAT(parse_notify_message(std::string_view("\0READY=1", 8)), IsEmpty());
  EXPECT_THAT(parse_notify_message("=1\n\n\n"), IsEmpty());
  EXPECT_THAT(parse_notify_message("STATUS=\xff\xfe"), IsEmpty());
  EXPECT_THAT(parse_notify_message("STATUS=a\x1b[2J"), IsEmpty());
  EXPECT_THAT(parse_notify_message("BARRIER\nREADY=1"), ElementsAre(Pair("BARRIER", ""), Pair("READY", "1")));
}

}  // namespace
}  // namespace init
