// Processes: starts the executor with a plan, in its control group. [os]
#pragma once

#include <sys/types.h>

#include <string>

#include "init/exec/spawn_plan.h"
#include "unitparser/base/fd.h"
#include "unitparser/base/result.h"

namespace init {

/// Starts processes without copying PID 1: the child borrows its memory until it executes (clone3(2), vfork(2)).
class Processes {
 public:
  /// `executor_path`: the program; opened once, so that an upgrade on disk cannot mix versions.
  explicit Processes(std::string executor_path) : executor_path_(std::move(executor_path)) {}
  /// Opens the executor; error when it is not there.
  [[nodiscard]] unitparser::Result<void> open();

  /// Starts the executor with `plan` as a direct child. It is born in `plan.process.cgroup_directory` and
  /// inherits exactly the descriptors the plan names. Errors: io (memory, processes), not_found (the group is gone).
  [[nodiscard]] unitparser::Result<pid_t> spawn(const SpawnPlan& plan);

 private:
  std::string executor_path_;
  unitparser::UniqueFd executor_;
};

}  // namespace init
