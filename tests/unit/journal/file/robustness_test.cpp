// Damaged files: the reader neither crashes nor loops nor grows, whatever the bytes are.
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>

#include "journal/file/appender.h"
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
  }
  journal.seek_tail();
  for (std::uint64_t i = 0; i < seen && journal.step(Direction::up); ++i) continue;
  std::uint64_t values = 0;
  journal.for_each_field([&](std::string_view) { ++values; });
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

INSTANTIATE_TEST_SUITE_P(Samples, Damaged, ::testing::Values("n1default", "n2nocompact", "n4legacy", "n7nocompress", "stock-boot"));

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
