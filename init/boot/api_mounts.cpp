// Mounting of the API file systems. [os: mount, mkdir, stat]
#include "init/boot/api_mounts.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace init {
namespace {

enum class Need : std::uint8_t { fatal, wanted, optional };
enum class Where : std::uint8_t { everywhere, not_in_container };

struct ApiMount {
  const char* source;
  const char* path;
  const char* type;
  const char* options;
  unsigned long flags;
  Need need;
  Where where;
};

constexpr unsigned long nosuid_nodev_noexec = MS_NOSUID | MS_NODEV | MS_NOEXEC;

// Order matters: parents before children.
constexpr std::array api_mounts{
    // source        path                          type          options                    flags                       need            where
    ApiMount{"proc", "/proc", "proc", nullptr, nosuid_nodev_noexec, Need::fatal, Where::everywhere},
    ApiMount{"sysfs", "/sys", "sysfs", nullptr, nosuid_nodev_noexec, Need::fatal, Where::everywhere},
    ApiMount{"devtmpfs", "/dev", "devtmpfs", "mode=0755,size=4m,nr_inodes=1m", MS_NOSUID | MS_STRICTATIME, Need::fatal, Where::not_in_container},
    ApiMount{"securityfs", "/sys/kernel/security", "securityfs", nullptr, nosuid_nodev_noexec, Need::optional, Where::not_in_container},
    ApiMount{"selinuxfs", "/sys/fs/selinux", "selinuxfs", nullptr, MS_NOSUID | MS_NOEXEC, Need::optional, Where::not_in_container},
    ApiMount{"tmpfs", "/dev/shm", "tmpfs", "mode=01777", MS_NOSUID | MS_NODEV | MS_STRICTATIME, Need::wanted, Where::everywhere},
    ApiMount{"devpts", "/dev/pts", "devpts", "mode=0620,gid=5", MS_NOSUID | MS_NOEXEC, Need::wanted, Where::everywhere},
    ApiMount{"tmpfs", "/run", "tmpfs", "mode=0755,size=20%,nr_inodes=800k", MS_NOSUID | MS_NODEV | MS_STRICTATIME, Need::fatal, Where::everywhere},
    ApiMount{"tmpfs", "/run/lock", "tmpfs", "mode=1777,size=5242880", nosuid_nodev_noexec, Need::wanted, Where::everywhere},
    ApiMount{"cgroup2", "/sys/fs/cgroup", "cgroup2", "nsdelegate,memory_recursiveprot", nosuid_nodev_noexec, Need::fatal, Where::everywhere},
    ApiMount{"pstore", "/sys/fs/pstore", "pstore", nullptr, nosuid_nodev_noexec, Need::optional, Where::not_in_container},
    ApiMount{"efivarfs", "/sys/firmware/efi/efivars", "efivarfs", nullptr, nosuid_nodev_noexec, Need::optional, Where::not_in_container},
    ApiMount{"bpf", "/sys/fs/bpf", "bpf", "mode=0700", nosuid_nodev_noexec, Need::optional, Where::not_in_container},
};

bool is_mount_point(const char* path) {
  struct stat here{};
  struct stat above{};
  if (::lstat(path, &here) != 0) return false;
  const std::string parent = std::string(path) + "/..";
  if (::lstat(parent.c_str(), &above) != 0) return false;
  return here.st_dev != above.st_dev || here.st_ino == above.st_ino;
}

// What container managers and security modules put over the kernel's files.
constexpr std::array<std::string_view, 5> covered_files{"/dev/console", "/proc/kmsg", "/proc/sys",
                                                        "/proc/sysrq-trigger", "/proc/sys/kernel/random/boot_id"};

}  // namespace

bool is_api_mount_point(std::string_view path) {
  return std::any_of(api_mounts.begin(), api_mounts.end(), [&](const ApiMount& row) { return path == row.path; }) ||
         std::find(covered_files.begin(), covered_files.end(), path) != covered_files.end();
}

std::vector<std::string> mount_api_file_systems(bool in_container) {
  std::vector<std::string> failures;
  for (const ApiMount& row : api_mounts) {
    if (in_container && row.where == Where::not_in_container) continue;
    if (is_mount_point(row.path)) continue;
    ::mkdir(row.path, 0755);
    if (::mount(row.source, row.path, row.type, row.flags, row.options) == 0) continue;
    int error = errno;
    // Older kernels do not know every option of a type: try without before giving up.
    if (error == EINVAL && row.options != nullptr && ::mount(row.source, row.path, row.type, row.flags, nullptr) == 0)
      continue;
    if (row.need == Need::optional) continue;
    failures.push_back(std::string("Failed to mount ") + row.type + " at " + row.path + ": " + std::strerror(error));
  }
  // What is mounted later shall be seen in every namespace, but for those that ask for slaves. A container's manager decides
  // for itself how much of that it wants.
  if (!in_container && ::mount(nullptr, "/", nullptr, MS_REC | MS_SHARED, nullptr) != 0)
    failures.push_back(std::string("Failed to share the mounts of / with other namespaces: ") + std::strerror(errno));
  return failures;
}

}  // namespace init
