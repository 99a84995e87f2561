#include "journal/file/appender.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>

#include "journal/file/verifier.h"
#include "journal/query/journal.h"
#include "tests/unit/journal/samples.h"

namespace journal::test {
namespace {

struct Written {
  std::uint64_t realtime = 0, seqnum = 0;
  std::vector<std::string> fields;
};

/// Fields as many kinds of programs write them: shared, unique, binary, large, repeated.
std::vector<std::string> random_fields(std::mt19937_64& random) {
  std::vector<std::string> fields{"_BOOT_ID=00000000000000000000000000000001", "_HOSTNAME=vm"};
  fields.push_back("PRIORITY=" + std::to_string(random() % 8));
  fields.push_back("_PID=" + std::to_string(random() % 50));
  std::string message = "MESSAGE=line " + std::to_string(random());
  if (random() % 10 == 0) message.append(random() % 5000, static_cast<char>('a' + random() % 26));
  fields.push_back(message);
  if (random() % 5 == 0) {
    std::string binary = "BLOB=";
    for (std::uint64_t n = random() % 2000; n > 0; --n) binary += static_cast<char>(random());
    fields.push_back(binary);
  }
  for (std::uint64_t n = random() % 4; n > 0; --n) fields.push_back("TAG=" + std::to_string(random() % 9));
  return fields;
}

struct Shape {
  bool compact, keyed;
  std::uint64_t threshold;
};
class Appending : public ::testing::TestWithParam<Shape> {};

TEST_P(Appending, WhatWasWrittenIsReadAndTheFileIsSound) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/a.journal";
  NewFileOptions options;
  options.machine_id = id_of(1);
  options.boot_id = id_of(2);
  options.compact = GetParam().compact;
  options.keyed_hash = GetParam().keyed;
  std::mt19937_64 random(11);
  std::vector<Written> written;
  std::uint64_t seqnum = 41;
  auto appender = Appender::create(path, options, {}, {GetParam().threshold});
  ASSERT_TRUE(appender.has_value()) << appender.error().message;
  for (int i = 0; i < 3000; ++i) {
    if (i == 1500) {  // closed and opened again in between
      ASSERT_TRUE((*appender)->finish(FileState::offline).has_value());
      appender->reset();
      appender = Appender::open(path, options.machine_id, {}, {GetParam().threshold});
      ASSERT_TRUE(appender.has_value()) << appender.error().message;
    }
    Written entry;
    entry.fields = random_fields(random);
    entry.realtime = 1'700'000'000'000'000 + static_cast<std::uint64_t>(i) * 1000;
    std::vector<DataHandle> handles;
    for (const std::string& field : entry.fields) {
      const auto handle = (*appender)->intern(field);
      ASSERT_TRUE(handle.has_value());
      handles.push_back(*handle);
    }
    ASSERT_TRUE((*appender)->append({entry.realtime, static_cast<std::uint64_t>(i), id_of(2)}, handles, seqnum).has_value());
    entry.seqnum = seqnum;
    written.push_back(std::move(entry));
  }
  EXPECT_EQ(seqnum, 41U + 3000U);
  ASSERT_TRUE((*appender)->sync().has_value());

  Journal journal;
  ASSERT_TRUE(journal.add_file(path).has_value());
  const VerifyReport report = verify_file(journal.file(0));
  EXPECT_TRUE(report.passed) << report.fault.text;
  journal.seek_head();
  for (const Written& entry : written) {
    ASSERT_TRUE(journal.step(Direction::down));
    EXPECT_EQ(journal.current().realtime, entry.realtime);
    EXPECT_EQ(journal.current().seqnum, entry.seqnum);
    std::multiset<std::string> got;
    journal.for_each_datum([&](std::string_view payload) {
      got.emplace(payload);
      return true;
    });
    const std::set<std::string> expected(entry.fields.begin(), entry.fields.end());  // repeated values are one datum
    EXPECT_EQ(got, std::multiset<std::string>(expected.begin(), expected.end()));
  }
  EXPECT_FALSE(journal.step(Direction::down));

