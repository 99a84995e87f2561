#include "journal/file/reader.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "journal/file/appender.h"
#include "journal/query/journal.h"
#include "tests/unit/journal/samples.h"
#include "unitparser/base/fd.h"

namespace journal::test {
namespace {

/// A file of 3,000 entries, every third of which is of a unit; each has `padding` bytes that no other has.
class UnitAmongOthers {
 public:
  explicit UnitAmongOthers(const std::string& folder, std::size_t padding) : path_(folder + "/a.journal") {
    NewFileOptions options;
    options.machine_id.bytes.fill(1);
    options.boot_id = options.machine_id;
    auto file = Appender::create(path_, options, {}, {0});
    EXPECT_TRUE(file.has_value());
    std::uint64_t seqnum = 0;
    for (std::uint64_t i = 0; i < entries; ++i) {
      std::vector<DataHandle> data;
      for (const std::string& field : {"MESSAGE=entry " + std::to_string(i), "PADDING=" + std::to_string(i) + std::string(padding, '.'),
                                       std::string(i % 3 == 0 ? "UNIT=wanted" : "UNIT=other")})
        data.push_back(*(*file)->intern(field));
      EXPECT_TRUE((*file)->append({1'700'000'000'000'000 + i, i, options.boot_id}, data, seqnum).has_value());
    }
    EXPECT_TRUE((*file)->finish(FileState::archived).has_value());
  }
  [[nodiscard]] const std::string& path() const { return path_; }
  static constexpr std::uint64_t entries = 3000;

 private:
  std::string path_;
};

TEST(EntryList, WhatIsVisitedAheadIsWhatIsAnsweredAndOnceEach) {
  const TemporaryFolder folder;
  const UnitAmongOthers made(folder.path(), 10);
  const auto file = JournalFile::open(made.path(), HeaderRule::strict);
  ASSERT_TRUE(file.has_value());
  const FileView& view = (*file)->view();
  for (const Direction direction : {Direction::down, Direction::up}) {
    EntryList list = (*file)->entries_with("UNIT=wanted");
    std::set<std::uint64_t> ahead;
    std::size_t answers = 0, arrays = 0;
    const bool down = direction == Direction::down;
    for (std::uint64_t at = list.nearest(**file, down ? 1 : UINT64_MAX, direction); at != 0; at = list.nearest(**file, down ? at + 1 : at - 1, direction)) {
      EXPECT_EQ(ahead.count(at), answers > 0 ? 1U : 0U) << at;
      if (answers++ % 5 != 0) continue;
      list.visit_next(**file, direction, 20, [&](std::uint64_t offset) {
        EXPECT_TRUE(ahead.insert(offset).second) << offset;
        if (view.entry_array(offset)) ++arrays;
        else EXPECT_TRUE(view.entry(offset));
      });
    }
    EXPECT_EQ(answers, UnitAmongOthers::entries / 3);
    EXPECT_EQ(ahead.size(), answers - 1 + arrays);
    EXPECT_EQ(arrays > 2, down);  // the way up knows them all
  }
}

TEST(EntryList, ALeapElsewhereVisitsAnew) {
  const TemporaryFolder folder;
  const UnitAmongOthers made(folder.path(), 10);
  const auto file = JournalFile::open(made.path(), HeaderRule::strict);
  ASSERT_TRUE(file.has_value());
  EntryList list = (*file)->entries_with("UNIT=wanted");
  const auto next = [&](std::uint64_t from) {
    std::vector<std::uint64_t> visited;
    EXPECT_NE(list.nearest(**file, from, Direction::down), 0U);
    list.visit_next(**file, Direction::down, 3, [&](std::uint64_t offset) { visited.push_back(offset); });
    return visited;
  };
  const std::uint64_t far = list.at(**file, 500);
  const std::vector<std::uint64_t> first = next(1);
  EXPECT_EQ(next(far), (std::vector<std::uint64_t>{list.at(**file, 501), list.at(**file, 502), list.at(**file, 503)}));
  EXPECT_EQ(next(1), first);
}

/// Arrays that are full are known from then on; the last one is not until the list has grown beyond it.
TEST(EntryList, AFileThatGrowsIsReadOnAsItIs) {
  const TemporaryFolder folder;
  NewFileOptions options;
  options.machine_id.bytes.fill(1);
  options.boot_id = options.machine_id;
  const std::string path = folder.path() + "/a.journal";
  const auto writer = Appender::create(path, options, {}, {0});
  ASSERT_TRUE(writer.has_value());
  std::uint64_t seqnum = 0;
  const auto append = [&] {
    std::vector<DataHandle> data{*(*writer)->intern("MESSAGE=entry " + std::to_string(seqnum)), *(*writer)->intern("UNIT=wanted")};
    ASSERT_TRUE((*writer)->append({1'700'000'000'000'000 + seqnum, seqnum, options.boot_id}, data, seqnum).has_value());
  };
  append();
  const auto file = JournalFile::open(path, HeaderRule::strict);
  ASSERT_TRUE(file.has_value());
  EntryList& all = (*file)->entries();
  for (std::uint64_t n = 1; n < 2500; ++n) {
    EntryLocation last;
    ASSERT_TRUE((*file)->locate(all.at(**file, n - 1), last));
    ASSERT_EQ(last.seqnum, n);
    EXPECT_EQ(all.at(**file, n), 0U) << n;
    append();
    ASSERT_TRUE((*file)->refresh());
  }
  EntryList with_unit = (*file)->entries_with("UNIT=wanted");
  ASSERT_EQ(with_unit.size(), all.size());
  for (std::uint64_t i = 0; i < all.size(); ++i) ASSERT_EQ(with_unit.at(**file, i), all.at(**file, i)) << i;
}

/// Entries far from each other are read apart from the mapping, and asked of the disk before they are read when it has them.
TEST(Journal, EntriesFarFromEachOtherAreReadFromTheDiskAsTheyAre) {
  // On a disk, not in memory: its pages can be dropped.
  std::string pattern = (std::filesystem::temp_directory_path() / "incipit-journal-XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(pattern.data());
  const UnitAmongOthers made(folder, 9000);
  for (const Direction direction : {Direction::down, Direction::up}) {
    const unitparser::UniqueFd fd(::open(made.path().c_str(), O_RDONLY | O_CLOEXEC));
    ASSERT_EQ(::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_DONTNEED), 0);
    Journal journal;
    ASSERT_TRUE(journal.add_file(made.path()).has_value());
    Match match;
    ASSERT_TRUE(match.add("UNIT=wanted").has_value());
    journal.set_match(match);
    if (direction == Direction::up) journal.seek_tail();
    std::uint64_t seen = 0;
    while (journal.step(direction)) {
      const std::uint64_t i = direction == Direction::down ? seen * 3 : UnitAmongOthers::entries - 3 - seen * 3;
      ++seen;
      ASSERT_EQ(journal.current().realtime, 1'700'000'000'000'000 + i);
      ASSERT_EQ(journal.first_value("MESSAGE"), "entry " + std::to_string(i));
      const auto padding = journal.first_value("PADDING");
      ASSERT_TRUE(padding && padding->starts_with(std::to_string(i) + ".") && padding->size() > 9000);
    }
    EXPECT_EQ(seen, UnitAmongOthers::entries / 3);
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace journal::test
