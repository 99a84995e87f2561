// The manager's own configuration: which files, and what a user's manager begins with.
#include "unitparser/load/manager_config_loader.h"

#include <gtest/gtest.h>

#include "tests/unit/unitparser/memory_files.h"

namespace unitparser {
namespace {

ManagerConfig load(testing::MemoryFiles& files, ManagerScope scope, const MachineFacts& machine = {}) {
  SpecifierFacts specifiers;
  specifiers.configuration_directory = "/home/demo/.config";
  return load_manager_config(files, scope, specifiers, machine, {}).config;
}

TEST(ManagerConfig, EachKindReadsItsOwnFile) {
  testing::MemoryFiles files;
  files.write("/etc/systemd/system.conf", "[Manager]\nDefaultTimeoutStopSec=5\n");
  files.write("/etc/systemd/user.conf", "[Manager]\nDefaultTimeoutStopSec=6\nDefaultTimeoutStartSec=6\n");
  files.write("/etc/systemd/user.conf.d/a.conf", "[Manager]\nDefaultTimeoutStartSec=7\n");
  EXPECT_EQ(load(files, ManagerScope::system).defaults.timeout_stop, Duration::from_seconds(5));
  const ManagerConfig user = load(files, ManagerScope::user);
  EXPECT_EQ(user.defaults.timeout_stop, Duration::from_seconds(6));
  EXPECT_EQ(user.defaults.timeout_start, Duration::from_seconds(7));
}

TEST(ManagerConfig, AUsersOwnFileComesBeforeTheMachines) {
  testing::MemoryFiles files;
  files.write("/etc/systemd/user.conf", "[Manager]\nDefaultTimeoutStopSec=6\n");
  files.write("/home/demo/.config/systemd/user.conf", "[Manager]\nDefaultTimeoutStopSec=8\n");
  EXPECT_EQ(load(files, ManagerScope::user).defaults.timeout_stop, Duration::from_seconds(8));
}

TEST(ManagerConfig, AUsersManagerIsQuietAndItsUnitsGoFirstWhenMemoryIsShort) {
  testing::MemoryFiles files;
  MachineFacts machine;
  machine.own_oom_score_adjust = 100;
  const ManagerConfig user = load(files, ManagerScope::user, machine);
  EXPECT_EQ(user.behaviour.show_status, ShowStatus::no);
  EXPECT_EQ(user.behaviour.log_target, LogTarget::auto_);
  EXPECT_TRUE(user.behaviour.runtime_watchdog.is_infinite());
  EXPECT_EQ(user.defaults.oom_score_adjust, 200);
  EXPECT_FALSE(user.defaults.limits[7].has_value());  // RLIMIT_NOFILE: the manager's own
  machine.own_oom_score_adjust = 950;
  EXPECT_EQ(load(files, ManagerScope::user, machine).defaults.oom_score_adjust, 1000);
}

}  // namespace
}  // namespace unitparser
