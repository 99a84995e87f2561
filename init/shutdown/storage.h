// Unmounting, swapping off and detaching at shutdown. [os]
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "init/shutdown/report.h"

namespace init::shutdown {

/// What an attempt to release all storage of one kind achieved.
struct StorageRound {
  std::vector<std::string> left;  ///< what could not be released (the root, once read-only, does not count)
  bool changed = false;           ///< something was released: another round may release more
};

struct StorageKind {
  StorageRound (*release)(const Report& report);  ///< says of each thing that it is tried
  std::string_view name;          ///< "file systems"
  std::string_view begun, ended;  ///< what is said before, and when nothing is left
  std::string_view left_before, left_after;  ///< around the number of what is left
};

/// Swaps off everything; unmounts or remounts read-only every file system but the API ones; detaches loop devices; stops
/// software RAIDs; takes the device mapper's devices away.
extern const std::array<StorageKind, 5> storage_kinds;

/// Makes `new_root` the root (pivot), keeping /dev, /proc, /sys and /run; false when that failed.
[[nodiscard]] bool switch_root_for_shutdown(const char* new_root);

}  // namespace init::shutdown
