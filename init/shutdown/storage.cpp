// Releasing of mounts, newest first, of swap and of devices made of others. [os]
#include "init/shutdown/storage.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <libmount.h>
#include <linux/dm-ioctl.h>
#include <linux/loop.h>
#include <linux/major.h>
#include <linux/raid/md_u.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "unitparser/base/fd.h"

namespace init::shutdown {
namespace {

using unitparser::UniqueFd;

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

StorageRound release_swaps(const Report& report) {
  StorageRound round;
  std::ifstream swaps("/proc/swaps");
  std::string line;
  std::getline(swaps, line);
  while (std::getline(swaps, line)) {
    const std::string path = line.substr(0, line.find_first_of(" \t"));
    report.info("Deactivating swap " + path + ".");
    if (::swapoff(path.c_str()) == 0) round.changed = true;
    else round.left.push_back(path);
  }
  return round;
}

StorageRound release_mounts(const Report& report) {
  StorageRound round;
  for (const Mount& mount : mounts_left()) {
    const bool is_root = mount.path == "/" || mount.path == "/usr";
    if (!is_root) report.info("Unmounting '" + mount.path + "'.");
    if (!is_root && ::umount2(mount.path.c_str(), MNT_FORCE) == 0) {
      round.changed = true;
      continue;
    }
    if (mount.read_only) {
      if (!is_root) round.left.push_back(mount.path);
      continue;
    }
    report.info("Remounting '" + mount.path + "' read-only.");
    if (::mount(nullptr, mount.path.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0) round.changed = true;
    else round.left.push_back(mount.path);
  }
  return round;
}

/// Names in /sys/block that begin with `prefix`.
std::vector<std::string> block_devices(std::string_view prefix) {
  std::vector<std::string> names;
  DIR* directory = ::opendir("/sys/block");
  if (directory == nullptr) return names;
  while (const dirent* entry = ::readdir(directory))
    if (std::string_view(entry->d_name).starts_with(prefix)) names.emplace_back(entry->d_name);
  ::closedir(directory);
  return names;
}

std::string first_word_of(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  return word;
}

bool is_below_root(dev_t number) {
  for (const char* path : {"/", "/usr"}) {
    struct stat status {};
    if (::stat(path, &status) == 0 && status.st_dev == number) return true;
  }
  return false;
}

UniqueFd open_device(const std::string& name) { return UniqueFd(::open(("/dev/" + name).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)); }

/// Of devices of one kind, releases each but what the root is on. `doing` is said before, with its path and its number.
StorageRound release_devices(const std::vector<std::string>& names, std::string_view doing, const Report& report, bool (*release)(const std::string& name, dev_t number)) {
  StorageRound round;
  for (const std::string& name : names) {
    const std::string text = first_word_of("/sys/block/" + name + "/dev");  // "253:0"
    const std::size_t colon = text.find(':');
    const dev_t number = colon == std::string::npos ? 0
                                                    : makedev(static_cast<unsigned>(std::strtoul(text.c_str(), nullptr, 10)),
                                                              static_cast<unsigned>(std::strtoul(text.c_str() + colon + 1, nullptr, 10)));
    if (number == 0 || is_below_root(number)) {
      round.left.push_back(name);
      continue;
    }
    report.info(fmt::format(fmt::runtime(doing), "/dev/" + name, text));
    if (const UniqueFd device = open_device(name); device) ::fsync(device.get());
    if (release(name, number)) round.changed = true;
    else round.left.push_back(name);
  }
  return round;
}

StorageRound release_loops(const Report& report) {
  const auto is_free = [](const std::string& name) { return ::access(("/sys/block/" + name + "/loop/backing_file").c_str(), F_OK) != 0; };
  std::vector<std::string> names = block_devices("loop");
  std::erase_if(names, is_free);
  (void)release_devices(names, "Detaching loopback {}.", report, [](const std::string& name, dev_t) {
    const UniqueFd device = open_device(name);
    return device && ::ioctl(device.get(), LOOP_CLR_FD, 0) == 0;
  });
  // One that is in use was only marked to go with its last user.
  const std::size_t before = names.size();
  std::erase_if(names, is_free);
  return {names, names.size() < before};
}

StorageRound release_raids(const Report& report) {
  std::vector<std::string> names = block_devices("md");
  std::erase_if(names, [](const std::string& name) {
    const std::string state = first_word_of("/sys/block/" + name + "/md/array_state");
    return state.empty() || state == "clear" || first_word_of("/sys/block/" + name + "/md/level") == "container";
  });
  return release_devices(names, "Stopping MD {} ({}).", report, [](const std::string& name, dev_t) {
    const UniqueFd device = open_device(name);
    return device && ::ioctl(device.get(), STOP_ARRAY, nullptr) == 0;
  });
}

/// Nobody may have such a device open, we neither.
StorageRound release_mapped(const Report& report) {
  return release_devices(block_devices("dm-"), "Detaching DM {} ({}).", report, [](const std::string&, dev_t number) {
    const UniqueFd control(::open("/dev/mapper/control", O_RDWR | O_CLOEXEC));
    dm_ioctl request{};
    request.version[0] = DM_VERSION_MAJOR;
    request.version[1] = DM_VERSION_MINOR;
    request.version[2] = DM_VERSION_PATCHLEVEL;
    request.data_size = sizeof request;
    request.dev = number;
    return control && ::ioctl(control.get(), DM_DEV_REMOVE, &request) == 0;
  });
}

}  // namespace

// COMPAT: the words are those that people know from the last lines of a boot.
const std::array<StorageKind, 5> storage_kinds{{
    {&release_mounts, "file systems", "Unmounting file systems.", "All filesystems unmounted.", "Not all file systems unmounted, ", " left."},
    {&release_swaps, "swap devices", "Deactivating swaps.", "All swaps deactivated.", "Not all swaps deactivated, ", " left."},
    {&release_loops, "loop devices", "Detaching loop devices.", "All loop devices detached.", "Not all loop devices detached, ", " left."},
    {&release_raids, "MD devices", "Stopping MD devices.", "All MD devices stopped.", "Not all MD devices stopped, ", " left."},
    {&release_mapped, "DM devices", "Detaching DM devices.", "All DM devices detached.", "Not all DM devices detached, ", " left."},
}};

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
