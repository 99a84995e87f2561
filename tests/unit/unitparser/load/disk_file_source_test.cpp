// The real FileSource, on files of the kernel that tell no size.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <iterator>

#include "unitparser/load/file_source.h"

namespace unitparser {
namespace {

TEST(DiskFileSource, ReadsFilesOfAnySizeUpToTheLimit) {
  const std::string path = ::testing::TempDir() + "disk_file_source";
  for (const std::size_t size : {0U, 1U, 4095U, 4096U, 4097U, 100'000U}) {
    const std::string content(size, 'x');
    std::ofstream(path) << content;
    EXPECT_EQ(make_disk_file_source()->read(path, 100'000).value_or("unread"), content);
  }
  EXPECT_FALSE(make_disk_file_source()->read(path, 99'999));
  std::remove(path.c_str());
}

TEST(DiskFileSource, ReadsKernelFilesWhole) {
  for (const char* path : {"/proc/sys/kernel/pid_max", "/proc/sys/kernel/random/boot_id", "/proc/self/status"}) {
    std::ifstream file(path);
    const std::string content{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const Result<std::string> read = make_disk_file_source()->read(path, 1 << 20);
    ASSERT_TRUE(read.has_value()) << path;
    EXPECT_EQ(read->size() > 1, content.size() > 1) << path;
    if (std::string_view(path) != "/proc/self/status") {
      EXPECT_EQ(*read, content) << path;
    }
  }
}

}  // namespace
}  // namespace unitparser
