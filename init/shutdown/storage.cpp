// Releasing of mounts, swap and loop devices, newest first. [os]
#include "init/shutdown/storage.h"

#include <fcntl.h>
#include <libmount.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "unitparser/base/fd.h"

namespace init::shutdown {
namespace {

struct Mount {
  std::string path;
  std::string type;
  bool read_only = false;
};

/// File systems of the kernel's interface die with the kernel; unmounting them only takes away what later steps need.
bool is_api_mount(std::string_view path) {
  for (std::string_view top : {"/proc", "/sys", "/dev", "/run"})
    if (path == top || (path.starts_with(top) && path[top.size()] == '/' && top != "/run")) return true;
  return false;
}

/// The mounts to release, newest first.
std::vector<Mount> mounts_left() {
  std::vector<Mount> mounts;
  libmnt_table* table = ::mnt_new_table_from_file("/proc/self/mountinfo");
  if (table == nullptr) return mounts;
  libmnt_iter* iterator = ::mnt_new_iter(MNT_ITER_BACKWARD);
  libmnt_fs* fs = nullptr;
  while (::mnt_table_next_fs(table, iterator, &fs) == 0) {
    const char* target = ::mnt_fs_get_target(fs);
    if (target == nullptr || is_api_mount(target)) continue;
    const char* type = ::mnt_fs_get_fstype(fs);
    const char* options = ::mnt_fs_get_fs_options(fs);
    const bool read_only = options != nullptr && ::mnt_optstr_get_option(options, "ro", nullptr, nullptr) == 0;
    mounts.push_back({target, type != nullptr ? type : "", read_only});
  }
  ::mnt_free_iter(iterator);
  ::mnt_unref_table(table);
  return mounts;
}

bool swap_all_off() {
  bool changed = false;
  std::ifstream swaps("/proc/swaps");
  std::string line;
  std::getline(swaps, line);
  while (std::getline(swaps, line)) {
    const std::string path = line.substr(0, line.find_first_of(" \t"));
    if (::swapoff(path.c_str()) == 0) changed = true;
  }
  return changed;
}

bool detach_loops() {
  bool changed = false;
  for (int number = 0; number < 256; ++number) {
    const std::string sysfs = "/sys/block/loop" + std::to_string(number) + "/loop/backing_file";
    if (::access(sysfs.c_str(), F_OK) != 0) continue;
    const unitparser::UniqueFd device(::open(("/dev/loop" + std::to_string(number)).c_str(), O_RDONLY | O_CLOEXEC));
    if (device && ::ioctl(device.get(), LOOP_CLR_FD, 0) == 0) changed = true;
  }
  return changed;
}

}  // namespace

StorageRound release_storage_once() {
  StorageRound round;
  round.changed = swap_all_off();
  ::sync();
  for (const Mount& mount : mounts_left()) {
    const bool is_root = mount.path == "/" || mount.path == "/usr";
    if (!is_root && ::umount2(mount.path.c_str(), MNT_FORCE) == 0) {
      round.changed = true;
      continue;
    }
    if (mount.read_only) {
      if (!is_root) ++round.left;
      continue;
    }
    if (::mount(nullptr, mount.path.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0) round.changed = true;
    else ++round.left;
  }
  round.changed = detach_loops() || round.changed;
  return round;
}

void report_storage_left() {
  for (const Mount& mount : mounts_left())
    if (!mount.read_only) std::fprintf(stderr, "shutdown: could not unmount %s (%s)\n", mount.path.c_str(), mount.type.c_str());
}

bool switch_root_for_shutdown(const char* new_root) {
  if (::chdir(new_root) != 0) return false;
  for (const char* top : {"dev", "proc", "sys", "run"}) {
    ::mkdir(top, 0755);
    (void)::mount((std::string("/") + top).c_str(), top, nullptr, MS_BIND | MS_REC, nullptr);
  }
  ::mkdir("oldroot", 0755);
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  if (::mount(new_root, new_root, nullptr, MS_BIND, nullptr) != 0) return false;
  if (::chdir(new_root) != 0) return false;
  if (::syscall(SYS_pivot_root, ".", "oldroot") != 0) return false;
  return ::chroot(".") == 0 && ::chdir("/") == 0;
}

}  // namespace init::shutdown
