// ExecutorProgram: the executor's file, and how PID 1 starts it. [os]
#pragma once

#include <sys/types.h>

#include <span>
#include <string>
#include <vector>

#include "unitparser/base/fd.h"
#include "unitparser/base/result.h"

namespace init {

/// Starts the executor without copying PID 1: the child borrows its memory until it executes (clone3(2), vfork(2)).
class ExecutorProgram {
 public:
  /// `path`: opened once, so that an upgrade on disk cannot mix versions.
  explicit ExecutorProgram(std::string path) : path_(std::move(path)) {}
  /// Opens it; error when it is not there.
  [[nodiscard]] unitparser::Result<void> open();

  /// Starts it as a direct child with those arguments. It is born in the control group (a descriptor of its folder; -1: ours)
  /// and inherits exactly `fds`. Errors: io (memory, processes), not_found (the group is gone).
  [[nodiscard]] unitparser::Result<pid_t> start(std::vector<std::string> arguments, int cgroup, std::span<const int> fds);

 private:
  std::string path_;
  unitparser::UniqueFd file_;
};

}  // namespace init
