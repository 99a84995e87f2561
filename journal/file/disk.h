// The calls by which journal files are made, changed and brought to the disk: one port, so that tests can fail each of
// them and cut the power between any two. [port]
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace journal {

/// Every call is like the system call it stands for: -1 (or MAP_FAILED) and errno on failure.
class Disk {
 public:
  virtual ~Disk() = default;
  virtual int open(const std::string& path, int flags, mode_t mode) = 0;
  virtual ssize_t write(int fd, const void* bytes, std::size_t size, off_t at) = 0;
  virtual void* map(std::size_t size, int fd) = 0;
  /// Gives the file blocks up to `size`, which it then has; where the file system cannot, only the length.
  virtual int extend(int fd, std::uint64_t from, std::uint64_t size) = 0;
  virtual int truncate(int fd, std::uint64_t size) = 0;
  /// Returns when everything that was stored into the file is on the disk.
  virtual int sync(int fd) = 0;
  /// The same of its bytes, and of what is needed to find them.
  virtual int sync_data(int fd) = 0;
  /// The same for the names in a folder.
  virtual int sync_folder(const std::string& path) = 0;
  virtual int rename(const std::string& from, const std::string& to) = 0;
  virtual int unlink(const std::string& path) = 0;
  virtual int make_folder(const std::string& path, mode_t mode) = 0;

  /// The machine's own.
  [[nodiscard]] static Disk& real();
};

/// The folder part of a path.
[[nodiscard]] inline std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

}  // namespace journal
