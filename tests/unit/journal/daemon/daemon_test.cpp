#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <filesystem>
#include <string>

#include "journal/daemon/cgroup_path.h"
#include "journal/daemon/rate_limit.h"
#include "journal/daemon/storage.h"
#include "journal/daemon/varlink_input.h"
#include "journal/file/seal.h"
#include "journal/file/verifier.h"
#include "journal/query/journal.h"
#include "journal/store/directory.h"
#include "tests/unit/journal/samples.h"

namespace journal::test {
namespace {

TEST(CgroupPath, SaysUnitSliceSessionAndOwner) {
  CgroupIdentity id = identify_cgroup("/system.slice/system-getty.slice/getty@tty1.service");
  EXPECT_EQ(id.unit, "getty@tty1.service");
  EXPECT_EQ(id.slice, "system-getty.slice");
  id = identify_cgroup("/init.scope");
  EXPECT_EQ(id.unit, "init.scope");
  EXPECT_EQ(id.slice, "-.slice");
  id = identify_cgroup("/user.slice/user-1000.slice/user@1000.service/app.slice/app-x.slice/y.service/sub");
  EXPECT_EQ(id.unit, "user@1000.service");
  EXPECT_EQ(id.slice, "user-1000.slice");
  EXPECT_EQ(id.user_unit, "y.service");
  EXPECT_EQ(id.user_slice, "app-x.slice");
  EXPECT_EQ(id.owner_uid, "1000");
  id = identify_cgroup("/user.slice/user-1000.slice/session-3.scope");
  EXPECT_EQ(id.session, "3");
  EXPECT_EQ(id.unit, "session-3.scope");
  id = identify_cgroup("/system.slice/docker/abc");
  EXPECT_EQ(id.unit, "");
  EXPECT_EQ(identify_cgroup("/").slice, "-.slice");
  EXPECT_EQ(find_cgroup_path("1:name=systemd:/a.service\n0::/b.service\n"), "/b.service");
  EXPECT_EQ(find_cgroup_path("0::/b.service\n"), "/b.service");
  EXPECT_FALSE(find_cgroup_path("nonsense\n").has_value());
}

TEST(RateLimit, AUnitsBurstThenSilenceThenOneNotice) {
  RateLimiter limiter;
  constexpr std::uint64_t second = 1'000'000;
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(limiter.test("a.service", 30 * second, 10, 6, 0, second).pass);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(limiter.test("a.service", 30 * second, 10, 6, 0, 2 * second).pass);
  EXPECT_TRUE(limiter.test("b.service", 30 * second, 10, 6, 0, 2 * second).pass) << "other units are not touched";
  EXPECT_TRUE(limiter.test("a.service", 30 * second, 10, 3, 0, 2 * second).pass) << "errors have a budget of their own";
  const RateVerdict later = limiter.test("a.service", 30 * second, 10, 6, 0, 40 * second);
  EXPECT_TRUE(later.pass);
  EXPECT_EQ(later.suppressed_before, 5U);
  EXPECT_TRUE(limiter.test("a.service", 0, 10, 6, 0, 40 * second).pass) << "no interval, no limit";
  EXPECT_EQ(RateLimiter::scaled_burst(1000, 1 << 20), 1000U);
  EXPECT_EQ(RateLimiter::scaled_burst(1000, 1ULL << 30), 3500U);
}

TEST(Varlink, FindsTheMethodInAnyOrder) {
  EXPECT_EQ(parse_varlink_call(R"({"method":"io.systemd.Journal.Rotate","parameters":{}})")->method,
            "io.systemd.Journal.Rotate");
  const auto call = parse_varlink_call(R"({"parameters":{"a":[1,{"method":"no"}],"b":null},"oneway":true, "method" : "m"})");
  ASSERT_TRUE(call.has_value());
  EXPECT_EQ(call->method, "m");
  EXPECT_TRUE(call->oneway);
  for (const char* bad : {"", "{", "{}", "[]", R"({"method":1})", R"({"method":"x")", R"({"a":{"method":"x"}})"})
    EXPECT_FALSE(parse_varlink_call(bad).has_value()) << bad;
  EXPECT_FALSE(parse_varlink_call("{\"a\":" + std::string(1000, '[')).has_value());
}

class StorageTest : public ::testing::Test {
 protected:
  StorageTest() {
    machine_.bytes.fill(1);
    boot_.bytes.fill(2);
    paths_ = DaemonPaths::of(folder_.path(), {}, machine_);
    std::filesystem::create_directories(paths_.run);
    std::filesystem::create_directories(paths_.system_store_parent);
    config_.system.max_file_size = config_.runtime.max_file_size = 1024 * 1024;
    config_.system.keep_free = config_.runtime.keep_free = 0;
    config_.system.max_use = config_.runtime.max_use = 4 * 1024 * 1024;
  }
  bool write(Storage& storage, const std::string& message, std::uint64_t realtime, uid_t owner = 0) {
    const std::string field = "MESSAGE=" + message;
    const std::string_view fields[] = {field, "PRIORITY=6"};
    return storage.write({realtime, realtime, boot_}, {fields, {}, owner, false, nullptr}) == Written::stored;
  }
  std::vector<std::string> messages(const std::string& store) {
    Journal journal;
    for (const StoredFile& file : list_files(store)) {
      EXPECT_TRUE(journal.add_file(file.path).has_value()) << file.path;
      const VerifyReport report = verify_file(journal.file(journal.file_count() - 1));
      EXPECT_TRUE(report.passed) << file.path << ": " << report.fault.text;
    }
    std::vector<std::string> found;
    journal.seek_head();
    while (journal.step(Direction::down))
      journal.for_each_datum([&](std::string_view payload) {
        if (payload.starts_with("MESSAGE=")) found.emplace_back(payload.substr(8));
        return true;
      });
    return found;
  }
  TemporaryFolder folder_;
  Id128 machine_, boot_;
  DaemonPaths paths_;
  DaemonConfig config_;
};

constexpr std::uint64_t year_2023 = 1'700'000'000'000'000;

TEST_F(StorageTest, StartsInRunAndMovesToVarWhenTold) {
  Storage storage(config_, paths_, machine_, boot_);
  storage.open();
  EXPECT_FALSE(storage.is_persistent());
  EXPECT_TRUE(write(storage, "early", year_2023));
  storage.flush_to_var();
  EXPECT_TRUE(storage.is_persistent());
  EXPECT_TRUE(write(storage, "late", year_2023 + 1));
  storage.sync();
  EXPECT_THAT(messages(paths_.system_store), ::testing::ElementsAre("early", "late"));
  EXPECT_TRUE(list_files(paths_.runtime_store).empty());
  EXPECT_TRUE(std::filesystem::exists(paths_.run + "/flushed"));
  storage.relinquish_var();
  EXPECT_TRUE(write(storage, "last", year_2023 + 2));
  EXPECT_THAT(messages(paths_.runtime_store), ::testing::ElementsAre("last"));
}

TEST_F(StorageTest, WhatWasExpectedIsWrittenToWhicheverFileItGoes) {
  config_.storage = StorageMode::persistent;
  Storage storage(config_, paths_, machine_, boot_);
  EXPECT_EQ(storage.expect("MESSAGE=too early").generation, 0U);
  storage.open();
  storage.flush_to_var();
  const std::string first = "MESSAGE=first", second = "MESSAGE=second";
  const ExpectedDatum of_first = storage.expect(first), of_second = storage.expect(second);
  const auto write_expected = [&](std::string_view message, const ExpectedDatum& expected, std::uint64_t time) {
    const std::string_view fields[] = {message, "PRIORITY=6"};
    return storage.write({time, time, boot_}, {fields, {}, 0, false, nullptr, expected}) == Written::stored;
  };
  EXPECT_TRUE(write_expected(first, of_first, year_2023));
  storage.rotate();  // the next file has another key: what was found out for this one does not hold
  EXPECT_TRUE(write_expected(second, of_second, year_2023 + 1));
  storage.sync();
  EXPECT_THAT(messages(paths_.system_store), ::testing::UnorderedElementsAre("first", "second"));
  for (const std::string& message : {first, second}) {
    std::size_t files_with_it = 0;
    for (const StoredFile& file : list_files(paths_.system_store)) files_with_it += (*JournalFile::open(file.path, HeaderRule::strict))->entries_with(message).size();
    EXPECT_EQ(files_with_it, 1U) << message;
  }
}

TEST_F(StorageTest, FullFilesRotateAndOldOnesGo) {
  config_.storage = StorageMode::persistent;
  Storage storage(config_, paths_, machine_, boot_);
  storage.flush_to_var();
  for (int i = 0; i < 60'000; ++i)
    ASSERT_TRUE(write(storage, "unique message number " + std::to_string(i), year_2023 + static_cast<std::uint64_t>(i)));
  const auto files = list_files(paths_.system_store);
  EXPECT_GT(files.size(), 2U);
  std::uint64_t used = 0;
  for (const StoredFile& file : files) used += file.size;
  EXPECT_LE(used, 6U * 1024 * 1024);
  storage.sync();
  const auto found = messages(paths_.system_store);
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found.back(), "unique message number 59999");
  for (std::size_t i = 1; i < found.size(); ++i)
    ASSERT_EQ(std::stoi(found[i].substr(22)), std::stoi(found[i - 1].substr(22)) + 1) << "a gap in what was kept";
}

TEST_F(StorageTest, AnUncleanOrCutFileIsTakenUpAgain) {
  config_.storage = StorageMode::volatile_only;
  const auto fill = [this](std::uint64_t start, int count) {
    Storage storage(config_, paths_, machine_, boot_);
    storage.open();
    for (int i = 0; i < count; ++i) EXPECT_TRUE(write(storage, std::to_string(start + static_cast<std::uint64_t>(i)), year_2023 + start + static_cast<std::uint64_t>(i)));
    return storage.take_notices();
  };
  fill(0, 100);
  const std::string path = paths_.runtime_store + "/system.journal";
  std::string bytes = read_file(path);
  bytes[offsetof(Header, state)] = 1;  // as a killed daemon leaves it
  std::ofstream(path, std::ios::binary) << bytes;
  fill(100, 100);
  EXPECT_EQ(messages(paths_.runtime_store).size(), 200U);

  bytes = read_file(path);
  bytes[offsetof(Header, state)] = 1;
  Header header;
  std::memcpy(&header, bytes.data(), sizeof header);
  std::ofstream(path, std::ios::binary) << bytes.substr(0, header.tail_object_offset);  // the last object is missing
  const auto notices = fill(200, 10);
  ASSERT_FALSE(notices.empty());
  EXPECT_THAT(notices[0].message, ::testing::HasSubstr("entries kept, at most"));
  const auto found = messages(paths_.runtime_store);
  EXPECT_GE(found.size(), 208U);
  EXPECT_EQ(found.front(), "0");
  EXPECT_EQ(found.back(), "209");
}

TEST_F(StorageTest, AClockThatJumpsBackStartsANewFile) {
  Storage storage(config_, paths_, machine_, boot_);
  storage.open();
  EXPECT_TRUE(write(storage, "a", year_2023 + 1000));
  EXPECT_TRUE(write(storage, "b", year_2023));
  EXPECT_EQ(list_files(paths_.runtime_store).size(), 2U);
  EXPECT_EQ(messages(paths_.runtime_store).size(), 2U);
}

TEST_F(StorageTest, SealsFollowTheClockAndANewKeyCountsAtOnce) {
  config_.storage = StorageMode::persistent;
  constexpr std::uint64_t interval = 3'600'000'000;
  const auto now = static_cast<std::uint64_t>(std::time(nullptr)) * 1'000'000;
  const SealCheck check{{{4, 5, 6}, now / interval * interval, interval}, *SealSource::from_seed({4, 5, 6})};
  {
    Storage storage(config_, paths_, machine_, boot_);
    storage.flush_to_var();
    EXPECT_TRUE(write(storage, "before there was a key", now));
    storage.close();
  }
  SealFileHeader header = {};
  header.signature = seal_file_signature;
  header.machine_id = machine_;
  header.header_size = sizeof header;
  header.start = check.key.start;
  header.interval = interval;
  const SealState state = check.source.at(0);
  header.state_size = state.bytes().size();
  std::ofstream(paths_.system_store + "/fss", std::ios::binary)
      << std::string(reinterpret_cast<const char*>(&header), sizeof header)
      << std::string(reinterpret_cast<const char*>(state.bytes().data()), state.bytes().size());
  {
    Storage storage(config_, paths_, machine_, boot_);
    storage.flush_to_var();
    for (std::uint64_t i = 0; i < 40; ++i) EXPECT_TRUE(write(storage, "sealed", now + i * interval / 4));
    EXPECT_TRUE(write(storage, "older than the key", now));
    EXPECT_TRUE(write(storage, "sealed", now + 11 * interval));
    storage.close();
  }
  std::size_t sealed = 0;
  for (const StoredFile& stored : list_files(paths_.system_store)) {
    const auto file = JournalFile::open(stored.path, HeaderRule::strict);
    ASSERT_TRUE(file.has_value());
    const VerifyReport report = verify_file(**file, &check);
    EXPECT_TRUE(report.passed) << stored.path << ": " << report.fault.text;
    const bool is_sealed = ((*file)->header().compatible_flags & compatible::sealed) != 0;
    EXPECT_EQ(is_sealed, (*file)->entries_with("MESSAGE=sealed").size() > 0) << stored.path;
    EXPECT_EQ(is_sealed, (*file)->entries_with("MESSAGE=sealed").size() == (*file)->header().n_entries) << stored.path;
    EXPECT_EQ(report.sealed_realtime, is_sealed ? (*file)->header().tail_entry_realtime : 0) << stored.path;
    sealed += (*file)->entries_with("MESSAGE=sealed").size();
  }
  EXPECT_EQ(sealed, 41U);
  EXPECT_EQ(messages(paths_.system_store).size(), 43U);
}

}  // namespace
}  // namespace journal::test
