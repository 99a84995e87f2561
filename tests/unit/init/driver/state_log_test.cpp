#include "init/driver/state_log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <random>

namespace init {
namespace {

std::string state_of_next_image(const StateLog& log) {
  const auto next = StateLog::open(::dup(log.fd()));
  return next ? next->state() : "unreadable: " + next.error().message;
}

/// A damage done by a stray pointer: the first place where `text` stands in the log's memory.
void damage(const StateLog& log, std::string_view text) {
  for (off_t begin = 0; (begin = ::lseek(log.fd(), begin, SEEK_DATA)) >= 0;) {
    const off_t end = ::lseek(log.fd(), begin, SEEK_HOLE);
    std::string bytes(static_cast<std::size_t>(end - begin), '\0');
    ASSERT_EQ(::pread(log.fd(), bytes.data(), bytes.size(), begin), end - begin);
    if (const std::size_t at = bytes.find(text); at != std::string::npos) {
      ASSERT_EQ(::pwrite(log.fd(), "#", 1, begin + static_cast<off_t>(at)), 1);
      return;
    }
    begin = end;
  }
  FAIL() << text << " is not in the log";
}

TEST(StateLog, TheLastCommitIsWhatTheNextImageFinds) {
  auto log = StateLog::create();
  ASSERT_TRUE(log);
  EXPECT_EQ(log->state(), "");
  log->put(7, "seven.");
  log->put(3, "three.");
  ASSERT_TRUE(log->commit({}));
  EXPECT_EQ(state_of_next_image(*log), "three.seven.");
  log->put(5, "five, which is new.");
  log->put(3, "");
  ASSERT_TRUE(log->commit({}));
  EXPECT_EQ(state_of_next_image(*log), "five, which is new.seven.");
}

TEST(StateLog, WhatWasPutCountsOnlyWithTheCommit) {
  auto log = StateLog::create();
  ASSERT_TRUE(log);
  log->put(1, "good");
  ASSERT_TRUE(log->commit({}));
  log->put(1, "unfinished");
  EXPECT_EQ(state_of_next_image(*log), "good");
}

TEST(StateLog, TheFirstCommitOfAnImageReplacesTheStateOfTheFormerOne) {
  auto log = StateLog::create();
  ASSERT_TRUE(log);
  log->put(1, "a");
  log->put(2, "b");
  ASSERT_TRUE(log->commit({}));
  auto next = StateLog::open(::dup(log->fd()));
  ASSERT_TRUE(next);
  EXPECT_TRUE(next->starts_anew());
  next->put(2, "c");
  EXPECT_EQ(state_of_next_image(*next), "ab");
  ASSERT_TRUE(next->commit({}));
  EXPECT_FALSE(next->starts_anew());
  EXPECT_EQ(state_of_next_image(*next), "c");
}

TEST(StateLog, AStateWithoutRoomLeavesTheFormerOne) {
  auto log = StateLog::create();
  ASSERT_TRUE(log);
  log->put(1, "good");
  ASSERT_TRUE(log->commit({}));
  log->put(2, std::string(StateLog::half_size + 1, 'x'));
  EXPECT_FALSE(log->commit({}));
  EXPECT_EQ(log->state(), "good");
  EXPECT_TRUE(log->starts_anew());
  log->put(1, "better");
  ASSERT_TRUE(log->commit({}));
  EXPECT_EQ(log->state(), "better");
}

TEST(StateLog, OfADamagedPartTheFormerTextCounts) {
  auto log = StateLog::create();
  ASSERT_TRUE(log);
  log->put(1, "first of one.");
  log->put(2, "first of two.");
  ASSERT_TRUE(log->commit({}));
  log->put(1, "second of one.");
  ASSERT_TRUE(log->commit({}));
  damage(*log, "second of one.");
  EXPECT_EQ(state_of_next_image(*log), "first of one.first of two.");
}

TEST(StateLog, LongLifeKeepsWhatCountsInBoundedMemory) {
  auto log = StateLog::create();
  ASSERT_TRUE(log);
  std::mt19937_64 random(1);
  std::map<std::uint64_t, std::string> truth;
  std::int64_t most_blocks = 0;
  for (int round = 0; round < 3000; ++round) {
    std::map<std::uint64_t, std::string> changes;
    for (std::uint64_t count = random() % 8; count > 0; --count)
      changes[random() % 64] = random() % 4 == 0 ? "" : std::string(random() % 700, static_cast<char>('a' + random() % 26));
    for (const auto& [key, text] : changes) {
      log->put(key, text);
      truth[key] = text;
    }
    ASSERT_TRUE(log->commit({}));
    std::string expected;
    for (const auto& [key, text] : truth) expected += text;
    ASSERT_EQ(state_of_next_image(*log), expected) << "after round " << round;
    struct stat status{};
    ASSERT_EQ(::fstat(log->fd(), &status), 0);
    most_blocks = std::max<std::int64_t>(most_blocks, status.st_blocks);
  }
  EXPECT_LT(most_blocks * 512, 160 * 1024);  // 64 parts of up to 700 bytes, twice, and the header
}

TEST(StateLog, KeptDescriptorsPassTheNextExec) {
  auto log = StateLog::create();
  ASSERT_TRUE(log);
  const unitparser::UniqueFd kept(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const unitparser::UniqueFd other(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  log->put(1, "state");
  ASSERT_TRUE(log->commit({kept.get()}));
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
