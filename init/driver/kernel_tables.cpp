// Reading and watching the mount and swap tables, through libmount. [loop]
#include "init/driver/kernel_tables.h"

#include <dirent.h>
#include <fcntl.h>
#include <libmount.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <map>

#include "init/boot/api_mounts.h"

namespace init {
namespace {

std::string text_or_empty(const char* text) { return text != nullptr ? text : ""; }

/// All links in the /dev/disk folders by the device they lead to.
std::multimap<dev_t, std::string> device_links() {
  std::multimap<dev_t, std::string> links;
  DIR* disk = ::opendir("/dev/disk");
  if (disk == nullptr) return links;
  while (const dirent* kind = ::readdir(disk)) {
    if (kind->d_name[0] == '.') continue;
    const std::string folder = std::string("/dev/disk/") + kind->d_name;
    DIR* entries = ::opendir(folder.c_str());
    if (entries == nullptr) continue;
    while (const dirent* entry = ::readdir(entries)) {
      struct stat status{};
      std::string path = folder + "/" + entry->d_name;
      if (::stat(path.c_str(), &status) == 0 && S_ISBLK(status.st_mode)) links.emplace(status.st_rdev, std::move(path));
    }
    ::closedir(entries);
  }
  ::closedir(disk);
  return links;
}

bool changed(int fd) {
  pollfd ready{fd, POLLPRI, 0};
  return ::poll(&ready, 1, 0) > 0;
}

}  // namespace

unitparser::Result<event::MountTable> read_mount_table(const char* path) {
  libmnt_table* table = ::mnt_new_table();
  if (table == nullptr) return unitparser::fail_errno(ENOMEM, "cannot read the mount table");
  const int result = ::mnt_table_parse_file(table, path);
  if (result != 0) {
    ::mnt_unref_table(table);
    return unitparser::fail_errno(result < 0 ? -result : EIO, "cannot read the mount table");
  }
  event::MountTable mounts;
  libmnt_iter* iterator = ::mnt_new_iter(MNT_ITER_FORWARD);
  libmnt_fs* fs = nullptr;
  while (::mnt_table_next_fs(table, iterator, &fs) == 0) {
    const char* where = ::mnt_fs_get_target(fs);
    if (where == nullptr || is_api_mount_point(where)) continue;
    mounts.mounts.push_back({text_or_empty(::mnt_fs_get_source(fs)), where, text_or_empty(::mnt_fs_get_fstype(fs)),
                             text_or_empty(::mnt_fs_get_options(fs))});
  }
  ::mnt_free_iter(iterator);
  ::mnt_unref_table(table);
  return mounts;
}

event::SwapTable read_swap_table(const char* path) {
  event::SwapTable swaps;
  libmnt_table* table = ::mnt_new_table();
  if (table == nullptr) return swaps;
  if (::mnt_table_parse_swaps(table, path) == 0 && ::mnt_table_get_nents(table) > 0) {
    const auto links = device_links();
    libmnt_iter* iterator = ::mnt_new_iter(MNT_ITER_FORWARD);
    libmnt_fs* fs = nullptr;
    while (::mnt_table_next_fs(table, iterator, &fs) == 0) {
      event::SwapEntry entry{text_or_empty(::mnt_fs_get_source(fs)), {}, ::mnt_fs_get_priority(fs)};
      struct stat status{};
      if (::stat(entry.device.c_str(), &status) == 0 && S_ISBLK(status.st_mode))
        for (auto [at, end] = links.equal_range(status.st_rdev); at != end; ++at) entry.symlinks.push_back(at->second);
      swaps.swaps.push_back(std::move(entry));
    }
    ::mnt_free_iter(iterator);
  }
  ::mnt_unref_table(table);
  return swaps;
}

unitparser::Result<void> KernelTables::start() {
  mounts_fd_.reset(::open(mountinfo_path, O_RDONLY | O_CLOEXEC));
  if (!mounts_fd_) return unitparser::fail_errno(errno, "cannot follow the mount table");
  mounts_source_ = TRY(loop_.on_ready(mounts_fd_.get(), EPOLLPRI, Priority::kernel_tables, [this](std::uint32_t) {
    if (auto table = read_mount_table()) post_(std::move(*table));
  }));
  post_(TRY(read_mount_table()));
  swaps_fd_.reset(::open(swaps_path, O_RDONLY | O_CLOEXEC));
  if (!swaps_fd_) return {};  // a kernel without swap
  swaps_source_ = TRY(loop_.on_ready(swaps_fd_.get(), EPOLLPRI, Priority::kernel_tables,
                                     [this](std::uint32_t) { post_(read_swap_table()); }));
  post_(read_swap_table());
  return {};
}

void KernelTables::refresh_mounts() {
  if (mounts_fd_ && changed(mounts_fd_.get()))
    if (auto table = read_mount_table()) post_(std::move(*table));
  if (swaps_fd_ && changed(swaps_fd_.get())) post_(read_swap_table());
}

}  // namespace init
