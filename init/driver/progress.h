// Progress: after a few seconds of waiting, tells the console what is waited for. [loop]
#pragma once

#include "init/driver/loop.h"
#include "init/engine/engine.h"
#include "init/log/console_status.h"

namespace init {

/// Looks at the running jobs every second while there are jobs; shows those that take longer than five seconds.
class Progress {
 public:
  Progress(Loop& loop, const Engine& engine, StatusConsole& console)
      : loop_(loop), engine_(engine), console_(console) {}
  /// Call when jobs may have appeared: begins to look if it does not yet.
  void wake();

 private:
  void look();
  Loop& loop_;
  const Engine& engine_;
  StatusConsole& console_;
  Source timer_;
};

/// The running jobs that are shown at `now`, oldest first.
[[nodiscard]] std::vector<WaitingJob> jobs_to_show(const Engine& engine, MonotonicTime now);

}  // namespace init
