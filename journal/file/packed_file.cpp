#include "journal/file/packed_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <span>

#include "journal/format/compression.h"

namespace journal {
namespace {

using unitparser::ErrorCode;
using unitparser::fail;
using unitparser::fail_errno;
using unitparser::Result;
using unitparser::UniqueFd;

/// Bytes in each frame: enough to find what repeats, and no more memory than that.
constexpr std::size_t frame_size = 4ULL * 1024 * 1024;
constexpr std::uint64_t largest_file = 1ULL << 32;  // offsets of compact files have 32 bits, and others are never packed larger

/// Reads from a file descriptor until the buffer is full or the file ends.
Result<std::size_t> read_at(int fd, std::span<char> buffer, std::uint64_t at, const std::string& path) {
  std::size_t done = 0;
  while (done < buffer.size()) {
    const ssize_t n = ::pread(fd, buffer.data() + done, buffer.size() - done, static_cast<off_t>(at + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(errno, path);
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

Result<void> write_at(Disk& disk, int fd, std::string_view bytes, std::uint64_t at, const std::string& path) {
  const ssize_t n = disk.write(fd, bytes.data(), bytes.size(), static_cast<off_t>(at));
  if (n != static_cast<ssize_t>(bytes.size())) return fail_errno(n < 0 ? errno : ENOSPC, path);
  return {};
}

UniqueFd nameless_file() {
  UniqueFd fd(::open("/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  return fd ? std::move(fd) : UniqueFd(::memfd_create("journal", MFD_CLOEXEC));
}

}  // namespace

void copy_access(int from, int to, const struct stat& st) {
  std::array<char, 4096> acl;
  constexpr const char* attribute = "system.posix_acl_access";
  const ssize_t n = ::fgetxattr(from, attribute, acl.data(), acl.size());
  if (n > 0) ::fsetxattr(to, attribute, acl.data(), static_cast<std::size_t>(n), 0);
  [[maybe_unused]] const int r = ::fchown(to, st.st_uid, st.st_gid);
}

Result<void> pack_file(Disk& disk, int fd, const std::string& path) {
  struct stat st = {};
  if (::fstat(fd, &st) < 0) return fail_errno(errno, path);
  if (static_cast<std::uint64_t>(st.st_size) > largest_file) return fail(ErrorCode::too_big, path + ": too large to be packed");
  const std::string packed = path + std::string(packed_suffix), made = packed + ".tmp";
  disk.unlink(made);
  const auto write = [&]() -> Result<void> {
    const UniqueFd target(disk.open(made, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, st.st_mode & 07777));
    if (!target) return fail_errno(errno, made);
    std::string frame;
    const auto buffer = std::make_unique_for_overwrite<char[]>(frame_size);
    for (std::uint64_t from = 0, to = 0;; from += frame_size) {
      const std::size_t n = TRY(read_at(fd, {buffer.get(), frame_size}, from, path));
      if (n == 0) break;
      if (!pack_zstd_frame({buffer.get(), n}, frame)) return fail(ErrorCode::not_supported, "libzstd.so.1 is not installed");
      TRY(write_at(disk, target.get(), frame, to, made));
      to += frame.size();
    }
    copy_access(fd, target.get(), st);
    if (disk.sync(target.get()) < 0 || disk.rename(made, packed) < 0 || disk.sync_folder(folder_of(path)) < 0) return fail_errno(errno, packed);
    return {};
  }();
  if (!write) {
    disk.unlink(made);
    return write;
  }
  disk.unlink(path);
  return {};
}

Result<UniqueFd> unpack_file(int fd, const std::string& path) {
  struct stat st = {};
  if (::fstat(fd, &st) < 0) return fail_errno(errno, path);
  UniqueFd target = nameless_file();
  if (!target) return fail_errno(errno, path);
  const auto size = static_cast<std::uint64_t>(st.st_size);
  const std::size_t largest_frame = zstd_frame_bound(frame_size);
  const auto buffer = std::make_unique_for_overwrite<char[]>(largest_frame);
  std::string expanded;
  for (std::uint64_t from = 0, to = 0; from < size;) {
    const std::size_t n = TRY(read_at(fd, {buffer.get(), largest_frame}, from, path));
    const std::size_t frame = TRY(zstd_frame_size({buffer.get(), n}));
    TRY(decompress(Compression::zstd, {buffer.get(), frame}, expanded, frame_size + 1));
    if (expanded.size() > frame_size || to + expanded.size() > largest_file)
      return fail(ErrorCode::too_big, path + ": expands beyond the size of a journal file");
    TRY(write_at(Disk::real(), target.get(), expanded, to, path));
    from += frame;
    // Only the last frame may be short: a file of frames that expand to nothing would cost without an end.
    if (expanded.empty() || (expanded.size() < frame_size && from < size)) return fail(ErrorCode::protocol, path + ": not packed by us");
    to += expanded.size();
  }
  return target;
}

}  // namespace journal
