// KernelTables: follows /proc/self/mountinfo and /proc/swaps and posts them whole when they change. [loop]
#pragma once

#include "init/driver/loop.h"
#include "init/driver/post.h"
#include "unitparser/base/fd.h"

namespace init {

/// The present mounts but those of the API file systems, in mount order; error when the table cannot be read.
[[nodiscard]] unitparser::Result<event::MountTable> read_mount_table();
/// The present swap areas with the other names of their devices. Empty when the kernel has no swap.
[[nodiscard]] event::SwapTable read_swap_table();

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
