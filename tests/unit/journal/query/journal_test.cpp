#include "journal/query/journal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "journal/file/appender.h"
#include "journal/store/directory.h"
#include "journal/text/id128.h"
#include "journal/text/printable.h"
#include "tests/unit/journal/samples.h"

namespace journal::test {
namespace {

/// Two chains of files that share one sequence of numbers, as the system's and a user's: written to by turns, rotated apart.
class Folder {
 public:
  Folder(std::uint64_t entries, std::uint64_t system_share, std::uint64_t user_share) {
    for (std::uint64_t i = 0; i < entries; ++i) {
      const bool is_users = i % 7 < 2;
      Chain& chain = is_users ? user_ : system_;
      if (chain.appender == nullptr) create(chain);
      append(*chain.appender, i, is_users);
      if (++chain.entries % (is_users ? user_share : system_share) == 0) rotate(chain);
    }
  }
  [[nodiscard]] const std::string& path() const { return folder_.path(); }

 private:
  struct Chain {
    std::string stem;
    std::unique_ptr<Appender> appender;
    std::uint64_t entries = 0;
  };
  void create(Chain& chain) {
    NewFileOptions options;
    options.machine_id.bytes.fill(1);
    options.boot_id.bytes.fill(2);
    options.seqnum_id.bytes.fill(3);
    auto made = Appender::create(path() + "/" + chain.stem + ".journal", options, {1 << 20}, {64});
    ASSERT_TRUE(made.has_value()) << made.error().message;
    chain.appender = std::move(*made);
  }
  void append(Appender& appender, std::uint64_t i, bool is_users) {
    std::vector<DataHandle> handles;
    for (const std::string& field :
         {"MESSAGE=entry " + std::to_string(i), std::string("_UID=") + (is_users ? "1000" : "0"), "KIND=" + std::to_string(i * 7919 % 13),
          "TEXT=" + std::string(100 + i % 3, 't'), std::string("_BOOT_ID=02020202020202020202020202020202")}) {
      const auto handle = appender.intern(field);
      ASSERT_TRUE(handle.has_value());
      handles.push_back(*handle);
    }
    Id128 boot;
    boot.bytes.fill(2);
    // The clock goes back now and then: only the numbers say what came first.
    const std::uint64_t realtime = 1'700'000'000'000'000 + i * 1000 - (i % 50 == 49 ? 30'000 : 0);
    ASSERT_TRUE(appender.append({realtime, 1000 + i, boot}, handles, seqnum_).has_value());
  }
  void rotate(Chain& chain) {
    char tail[96];
    const Header& header = chain.appender->header();
    std::snprintf(tail, sizeof tail, "@%s-%016llx-%016llx.journal", format_id(header.seqnum_id).c_str(),
                  static_cast<unsigned long long>(header.head_entry_seqnum), static_cast<unsigned long long>(header.head_entry_realtime));
    ASSERT_TRUE(chain.appender->archive(path() + "/" + chain.stem + tail).has_value());
    ASSERT_TRUE(chain.appender->finish(FileState::archived).has_value());
    chain.appender.reset();
  }

