// Opening, pinging and handing over the hardware watchdog. [loop]
#include "init/driver/watchdog.h"

namespace init {

using unitparser::Duration;

void Watchdog::close() {
  timer_.reset();
  if (armed_) device_->disarm();
  armed_ = false;
}

void Watchdog::apply(const WatchdogSettings& settings) {
  const bool same_device = settings.device == settings_.device;
  if (settings == settings_ && (armed_ || settings.timeout.is_zero())) return;
  settings_ = settings;
  if (settings.timeout.is_zero() || !same_device) close();
  if (settings.timeout.is_zero()) return;
  const std::string path = settings.device.empty() ? usual_watchdog_path : settings.device;
  if (!armed_) {
    if (auto opened = device_->open(path); !opened) {
      // A machine without one is told of only when it was asked for by name.
      const bool missing = opened.error().os_errno == ENOENT && settings.device.empty();
      return log_(missing ? 6 : 4, opened.error().message);
    }
    armed_ = true;
  }
  auto in_force = device_->set_timeout(settings.timeout);
  if (!in_force) {
    log_(4, in_force.error().message);
    return close();
  }
  in_force_ = *in_force;
  if (!settings.pretimeout.is_infinite())
    if (auto set = device_->set_pretimeout(settings.pretimeout, settings.governor); !set) log_(4, set.error().message);
  log_(6, "The hardware watchdog " + path + " resets this machine when it hangs for " + unitparser::format_duration(in_force_) + ".");
  ping();
}

void Watchdog::ping() {
  device_->ping();
  const Now now = read_clocks();
  last_ping_ = DualTime::at(now);
  const auto half = Duration::from_usec(in_force_.usec() / 2);
  auto timer = loop_.at(CLOCK_MONOTONIC, (now.monotonic + half).usec(), Duration::from_usec(in_force_.usec() / 8), Priority::timers,
                        [this] { ping(); });
  if (timer) timer_ = std::move(*timer);
  else log_(3, "The hardware watchdog cannot be pinged: " + timer.error().message);
}

void Watchdog::hand_over(Duration timeout) {
  timer_.reset();
  if (timeout.is_zero()) return close();
  const std::string path = settings_.device.empty() ? usual_watchdog_path : settings_.device;
  if (!armed_ && (timeout.is_infinite() || !device_->open(path))) return;
  if (!timeout.is_infinite()) {
    // Whoever pings next knows nothing of what shall happen before the time-out.
    (void)device_->set_pretimeout(Duration(), {});
    if (!device_->set_timeout(timeout)) return close();
  }
  device_->ping();
  device_->leave_armed();
  armed_ = false;
}

}  // namespace init
