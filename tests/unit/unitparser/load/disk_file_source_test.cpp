// The real FileSource, on files of the kernel that tell no size.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "unitparser/load/file_source.h"

namespace unitparser {
namespace {

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
