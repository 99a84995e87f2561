// What is found in images: whole file systems, tables of partitions, and neither. The bytes are made here.
#include "init/image/disk_image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

namespace init {
namespace {

constexpr std::size_t sector = 512, sectors = 8192;

/// An image in memory.
class Image {
 public:
  Image() : bytes_(sector * sectors, '\0') {}

  void put(std::size_t at, std::string_view text) { bytes_.replace(at, text.size(), text); }
  template <class Number>
  void number(std::size_t at, Number value) {
    std::memcpy(bytes_.data() + at, &value, sizeof value);
  }
  /// The least that makes an ext2 file system.
  void ext2(std::size_t at) { number<std::uint16_t>(at + 1024 + 56, 0xef53); }

  /// One entry of the old table at the front.
  void dos(unsigned char type, std::uint32_t start, std::uint32_t size) {
    bytes_[446 + 4] = static_cast<char>(type);
    number(446 + 8, start);
    number(446 + 12, size);
    put(510, "\x55\xaa");
  }
  struct Partition {
    const char* type;
    std::uint64_t start, size, flags;
  };
  void gpt(const std::vector<Partition>& partitions) {
    dos(0xee, 1, sectors - 1);
    std::size_t entry = 2 * sector;
    for (const Partition& partition : partitions) {
      put_uuid(entry, partition.type);
      number(entry + 16, std::uint64_t{entry});  // a name of its own
      number(entry + 32, partition.start);
      number(entry + 40, partition.start + partition.size - 1);
      number(entry + 48, partition.flags);
      entry += 128;
    }
    const std::size_t header = sector;
    put(header, "EFI PART");
    number<std::uint32_t>(header + 8, 0x10000);
    number<std::uint32_t>(header + 12, 92);
    number<std::uint64_t>(header + 24, 1);
    number<std::uint64_t>(header + 32, sectors - 1);
    number<std::uint64_t>(header + 40, 34);
    number<std::uint64_t>(header + 48, sectors - 34);
    put(header + 56, "a disk's own id.");
    number<std::uint64_t>(header + 72, 2);
    number<std::uint32_t>(header + 80, 128);
    number<std::uint32_t>(header + 84, 128);
    number<std::uint32_t>(header + 88, checksum(2 * sector, 128UL * 128));
    number<std::uint32_t>(header + 16, checksum(header, 92));
  }

  [[nodiscard]] unitparser::Result<std::vector<ImagePart>> dissect() const {
    const unitparser::UniqueFd file(::memfd_create("image", MFD_CLOEXEC));
    EXPECT_EQ(::write(file.get(), bytes_.data(), bytes_.size()), static_cast<ssize_t>(bytes_.size()));
    return dissect_image(file.get());
  }

 private:
  /// The first three groups are little-endian in a table of partitions.
  void put_uuid(std::size_t at, std::string_view text) {
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); i += 2) {
      if (text[i] == '-') ++i;
      bytes += static_cast<char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16));
    }
    std::reverse(bytes.begin(), bytes.begin() + 4);
    std::reverse(bytes.begin() + 4, bytes.begin() + 6);
    std::reverse(bytes.begin() + 6, bytes.begin() + 8);
    put(at, bytes);
  }
  [[nodiscard]] std::uint32_t checksum(std::size_t at, std::size_t size) const {
    std::uint32_t crc = ~0U;
    for (std::size_t i = at; i < at + size; ++i) {
      crc ^= static_cast<unsigned char>(bytes_[i]);
      for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xedb88320U : 0U);
    }
    return ~crc;
  }
  std::string bytes_;
};

#if defined(__x86_64__)
constexpr const char* root_type = "4f68bce3-e8cd-4db1-96e7-fbcaf984b709";
constexpr const char* usr_type = "8484680c-9521-48c6-9c11-b0720656f69e";
#elif defined(__aarch64__)
constexpr const char* root_type = "b921b045-1df0-41c3-af44-4c6f280d3fae";
constexpr const char* usr_type = "b0e01050-ee5f-4390-949a-9101b17104e9";
#endif
constexpr const char* home_type = "933ac7e1-2eb4-4f13-b844-0e14e2aef915";
constexpr const char* linux_type = "0fc63daf-8483-4772-8e79-3d69d8477de4";
constexpr std::uint64_t no_auto = 1ULL << 63, read_only = 1ULL << 60;

std::vector<std::string> places(const Image& image) {
  std::vector<std::string> found;
  const auto parts = image.dissect();
  EXPECT_TRUE(parts) << parts.error().message;
  if (parts)
    for (const ImagePart& part : *parts) found.push_back(part.designator + " " + part.place + " " + std::to_string(part.offset / sector) + " " + part.type);
  return found;
}

TEST(DiskImage, a_file_system_is_the_root) {
  Image image;
  image.ext2(0);
  EXPECT_THAT(places(image), testing::ElementsAre("root / 0 ext2"));
}

TEST(DiskImage, partitions_are_known_by_their_types_and_the_root_comes_first) {
  Image image;
  image.gpt({{home_type, 4096, 512, read_only}, {usr_type, 3072, 512, 0}, {root_type, 2048, 512, 0}, {root_type, 5120, 512, 0}, {linux_type, 6144, 512, 0}});
  for (const std::size_t at : {2048UL, 3072UL, 4096UL}) image.ext2(at * sector);
  EXPECT_THAT(places(image), testing::ElementsAre("root / 2048 ext2", "home /home 4096 ext2", "usr /usr 3072 ext2"));
  const auto parts = image.dissect();
  EXPECT_FALSE(parts->at(0).read_only);
  EXPECT_TRUE(parts->at(1).read_only);
  EXPECT_EQ(parts->at(0).size, 512 * sector);
}

TEST(DiskImage, a_partition_that_is_not_to_be_used_is_not) {
  Image image;
  image.gpt({{root_type, 2048, 512, no_auto}, {usr_type, 3072, 512, 0}});
  image.ext2(2048 * sector);
  image.ext2(3072 * sector);
  EXPECT_THAT(places(image), testing::ElementsAre("usr /usr 3072 ext2"));
}

TEST(DiskImage, one_partition_of_no_special_type_is_the_root) {
  Image image;
  image.gpt({{linux_type, 2048, 512, 0}});
  image.ext2(2048 * sector);
  EXPECT_THAT(places(image), testing::ElementsAre("root / 2048 ext2"));
  Image old;
  old.dos(0x83, 2048, 512);
  old.ext2(2048 * sector);
  EXPECT_THAT(places(old), testing::ElementsAre("root / 2048 ext2"));
}

TEST(DiskImage, without_a_root_there_is_an_error) {
  EXPECT_FALSE(Image().dissect());
  Image two;
  two.gpt({{linux_type, 2048, 512, 0}, {linux_type, 3072, 512, 0}});
  EXPECT_FALSE(two.dissect());
  Image empty_partition;
  empty_partition.gpt({{root_type, 2048, 512, 0}});
  EXPECT_FALSE(empty_partition.dissect());
  Image beyond_the_end;
  beyond_the_end.dos(0x83, sectors + 100, 512);
  EXPECT_FALSE(beyond_the_end.dissect());
}

}  // namespace
}  // namespace init
