// Searches with and without indexes find the same, whatever is in the index; and an index lets most of a file be passed over.
#include "journal/query/message_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "journal/file/appender.h"
#include "journal/query/journal.h"
#include "journal/store/directory.h"
#include "journal/text/id128.h"
#include "journal/text/pattern.h"
#include "tests/unit/journal/samples.h"

namespace journal::test {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint64_t first_entry = 1'700'000'000'000'000;

/// The system's and a user's archived and active files of four boots, 6,000 entries by turns; every 1,000th has "NEEDLE".
class Store {
 public:
  Store() {
    for (const int boot : {1, 2, 3, 4}) {
      Id128 id;
      id.bytes.fill(static_cast<std::uint8_t>(boot));
      auto system = create("system", id), user = create("user-1000", id);
      for (int i = 0; i < 1500; ++i) append(i % 5 == 0 ? *user : *system, boot * 1500 + i, id);
      for (const auto& [file, stem] : {std::pair(system.get(), "system"), std::pair(user.get(), "user-1000")}) {
        EXPECT_TRUE(file->finish(boot == 4 ? FileState::offline : FileState::archived).has_value());
        const Header& header = file->header();
        char name[128];
        std::snprintf(name, sizeof name, "%s/%s@%s-%016lx-%016lx.journal", path().c_str(), stem, format_id(header.seqnum_id).c_str(),
                      header.head_entry_seqnum, header.head_entry_realtime);
        if (boot < 4) std::filesystem::rename(path() + "/" + stem + ".journal", name);
      }
    }
  }
  [[nodiscard]] const std::string& path() const { return folder_.path(); }
  [[nodiscard]] std::vector<std::string> archives() const {
    std::vector<std::string> paths;
    for (const StoredFile& file : list_files(path()))
      if (file.is_archived) paths.push_back(file.path);
    std::sort(paths.begin(), paths.end());
    return paths;
  }
  /// What the client prints.
  [[nodiscard]] std::string ask(const std::string& arguments, const std::string& verb = {}) const {
    const std::string out = path() + "/out";
    const std::string command = "env -i TZ=UTC '" JOURNAL_PROGRAM "' " + verb + " --no-pager -D '" + path() + "' " + arguments + " >'" + out + "' 2>&1";
    const int status = std::system(command.c_str());
    return read_file(out) + "status " + std::to_string(status);
  }

