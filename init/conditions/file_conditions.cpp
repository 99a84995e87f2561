// Looking at files for conditions. [os]
#include "init/conditions/file_conditions.h"

#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "unitparser/base/fd.h"
#include "unitparser/base/text.h"

namespace init {
namespace {

/// dm-crypt names its mappings so; a mapping on top of others is encrypted when all of them are.
bool is_encrypted_device(const std::string& sysfs, int depth) {
  constexpr int depth_max = 8;
  if (depth > depth_max) return false;
  if (read_text_file(sysfs + "/dm/uuid").starts_with("CRYPT-")) return true;
  DIR* slaves = ::opendir((sysfs + "/slaves").c_str());
  if (slaves == nullptr) {
    // A partition: look at the whole device.
    return ::access((sysfs + "/partition").c_str(), F_OK) == 0 && is_encrypted_device(sysfs + "/..", depth + 1);
  }
  bool some = false;
  bool all = true;
  while (const dirent* entry = ::readdir(slaves)) {
    if (entry->d_name[0] == '.') continue;
    some = true;
    all = all && is_encrypted_device(sysfs + "/slaves/" + entry->d_name, depth + 1);
  }
  ::closedir(slaves);
  return some && all;
}

timespec modification_time(const struct stat& status) { return status.st_mtim; }

}  // namespace

std::string read_text_file(const std::string& path) {
  const unitparser::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  std::string text;
  if (!fd) return text;
  constexpr std::size_t longest = 64 * 1024;
  while (text.size() < longest) {
    const std::size_t before = text.size();
    text.resize(before + 4096);
    const ssize_t got = ::read(fd.get(), text.data() + before, 4096);
    text.resize(before + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got <= 0) break;
  }
  return text;
}

std::string read_record(const std::string& path) {
  const unitparser::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  std::string text(fd ? 4096 : 0, '\0');
  const ssize_t got = fd ? ::read(fd.get(), text.data(), text.size()) : 0;
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

std::optional<std::string> first_match_of_glob(const std::string& pattern) {
  glob_t found{};
  std::optional<std::string> match;
  if (::glob(pattern.c_str(), GLOB_NOSORT | GLOB_BRACE, nullptr, &found) == 0 && found.gl_pathc > 0) match = found.gl_pathv[0];
  ::globfree(&found);
  return match;
}
bool glob_matches_something(const std::string& pattern) { return first_match_of_glob(pattern).has_value(); }

bool is_directory(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool is_symbolic_link(const std::string& path) {
  struct stat status{};
  return ::lstat(path.c_str(), &status) == 0 && S_ISLNK(status.st_mode);
}

bool is_mount_point(const std::string& path) {
  struct statx status{};
  if (::statx(AT_FDCWD, path.c_str(), 0, STATX_TYPE, &status) != 0) return false;
  return (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

bool is_on_writable_file_system(const std::string& path) {
  struct statvfs status{};
  return ::statvfs(path.c_str(), &status) == 0 && (status.f_flag & ST_RDONLY) == 0;
}

bool is_on_encrypted_device(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return false;
  const dev_t device = S_ISBLK(status.st_mode) ? status.st_rdev : status.st_dev;
  if (major(device) == 0) return false;
  return is_encrypted_device("/sys/dev/block/" + std::to_string(major(device)) + ":" + std::to_string(minor(device)), 0);
}

bool is_directory_not_empty(const std::string& path) {
  DIR* directory = ::opendir(path.c_str());
  if (directory == nullptr) return false;
  bool found = false;
  while (const dirent* entry = ::readdir(directory)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") found = true;
    if (found) break;
  }
  ::closedir(directory);
  return found;
}

bool is_file_not_empty(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0;
}

bool is_executable_file(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & 0111) != 0;
}

bool needs_update(const std::string& path) {
  struct statvfs file_system{};
  if (::statvfs(path.c_str(), &file_system) == 0 && (file_system.f_flag & ST_RDONLY) != 0) return false;
  struct stat usr{};
  struct stat updated{};
  if (::lstat("/usr/", &usr) != 0) return true;
  const std::string stamp = path + "/.updated";
  if (::lstat(stamp.c_str(), &updated) != 0) return true;
  const timespec newest = modification_time(usr);
  timespec remembered = modification_time(updated);
  if (newest.tv_sec != remembered.tv_sec) return newest.tv_sec > remembered.tv_sec;
  if (newest.tv_nsec == 0 || remembered.tv_nsec > 0) return newest.tv_nsec > remembered.tv_nsec;
  // File systems without nanoseconds: the file's content keeps them.
  const std::string text = read_text_file(stamp);
  const std::size_t at = text.find("TIMESTAMP_NSEC=");
  if (at == std::string::npos) return true;
  const auto nsec = unitparser::parse_unsigned(text.substr(at + 15, text.find('\n', at) - at - 15));
  const auto usr_nsec = static_cast<std::uint64_t>(newest.tv_sec) * 1'000'000'000ULL + static_cast<std::uint64_t>(newest.tv_nsec);
  return !nsec || usr_nsec > *nsec;
}

}  // namespace init
