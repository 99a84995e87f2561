// Sample journal files for tests: unpacked from tests/data/journal into a folder of the test's own. [os: files]
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "journal/format/compression.h"
#include "journal/format/layout.h"

namespace journal::test {

/// An id of 16 equal bytes.
inline Id128 id_of(std::uint8_t byte) {
  Id128 id;
  id.bytes.fill(byte);
  return id;
}

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// Content of tests/data/journal/NAME, unpacked when the name ends in ".zst".
inline std::string read_sample(const std::string& name) {
  std::string bytes = read_file(std::string(TEST_DATA) + "/journal/" + name);
  if (!name.ends_with(".zst") || bytes.empty()) return bytes;
  std::string expanded;
  EXPECT_TRUE(decompress(Compression::zstd, bytes, expanded).has_value()) << name;
  return expanded;
}

/// A folder that goes away with the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    // Memory where there is any: hundreds of files are synced here, and no disk is under test.
    const bool has_memory = std::filesystem::is_directory("/dev/shm");
    std::string pattern =
        ((has_memory ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path()) / "incipit-journal-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  std::string put(const std::string& name, const std::string& content) const {
    const std::string path = path_ + "/" + name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

 private:
  std::string path_;
};

inline const char* const sample_files[] = {"n1default",    "n2nocompact", "n3jenkins", "n4legacy",  "n7nocompress",
                                           "n8rotated",    "n8rotated.archived", "n9bitflip", "n9unclean", "stock-boot"};

}  // namespace journal::test
