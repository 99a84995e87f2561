// Driver: the loop between world and engine – events in, one turn each, effects out. [loop]
#pragma once

#include <deque>
#include <functional>
#include <optional>

#include "init/driver/effect_runner.h"
#include "init/driver/loop.h"
#include "init/driver/objective.h"
#include "init/driver/post.h"
#include "init/engine/engine.h"

namespace init {

/// Owns the queue of events. Every source posts here; nothing else calls Engine::turn.
class Driver {
 public:
  /// All must outlive the driver.
  Driver(Loop& loop, Engine& engine, EffectRunner& runner) : loop_(loop), engine_(engine), runner_(runner) {}

  /// Queues an event; it is handled before the loop sleeps again. May be called from within effects.
  void post(Event event) { queue_.push_back(std::move(event)); }
  [[nodiscard]] Post poster() {
    return [this](Event event) { post(std::move(event)); };
  }

  /// Takes turns until the queue is empty. Reentrant calls only queue.
  void drain();
  /// Serves until somebody wants an end; returns which.
  [[nodiscard]] RunEnd run();
  void end(RunEnd end) { end_ = std::move(end); }
  /// Serves on until `settled` says yes, asked after each round, or `limit` has passed; then ends.
  void end_when(RunEnd end, std::function<bool()> settled, Duration limit);
  [[nodiscard]] bool ending() const { return end_.objective != Objective::none; }

 private:
  Loop& loop_;
  Engine& engine_;
  EffectRunner& runner_;
  std::deque<Event> queue_;
  bool draining_ = false;
  unsigned garbage_waits_ = 0;  ///< drains since jobs put its collection off
  RunEnd end_;
  struct Postponed {
    RunEnd end;
    std::function<bool()> settled;
    MonotonicTime limit;
  };
  std::optional<Postponed> postponed_;
  [[nodiscard]] bool has_more_to_do() const { return !queue_.empty() || engine_.has_garbage() || engine_.has_jobs_to_run(); }
  void end_round();
  [[nodiscard]] Duration sleep_limit(MonotonicTime now);
};

}  // namespace init