  // Every value finds exactly its entries.
  std::map<std::string, std::uint64_t> expected;
  for (const Written& entry : written)
    for (const std::string& field : std::set<std::string>(entry.fields.begin(), entry.fields.end())) ++expected[field];
  int checked = 0;
  for (const auto& [field, count] : expected) {
    if (++checked > 400) break;
    EXPECT_EQ(journal.file(0).entries_with(field).size(), count);
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, Appending,
                         ::testing::Values(Shape{true, true, 512}, Shape{true, false, 512}, Shape{false, true, 512},
                                           Shape{false, false, 0}, Shape{true, true, 8}));

TEST(Appender, AFullFileSaysSoAndStaysSound) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/small.journal";
  NewFileOptions options;
  options.machine_id = id_of(1);
  FileLimits limits;
  limits.max_size = 1024 * 1024;
  auto appender = Appender::create(path, options, limits, {});
  ASSERT_TRUE(appender.has_value());
  std::uint64_t seqnum = 0;
  bool full = false;
  for (int i = 0; i < 100'000 && !full; ++i) {
    std::vector<DataHandle> handles;
    for (const std::string& field : {"A=" + std::to_string(i), std::string("B=same")}) {
      const auto handle = (*appender)->intern(field);
      full = full || !handle;
      if (handle) handles.push_back(*handle);
    }
    if (!full) full = !(*appender)->append({1'700'000'000'000'000, 5, id_of(2)}, handles, seqnum).has_value();
  }
  EXPECT_TRUE(full);
  EXPECT_GT(seqnum, 1000U);
  appender->reset();
  const auto file = JournalFile::open(path, HeaderRule::strict);
  ASSERT_TRUE(file.has_value());
  EXPECT_TRUE(verify_file(**file).passed) << verify_file(**file).fault.text;
}

TEST(Appender, AFollowerSeesNewEntriesOfAGrowingFile) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/live.journal";
  NewFileOptions options;
  options.machine_id = id_of(1);
  auto appender = Appender::create(path, options, {}, {});
  ASSERT_TRUE(appender.has_value());
  std::uint64_t seqnum = 0;
  const auto add = [&](const std::string& field) {
    std::vector<DataHandle> handles{*(*appender)->intern(field)};
    ASSERT_TRUE((*appender)->append({1'700'000'000'000'000 + seqnum, 5, id_of(2)}, handles, seqnum).has_value());
  };
  Journal journal;
  ASSERT_TRUE(journal.add_file(path).has_value());
  journal.seek_tail();
  EXPECT_FALSE(journal.step(Direction::down));
  std::uint64_t seen = 0;
  for (int round = 0; round < 200; ++round) {
    for (int i = 0; i < 50; ++i) add("MESSAGE=" + std::string(500, 'x') + std::to_string(seqnum));
    EXPECT_TRUE(journal.refresh());
    while (journal.step(Direction::down)) EXPECT_EQ(journal.current().seqnum, ++seen);
    EXPECT_EQ(seen, seqnum);
  }
}

TEST(Appender, RefusesWhatItMustNotTouch) {
  const TemporaryFolder folder;
  const std::string archived = folder.put("archived.journal", read_sample("n8rotated.archived.journal.zst"));
  const std::string unclean = folder.put("unclean.journal", read_sample("n9unclean.journal.zst"));
  Id128 machine;
  for (std::size_t i = 0; i < 16; ++i) machine.bytes[i] = std::array<std::uint8_t, 8>{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef}[i % 8];
  EXPECT_EQ(Appender::open(archived, machine, {}, {}).error().code, unitparser::ErrorCode::invalid_argument);
  EXPECT_EQ(Appender::open(unclean, machine, {}, {}).error().code, unitparser::ErrorCode::busy);
  EXPECT_EQ(Appender::open(unclean, id_of(9), {}, {}).error().code, unitparser::ErrorCode::not_supported);
}

}  // namespace
}  // namespace journal::test
