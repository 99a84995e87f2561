// Timers: the armed timers of all units. [loop]
#pragma once

#include <unordered_map>

#include "init/driver/loop.h"
#include "init/driver/post.h"
#include "init/engine/effect.h"
#include "unitparser/base/fd.h"

namespace init {

/// Arms and disarms by TimerId and posts event::TimerElapsed. Keeps one source for each armed timer.
class Timers {
 public:
  Timers(Loop& loop, Post post) : loop_(loop), post_(std::move(post)) {}
  /// An alarm clock falls back to the plain one where the process may not wake the system.
  [[nodiscard]] unitparser::Result<void> arm(const effect::ArmTimer& timer);
  void disarm(const TimerId& timer) { sources_.erase(timer.key()); }

 private:
  Loop& loop_;
  Post post_;
  std::unordered_map<std::uint64_t, Source> sources_;
};

/// Watches for CLOCK_REALTIME being set and for /etc/localtime being replaced, and posts both.
class ClockWatch {
 public:
  ClockWatch(Loop& loop, Post post) : loop_(loop), post_(std::move(post)) {}
  [[nodiscard]] unitparser::Result<void> start();

 private:
  unitparser::Result<void> arm_clock();
  unitparser::Result<void> watch_timezone();
  Loop& loop_;
  Post post_;
  unitparser::UniqueFd clock_fd_;
  unitparser::UniqueFd timezone_fd_;
  Source clock_source_;
  Source timezone_source_;
};

}  // namespace init
