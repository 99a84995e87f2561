// Turns of the engine. [loop]
#include "init/driver/driver.h"

#include "init/driver/freeze_watch.h"

namespace init {
namespace {

/// The longest sleep: nothing depends on it, it bounds what a lost wake-up could cost.
constexpr auto longest_sleep = Duration::from_seconds(60);
constexpr auto freeze_period = Duration::from_seconds(75);  ///< longer than the longest sleep
constexpr unsigned most_busy_rounds = 1000;  ///< jobs wait while other things happen, but not for ever
constexpr auto log_pause = Duration::from_usec(5000);  ///< before the journal is asked again to take what it could not

}  // namespace

void Driver::drain() {
  if (draining_) return;
  // Jobs that follow would have most of what they leave behind looked at again and again; but they may follow for ever.
  if (!engine_.has_garbage() || !engine_.has_jobs_to_run()) garbage_waits_ = 0;
  else ++garbage_waits_;
  if (engine_.has_garbage() && garbage_waits_ % most_busy_rounds == 0) post(event::CollectGarbage{});
  if (queue_.empty()) return;
  draining_ = true;
  while (!queue_.empty()) {
    const Event event = std::move(queue_.front());
    queue_.pop_front();
    guard("turn", [&] { runner_.run(engine_.turn(event, read_clocks())); });
  }
  draining_ = false;
  guard("end of turns", [&] { runner_.flush(); });
}

void Driver::end_when(RunEnd end, std::function<bool()> settled, Duration limit) {
  postponed_ = Postponed{std::move(end), std::move(settled), read_clocks().monotonic + limit};
}

void Driver::end_round() {
  guard("end of a round", [&] {
    runner_.end_round();
    // What is unloaded then is nothing that a client waits for.
    if (ending() || (queue_.empty() && !engine_.has_jobs_to_run())) runner_.rest();
  });
}

Duration Driver::sleep_limit(MonotonicTime now) {
  if (has_more_to_do()) return {};
  if (runner_.flush_log()) return log_pause;
  return postponed_ && postponed_->limit > now ? postponed_->limit - now : longest_sleep;
}

RunEnd Driver::run() {
  end_ = {};
  postponed_.reset();
  drain();
  end_round();
  FreezeWatch freeze_watch(freeze_period);
  unsigned busy_rounds = 0;
  while (!ending()) {
    freeze_watch.beat();
    const bool was_idle = !loop_.run_once(sleep_limit(read_clocks().monotonic));
    busy_rounds = was_idle ? 0 : busy_rounds + 1;
    if (engine_.has_jobs_to_run() && (was_idle || busy_rounds % most_busy_rounds == 0)) post(event::RunJobs{});
    drain();
    end_round();
    if (postponed_ && (postponed_->settled() || read_clocks().monotonic >= postponed_->limit)) end_ = postponed_->end;
  }
  return end_;
}

}  // namespace init
