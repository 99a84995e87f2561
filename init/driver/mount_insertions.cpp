// The child that enters the other namespace, and the wait for it. [os, loop]
#include "init/driver/mount_insertions.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "init/image/disk_image.h"
#include "init/os/sockets.h"

namespace init {
namespace {

using unitparser::Duration;
using unitparser::fail_errno;
using unitparser::Result;
using unitparser::UniqueFd;

constexpr Duration limit = Duration::from_seconds(30);

/// Makes the mount point, and the folders above it, of the kind that the source is of. Returns errno or 0.
int make_mount_point(const std::string& path, bool is_folder) {
  make_parent_folders(path, 0755);
  if (is_folder) return ::mkdir(path.c_str(), 0755) < 0 && errno != EEXIST ? errno : 0;
  return UniqueFd(::open(path.c_str(), O_CREAT | O_WRONLY | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC, 0644)) ? 0 : errno;
}

/// What is to appear, mounted nowhere yet.
Result<std::vector<MountedPart>> detached(const MountInsertion& wanted) {
  if (wanted.is_image) return mount_image(wanted.source, wanted.options);
  UniqueFd tree(::open_tree(AT_FDCWD, wanted.source.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE));
  if (!tree) return fail_errno(errno, wanted.source);
  std::vector<MountedPart> parts;
  parts.push_back({"/", std::move(tree)});
  return parts;
}

/// In the child. Returns errno or 0.
int insert(const MountInsertion& wanted) {
  const auto parts = detached(wanted);
  if (!parts) return parts.error().os_errno != 0 ? parts.error().os_errno : EINVAL;
  struct stat source{};
  if (::fstat(parts->front().tree.get(), &source) < 0) return errno;
  mount_attr read_only{};
  read_only.attr_set = MOUNT_ATTR_RDONLY;
  for (const MountedPart& part : *parts)
    if (wanted.read_only && ::mount_setattr(part.tree.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, &read_only, sizeof read_only) < 0) return errno;
  const std::string process = "/proc/" + std::to_string(wanted.process);
  const UniqueFd root(::open((process + "/root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const UniqueFd mounts(::open((process + "/ns/mnt").c_str(), O_RDONLY | O_CLOEXEC));
  if (!root || !mounts || ::setns(mounts.get(), CLONE_NEWNS) < 0 || ::fchdir(root.get()) < 0 || ::chroot(".") < 0) return errno;
  if (wanted.make_destination)
    if (const int error = make_mount_point(wanted.destination, S_ISDIR(source.st_mode)); error != 0) return error;
  const auto attached = attach_image(*parts, wanted.destination);
  return attached ? 0 : attached.error().os_errno;
}

}  // namespace

Result<void> MountInsertions::start(RequestId request, MountInsertion wanted) {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) < 0) return fail_errno(errno, "Failed to make a pipe");
  Running running{std::move(wanted), 0, UniqueFd(ends[0]), {}, {}};
  const UniqueFd report(ends[1]);
  running.child = ::fork();
  if (running.child < 0) return fail_errno(errno, "Failed to make a process");
  if (running.child == 0) {
    const int error = insert(running.wanted);
    ::_exit(::write(report.get(), &error, sizeof error) == sizeof error ? 0 : 1);
  }
  auto ended = loop_.on_ready(running.report.get(), EPOLLIN, Priority::bus, [this, request](std::uint32_t) { finish(request); });
  auto deadline = loop_.at(CLOCK_MONOTONIC, (read_clocks().monotonic + limit).usec(), Duration::from_seconds(1), Priority::timers,
                           [this, request] { finish(request); });
  if (!ended || !deadline) {
    ::kill(running.child, SIGKILL);
    return fail_errno(ENOMEM, "Failed to wait for a process");
  }
  running.ended = std::move(*ended);
  running.deadline = std::move(*deadline);
  running_.insert_or_assign(request, std::move(running));
  return {};
}

void MountInsertions::finish(RequestId request) {
  const auto at = running_.find(request);
  if (at == running_.end()) return;
  const Running done = std::move(at->second);
  running_.erase(at);
  int error = ETIMEDOUT;
  const ssize_t size = ::read(done.report.get(), &error, sizeof error);
  if (size < 0) ::kill(done.child, SIGKILL);  // still at it; it is reaped like every other child, and the deadline has passed
  if (size == 0) error = EIO;
  if (size <= 0 || error != 0)
    return answer_(request, fail_errno(error, "Failed to mount " + done.wanted.source + " on " + done.wanted.destination + " in unit's namespace"));
  answer_(request, {});
}

}  // namespace init
