// Carries out a plan of enablement. [os: symlink, unlink, rename, mkdir, rmdir]
#include "unitparser/load/install_apply.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "unitparser/base/fd.h"
#include "unitparser/base/text.h"
#include "unitparser/syntax/paths.h"

namespace unitparser {
namespace {

class Applier {
 public:
  explicit Applier(const std::string& root) : root_(::open(root.empty() ? "/" : root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}

  /// 0 or an errno.
  int apply(const InstallChange& change) const {
    if (!root_) return ENOENT;
    if (change.kind == InstallChange::Kind::symlink) return make_link(change);
    if (change.how == InstallChange::How::replaced) return 0;  // rename does it with the link that follows
    const int error = remove(change.link, change.how == InstallChange::How::folder ? AT_REMOVEDIR : 0);
    if (error == 0 && change.how == InstallChange::How::prune_parents) prune(change.link, change.prune_limit);
    return error;
  }

 private:
  UniqueFd open_folder(std::string_view path) const {
    open_how how{};
    how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    return UniqueFd(static_cast<int>(::syscall(SYS_openat2, root_.get(), std::string(path).c_str(), &how, sizeof how)));
  }

  /// The folder of a path, made with its parents if need be.
  UniqueFd open_or_make_folder(std::string_view path) const {
    UniqueFd folder = open_folder(path);
    if (folder || path == "/" || path.empty()) return folder;
    const UniqueFd parent = open_or_make_folder(directory_of(path));
    if (!parent) return {};
    if (::mkdirat(parent.get(), std::string(file_name(path)).c_str(), 0755) < 0 && errno != EEXIST) return {};
    return open_folder(path);
  }

  int make_link(const InstallChange& change) const {
    const UniqueFd folder = open_or_make_folder(directory_of(change.link));
    if (!folder) return errno;
    const std::string name(file_name(change.link));
    if (change.how != InstallChange::How::replacing) return ::symlinkat(change.source.c_str(), folder.get(), name.c_str()) < 0 ? errno : 0;
    const std::string temporary = ".#" + name + ".new";
    ::unlinkat(folder.get(), temporary.c_str(), 0);
    if (::symlinkat(change.source.c_str(), folder.get(), temporary.c_str()) < 0) return errno;
    if (::renameat(folder.get(), temporary.c_str(), folder.get(), name.c_str()) == 0) return 0;
    const int error = errno;
    ::unlinkat(folder.get(), temporary.c_str(), 0);
    return error;
  }

  int remove(const std::string& path, int flags) const {
    const UniqueFd folder = open_folder(directory_of(path));
    if (!folder) return errno == ENOENT ? 0 : errno;
    if (::unlinkat(folder.get(), std::string(file_name(path)).c_str(), flags) == 0 || errno == ENOENT) return 0;
    return errno;
  }

  void prune(const std::string& path, const std::string& limit) const {
    for (std::string_view folder = directory_of(path); path_is_below(folder, limit) && folder.size() > limit.size(); folder = directory_of(folder))
      if (remove(std::string(folder), AT_REMOVEDIR) != 0) return;
  }

  UniqueFd root_;
};

}  // namespace

void apply_install(InstallPlan& plan, const std::string& root) {
  const Applier applier(root);
  for (InstallChange& change : plan.changes) {
    if (change.kind != InstallChange::Kind::symlink && change.kind != InstallChange::Kind::unlink) continue;
    const int error = applier.apply(change);
    if (error == 0) continue;
    change.kind = InstallChange::Kind::failure;
    change.error = error;
    change.source.clear();
    if (plan.error == 0) plan.error = error;
  }
}

}  // namespace unitparser
