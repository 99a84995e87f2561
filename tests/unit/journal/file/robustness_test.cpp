// Damaged files: the reader neither crashes nor loops nor grows, whatever the bytes are.
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>

#include "journal/file/appender.h"
#include "journal/file/recovery.h"
#include "journal/file/verifier.h"
#include "journal/format/layout.h"
#include "journal/query/journal.h"
#include "tests/unit/journal/samples.h"

namespace journal::test {
namespace {

/// Reads everything there is to read, both ways, and checks the file; the number of entries seen.
std::uint64_t read_all(const std::string& path) {
  std::uint64_t seen = 0;
  Journal journal(HeaderRule::lenient);
  if (!journal.add_file(path)) return 0;
  std::uint64_t bytes = 0;
  const auto count = [&](std::string_view payload) {
    bytes += payload.size();
    return true;
  };
  constexpr std::uint64_t more_than_any_file_has = 100'000;
  journal.seek_head();
  while (seen < more_than_any_file_has && journal.step(Direction::down)) {
    ++seen;
    journal.for_each_datum(count, 4096);
    journal.for_each_field([&](const Datum& datum) { return count(journal.value(datum)); });
  }
  journal.seek_tail();
  for (std::uint64_t i = 0; i < seen && journal.step(Direction::up); ++i) continue;
  std::uint64_t values = 0;
  journal.for_each_field_name([&](std::string_view) { ++values; });
  journal.for_each_value("_PID", [&](std::string_view) { ++values; });
  Match match;
  EXPECT_TRUE(match.add("PRIORITY=6").has_value());
  EXPECT_TRUE(match.add("_TRANSPORT=journal").has_value());
  journal.set_match(match);
  journal.seek_realtime(1795328895000000);
  for (std::uint64_t i = 0; i < more_than_any_file_has && journal.step(Direction::down); ++i) continue;
  static_cast<void>(verify_file(journal.file(0)));
  EXPECT_LT(seen, more_than_any_file_has);
  return seen;
}

class Damaged : public ::testing::TestWithParam<const char*> {};

TEST_P(Damaged, RandomBytesChanged) {
  const TemporaryFolder folder;
  const std::string sample = read_sample(std::string(GetParam()) + ".journal.zst");
  std::mt19937_64 random(20221122);
  Header header;
  std::memcpy(&header, sample.data(), sizeof header);
  const std::uint64_t used = std::min<std::uint64_t>(header.tail_object_offset + 4096, sample.size());
  for (int round = 0; round < 150; ++round) {
    std::string bytes = sample.substr(0, used);
    for (std::uint64_t flips = 1 + random() % 20; flips > 0; --flips) {
      // Half of the changes hit the header or the tables' starts, where the pointers are.
      const std::uint64_t at = random() % 2 == 0 ? random() % used : random() % sizeof(Header);
      bytes[at] = static_cast<char>(random() % 4 == 0 ? 0xFF : random());
    }
    read_all(folder.put("damaged.journal", bytes));
  }
}

TEST_P(Damaged, OffsetsReplaced) {
  const TemporaryFolder folder;
  const std::string sample = read_sample(std::string(GetParam()) + ".journal.zst");
  std::mt19937_64 random(7);
  Header header;
  std::memcpy(&header, sample.data(), sizeof header);
  const std::uint64_t used = std::min<std::uint64_t>(header.tail_object_offset + 4096, sample.size());
  for (int round = 0; round < 100; ++round) {
    std::string bytes = sample.substr(0, used);
    for (int i = 0; i < 8; ++i) {
      // A value that could be an offset, at a place that could hold one: chains get loops and cross-links.
      const std::uint64_t value = random() % used & ~std::uint64_t{7};
      std::memcpy(bytes.data() + (random() % (used - 8) & ~std::uint64_t{7}), &value, sizeof value);
    }
    read_all(folder.put("damaged.journal", bytes));
  }
}

TEST_P(Damaged, CutAnywhereIsRecovered) {
  const TemporaryFolder folder;
  const std::string sample = read_sample(std::string(GetParam()) + ".journal.zst");
  std::mt19937_64 random(42);
  Header header;
  std::memcpy(&header, sample.data(), sizeof header);
  const std::uint64_t used = std::min<std::uint64_t>(header.tail_object_offset + 512, sample.size());
  std::uint64_t last_kept = 0;
  std::uint64_t last_cut = 0;
  for (int round = 0; round < 40; ++round) {
    const std::uint64_t cut = sizeof(Header) + (used - sizeof(Header)) * static_cast<std::uint64_t>(round) / 40 + random() % 50;
    const std::string path = folder.put("cut.journal", sample.substr(0, cut));
    const auto report = recover_file(path);
    if (!report) continue;
    const auto file = JournalFile::open(path, HeaderRule::strict);
    ASSERT_TRUE(file.has_value());
    const VerifyReport verified = verify_file(**file);
    EXPECT_TRUE(verified.passed) << cut << ": " << verified.fault.text << " at " << verified.fault.offset;
    EXPECT_EQ((*file)->header().n_entries, report->kept);
    EXPECT_EQ(report->kept + report->lost, header.n_entries);
    if (cut > last_cut) {
      EXPECT_GE(report->kept, last_kept) << "a longer rest must not hold less";
    }
    last_kept = report->kept;
    last_cut = cut;
  }
  EXPECT_GT(last_kept, 50U);
}

TEST_P(Damaged, EachWordOfTheHeaderReplaced) {
  const TemporaryFolder folder;
  const std::string sample = read_sample(std::string(GetParam()) + ".journal.zst");
  Header header;
  std::memcpy(&header, sample.data(), sizeof header);
  const std::uint64_t used = std::min<std::uint64_t>(header.tail_object_offset + 4096, sample.size());
  for (std::size_t word = 0; word + 8 <= sizeof(Header); word += 8)
    for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{7}, UINT64_MAX, UINT64_MAX - 7, used, used - 8,
                                      used + 8, std::uint64_t{1} << 40, std::uint64_t{sizeof(Header)}}) {
      std::string bytes = sample.substr(0, used);
      std::memcpy(bytes.data() + word, &value, sizeof value);
      const std::string path = folder.put("damaged.journal", bytes);
      read_all(path);
      // journalctl's rule: a file that is shorter than it says is not opened at all.
      if (word == offsetof(Header, arena_size) && value > used) {
        EXPECT_FALSE(JournalFile::open(path, HeaderRule::strict).has_value());
      }
    }
}

