// Processes: starts what a plan says, in its control group. [os]
#pragma once

#include <sys/types.h>

#include <string>

#include "init/exec/spawn_plan.h"
#include "init/os/executor_program.h"
#include "init/os/fork_server.h"
#include "unitparser/base/result.h"

namespace init {

class Processes {
 public:
  explicit Processes(std::string executor_path, const ForkServer::Pace& pace = {}) : program_(std::move(executor_path)), server_(program_, pace) {}
  /// Opens the executor; error when it is not there.
  [[nodiscard]] unitparser::Result<void> open() { return program_.open(); }

  /// Has an executor carry out `plan` as a direct child. It is born in `plan.process.cgroup_directory` and inherits exactly
  /// the descriptors the plan names. Errors: io (memory, processes), not_found (the group is gone).
  [[nodiscard]] unitparser::Result<pid_t> spawn(const SpawnPlan& plan);

 private:
  ExecutorProgram program_;
  ForkServer server_;
};

}  // namespace init
