// MountInsertions: makes something appear in the mount namespace of a running process (BindMountUnit). [os, loop]
#pragma once

#include <functional>
#include <map>

#include "init/driver/loop.h"
#include "init/engine/ids.h"
#include "init/exec/mount_insertion.h"
#include "unitparser/base/fd.h"
#include "unitparser/base/result.h"

namespace init {

/// Serves many at once, each in a child of its own: a file system that hangs holds up nobody else.
class MountInsertions {
 public:
  /// Called once for each insertion that start() accepted.
  using Answer = std::function<void(RequestId, unitparser::Result<void>)>;
  MountInsertions(Loop& loop, Answer answer) : loop_(loop), answer_(std::move(answer)) {}

  /// Begins one; the answer comes later, after `limit` at the latest. Errors: io (no process, no descriptor).
  [[nodiscard]] unitparser::Result<void> start(RequestId request, MountInsertion wanted);

 private:
  struct Running {
    MountInsertion wanted;
    pid_t child = 0;
    unitparser::UniqueFd report;  ///< the child writes its errno here; its end is the end of the work
    Source ended;
    Source deadline;
  };
  void finish(RequestId request);

  Loop& loop_;
  Answer answer_;
  std::map<RequestId, Running> running_;
};

}  // namespace init