 private:
  [[nodiscard]] std::unique_ptr<Appender> create(const std::string& stem, const Id128& boot) const {
    NewFileOptions options;
    options.machine_id.bytes.fill(1);
    options.boot_id = boot;
    options.seqnum_id.bytes.fill(3);
    auto made = Appender::create(path() + "/" + stem + ".journal", options, {4 << 20}, {});
    EXPECT_TRUE(made.has_value());
    return std::move(*made);
  }
  void append(Appender& file, int i, const Id128& boot) {
    std::vector<DataHandle> handles;
    for (const std::string& field :
         {"MESSAGE=Entry number " + std::to_string(i) + " says " + std::to_string(i * 7919 % 100'003) + (i % 1000 == 0 ? " NEEDLE" : ""),
          "_BOOT_ID=" + format_id(boot), "_UID=" + std::to_string(i % 5 == 0 ? 1000 : 0), "TEXT=" + std::to_string(i) + std::string(400, 't')}) {
      const auto handle = file.intern(field);
      ASSERT_TRUE(handle.has_value());
      handles.push_back(*handle);
    }
    const auto time = static_cast<std::uint64_t>(i) * 1'000'000;
    ASSERT_TRUE(file.append({first_entry + time, time, boot}, handles, seqnum_).has_value());
  }

  TemporaryFolder folder_;
  std::uint64_t seqnum_ = 0;
};

/// The messages with the text, and how many entries came on the way.
struct Search {
  std::vector<std::string> found;
  std::size_t visited = 0;
};
Search search(const Store& store, const std::string& text, Direction direction = Direction::down, Journal::Boots boots = Journal::Boots::unseen) {
  Journal journal;
  for (const StoredFile& file : list_files(store.path())) EXPECT_TRUE(journal.add_file(file.path).has_value());
  journal.set_required_text(text, boots);
  if (direction == Direction::down) journal.seek_head();
  else journal.seek_tail();
  Search result;
  for (; journal.step(direction); ++result.visited)
    if (const auto message = journal.first_value("MESSAGE"); message && message->find(text) != std::string_view::npos)
      result.found.emplace_back(*message);
  return result;
}

TEST(MessageIndex, LetsASearchPassOverMostOfAFile) {
  const Store store;
  const Search without = search(store, "NEEDLE");
  ASSERT_THAT(without.found, SizeIs(6));
  ASSERT_EQ(without.visited, 6000U);
  const IndexUpdate update = update_indexes(store.path());
  EXPECT_EQ(update.written, 6U);
  EXPECT_THAT(update.failures, IsEmpty());
  EXPECT_EQ(update_indexes(store.path()).written, 0U) << "they are there already";
  std::uint64_t bytes = 0;
  for (const std::string& path : store.archives()) bytes += std::filesystem::file_size(path);
  EXPECT_LT(update.bytes, bytes / 20);
  for (const Direction direction : {Direction::down, Direction::up}) {
    for (const Journal::Boots boots : {Journal::Boots::unseen, Journal::Boots::seen}) {
      Search with = search(store, "NEEDLE", direction, boots);
      if (direction == Direction::up) std::reverse(with.found.begin(), with.found.end());
      EXPECT_EQ(with.found, without.found);
      EXPECT_LT(with.visited, 2500U) << "1,500 of them are in files without an index";
    }
  }
}

TEST(MessageIndex, ChangesNothingOfWhatIsPrinted) {
  const Store store;
  std::vector<std::string> questions;
  for (const char* pattern : {"NEEDLE", "needle", "says [0-9]+ NEEDLE", "number 20.0", "Entry", "no such text", "x*NEEDLE", "1999|NEEDLE", "ne"})
    for (const char* others : {"", "-q", "-r", "-n 3", "-q -r -n 2", "-m", "-u a", "_UID=1000", "-b 02020202020202020202020202020202",
                               "-S '2023-11-15 00:00:00'", "-U '2023-11-14 23:50:00' -r", "--show-cursor", "-n 0", "-o json --output-fields=MESSAGE"})
      questions.push_back("-g '" + std::string(pattern) + "' " + others);
  std::vector<std::string> answers;
  for (const std::string& question : questions) answers.push_back(store.ask(question));
  EXPECT_THAT(store.ask("-g NEEDLE"), ::testing::HasSubstr("-- Boot "));
  EXPECT_EQ(update_indexes(store.path()).written, 6U);
  for (std::size_t i = 0; i < questions.size(); ++i) EXPECT_EQ(store.ask(questions[i]), answers[i]) << questions[i];
}

TEST(MessageIndex, IsBelievedNothingThatWasDamaged) {
  const Store store;
  const Search without = search(store, "NEEDLE");
  ASSERT_EQ(update_indexes(store.path()).written, 6U);
  std::mt19937 random(1);
  std::vector<std::string> whole;
  for (const std::string& path : store.archives()) whole.push_back(read_file(index_path(path)));
  for (int round = 0; round < 200; ++round) {
    const std::size_t which = random() % whole.size();
    std::string bytes = whole[which];
    switch (round % 4) {
      case 0:
        for (unsigned n = 1 + random() % 64; n > 0; --n) bytes[random() % bytes.size()] = static_cast<char>(random());
        break;
      case 1: bytes.resize(random() % bytes.size()); break;
      case 2: std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(random() % bytes.size()), bytes.end(), '\0'); break;
      default: bytes = whole[(which + 1) % whole.size()]; break;  // another file's
    }
    std::ofstream(index_path(store.archives()[which]), std::ios::binary) << bytes;
    EXPECT_EQ(search(store, "NEEDLE").found, without.found) << "round " << round;
    std::ofstream(index_path(store.archives()[which]), std::ios::binary) << whole[which];
  }
  EXPECT_LT(search(store, "NEEDLE").visited, 2500U);
}

TEST(MessageIndex, BelongsToOneStateOfItsFile) {
  const Store store;
  ASSERT_EQ(update_indexes(store.path()).written, 6U);
  const std::string path = store.archives().front();
  const auto has_index = [&] { return MessageIndex::open(**JournalFile::open(path, HeaderRule::strict)) != nullptr; };
  ASSERT_TRUE(has_index());
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  Header header = {};
  file.read(reinterpret_cast<char*>(&header), sizeof header);
  --header.n_entries;
  file.seekp(0).write(reinterpret_cast<const char*>(&header), sizeof header).flush();
  EXPECT_FALSE(has_index());
  EXPECT_EQ(update_indexes(store.path()).written, 1U);
  EXPECT_TRUE(has_index());
  EXPECT_FALSE(write_message_index(store.path() + "/system.journal").has_value()) << "it is written to";
}

TEST(MessageIndex, IsThereForThoseWhoMayReadTheFileAndGoesWithIt) {
  const Store store;
  const std::string first = store.archives().front();
  ASSERT_EQ(::chmod(first.c_str(), 0640), 0);
  ASSERT_EQ(update_indexes(store.path()).written, 6U);
  struct stat st = {};
  ASSERT_EQ(::stat(index_path(first).c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 07777U, 0640U);
  VacuumGoal goal;
  goal.max_files = 3;
  const std::vector<VacuumedFile> gone = vacuum(store.path(), goal);
  ASSERT_THAT(gone, ::testing::Not(IsEmpty()));
  for (const VacuumedFile& file : gone) EXPECT_FALSE(std::filesystem::exists(index_path(file.path)));
  const std::string last = store.archives().back();
  ASSERT_TRUE(std::filesystem::remove(last)) << "by somebody who knows of no index";
  static_cast<void>(update_indexes(store.path()));
  EXPECT_FALSE(std::filesystem::exists(index_path(last)));
}

std::uint64_t bytes_of(const std::string& folder) {
  std::uint64_t bytes = 0;
  for (const StoredFile& file : list_files(folder)) bytes += file.size;
  return bytes;
}

TEST(MessageIndex, CountsAsPartOfItsFile) {
  const Store store;
  const std::uint64_t bare = bytes_of(store.path());
  const std::string bare_usage = store.ask({}, "usage"), bare_disk_usage = store.ask("--disk-usage");
  const IndexUpdate update = update_indexes(store.path());
  ASSERT_GT(update.bytes, 0U);
  EXPECT_EQ(bytes_of(store.path()), bare + update.bytes);
  // What the files alone would be allowed is too much with their indexes; what both take is not.
  VacuumGoal goal;
  goal.max_use = bare + update.bytes;
  EXPECT_THAT(vacuum(store.path(), goal), IsEmpty());
  EXPECT_NE(store.ask({}, "usage"), bare_usage);
  EXPECT_NE(store.ask("--disk-usage"), bare_disk_usage);
  goal.max_use = bare;
  const std::vector<VacuumedFile> gone = vacuum(store.path(), goal);
  ASSERT_THAT(gone, SizeIs(1));
  EXPECT_EQ(bytes_of(store.path()), bare + update.bytes - gone[0].size);
}

TEST(MessageIndex, GoesWithTheNextVacuumWhereItsFileIsGone) {
  const Store store;
  ASSERT_EQ(update_indexes(store.path()).written, 6U);
  const std::string last = store.archives().back();
  ASSERT_TRUE(std::filesystem::remove(last)) << "by somebody who knows of no index";
  EXPECT_THAT(vacuum(store.path(), {}), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(index_path(last)));
  for (const std::string& path : store.archives()) EXPECT_TRUE(std::filesystem::exists(index_path(path)));
}

TEST(Pattern, KnowsATextThatEveryMatchHas) {
  const std::vector<std::pair<std::string, std::string>> expected{
      {"NEEDLE-", "NEEDLE-"}, {"needle-[0-9]", "needle-"}, {"^start.*the end$", "the end"}, {"ab*cdef", "cdef"}, {"abc?de", "ab"},
      {"colou?r", "colo"},    {"a{16}bc", "bc"},           {"xx{2,3}", "x"},                {"ab+c", "ab"},      {"[]abc]de", "de"},
      {"[^]x]yz", "yz"},      {"[[:digit:]]abc", ""},      {"a|bcd", ""},                   {"(abc)", ""},       {"a\\.bcd", ""},
      {"...", ""}};
  for (const auto& [pattern, text] : expected) {
    const auto compiled = Pattern::compile(pattern, std::nullopt);
    ASSERT_TRUE(compiled.has_value()) << pattern;
    EXPECT_EQ((*compiled)->required_text(), text) << pattern;
  }
}

}  // namespace
}  // namespace journal::test
