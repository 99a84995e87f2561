// ForkServer: processes by forking an executor that runs already. [os]
#pragma once

#include <sys/types.h>

#include <optional>
#include <span>

#include "init/os/executor_program.h"
#include "unitparser/base/time.h"

namespace init {

/// An executor that waits for plans and forks for each: what a program's start costs is paid once for many. It is there while one
/// process follows the other, and ends by itself right after the last; the processes are children of PID 1 all the same.
class ForkServer {
 public:
  struct Pace {
    unitparser::Duration quick = unitparser::Duration::from_msec(10);     ///< between processes for which a server is worth its start
    unitparser::Duration patience = unitparser::Duration::from_seconds(5);  ///< for an answer; a server that needs longer is killed
  };

  ForkServer(ExecutorProgram& program, const Pace& pace) : program_(program), pace_(pace) {}

  /// A process that executes `plan`, born in the control group (a descriptor of its folder; -1: ours), with the descriptors of
  /// the plan. Nothing: no process was made, and it can be tried in another way. Error: nobody knows whether there is one.
  [[nodiscard]] std::optional<unitparser::Result<pid_t>> fork(int plan, int cgroup, std::span<const int> fds);

 private:
  /// Whether this process and the one before follow each other quickly.
  [[nodiscard]] bool is_quick();
  [[nodiscard]] bool launch();
  void kill();

  ExecutorProgram& program_;
  Pace pace_;
  unitparser::MonotonicTime last_;  ///< when a process was asked for
  unitparser::UniqueFd socket_;   ///< its other end ends the server when this one is closed
  unitparser::UniqueFd process_;  ///< pidfd of the server
};

}  // namespace init
