// The machine's own files. [os: files]
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "journal/file/disk.h"
#include "unitparser/base/fd.h"

namespace journal {
namespace {

class LinuxDisk final : public Disk {
 public:
  int open(const std::string& path, int flags, mode_t mode) override { return ::open(path.c_str(), flags, mode); }
  ssize_t write(int fd, const void* bytes, std::size_t size, off_t at) override { return ::pwrite(fd, bytes, size, at); }
  void* map(std::size_t size, int fd) override {
    return ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  }
  int extend(int fd, std::uint64_t from, std::uint64_t size) override {
    const int error = ::posix_fallocate(fd, static_cast<off_t>(from), static_cast<off_t>(size - from));
    if (error == EOPNOTSUPP || error == EINVAL) return ::ftruncate(fd, static_cast<off_t>(size));
    errno = error;
    return error == 0 ? 0 : -1;
  }
  int truncate(int fd, std::uint64_t size) override { return ::ftruncate(fd, static_cast<off_t>(size)); }
  int sync(int fd) override { return ::fsync(fd); }
  int sync_data(int fd) override { return ::fdatasync(fd); }
  int sync_folder(const std::string& path) override {
    const unitparser::UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder) return -1;
    // Some file systems have nothing to sync for a folder and say so.
    return ::fsync(folder.get()) < 0 && errno != EINVAL && errno != EROFS ? -1 : 0;
  }
  int rename(const std::string& from, const std::string& to) override { return ::rename(from.c_str(), to.c_str()); }
  int unlink(const std::string& path) override { return ::unlink(path.c_str()); }
  int make_folder(const std::string& path, mode_t mode) override { return ::mkdir(path.c_str(), mode); }
};

}  // namespace

Disk& Disk::real() {
  static LinuxDisk disk;
  return disk;
}

}  // namespace journal
