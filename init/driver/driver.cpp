// Turns of the engine. [loop]
#include "init/driver/driver.h"

namespace init {
namespace {

/// The longest sleep: nothing depends on it, it bounds what a lost wake-up could cost.
constexpr auto longest_sleep = Duration::from_seconds(60);
constexpr auto log_pause = Duration::from_usec(5000);  ///< before the journal is asked again to take what it could not

}  // namespace

void Driver::drain() {
  if (draining_) return;
  if (engine_.busy()) post(event::Continue{});
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

RunEnd Driver::run() {
  end_ = {};
  drain();
  while (!ending()) {
    const bool log_lags = runner_.flush_log();
    loop_.run_once(engine_.busy() ? Duration{} : log_lags ? log_pause : longest_sleep);
    drain();
  }
  return end_;
}

}  // namespace init
