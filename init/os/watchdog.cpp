// The kernel's watchdog interface. [os: open, ioctl, write]
#include "init/os/watchdog.h"

#include <fcntl.h>
#include <linux/watchdog.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>

#include "unitparser/base/fd.h"

namespace init {
namespace {

using unitparser::Duration;
using unitparser::fail_errno;
using unitparser::Result;

int whole_seconds(Duration duration) {
  constexpr std::uint64_t longest = 1U << 20U;
  return static_cast<int>(std::min<std::uint64_t>((duration.usec() + 999'999) / 1'000'000, longest));
}

class LinuxWatchdog : public WatchdogDevice {
 public:
  Result<void> open(const std::string& path) override {
    fd_.reset(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
    if (!fd_) return fail_errno(errno, "cannot open the watchdog " + path);
    return {};
  }

  Result<Duration> set_timeout(Duration timeout) override {
    int seconds = 0;
    if (!timeout.is_infinite()) {
      seconds = whole_seconds(timeout);
      if (::ioctl(fd_.get(), WDIOC_SETTIMEOUT, &seconds) < 0) return fail_errno(errno, "cannot set the watchdog's time-out");
      int enable = WDIOS_ENABLECARD;
      if (::ioctl(fd_.get(), WDIOC_SETOPTIONS, &enable) < 0) enable = 0;  // opening it was enough for such a driver
    } else if (::ioctl(fd_.get(), WDIOC_GETTIMEOUT, &seconds) < 0) {
      return fail_errno(errno, "cannot ask the watchdog for its time-out");
    }
    return Duration::from_seconds(static_cast<std::uint64_t>(std::max(seconds, 1)));
  }

  Result<void> set_pretimeout(Duration before, const std::string& governor) override {
    if (!governor.empty() && !before.is_zero()) set_governor(governor);
    int seconds = whole_seconds(before);
    if (::ioctl(fd_.get(), WDIOC_SETPRETIMEOUT, &seconds) == 0) return {};
    if (before.is_zero()) return {};  // a device without one has none
    return fail_errno(errno, "cannot set the watchdog's pre-time-out");
  }

  void ping() override {
    if (fd_ && ::ioctl(fd_.get(), WDIOC_KEEPALIVE, 0) < 0) (void)!::write(fd_.get(), "", 1);
  }

  void leave_armed() override { fd_.reset(); }

  void disarm() override {
    if (!fd_) return;
    int disable = WDIOS_DISABLECARD;
    if (::ioctl(fd_.get(), WDIOC_SETOPTIONS, &disable) < 0) disable = 0;  // then the letter below does it
    (void)!::write(fd_.get(), "V", 1);
    fd_.reset();
  }

 private:
  /// The governor is not the device's but its class's to set.
  void set_governor(const std::string& governor) const {
    struct stat status{};
    if (::fstat(fd_.get(), &status) < 0) return;
    const std::string path = "/sys/dev/char/" + std::to_string(major(status.st_rdev)) + ":" +
                             std::to_string(minor(status.st_rdev)) + "/pretimeout_governor";
    const unitparser::UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
    if (file) (void)!::write(file.get(), governor.data(), governor.size());
  }

  unitparser::UniqueFd fd_;
};

}  // namespace

std::unique_ptr<WatchdogDevice> make_watchdog_device() { return std::make_unique<LinuxWatchdog>(); }

}  // namespace init
