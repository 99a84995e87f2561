#include "journal/file/packed_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "journal/file/appender.h"
#include "journal/file/recovery.h"
#include "journal/file/verifier.h"
#include "journal/format/compression.h"
#include "journal/query/journal.h"
#include "journal/store/directory.h"
#include "tests/unit/journal/samples.h"

namespace journal::test {
namespace {

constexpr const char* name = "system@00000000000000000000000000000001-0000000000000001-00060a24181e4000.journal";

/// A folder with an archived file of 20,000 entries, larger than a frame.
class Packed : public ::testing::Test {
 protected:
  void SetUp() override {
    NewFileOptions options;
    options.machine_id.bytes.fill(1);
    options.boot_id = options.machine_id;
    auto file = Appender::create(path_, options, {}, {});
    ASSERT_TRUE(file.has_value());
    std::uint64_t seqnum = 0;
    for (std::uint64_t i = 0; i < 20'000; ++i) {
      std::vector<DataHandle> data{*(*file)->intern("MESSAGE=request " + std::to_string(i * 7919 % 100'003) + " of a client, served"),
                                   *(*file)->intern("PRIORITY=" + std::to_string(i % 8))};
      ASSERT_TRUE((*file)->append({1'700'000'000'000'000 + i, i, options.boot_id}, data, seqnum).has_value());
    }
    ASSERT_TRUE((*file)->archive(path_).has_value());
    ASSERT_TRUE((*file)->finish(FileState::archived).has_value());
    whole_ = read_file(path_);
  }
  void pack() {
    const unitparser::UniqueFd fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    const auto packed = pack_file(Disk::real(), fd.get(), path_);
    ASSERT_TRUE(packed.has_value()) << packed.error().message;
  }
  static std::uint64_t entries_of(const std::string& folder) {
    Journal journal;
    visit_names(folder, [&](const StoredFile& file) { journal.add_archive(file.path, file.seqnum_id, file.seqnum); });
    std::uint64_t n = 0;
    journal.seek_head();
    while (journal.step(Direction::down)) ++n;
    return n;
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.path() + "/" + name, packed_ = path_ + ".zst", whole_;
};

TEST_F(Packed, WhatWasPackedReadsTheSameInAFractionOfTheRoom) {
  pack();
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_LT(std::filesystem::file_size(packed_) * 3, whole_.size());
  const auto file = JournalFile::open(packed_, HeaderRule::strict);
  ASSERT_TRUE(file.has_value()) << file.error().message;
  EXPECT_EQ((*file)->view().size(), whole_.size());
  EXPECT_TRUE(verify_file(**file).passed);
  EXPECT_EQ(entries_of(folder_.path()), 20'000U);
  const std::vector<StoredFile> listed = list_files(folder_.path());
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_TRUE(listed[0].is_archived && !listed[0].is_empty);
  EXPECT_EQ(listed[0].stem, "system");
  EXPECT_EQ(listed[0].seqnum, 1U);
}

TEST_F(Packed, BothSideBySideAreReadOnce) {
  pack();
  folder_.put(name, whole_);
  EXPECT_EQ(entries_of(folder_.path()), 20'000U);
}

TEST_F(Packed, DamageIsFound) {
  pack();
  const std::string bytes = read_file(packed_);
  const auto opens = [&](const std::string& content) {
    return JournalFile::open(folder_.put("x.journal.zst", content), HeaderRule::strict).has_value();
  };
  EXPECT_TRUE(opens(bytes));
  EXPECT_FALSE(opens(""));
  EXPECT_FALSE(opens(bytes.substr(0, bytes.size() - 1)));
  EXPECT_FALSE(opens(bytes.substr(1)));
  EXPECT_FALSE(opens(bytes + "garbage"));
  std::string frame;
  ASSERT_TRUE(pack_zstd_frame({}, frame));
  EXPECT_FALSE(opens(frame + bytes)) << "a frame of nothing";
  ASSERT_TRUE(pack_zstd_frame(std::string(100, '\0'), frame));
  EXPECT_FALSE(opens(frame + bytes)) << "a short frame that is not the last";
  ASSERT_TRUE(pack_zstd_frame(std::string(64ULL * 1024 * 1024, '\0'), frame));
  EXPECT_FALSE(opens(frame)) << "a frame that is larger than ours";
}

TEST_F(Packed, APackedFileIsNotRewritten) {
  pack();
  const auto rewritten = recover_file(packed_);
  ASSERT_FALSE(rewritten.has_value());
  EXPECT_EQ(rewritten.error().code, unitparser::ErrorCode::not_supported);
}

TEST_F(Packed, WhatCannotBePackedStaysAsItWas) {
  std::filesystem::create_directory(packed_ + ".tmp");
  const unitparser::UniqueFd fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_FALSE(pack_file(Disk::real(), fd.get(), path_).has_value());
  EXPECT_EQ(read_file(path_), whole_);
}

}  // namespace
}  // namespace journal::test
