#include "journal/file/seal.h"

#include <gtest/gtest.h>

#include <string>

#include "journal/file/appender.h"
#include "journal/file/recovery.h"
#include "journal/file/verifier.h"
#include "tests/unit/journal/samples.h"

namespace journal::test {
namespace {

constexpr std::uint64_t start = 1'700'000'000'000'000, interval = 1'000'000;

/// A folder with a key file, and the way to verify with it.
class Seals : public ::testing::Test {
 protected:
  void SetUp() override {
    machine_.bytes.fill(7);
    const SealState state = check_.source.at(0);
    SealFileHeader header = {};
    header.signature = seal_file_signature;
    header.machine_id = machine_;
    header.header_size = sizeof header;
    header.start = start;
    header.interval = interval;
    header.modulus_bits = seal_modulus_bits;
    header.state_size = state.bytes().size();
    std::string content(reinterpret_cast<const char*>(&header), sizeof header);
    content.append(reinterpret_cast<const char*>(state.bytes().data()), state.bytes().size());
    key_path_ = folder_.put("fss", content);
  }

  Sealer open_sealer() const {
    auto sealer = Sealer::open(key_path_, machine_, Disk::real());
    EXPECT_TRUE(sealer.has_value()) << sealer.error().message;
    return std::move(*sealer);
  }

  std::unique_ptr<Appender> create(const Sealer& sealer) const {
    NewFileOptions options;
    options.machine_id = machine_;
    options.sealer = &sealer;
    auto made = Appender::create(path_, options, {}, {});
    EXPECT_TRUE(made.has_value());
    return std::move(*made);
  }

  /// One entry at that time, with a tag before it where an epoch ended.
  void write(Appender& file, Sealer& sealer, std::uint64_t realtime) {
    if (sealer.is_due(realtime)) {
      ASSERT_TRUE(file.append_tag().has_value());
      ASSERT_TRUE(sealer.advance_to(realtime).has_value());
    }
    std::vector<DataHandle> data{*file.intern("MESSAGE=at " + std::to_string(realtime)), *file.intern("PRIORITY=6")};
    ASSERT_TRUE(file.append({realtime, realtime - start, machine_}, data, seqnum_).has_value());
  }

  VerifyReport verify(const std::string& path) const { return verify_file(**JournalFile::open(path, HeaderRule::lenient), &check_); }

