// The manager's own configuration: which files, and what a user's manager begins with.
#include "unitparser/load/manager_config_loader.h"

#include <gtest/gtest.h>

#include "tests/unit/unitparser/memory_files.h"
#include "unitparser/base/diagnostic_log.h"

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

/// "priority errno message;" of each finding about a line of [Manager].
std::string said_of(const std::string& line, ManagerConfig* config = nullptr) {
  testing::MemoryFiles files;
  files.write("/etc/systemd/system.conf", "[Manager]\n" + line + "\n");
  const LoadedManagerConfig loaded = load_manager_config(files, ManagerScope::system, {}, {}, {});
  std::string text;
  for (const Diagnostic& finding : loaded.diagnostics) text += std::to_string(log_of(finding).priority) + " " + std::to_string(finding.os_errno) + " " + finding.message + ";";
  if (config != nullptr) *config = loaded.config;
  return text;
}

TEST(ManagerConfig, OddValuesAreRefusedInSystemdsWords) {
  EXPECT_EQ(said_of("LogLevel=x"), "3 22 Invalid log level'x': Invalid argument;");
  EXPECT_EQ(said_of("LogTarget=x"), "3 22 Invalid target'x': Invalid argument;");
  EXPECT_EQ(said_of("LogColor="), "3 22 Invalid color'': Invalid argument;");
  EXPECT_EQ(said_of("LogLocation=x"), "3 22 Invalid location'x': Invalid argument;");
  EXPECT_EQ(said_of("LogTime=x"), "3 22 Invalid time'x': Invalid argument;");
  EXPECT_EQ(said_of("ShowStatus=x"), "4 22 Failed to parse show status setting, ignoring: x;");
  EXPECT_EQ(said_of("StatusUnitFormat=x"), "4 22 Failed to parse status unit format, ignoring: x;");
  EXPECT_EQ(said_of("CrashChangeVT=x"), "4 22 Failed to parse CrashChangeVT= setting, ignoring: x;");
  EXPECT_EQ(said_of("DefaultCPUAccounting=x"), "4 22 Failed to parse boolean value for DefaultCPUAccounting=, ignoring: x;");
  EXPECT_EQ(said_of("DefaultTimeoutStartSec=x"), "4 22 Failed to parse sec value, ignoring: x;");
  EXPECT_EQ(said_of("DefaultOOMScoreAdjust=1001"), "4 34 Failed to parse the OOM score adjust value '1001', ignoring: Numerical result out of range;");
  EXPECT_EQ(said_of("DefaultStandardOutput=file:/x"), "4 22 Failed to parse output type, ignoring: file:/x;");
  EXPECT_EQ(said_of("DefaultStandardOutput=socket"), "4 0 Standard output types socket, fd:, file:, append:, truncate: are not supported as defaults, ignoring: socket;");
  EXPECT_EQ(said_of("DefaultStandardError=syslog"), "5 0 Standard output type syslog is obsolete, automatically updating to journal. Please update your configuration.;");
  EXPECT_EQ(said_of("WatchdogDevice=%Q"), "3 0 WatchdogDevice= path is not absolute, ignoring: %Q;");
  EXPECT_EQ(said_of("RuntimeWatchdogPreGovernor='x'"), "4 0 Specified string contains unsafe characters, ignoring: \\'x\\';");
  EXPECT_EQ(said_of("NUMAPolicy=0"), "4 22 Invalid NUMA policy type, ignoring: 0;");
  EXPECT_EQ(said_of("DefaultLimitCPU="), "4 22 Failed to parse resource value, ignoring: ;");
  EXPECT_EQ(said_of("DefaultLimitCPU=-/x:y:z"), "4 34 Failed to parse resource value, ignoring: -/x:y:z;");
}

TEST(ManagerConfig, ValuesAtTheEdges) {
  ManagerConfig config;
  EXPECT_EQ(said_of("DefaultTimeoutStartSec=0\nDefaultDeviceTimeoutSec=0\nDefaultTimeoutAbortSec=0", &config), "");
  EXPECT_TRUE(config.defaults.timeout_start.is_infinite());
  EXPECT_TRUE(config.defaults.device_timeout.is_zero());
  EXPECT_EQ(config.defaults.timeout_abort, Duration());
  EXPECT_EQ(said_of("CrashChangeVT=0\nDefaultCPUAccounting=no\nDefaultCPUAccounting=\nNUMAPolicy=bind\nNUMAPolicy=", &config), "");
  EXPECT_EQ(config.behaviour.crash_change_vt, 0);
  EXPECT_TRUE(config.defaults.cpu_accounting);
  EXPECT_EQ(config.behaviour.numa_policy, std::nullopt);
  EXPECT_NE(said_of("DefaultLimitNOFILE=", &config), "");
  EXPECT_EQ(config.defaults.limits[7], (ResourceLimit{1024, 524288})) << "an empty line takes nothing back";
  EXPECT_EQ(config.behaviour.log_level, std::nullopt) << "stays as it is";
}

}  // namespace
}  // namespace unitparser
