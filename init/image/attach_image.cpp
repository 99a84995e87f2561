// Where the parts of an image come to lie. [os]
#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>

#include "init/image/disk_image.h"

namespace init {

unitparser::Result<void> attach_image(std::span<const MountedPart> parts, const std::string& place) {
  // Of an image of /usr alone the rest is nothing but places to mount on.
  const bool has_root = !parts.empty() && parts.front().place == "/";
  if (!has_root && ::mount("tmpfs", place.c_str(), "tmpfs", MS_NODEV | MS_NOSUID, "mode=0755,size=4m") < 0) return unitparser::fail_errno(errno, place);
  for (const MountedPart& part : parts) {
    const std::string target = part.place == "/" ? place : place + part.place;
    if (part.place != "/" && ::mkdir(target.c_str(), 0755) < 0 && errno != EEXIST && errno != EROFS) return unitparser::fail_errno(errno, target);
    if (::move_mount(part.tree.get(), "", AT_FDCWD, target.c_str(), MOVE_MOUNT_F_EMPTY_PATH) < 0) return unitparser::fail_errno(errno, target);
  }
  return {};
}

}  // namespace init
