// Moving mounts and the root. [os: mount, chroot, execv]
#include "init/boot/switch_root.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace init {

using unitparser::fail_errno;

unitparser::Result<void> enter_new_root(const std::string& new_root) {
  struct stat old_root{};
  struct stat root{};
  if (::stat("/", &old_root) != 0 || ::stat(new_root.c_str(), &root) != 0) return fail_errno(errno, "cannot look at " + new_root);
  if (!S_ISDIR(root.st_mode)) return fail_errno(ENOTDIR, "cannot switch to " + new_root);
  if (old_root.st_dev == root.st_dev && old_root.st_ino == root.st_ino) return {};
  // A root that is shared cannot be moved; and what happens to it below concerns nobody else.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return fail_errno(errno, "cannot make the mounts our own");
  if (::mount(new_root.c_str(), new_root.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0)
    return fail_errno(errno, "cannot make a mount of " + new_root);
  if (::chdir(new_root.c_str()) != 0) return fail_errno(errno, "cannot enter " + new_root);
  for (const char* path : {"/dev", "/proc", "/sys", "/run"}) {
    const std::string target = new_root + path;
    ::mkdir(target.c_str(), 0755);
    if (::mount(path, target.c_str(), nullptr, MS_MOVE, nullptr) == 0) continue;
    if (errno != EINVAL) return fail_errno(errno, "cannot move the mount " + std::string(path));  // it was none
  }
  if (::mount(".", "/", nullptr, MS_MOVE, nullptr) != 0 || ::chroot(".") != 0 || ::chdir("/") != 0)
    return fail_errno(errno, "cannot make " + new_root + " the root");
  (void)::mount(nullptr, "/", nullptr, MS_REC | MS_SHARED, nullptr);
  return {};
}

void execute_init(const std::string& wanted) {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const std::array<std::string, 4> usual{"/sbin/init", "/etc/init", "/bin/init", "/bin/sh"};
  if (!wanted.empty()) ::execl(wanted.c_str(), wanted.c_str(), static_cast<char*>(nullptr));
  for (const std::string& path : usual) ::execl(path.c_str(), path.c_str(), static_cast<char*>(nullptr));
}

}  // namespace init