TEST_P(Damaged, FlagsOfCompressionOnDataThatHasNone) {
  const TemporaryFolder folder;
  const std::string sample = read_sample(std::string(GetParam()) + ".journal.zst");
  const std::string whole = folder.put("whole.journal", sample);
  std::vector<std::uint64_t> places;
  {
    const auto file = JournalFile::open(whole, HeaderRule::lenient);
    ASSERT_TRUE(file.has_value());
    std::uint64_t size = 0;
    for (std::uint64_t at = (*file)->view().header_size(); const ObjectHeader* object = (*file)->view().object(at, ObjectType::unused, size);
         at += align8(size))
      if (object->type == static_cast<std::uint8_t>(ObjectType::data)) places.push_back(at);
  }
  ASSERT_FALSE(places.empty());
  for (const char flags : {'\x01', '\x02', '\x04', '\x03', '\x07', '\x08', '\xff'}) {
    std::string bytes = sample;
    for (std::size_t i = 0; i < places.size(); i += 3) bytes[places[i] + 1] = flags;
    read_all(folder.put("damaged.journal", bytes));
  }
}

INSTANTIATE_TEST_SUITE_P(Samples, Damaged, ::testing::Values("n1default", "n2nocompact", "n4legacy", "n7nocompress", "stock-boot"));

