// What the machines remember of processes: a place for a live one, and how the last one of a command ended. [pure]
#pragma once

#include <sys/types.h>

#include "init/engine/ids.h"

namespace init {

/// One moment on the two clocks that properties show.
struct DualTime {
  RealTime realtime;
  MonotonicTime monotonic;
  [[nodiscard]] bool is_set() const { return realtime.is_set() || monotonic.is_set(); }
  [[nodiscard]] static DualTime at(const Now& now) { return {now.realtime, now.monotonic}; }
  bool operator==(const DualTime&) const = default;
};

/// Place for one process of a unit: empty, asked for (pending), or alive.
struct ProcessSlot {
  SpawnId pending = SpawnId::none;
  pid_t pid = 0;
  bool alien = false;  ///< not our child: its end is seen only through the control group or by asking
  [[nodiscard]] bool occupied() const { return pid > 0 || pending != SpawnId::none; }
  void clear() { *this = {}; }
  bool operator==(const ProcessSlot&) const = default;
};

/// Life of the last process of a command (ExecMainStartTimestamp= & co. and the tails of ExecStart=).
struct ExecStatus {
  DualTime start;
  DualTime exit;
  pid_t pid = 0;
  int code = 0;    ///< CLD_*, 0: has not ended
  int status = 0;
  bool operator==(const ExecStatus&) const = default;
};

/// A counter of events in an interval. Interval zero or burst zero: no limit.
struct RateLimit {
  MonotonicTime begin;
  std::uint32_t count = 0;
  /// Counts one event; false when it is one too many.
  bool admit(MonotonicTime now, Duration interval, std::uint32_t burst) {
    if (interval.is_zero() || burst == 0) return true;
    if (!begin.is_set() || now - begin > interval) {
      begin = now.is_set() ? now : MonotonicTime::from_usec(1);
      count = 1;
      return true;
    }
    if (count < burst) {
      ++count;
      return true;
    }
    return false;
  }
  bool operator==(const RateLimit&) const = default;
};

}  // namespace init
