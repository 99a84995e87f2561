// KernelTables: follows /proc/self/mountinfo and /proc/swaps and posts them whole when they change. [loop]
#pragma once

#include "init/driver/loop.h"
#include "init/driver/post.h"
#include "unitparser/base/fd.h"

namespace init {

inline constexpr const char* mountinfo_path = "/proc/self/mountinfo";
inline constexpr const char* swaps_path = "/proc/swaps";

/// The mounts of a table but those of the API file systems, in mount order; error when the table cannot be read.
[[nodiscard]] unitparser::Result<event::MountTable> read_mount_table(const char* path = mountinfo_path);
/// The swap areas of a table with the other names of their devices. Empty when the kernel has no swap.
[[nodiscard]] event::SwapTable read_swap_table(const char* path = swaps_path);

class KernelTables {
 public:
  KernelTables(Loop& loop, Post post) : loop_(loop), post_(std::move(post)) {}
  /// Posts both tables once and begins to follow them.
  [[nodiscard]] unitparser::Result<void> start();
  /// Reads the mounts now if the kernel says they changed: before a mount command's exit is told to the engine.
  void refresh_mounts();

 private:
  Loop& loop_;
  Post post_;
  unitparser::UniqueFd mounts_fd_;
  unitparser::UniqueFd swaps_fd_;
  Source mounts_source_;
  Source swaps_source_;
};

}  // namespace init
