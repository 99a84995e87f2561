#include "init/driver/watchdog.h"

#include <gtest/gtest.h>

namespace init {
namespace {

using unitparser::Duration;
using unitparser::Result;

struct Played {
  bool open = false, armed = false;
  int opens = 0, pings = 0, open_error = 0, timeout_error = 0;
  std::string path, governor;
  Duration timeout = Duration::from_msec(8), pretimeout;
};

class PlayedWatchdog : public WatchdogDevice {
 public:
  explicit PlayedWatchdog(Played& played) : played_(played) {}
  Result<void> open(const std::string& path) override {
    if (played_.open_error != 0) return unitparser::fail_errno(played_.open_error, "no watchdog");
    played_.open = played_.armed = true;
    ++played_.opens;
    played_.path = path;
    return {};
  }
  Result<Duration> set_timeout(Duration timeout) override {
    if (played_.timeout_error != 0) return unitparser::fail_errno(played_.timeout_error, "no such time-out");
    if (!timeout.is_infinite()) played_.timeout = timeout;
    return played_.timeout;
  }
  Result<void> set_pretimeout(Duration before, const std::string& governor) override {
    played_.pretimeout = before, played_.governor = governor;
    return {};
  }
  void ping() override { ++played_.pings; }
  void leave_armed() override { played_.open = false; }
  void disarm() override { played_.open = played_.armed = false; }

 private:
  Played& played_;
};

class WatchdogTest : public ::testing::Test {
 protected:
  Loop loop_;
  Played played_;
  std::vector<int> logged_;
  Watchdog watchdog_{loop_, std::make_unique<PlayedWatchdog>(played_), [this](int priority, const std::string&) { logged_.push_back(priority); }};
};

TEST_F(WatchdogTest, OffOpensNothing) {
  watchdog_.apply({});
  EXPECT_EQ(played_.opens, 0);
  EXPECT_TRUE(logged_.empty());
}

TEST_F(WatchdogTest, IsPingedAgainAndAgain) {
  watchdog_.apply({.device = {}, .timeout = Duration::from_msec(4), .pretimeout = {}, .governor = {}});
  EXPECT_EQ(played_.path, "/dev/watchdog0");
  EXPECT_EQ(played_.pings, 1);
  EXPECT_TRUE(watchdog_.last_ping().is_set());
  while (played_.pings < 4) loop_.run_once(Duration::from_seconds(10));
}

TEST_F(WatchdogTest, DefaultKeepsTheDevicesTimeout) {
  watchdog_.apply({.device = "/dev/other", .timeout = Duration::infinity(), .pretimeout = Duration::from_seconds(2), .governor = "panic"});
  EXPECT_EQ(played_.path, "/dev/other");
  EXPECT_EQ(played_.timeout, Duration::from_msec(8));
  EXPECT_EQ(played_.pretimeout, Duration::from_seconds(2));
  EXPECT_EQ(played_.governor, "panic");
}

TEST_F(WatchdogTest, TurnedOffItIsDisarmed) {
  WatchdogSettings settings{.device = {}, .timeout = Duration::from_seconds(9), .pretimeout = {}, .governor = {}};
  watchdog_.apply(settings);
  EXPECT_TRUE(played_.armed);
  settings.timeout = Duration();
  watchdog_.apply(settings);
  EXPECT_FALSE(played_.armed);
  EXPECT_FALSE(watchdog_.is_armed());
}

TEST_F(WatchdogTest, ANewTimeoutNeedsNoNewDescriptor) {
  WatchdogSettings settings{.device = {}, .timeout = Duration::from_seconds(9), .pretimeout = {}, .governor = {}};
  watchdog_.apply(settings);
  watchdog_.apply(settings);
  settings.timeout = Duration::from_seconds(20);
  watchdog_.apply(settings);
  EXPECT_EQ(played_.opens, 1);
  EXPECT_EQ(played_.timeout, Duration::from_seconds(20));
}

TEST_F(WatchdogTest, MachinesWithoutOneAreNoProblemUnlessItWasNamed) {
  played_.open_error = ENOENT;
  watchdog_.apply({.device = {}, .timeout = Duration::from_seconds(9), .pretimeout = {}, .governor = {}});
  watchdog_.apply({.device = "/dev/w", .timeout = Duration::from_seconds(9), .pretimeout = {}, .governor = {}});
  EXPECT_EQ(logged_, (std::vector<int>{6, 4}));
  EXPECT_FALSE(watchdog_.is_armed());
}

TEST_F(WatchdogTest, ATimeoutThatTheDeviceRefusesLeavesItOff) {
  played_.timeout_error = EINVAL;
  watchdog_.apply({.device = {}, .timeout = Duration::from_seconds(9), .pretimeout = {}, .governor = {}});
  EXPECT_FALSE(played_.armed);
  EXPECT_EQ(logged_, std::vector<int>{4});
}

TEST_F(WatchdogTest, HandedOverItStaysArmedWithTheNextOnesTimeout) {
  watchdog_.apply({.device = {}, .timeout = Duration::from_seconds(9), .pretimeout = Duration::from_seconds(3), .governor = {}});
  watchdog_.hand_over(Duration::from_seconds(600));
  EXPECT_TRUE(played_.armed);
  EXPECT_FALSE(played_.open);
  EXPECT_EQ(played_.timeout, Duration::from_seconds(600));
  EXPECT_TRUE(played_.pretimeout.is_zero());
}

TEST_F(WatchdogTest, ForARebootItIsArmedEvenIfItWasOff) {
  watchdog_.hand_over(Duration::from_seconds(600));
  EXPECT_TRUE(played_.armed);
}

TEST_F(WatchdogTest, APowerOffDisarmsIt) {
  watchdog_.apply({.device = {}, .timeout = Duration::from_seconds(9), .pretimeout = {}, .governor = {}});
  watchdog_.hand_over(Duration());
  EXPECT_FALSE(played_.armed);
}

}  // namespace
}  // namespace init
