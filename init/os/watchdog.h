// The hardware watchdog: a device that resets the machine unless somebody pings it in time. [os]
#pragma once

#include <memory>
#include <string>

#include "unitparser/base/result.h"
#include "unitparser/base/time.h"

namespace init {

/// One watchdog. While it is open and has a time-out, ping() must be called often enough.
class WatchdogDevice {
 public:
  virtual ~WatchdogDevice() = default;
  /// Opens and thereby arms the device at `path`; fails with the system's errno.
  [[nodiscard]] virtual unitparser::Result<void> open(const std::string& path) = 0;
  /// Sets the time-out, in whole seconds rounded up; infinity leaves the device's own. Returns what is in force.
  [[nodiscard]] virtual unitparser::Result<unitparser::Duration> set_timeout(unitparser::Duration timeout) = 0;
  /// Sets how long before the time-out the kernel acts by itself, zero for never, and what it then does (empty: unchanged).
  [[nodiscard]] virtual unitparser::Result<void> set_pretimeout(unitparser::Duration before, const std::string& governor) = 0;
  virtual void ping() = 0;
  /// Closes it without disarming: whoever opens it next has until the time-out to ping.
  virtual void leave_armed() = 0;
  /// Disarms and closes it. A kernel with "nowayout" resets all the same.
  virtual void disarm() = 0;
};

[[nodiscard]] std::unique_ptr<WatchdogDevice> make_watchdog_device();

/// Where the device is when nobody says.
inline constexpr const char* usual_watchdog_path = "/dev/watchdog0";

}  // namespace init