/// Writes a small file of our own and returns its bytes.
std::string own_file(const TemporaryFolder& folder, FileState state) {
  const std::string path = folder.path() + "/own.journal";
  std::filesystem::remove(path);
  NewFileOptions options;
  options.machine_id.bytes.fill(1);
  FileLimits limits;
  limits.max_size = 1024 * 1024;
  auto appender = Appender::create(path, options, limits, {});
  EXPECT_TRUE(appender.has_value());
  std::uint64_t seqnum = 0;
  for (int i = 0; i < 200; ++i) {
    std::vector<DataHandle> handles{*(*appender)->intern("MESSAGE=" + std::to_string(i)), *(*appender)->intern("PRIORITY=" + std::to_string(i % 8))};
    EXPECT_TRUE((*appender)->append({1'700'000'000'000'000, 5, options.machine_id}, handles, seqnum).has_value());
  }
  EXPECT_TRUE((*appender)->finish(state).has_value());
  return read_file(path);
}

TEST(Damage, AppendingToADamagedFileIsSurvived) {
  const TemporaryFolder folder;
  const std::string sample = own_file(folder, FileState::offline);
  Header header;
  std::memcpy(&header, sample.data(), sizeof header);
  std::mt19937_64 random(27635);
  Id128 machine;
  machine.bytes.fill(1);
  FileLimits limits;
  limits.max_size = 1024 * 1024;
  for (int round = 0; round < 400; ++round) {
    std::string bytes = sample;
    for (int i = 0; i < 6; ++i) {
      const std::uint64_t at = (random() % 3 == 0 ? random() % sizeof(Header) : random() % header.tail_object_offset) & ~std::uint64_t{7};
      const std::uint64_t value = random() % 2 == 0 ? random() : random() % bytes.size() & ~std::uint64_t{7};
      if (at != 0) std::memcpy(bytes.data() + at, &value, sizeof value);
    }
    bytes[offsetof(Header, state)] = 0;
    auto appender = Appender::open(folder.put("damaged.journal", bytes), machine, limits, {});
    if (!appender) continue;
    std::uint64_t seqnum = 0;
    for (int i = 0; i < 50; ++i) {
      std::vector<DataHandle> handles;
      for (const std::string& field : {"MESSAGE=new " + std::to_string(i), "PRIORITY=" + std::to_string(i % 8)}) {
        const auto handle = (*appender)->intern(field);
        if (handle) handles.push_back(*handle);
      }
      if (!handles.empty()) static_cast<void>((*appender)->append({1'700'000'000'000'001, 6, machine}, handles, seqnum));
    }
  }
}

TEST(Damage, AFileThatWasCutIsRecoveredFromEachByte) {
  const TemporaryFolder folder;
  const std::string sample = own_file(folder, FileState::archived);
  Header header;
  std::memcpy(&header, sample.data(), sizeof header);
  std::uint64_t kept_before = 0;
  // The last entries' bytes one by one; the rest is like them.
  for (std::uint64_t cut = header.tail_object_offset - 2000; cut <= sample.size() && cut <= header.tail_object_offset + 200; ++cut) {
    const std::string path = folder.put("cut.journal", sample.substr(0, cut));
    const auto report = recover_file(path, FileState::archived);
    ASSERT_TRUE(report.has_value()) << cut;
    EXPECT_GE(report->kept, kept_before) << cut;
    EXPECT_EQ(report->kept + report->lost, 200U) << cut;
    kept_before = report->kept;
    const auto file = JournalFile::open(path, HeaderRule::strict);
    ASSERT_TRUE(file.has_value());
    EXPECT_TRUE(verify_file(**file).passed) << cut;
    EXPECT_EQ((*file)->header().state, static_cast<std::uint8_t>(FileState::archived));
  }
  EXPECT_EQ(kept_before, 200U);
}

TEST(Damage, AnEmptyFileIsSmall) {
  const TemporaryFolder folder;
  NewFileOptions options;
  options.machine_id.bytes.fill(1);
  const std::string path = folder.path() + "/empty.journal";
  const auto appender = Appender::create(path, options, {}, {});
  ASSERT_TRUE(appender.has_value());
  EXPECT_LE((*appender)->file_size(), 8U * 1024 * 1024);
}

TEST(Damage, ShrinkingUnderTheReaderIsSurvived) {
  const TemporaryFolder folder;
  const std::string path = folder.put("live.journal", read_sample("n1default.journal.zst"));
  Journal journal(HeaderRule::lenient);
  ASSERT_TRUE(journal.add_file(path).has_value());
  journal.seek_head();
  ASSERT_TRUE(journal.step(Direction::down));
  std::filesystem::resize_file(path, 8192);
  std::uint64_t seen = 0;
  while (journal.step(Direction::down)) {
    journal.for_each_datum([](std::string_view) { return true; });
    ASSERT_LT(++seen, 1000U);
  }
}

}  // namespace
}  // namespace journal::test
