// The write-ahead log: what was brought to the disk is read back, and nothing else.
#include "journal/store/write_ahead_log.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/journal/samples.h"

namespace journal::test {
namespace {

class WriteAheadLogTest : public ::testing::Test {
 protected:
  WriteAheadLogTest() : path_(folder_.path() + "/log"), log_(open()) {}

  std::unique_ptr<WriteAheadLog> open() {
    auto opened = WriteAheadLog::open(path_, Disk::real());
    EXPECT_TRUE(opened.has_value());
    (*opened)->files_sync_begins();
    (*opened)->files_are_synced();
    return std::move(*opened);
  }
  void add(std::uint64_t seqnum, const std::string& message = "MESSAGE=x") {
    const std::vector<std::string_view> payloads{message, "PRIORITY=6"};
    log_->add(id_of(7), seqnum, {seqnum * 10, seqnum * 100, id_of(2)}, payloads);
  }
  void write() { EXPECT_TRUE(write_batch(Disk::real(), log_->fd(), log_->take_batch()).has_value()); }
  std::vector<std::uint64_t> numbers() const {
    std::vector<std::uint64_t> found;
    for (const LoggedEntry& entry : read_write_ahead_log(path_)) found.push_back(entry.seqnum);
    return found;
  }
  using Numbers = std::vector<std::uint64_t>;

  TemporaryFolder folder_;
  std::string path_;
  std::unique_ptr<WriteAheadLog> log_;
};

TEST_F(WriteAheadLogTest, GivesBackWhatWasWritten) {
  add(1);
  add(2, std::string("MESSAGE=\0\n", 10));
  write();
  add(3);
  write();
  add(4);  // never written
  const std::vector<LoggedEntry> entries = read_write_ahead_log(path_);
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[1].file_id, id_of(7));
  EXPECT_EQ(entries[1].seqnum, 2U);
  EXPECT_EQ(entries[1].stamp.realtime, 20U);
  EXPECT_EQ(entries[1].stamp.monotonic, 200U);
  EXPECT_EQ(entries[1].stamp.boot_id, id_of(2));
  EXPECT_EQ(entries[1].payloads, (std::vector<std::string>{std::string("MESSAGE=\0\n", 10), "PRIORITY=6"}));
}

TEST_F(WriteAheadLogTest, ReadsALogThatWasWrittenOnceAndByOtherMeans) {
  const std::vector<LoggedEntry> entries = parse_write_ahead_log(read_file(std::string(TEST_DATA) + "/fuzz/journal/log/two-batches"));
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[1].payloads, (std::vector<std::string>{std::string("MESSAGE=two\0\n", 13), "PRIORITY=4"}));
  EXPECT_EQ(entries[2].seqnum, 3U);
}

TEST_F(WriteAheadLogTest, ABatchThatIsNotWholeEndsIt) {
  for (std::uint64_t n = 1; n <= 3; ++n) {
    add(n);
    write();
  }
  const std::string whole = read_file(path_);
  for (std::size_t at = 4096; at < 4096 + 300; ++at) {
    if (whole[at] == 0) continue;
    std::string torn = whole;
    torn[at] = 0;
    folder_.put("log", torn);
    ASSERT_EQ(numbers(), Numbers{1}) << "byte " << at;
  }
  for (const std::size_t size : {0UL, 10UL, 4096UL, 4200UL}) {
    folder_.put("log", whole.substr(0, size));
    EXPECT_EQ(numbers(), size < 4096 ? Numbers{} : Numbers{1}) << size << " bytes";
  }
}

TEST_F(WriteAheadLogTest, WhatAnEarlierRunLeftBehindIsNotReadWithTheNext) {
  for (std::uint64_t n = 1; n <= 3; ++n) {
    add(n);
    write();
  }
  log_->files_sync_begins();
  add(4);  // while the files are being synced
  EXPECT_EQ(numbers(), (Numbers{1, 2, 3}));
  log_->files_are_synced();
  write();
  EXPECT_EQ(numbers(), Numbers{4});
  log_ = open();
  add(5);
  write();
  EXPECT_EQ(numbers(), Numbers{5});
}

TEST_F(WriteAheadLogTest, SaysWhenItDoesNotHaveEverything) {
  add(1, "MESSAGE=" + std::string(100'000, 'x'));
  EXPECT_FALSE(log_->is_complete()) << "too large";
  log_->files_sync_begins();
  EXPECT_TRUE(log_->is_complete());
  for (std::uint64_t n = 1; log_->is_complete(); ++n) {
    ASSERT_LT(n, 1000U) << "more than there is room for";
    add(n);
    if (log_->is_complete()) write();
  }
  log_->files_sync_begins();
  log_->give_up();
  EXPECT_FALSE(log_->is_complete());
  EXPECT_TRUE(log_->take_batch().bytes.empty());
  const auto fresh = WriteAheadLog::open(path_, Disk::real());
  ASSERT_TRUE(fresh.has_value());
  EXPECT_FALSE((*fresh)->is_complete()) << "before the files were synced";
}

}  // namespace
}  // namespace journal::test
