// Progress: when a while has passed without anything being done, tells the console what is waited for. [loop]
#pragma once

#include "init/driver/loop.h"
#include "init/engine/engine.h"
#include "init/log/console_status.h"

namespace init {

/// Shows the running jobs in turn once no job has ended for two seconds; for 25, where the console is to be quiet.
class Progress {
 public:
  Progress(Loop& loop, const Engine& engine, StatusConsole& console)
      : loop_(loop), engine_(engine), console_(console) {}
  /// Call when jobs may have appeared or ended.
  void wake();

 private:
  void look();
  void look_at(MonotonicTime when);
  Loop& loop_;
  const Engine& engine_;
  StatusConsole& console_;
  Source timer_;
  std::uint64_t ended_ = 0;     ///< jobs that had ended by then:
  MonotonicTime last_end_;
};

/// The running jobs at `now`, oldest first.
[[nodiscard]] std::vector<WaitingJob> waiting_jobs(const Engine& engine, MonotonicTime now);

}  // namespace init