  TemporaryFolder folder_;
  Chain system_{"system", nullptr, 0}, user_{"user-1000", nullptr, 0};
  std::uint64_t seqnum_ = 0;
};

enum class Opening { at_once, when_needed };

std::unique_ptr<Journal> open_folder(const std::string& path, Interleave interleave, Opening opening) {
  auto journal = std::make_unique<Journal>(HeaderRule::lenient, interleave);
  visit_names(path, [&](const StoredFile& file) {
    if (opening == Opening::when_needed && file.is_archived) journal->add_archive(file.path, file.seqnum_id, file.seqnum);
    else EXPECT_TRUE(journal->add_file(file.path).has_value()) << file.path;
  });
  return journal;
}

std::size_t open_files() {
  std::size_t n = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++n;
  return n;
}

Match match_of(std::initializer_list<const char*> words) {
  Match match;
  for (const char* word : words) EXPECT_TRUE(match.add(word).has_value());
  return match;
}

TEST(Journal, ArchivesOpenedWhenNeededGiveTheSameWalks) {
  const Folder folder(600, 60, 35);
  const std::vector<Match> matches{Match(), match_of({"_UID=1000"}), match_of({"KIND=3", "_UID=0"}), match_of({"KIND=3", "KIND=4"}), match_of({"MESSAGE=entry 17"}),
                                   match_of({"NONE=1"})};
  for (const Interleave interleave : {Interleave::complete, Interleave::as_journalctl})
    for (const Match& match : matches)
      for (std::uint64_t seed = 0; seed < 25; ++seed) {
        const auto eager = open_folder(folder.path(), interleave, Opening::at_once);
        const auto lazy = open_folder(folder.path(), interleave, Opening::when_needed);
        std::mt19937_64 random(seed);
        const auto both = [&](const std::function<bool(Journal&)>& act) {
          const bool expected = act(*eager);
          EXPECT_EQ(act(*lazy), expected) << "seed " << seed;
          return expected;
        };
        both([&](Journal& journal) { return journal.set_match(match), true; });
        for (int leg = 0; leg < 6; ++leg) {
          switch (random() % 4) {
            case 0: both([](Journal& journal) { return journal.seek_head(), true; }); break;
            case 1: both([](Journal& journal) { return journal.seek_tail(), true; }); break;
            case 2:
              if (leg > 2) both([&, at = 1'700'000'000'000'000 + random() % 600'000](Journal& journal) { return journal.seek_realtime(at), true; });
              break;
            default: break;  // goes on from where it is
          }
          const Direction direction = random() % 2 == 0 ? Direction::down : Direction::up;
          for (std::uint64_t steps = random() % (leg % 2 == 0 ? 20 : 400); steps > 0; --steps) {
            if (!both([&](Journal& journal) { return journal.step(direction); })) break;
            ASSERT_EQ(lazy->current().seqnum, eager->current().seqnum) << "seed " << seed << ", leg " << leg;
            ASSERT_EQ(lazy->first_value("MESSAGE"), eager->first_value("MESSAGE"));
          }
        }
      }
}

/// Files one after the other in time: a place in time lies in one of them, between two, or beside all.
TEST(Journal, APlaceInTimeIsFoundInAFileBesideItAndBetweenFiles) {
  const TemporaryFolder folder;
  constexpr std::uint64_t begin = 1'700'000'000'000'000, spacing = 10, in_each = 40, gap = 500;
  std::vector<std::uint64_t> times;
  std::uint64_t seqnum = 0;
  for (int number = 0; number < 3; ++number) {
    NewFileOptions options;
    options.machine_id.bytes.fill(1);
    options.boot_id.bytes.fill(2);
    options.seqnum_id.bytes.fill(3);
    const auto file = Appender::create(folder.path() + "/" + std::to_string(number) + ".journal", options, {1 << 20}, {0});
    ASSERT_TRUE(file.has_value());
    for (std::uint64_t i = 0; i < in_each; ++i) {
      times.push_back(begin + times.size() * spacing + static_cast<std::uint64_t>(number) * gap);
      std::vector<DataHandle> data{*(*file)->intern("KIND=" + std::to_string(i % 4)), *(*file)->intern("MESSAGE=" + std::to_string(seqnum))};
      ASSERT_TRUE((*file)->append({times.back(), times.back() - begin, options.boot_id}, data, seqnum).has_value());
    }
    ASSERT_TRUE((*file)->finish(FileState::archived).has_value());
  }
  for (const Interleave interleave : {Interleave::complete, Interleave::as_journalctl})
    for (const bool has_match : {false, true}) {
      const auto journal = open_folder(folder.path(), interleave, Opening::at_once);
      if (has_match) journal->set_match(match_of({"KIND=1"}));
      std::vector<std::uint64_t> wanted;
      for (std::size_t i = 0; i < times.size(); ++i)
        if (!has_match || i % in_each % 4 == 1) wanted.push_back(times[i]);
      for (std::uint64_t at = begin - 20; at < times.back() + 20; at += 3) {
        const auto next = std::lower_bound(wanted.begin(), wanted.end(), at);
        journal->seek_realtime(at);
        ASSERT_EQ(journal->step(Direction::down), next != wanted.end()) << at - begin;
        if (next != wanted.end()) { ASSERT_EQ(journal->current().realtime, *next); }
        const auto beyond = std::upper_bound(wanted.begin(), wanted.end(), at);
        journal->seek_realtime(at);
        ASSERT_EQ(journal->step(Direction::up), beyond != wanted.begin()) << at - begin;
        if (beyond != wanted.begin()) { ASSERT_EQ(journal->current().realtime, *std::prev(beyond)); }
      }
    }
}

TEST(Journal, TheLastEntriesNeedTheLastFilesOnly) {
  const Folder folder(900, 30, 20);
  const std::size_t before = open_files();
  const auto journal = open_folder(folder.path(), Interleave::as_journalctl, Opening::when_needed);
  journal->seek_tail();
  for (std::uint64_t i = 0; i < 10; ++i) {
    ASSERT_TRUE(journal->step(Direction::up));
    EXPECT_EQ(journal->current().seqnum, 900 - i);
  }
  EXPECT_LE(open_files() - before, 4U);
  EXPECT_GT(journal->file_count(), 20U);
}

TEST(Journal, FilesThatAreNamedAgainAreThereOnce) {
  const Folder folder(300, 60, 35);
  const auto journal = open_folder(folder.path(), Interleave::complete, Opening::when_needed);
  journal->seek_tail();
  ASSERT_TRUE(journal->step(Direction::up));
  for (int i = 0; i < 3; ++i)
    visit_names(folder.path(), [&](const StoredFile& file) {
      if (file.is_archived) journal->add_archive(file.path, file.seqnum_id, file.seqnum);
    });
  std::uint64_t seen = 1;
  while (journal->step(Direction::up)) ++seen;
  EXPECT_EQ(seen, 300U);
  std::size_t files = 0;
  visit_names(folder.path(), [&](const StoredFile&) { ++files; });
  EXPECT_EQ(journal->file_count(), files);
}

TEST(Journal, AnArchiveThatCannotBeReadIsComplainedAboutAndTheOthersAreRead) {
  const Folder folder(300, 60, 35);
  std::string victim;
  visit_names(folder.path(), [&](const StoredFile& file) {
    if (file.is_archived && file.stem == "system" && file.seqnum > 1) victim = file.path;
  });
  std::filesystem::resize_file(victim, 100);
  const auto journal = open_folder(folder.path(), Interleave::as_journalctl, Opening::when_needed);
  std::vector<std::string> complaints;
  journal->complain_with([&](const std::string& path) { complaints.push_back(path); });
  journal->seek_head();
  std::uint64_t seen = 0;
  while (journal->step(Direction::down)) ++seen;
  EXPECT_EQ(complaints, std::vector<std::string>{victim});
  EXPECT_EQ(seen, 240U);
}

TEST(Journal, ANameThatLiesDoesNoHarm) {
  const Folder folder(300, 60, 35);
  std::vector<std::pair<std::string, std::string>> renamed;
  visit_names(folder.path(), [&](const StoredFile& file) {
    if (file.is_archived && file.stem == "system") renamed.emplace_back(file.path, file.path);
  });
  // The first and the last of the chain change places.
  std::sort(renamed.begin(), renamed.end());
  std::filesystem::rename(renamed.front().first, folder.path() + "/away");
  std::filesystem::rename(renamed.back().first, renamed.front().first);
  std::filesystem::rename(folder.path() + "/away", renamed.back().first);
  for (const Direction direction : {Direction::down, Direction::up}) {
    const auto journal = open_folder(folder.path(), Interleave::complete, Opening::when_needed);
    if (direction == Direction::down) journal->seek_head();
    else journal->seek_tail();
    std::uint64_t seen = 0;
    while (seen < 1000 && journal->step(direction)) ++seen;
    EXPECT_LE(seen, 300U);
    EXPECT_GE(seen, 150U);
  }
}

TEST(Journal, FieldsAreTheDataOfEachEntry) {
  for (const char* sample : sample_files) {
    const TemporaryFolder folder;
    const std::string path = folder.put("a.journal", read_sample(std::string(sample) + ".journal.zst"));
    Journal journal(HeaderRule::lenient);
    ASSERT_TRUE(journal.add_file(path).has_value()) << sample;
    journal.seek_head();
    while (journal.step(Direction::down)) {
      std::vector<std::string> expected, got;
      journal.for_each_datum([&](std::string_view payload) { return expected.emplace_back(payload), true; });
      journal.for_each_field([&](const Datum& datum) {
        const std::string_view value = journal.value(datum);
        EXPECT_TRUE(!datum.is_plain || is_plain_text(value));
        EXPECT_EQ(datum.field, journal.field_number(datum.name));
        got.push_back(std::string(datum.name).append("=").append(value));
        return true;
      });
      ASSERT_EQ(got, expected) << sample;
    }
  }
}

TEST(FieldNumbers, TellNamesApartAndEndSomewhere) {
  FieldNumbers numbers;
  Datum datum;
  EXPECT_FALSE(numbers.split("no sign of one", datum));
  for (int round = 0; round < 2; ++round)
    for (int i = 0; i < 5000; ++i) {
      const std::string name = "NAME_" + std::to_string(i), payload = name + "=a=b";
      ASSERT_TRUE(numbers.split(payload, datum));
      EXPECT_EQ(datum.name, name);
      EXPECT_EQ(datum.value, "a=b");
      EXPECT_EQ(datum.field, numbers.number_of(name));
      EXPECT_EQ(datum.field, i < 4096 ? static_cast<std::uint32_t>(i) + 1 : 0U);
    }
}

}  // namespace
}  // namespace journal::test