  TemporaryFolder folder_;
  Id128 machine_;
  std::string key_path_, path_ = folder_.path() + "/a.journal";
  std::uint64_t seqnum_ = 0;
  SealCheck check_{{{1, 2, 3}, start, interval}, *SealSource::from_seed({1, 2, 3})};
};

TEST_F(Seals, EveryEpochOfAFileHasOne) {
  Sealer sealer = open_sealer();
  {
    const auto file = create(sealer);
    for (std::uint64_t i = 0; i < 100; ++i) write(*file, sealer, start + i * interval / 4);
    ASSERT_TRUE(file->finish(FileState::offline).has_value());
  }
  const VerifyReport whole = verify(path_);
  EXPECT_TRUE(whole.passed) << whole.fault.text;
  EXPECT_EQ(whole.sealed_realtime, start + 99 * interval / 4);
  EXPECT_EQ(sealer.epoch(), 24U);
  EXPECT_EQ(open_sealer().epoch(), 24U) << "the key file keeps no key of the past";
  {  // closed and gone on with
    const auto again = Appender::open(path_, machine_, {}, {}, Resume::clean_files, Disk::real(), &sealer);
    ASSERT_TRUE(again.has_value()) << again.error().message;
    for (std::uint64_t i = 100; i < 200; ++i) write(**again, sealer, start + i * interval / 4);
    EXPECT_EQ((*again)->header().n_tags, 1U + 24U + 1U + 24U) << "the first, one at each end of an epoch, one at the close";
    ASSERT_TRUE((*again)->archive(path_).has_value());
  }
  EXPECT_TRUE(verify(path_).passed) << verify(path_).fault.text;
}

TEST_F(Seals, AnyChangedByteOfWhatIsSealedIsFound) {
  Sealer sealer = open_sealer();
  {
    const auto file = create(sealer);
    for (std::uint64_t i = 0; i < 12; ++i) write(*file, sealer, start + i * interval / 2);
    ASSERT_TRUE(file->finish(FileState::offline).has_value());
  }
  const std::string whole = read_file(path_);
  const auto file = JournalFile::open(path_, HeaderRule::strict);
  ASSERT_TRUE(file.has_value());
  const FileView& view = (*file)->view();
  std::uint64_t changed = 0, size = 0;
  const auto expect_found = [&](std::uint64_t at) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    EXPECT_FALSE(verify(folder_.put("changed.journal", bytes)).passed) << at;
    ++changed;
  };
  for (std::uint64_t offset = sizeof(Header); view.object(offset, ObjectType::unused, size) != nullptr; offset += align8(size)) {
    switch (static_cast<ObjectType>(view.object(offset, ObjectType::unused, size)->type)) {
      case ObjectType::data: expect_found(offset + size - 1); break;
      case ObjectType::entry:
        for (std::uint64_t at = offset + offsetof(EntryObject, seqnum); at < offset + size; at += 3) expect_found(at);
        break;
      case ObjectType::tag:
        for (std::uint64_t at = offset + offsetof(TagObject, seqnum); at < offset + size; at += 5) expect_found(at);
        break;
      default: break;
    }
  }
  EXPECT_GT(changed, 300U);
  SealCheck other = check_;
  other.source = *SealSource::from_seed({9});
  EXPECT_FALSE(verify_file(**file, &other).passed);
  EXPECT_TRUE(verify_file(**file).passed);
}

TEST_F(Seals, AFileThatNobodyFinishedIsNotGoneOnWithNorRewritten) {
  Sealer sealer = open_sealer();
  {
    const auto file = create(sealer);
    write(*file, sealer, start);
    write(*file, sealer, start + interval);
    write(*file, sealer, start + interval + 1);
  }
  const VerifyReport report = verify(path_);
  EXPECT_TRUE(report.passed) << report.fault.text;
  EXPECT_EQ(report.sealed_realtime, start) << "the last ones are not sealed";
  EXPECT_EQ(report.last_realtime, start + interval + 1);
  EXPECT_FALSE(Appender::open(path_, machine_, {}, {}, Resume::checked_files, Disk::real(), &sealer).has_value());
  const auto rewritten = recover_file(path_);
  ASSERT_FALSE(rewritten.has_value());
  EXPECT_EQ(rewritten.error().code, unitparser::ErrorCode::not_supported);
}

TEST_F(Seals, WithoutTheKeyASealedFileIsNotGoneOnWith) {
  Sealer sealer = open_sealer();
  ASSERT_TRUE(create(sealer)->finish(FileState::offline).has_value());
  EXPECT_FALSE(Appender::open(path_, machine_, {}, {}).has_value());
}

TEST_F(Seals, KeyFilesThatAreNoneAreRefused) {
  const std::string whole = read_file(key_path_);
  const auto opens = [&](std::string bytes) { return Sealer::open(folder_.put("bad", bytes), machine_, Disk::real()).has_value(); };
  EXPECT_TRUE(opens(whole));
  for (std::size_t size : {std::size_t{0}, std::size_t{8}, sizeof(SealFileHeader), whole.size() - 1}) EXPECT_FALSE(opens(whole.substr(0, size))) << size;
  const auto with = [&](std::size_t at, char value) {
    std::string bytes = whole;
    bytes[at] = value;
    return bytes;
  };
  EXPECT_FALSE(opens(with(0, 'x')));
  EXPECT_FALSE(opens(with(offsetof(SealFileHeader, incompatible_flags), 1)));
  EXPECT_FALSE(opens(with(offsetof(SealFileHeader, machine_id), 1))) << "another machine's";
  EXPECT_FALSE(opens(with(offsetof(SealFileHeader, header_size) + 7, 1)));
  EXPECT_FALSE(opens(with(offsetof(SealFileHeader, state_size) + 7, 1)));
  EXPECT_FALSE(opens(with(whole.size() - 8, '\x7f'))) << "an epoch beyond all times";
}

TEST_F(Seals, AKeyThatIsAnEternityOldIsNotAdvanced) {
  Sealer sealer = open_sealer();
  const auto advanced = sealer.advance_to(start + 2'000'000 * interval);
  ASSERT_FALSE(advanced.has_value());
  EXPECT_EQ(advanced.error().code, unitparser::ErrorCode::too_big);
  EXPECT_EQ(sealer.epoch(), 0U);
}

}  // namespace
}  // namespace journal::test
