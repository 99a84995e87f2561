// ForkServer: processes by forking an executor that runs already. [os]
#pragma once

#include <sys/types.h>

#include <optional>
#include <span>

#include "init/os/executor_program.h"
#include "unitparser/base/time.h"

namespace init {

/// An executor that waits for plans and forks for each: what a program's start costs is paid once for many. It is there while
/// processes are being started, and ends by itself soon after the last; the processes are children of PID 1 all the same.
class ForkServer {
 public:
  static constexpr auto usual_patience = unitparser::Duration::from_seconds(5);

  /// `patience`: how long an answer may take. A server that needs longer is killed.
  ForkServer(ExecutorProgram& program, unitparser::Duration patience) : program_(program), patience_(patience) {}

  /// A process that executes `plan`, born in the control group (a descriptor of its folder; -1: ours), with the descriptors of
  /// the plan. Nothing: no process was made, and it can be tried in another way. Error: nobody knows whether there is one.
  [[nodiscard]] std::optional<unitparser::Result<pid_t>> fork(int plan, int cgroup, std::span<const int> fds);

 private:
  [[nodiscard]] bool launch();
  void kill();

  ExecutorProgram& program_;
  unitparser::Duration patience_;
  unitparser::UniqueFd socket_;   ///< its other end ends the server when this one is closed
  unitparser::UniqueFd process_;  ///< pidfd of the server
};

}  // namespace init
