// Each folder is listed once, and what is not in it is asked of nobody.
#include "unitparser/load/listed_files.h"

#include <gtest/gtest.h>

#include "tests/unit/unitparser/memory_files.h"

namespace unitparser {
namespace {

/// Counts what is asked of it.
class Counting final : public FileSource {
 public:
  explicit Counting(FileSource& source) : source_(source) {}
  Result<std::string> read(const std::string& path, std::size_t limit, FileStamp* stamp = nullptr) override { return ++asked, source_.read(path, limit, stamp); }
  Result<std::vector<DirectoryEntry>> list(const std::string& path) override { return ++asked, source_.list(path); }
  Result<std::string> read_link(const std::string& path) override { return ++asked, source_.read_link(path); }
  FileStamp stamp(const std::string& path) override { return ++asked, source_.stamp(path); }
  FileStamp link_stamp(const std::string& path) override { return ++asked, source_.link_stamp(path); }
  int asked = 0;

 private:
  FileSource& source_;
};

TEST(ListedFiles, AsksOnceForEachFolder) {
  testing::MemoryFiles files;
  files.write("/etc/systemd/system/a.service", "text");
  Counting counting(files);
  ListedFiles listed(counting);
  EXPECT_EQ(listed.read("/etc/systemd/system/a.service", 100).value(), "text");
  const int before = counting.asked;
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(listed.read("/etc/systemd/system/b" + std::to_string(i) + ".service", 100));
    EXPECT_FALSE(listed.list("/etc/systemd/system/b" + std::to_string(i) + ".service.d"));
    EXPECT_EQ(listed.stamp("/etc/nothing/here/x").kind, FileKind::missing);
    EXPECT_FALSE(listed.read_link("/etc/systemd/system/a.service"));  // a file is no link
    EXPECT_EQ(listed.link_kind("/etc/systemd/system/a.service"), FileKind::regular);
  }
  EXPECT_EQ(counting.asked, before);
}

}  // namespace
}  // namespace unitparser
