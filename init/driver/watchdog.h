// Watchdog: proves to the hardware that this manager's loop still turns (RuntimeWatchdogSec= of systemd-system.conf(5)). [loop]
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "init/driver/loop.h"
#include "init/machines/process_runtime.h"
#include "init/os/watchdog.h"

namespace init {

struct WatchdogSettings {
  std::string device;                  ///< empty: the usual one
  unitparser::Duration timeout;        ///< zero: off; infinity: the device's own
  unitparser::Duration pretimeout;     ///< zero: none; infinity: the device's own, left alone
  std::string governor;
  bool operator==(const WatchdogSettings&) const = default;
};

/// Pings from the loop at half the time-out: when the loop hangs, the machine is reset.
class Watchdog {
 public:
  using Log = std::function<void(int priority, const std::string& message)>;
  Watchdog(Loop& loop, std::unique_ptr<WatchdogDevice> device, Log log)
      : loop_(loop), device_(std::move(device)), log_(std::move(log)) {}

  /// Opens, changes or disarms the device as the settings say; a problem is logged, and there is no watchdog then.
  void apply(const WatchdogSettings& settings);
  /// For another program that goes on pinging (shutdown, another image of this one): the device stays armed with
  /// `timeout`, or as it is when that is infinite; zero disarms it.
  void hand_over(unitparser::Duration timeout);
  [[nodiscard]] const DualTime& last_ping() const { return last_ping_; }
  [[nodiscard]] bool is_armed() const { return armed_; }

 private:
  void ping();
  void close();

  Loop& loop_;
  std::unique_ptr<WatchdogDevice> device_;
  Log log_;
  WatchdogSettings settings_;
  unitparser::Duration in_force_;
  DualTime last_ping_;
  Source timer_;
  bool armed_ = false;
};

}  // namespace init
