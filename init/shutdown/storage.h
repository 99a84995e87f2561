// Unmounting, swapping off and detaching at shutdown. [os]
#pragma once

namespace init::shutdown {

/// What one round of releasing storage achieved.
struct StorageRound {
  unsigned left = 0;     ///< mounts that could not be released (the root, once read-only, does not count)
  bool changed = false;  ///< something was released: another round may release more
};

/// Turns off all swap, unmounts or remounts read-only every file system but the API ones, detaches loop devices.
[[nodiscard]] StorageRound release_storage_once();

/// Prints to standard error which mounts are still there.
void report_storage_left();

/// Makes `new_root` the root (pivot), keeping /dev, /proc, /sys and /run; false when that failed.
[[nodiscard]] bool switch_root_for_shutdown(const char* new_root);

}  // namespace init::shutdown
