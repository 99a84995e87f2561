#include "init/driver/state_log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace init {
namespace {

TEST(StateLog, TheLastCommitIsWhatTheNextImageFinds) {
  auto log = StateLog::create();
  ASSERT_TRUE(log);
  EXPECT_EQ(log->state(), "");
  ASSERT_TRUE(log->commit("first", {}));
  ASSERT_TRUE(log->commit("second, longer", {}));
  ASSERT_TRUE(log->commit("third", {}));
  auto next = StateLog::open(::dup(log->fd()));
  ASSERT_TRUE(next);
  EXPECT_EQ(next->state(), "third");
}

TEST(StateLog, AnUnfinishedCommitLeavesTheFormerState) {
  auto log = StateLog::create();
  ASSERT_TRUE(log);
  ASSERT_TRUE(log->commit("good", {}));
  EXPECT_FALSE(log->commit(std::string((128U << 20U) + 1, 'x'), {}));
  EXPECT_EQ(log->state(), "good");
}

TEST(StateLog, KeptDescriptorsPassTheNextExec) {
  auto log = StateLog::create();
  ASSERT_TRUE(log);
  const unitparser::UniqueFd kept(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const unitparser::UniqueFd other(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(log->commit("state", {kept.get()}));
  log->prepare_exec();
  EXPECT_EQ(::fcntl(kept.get(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_EQ(::fcntl(log->fd(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_NE(::fcntl(other.get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(StateLog, CrashesAreCountedWithinTheMinute) {
  auto log = StateLog::create();
  ASSERT_TRUE(log);
  log->set_in_hand("RequestJob");
  EXPECT_EQ(log->record_crash(11, 1'000'000), 1U);
  EXPECT_EQ(log->record_crash(11, 2'000'000), 2U);
  EXPECT_EQ(log->record_crash(6, 100'000'000), 1U);
  EXPECT_EQ(log->last_crash().count, 3U);
  EXPECT_EQ(log->last_crash().signal, 6);
  EXPECT_EQ(log->last_crash().in_hand, "RequestJob");
}

TEST(StateLog, WhatIsNotALogIsRefused) {
  EXPECT_FALSE(StateLog::open(::open("/dev/null", O_RDWR | O_CLOEXEC)));
}

}  // namespace
}  // namespace init
