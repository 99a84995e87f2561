// RuntimeDirectory=, StateDirectory=, CacheDirectory=, LogsDirectory=, ConfigurationDirectory=. [os]
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "init/executor/context.h"

namespace executor {
namespace {

using init::ExitStatus;
using unitparser::DirectoryKind;

struct KindRow {
  ExitStatus status;
  std::string_view name;
};
constexpr std::array<KindRow, unitparser::directory_kind_count> kinds{{
    {ExitStatus::runtime_directory, "RUNTIME_DIRECTORY"},
    {ExitStatus::state_directory, "STATE_DIRECTORY"},
    {ExitStatus::cache_directory, "CACHE_DIRECTORY"},
    {ExitStatus::logs_directory, "LOGS_DIRECTORY"},
    {ExitStatus::configuration_directory, "CONFIGURATION_DIRECTORY"},
}};

constexpr int depth_max = 64;  ///< of a tree whose owner is changed

/// Changes the owner of everything below an open folder, never following links; `mode_mask` takes set-id bits away.
Done chown_tree(int fd, uid_t uid, gid_t gid, mode_t mode_mask, int depth) {
  struct stat info {};
  if (::fstat(fd, &info) < 0) return failed("Failed to look at a directory");
  if (S_ISDIR(info.st_mode)) {
    if (depth >= depth_max) return unitparser::fail_errno(ELOOP, "A directory is too deep to change its owner");
    const int copy = ::openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR* directory = copy >= 0 ? ::fdopendir(copy) : nullptr;
    if (directory == nullptr) return failed("Failed to read a directory");
    Done result;
    while (result) {
      const dirent* entry = ::readdir(directory);
      if (entry == nullptr) break;
      if (std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0) continue;
      const UniqueFd child(::openat(fd, entry->d_name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
      if (!child) continue;
      struct stat child_info {};
      if (::fstat(child.get(), &child_info) < 0 || child_info.st_dev != info.st_dev) continue;
      if (S_ISDIR(child_info.st_mode)) {
        const UniqueFd open(::openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (open) result = chown_tree(open.get(), uid, gid, mode_mask, depth + 1);
      } else if (child_info.st_uid != uid || child_info.st_gid != gid) {
        if (::fchownat(child.get(), "", uid, gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) < 0) result = failed("Failed to change an owner");
      }
    }
    ::closedir(directory);
    if (!result) return result;
  }
  if ((info.st_uid != uid || info.st_gid != gid) && ::fchown(fd, uid, gid) < 0) return failed("Failed to change an owner");
  return {};
}

/// Makes "NAME" below the prefix a link to "private/NAME", moving an old folder there.
Done set_up_private(const std::string& prefix, const std::string& name) {
  const std::string visible = prefix + "/" + name;
  const std::string guard = prefix + "/private";
  const std::string real = guard + "/" + name;
  TRY(make_parents(prefix));
  if (::mkdir(guard.c_str(), 0700) < 0 && errno != EEXIST) return failed("Failed to create " + guard);
  if (::chmod(guard.c_str(), 0700) < 0) return failed("Failed to protect " + guard);
  if (name.find('/') != std::string::npos) {
    TRY(make_parents(real.substr(0, real.rfind('/'))));
    TRY(make_parents(visible.substr(0, visible.rfind('/'))));
  }
  struct stat info {};
  const bool visible_is_folder = ::lstat(visible.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
  if (visible_is_folder && ::access(real.c_str(), F_OK) < 0 && ::rename(visible.c_str(), real.c_str()) < 0)
    return failed("Failed to move " + visible + " to its private place");
  if (::mkdir(real.c_str(), 0755) < 0 && errno != EEXIST) return failed("Failed to create " + real);
  std::string target = "private/" + name;
  for (const char c : name)
    if (c == '/') target.insert(0, "../");
  if (::symlink(target.c_str(), visible.c_str()) < 0 && errno != EEXIST) return failed("Failed to create link " + visible);
  return {};
}

/// The other way round: a folder that was private once comes back.
void take_back_from_private(const std::string& prefix, const std::string& name) {
  const std::string visible = prefix + "/" + name;
  const std::string real = prefix + "/private/" + name;
  struct stat info {};
  if (::lstat(visible.c_str(), &info) < 0 || !S_ISLNK(info.st_mode)) return;
  if (::stat(real.c_str(), &info) < 0 || !S_ISDIR(info.st_mode)) return;
  if (::unlink(visible.c_str()) == 0 && ::rename(real.c_str(), visible.c_str()) < 0) errno = 0;
}

Done set_up(Context& context, const init::PlanDirectory& directory) {
  const auto kind = static_cast<std::size_t>(directory.kind);
  const std::string& prefix = context.plan.directories.prefixes[kind];
  const bool is_private = context.plan.directories.private_layout && directory.kind != DirectoryKind::configuration &&
                          directory.kind != DirectoryKind::runtime;
  const std::string path = prefix + (is_private ? "/private/" : "/") + directory.path;
  bool made = true;
  if (is_private) {
    TRY(set_up_private(prefix, directory.path));
  } else {
    TRY(make_parents(path.substr(0, path.rfind('/'))));
    take_back_from_private(prefix, directory.path);
    if (::mkdir(path.c_str(), directory.mode) < 0) {
      if (errno != EEXIST) return failed("Failed to create " + path);
      made = false;
    }
  }
  for (const std::string& link : directory.symlinks) {
    const std::string place = prefix + "/" + link;
    TRY(make_parents(place.substr(0, place.rfind('/'))));
    std::string target = directory.path;
    for (const char c : link)
      if (c == '/') target.insert(0, "../");
    if (::symlink(target.c_str(), place.c_str()) < 0 && errno != EEXIST) return failed("Failed to create link " + place);
  }
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return failed("Failed to open " + path);
  struct stat info {};
  if (::fstat(fd.get(), &info) < 0) return failed("Failed to look at " + path);
  // An existing configuration folder belongs to the administrator.
  if (directory.kind == DirectoryKind::configuration) {
    if (!made && ((info.st_mode ^ directory.mode) & 07777) != 0)
      context.log.warning("ConfigurationDirectory '" + directory.path + "' already exists but the mode is different");
    return {};
  }
  if ((info.st_mode & 07777) != directory.mode && ::fchmod(fd.get(), directory.mode) < 0)
    return failed("Failed to set the mode of " + path);
  const uid_t uid = context.user.uid;
  const gid_t gid = context.user.gid;
  if (uid == static_cast<uid_t>(-1) || (info.st_uid == uid && info.st_gid == gid)) return {};
  return chown_tree(fd.get(), uid, gid, 07777, 0);
}

}  // namespace

Done step_directories(Context& context) {
  for (const init::PlanDirectory& directory : context.plan.directories.create) {
    Done done = set_up(context, directory);
    if (done) continue;
    const KindRow& row = kinds[static_cast<std::size_t>(directory.kind)];
    context.failure_status = row.status;
    context.failure_name = row.name;
    return done;
  }
  return {};
}

}  // namespace executor
