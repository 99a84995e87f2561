// The API file systems that user space expects of an init (file-hierarchy(7)), mounted from one table. [os]
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace init {

/// Mounts what is not mounted yet: /proc, /sys, /dev, /dev/shm, /dev/pts, /run, /run/lock, the unified cgroup tree and the
/// kernel's optional trees. `in_container` leaves out what a container manager owns. Returns one sentence for each
/// failure; a missing optional tree is no failure.
[[nodiscard]] std::vector<std::string> mount_api_file_systems(bool in_container);

/// Whether a mount point belongs to the kernel's interface and is no unit's business: those of the table above, and those
/// that container managers put over single files of it.
[[nodiscard]] bool is_api_mount_point(std::string_view path);

}  // namespace init
