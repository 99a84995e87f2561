// The real FileSource. [os: openat2, read, readdir, readlink, stat]
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>

#include "unitparser/base/fd.h"
#include "unitparser/base/text.h"
#include "unitparser/load/file_source.h"

namespace unitparser {
namespace {

FileKind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return FileKind::regular;
  if (S_ISDIR(mode)) return FileKind::directory;
  if (S_ISLNK(mode)) return FileKind::symlink;
  return FileKind::other;
}

std::uint64_t nanoseconds(const timespec& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

/// Times of files come from the clock of the kernel's ticks, at most 10 ms apart: within that, two changes may look the same.
constexpr std::uint64_t time_to_settle = 20'000'000;

FileStamp stamp_of(const struct stat& status) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  const std::uint64_t changed = nanoseconds(status.st_ctim);
  return {changed + time_to_settle < nanoseconds(now), kind_of(status.st_mode), status.st_dev, status.st_ino,
          static_cast<std::uint64_t>(status.st_size), nanoseconds(status.st_mtim), changed};
}

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

class DiskFileSource final : public FileSource {
 public:
  explicit DiskFileSource(std::string_view root) : root_(trim_right(root, "/")) {
    if (!root_.empty()) root_fd_.reset(::open(root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  }

  Result<std::string> read(const std::string& path, std::size_t limit, FileStamp* stamp = nullptr) override {
    const UniqueFd file(open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
    if (!file) return fail_errno(errno, path);
    struct stat status {};
    if (::fstat(file.get(), &status) < 0) return fail_errno(errno, path);
    if (stamp != nullptr) *stamp = stamp_of(status);
    if (S_ISDIR(status.st_mode)) return fail_errno(EISDIR, path);
    if (S_ISCHR(status.st_mode) && status.st_rdev == null_device) return std::string();
    if (!S_ISREG(status.st_mode)) return fail_value(ENOTSUP, path + ": not a regular file");
    return read_all(file.get(), path, static_cast<std::size_t>(status.st_size), limit);
  }

  Result<std::vector<DirectoryEntry>> list(const std::string& path) override {
    UniqueFd folder(open(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK));
    if (!folder) return fail_errno(errno, path);
    const std::unique_ptr<DIR, CloseDirectory> stream(::fdopendir(folder.get()));
    if (!stream) return fail_errno(errno, path);
    const int fd = folder.release();  // closed with the stream
    std::vector<DirectoryEntry> entries;
    errno = 0;
    while (const dirent* entry = ::readdir(stream.get())) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") entries.push_back({std::string(name), entry_kind(fd, *entry)});
      errno = 0;
    }
    if (errno != 0) return fail_errno(errno, path);
    return entries;
  }

  Result<std::string> read_link(const std::string& path) override {
    std::array<char, PATH_MAX> buffer{};
    ssize_t length = 0;
    if (root_.empty()) {
      length = ::readlink(path.c_str(), buffer.data(), buffer.size());
    } else {
      const UniqueFd link(open(path, O_PATH | O_NOFOLLOW));
      if (!link) return fail_errno(errno, path);
      length = ::readlinkat(link.get(), "", buffer.data(), buffer.size());
      if (length < 0 && errno == ENOENT) errno = EINVAL;  // not a link
    }
    if (length < 0) return fail_errno(errno, path);
    return std::string(buffer.data(), static_cast<std::size_t>(length));
  }

  FileStamp stamp(const std::string& path) override { return any_stamp(path, 0); }
  FileStamp link_stamp(const std::string& path) override { return any_stamp(path, AT_SYMLINK_NOFOLLOW); }

 private:
  static constexpr dev_t null_device = 0x103;  // 1:3, /dev/null

  int open(const std::string& path, int flags) const {
    if (root_.empty()) return ::open(path.c_str(), flags | O_CLOEXEC);
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    return static_cast<int>(::syscall(SYS_openat2, root_fd_.get(), path.c_str(), &how, sizeof how));
  }

  FileStamp any_stamp(const std::string& path, int flags) const {
    struct stat status {};
    if (root_.empty()) {
      if (::fstatat(AT_FDCWD, path.c_str(), &status, flags) < 0) return {};
      return stamp_of(status);
    }
    const UniqueFd file(open(path, O_PATH | (flags == 0 ? 0 : O_NOFOLLOW)));
    if (!file || ::fstat(file.get(), &status) < 0) return {};
    return stamp_of(status);
  }

  static FileKind entry_kind(int folder, const dirent& entry) {
    switch (entry.d_type) {
      case DT_REG: return FileKind::regular;
      case DT_DIR: return FileKind::directory;
      case DT_LNK: return FileKind::symlink;
      case DT_UNKNOWN: break;
      default: return FileKind::other;
    }
    struct stat status {};
    if (::fstatat(folder, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) < 0) return FileKind::missing;
    return kind_of(status.st_mode);
  }

  static Result<std::string> read_all(int fd, const std::string& path, std::size_t expected, std::size_t limit) {
    if (expected > limit) return fail(ErrorCode::too_big, path + ": file too big");
    std::string content;
    std::size_t filled = 0;
    // One more, so that the end is seen without a second resize. Files of /proc tell no size, and some of them give all
    // that they have at the first read or never.
    constexpr std::size_t unknown_size = 4096;
    content.resize((expected > 0 ? expected : unknown_size) + 1);
    for (;;) {
      const ssize_t got = ::read(fd, content.data() + filled, content.size() - filled);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return fail_errno(errno, path);
      if (got == 0) break;
      filled += static_cast<std::size_t>(got);
      if (filled > limit) return fail(ErrorCode::too_big, path + ": file too big");
      if (expected > 0 && filled == expected) break;  // and the one more that was asked for is not there
      if (filled == content.size()) content.resize(std::min(content.size() * 2 + 4096, limit + 1));
    }
    content.resize(filled);
    return content;
  }

  std::string root_;
  UniqueFd root_fd_;
};

}  // namespace

std::unique_ptr<FileSource> make_disk_file_source(std::string_view root) { return std::make_unique<DiskFileSource>(root); }

}  // namespace unitparser
