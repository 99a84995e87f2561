#include "init/cgroup/attributes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace init {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using unitparser::Controller;
using unitparser::UnitConfig;
using unitparser::UnitType;

constexpr MachineAmounts machine{1000000, 32768, false};

auto writes(std::string file, std::string value) {
  return ::testing::AllOf(::testing::Field(&AttributeWrite::file, file), ::testing::Field(&AttributeWrite::value, value));
}

TEST(CgroupAttributes, DefaultsWriteNothing) {
  EXPECT_THAT(attribute_writes({}, UnitType::service, machine, Reset::no), IsEmpty());
  EXPECT_THAT(attribute_writes({}, UnitType::target, machine, Reset::yes), IsEmpty());
}

TEST(CgroupAttributes, PercentagesAreOfTheMachine) {
  UnitConfig config;
  config.common.write().resource_memory.write().memory_max.permyriad = 2500;
  config.common.write().resource_basics.write().tasks_max = unitparser::ScalableLimit{0, 1500};
  const auto all = attribute_writes(config, UnitType::service, machine, Reset::no);
  EXPECT_THAT(all, Contains(writes("memory.max", "250000")));
  EXPECT_THAT(all, Contains(writes("pids.max", "4915")));
}

TEST(CgroupAttributes, QuotaIsScaledToThePeriod) {
  UnitConfig config;
  config.common.write().resource_basics.write().cpu_quota_per_sec = unitparser::Duration::from_msec(200);
  EXPECT_THAT(attribute_writes(config, UnitType::service, machine, Reset::no), Contains(writes("cpu.max", "20000 100000")));
  config.common.write().resource_basics.write().cpu_quota_period = unitparser::Duration::from_msec(10);
  EXPECT_THAT(attribute_writes(config, UnitType::service, machine, Reset::no), Contains(writes("cpu.max", "2000 10000")));
}

TEST(CgroupAttributes, StartupSettingsApplyUntilTheBootIsDone) {
  UnitConfig config;
  config.common.write().resource_basics.write().cpu_weight = 20;
  config.common.write().resource_basics.write().startup_cpu_weight = 500;
  MachineAmounts starting = machine;
  starting.starting = true;
  EXPECT_THAT(attribute_writes(config, UnitType::slice, starting, Reset::no), Contains(writes("cpu.weight", "500")));
  EXPECT_THAT(attribute_writes(config, UnitType::slice, machine, Reset::no), Contains(writes("cpu.weight", "20")));
}

TEST(CgroupAttributes, ResetBringsDefaultsBack) {
  EXPECT_THAT(attribute_writes({}, UnitType::service, machine, Reset::yes), Contains(writes("memory.max", "max")));
  EXPECT_THAT(attribute_writes({}, UnitType::service, machine, Reset::yes), Contains(writes("cpu.weight", "100")));
}

TEST(CgroupAttributes, ControllersFollowSettings) {
  const auto bit = [](Controller controller) { return 1U << static_cast<unsigned>(controller); };
  EXPECT_EQ(needed_controllers({}, UnitType::service), bit(Controller::memory) | bit(Controller::pids));
  EXPECT_EQ(needed_controllers({}, UnitType::target), 0U);
  UnitConfig config;
  config.common.write().resource_basics.write().cpu_weight = 20;
  config.common.write().resource_basics.write().allowed_cpus = {3};
  EXPECT_EQ(needed_controllers(config, UnitType::scope),
            bit(Controller::memory) | bit(Controller::pids) | bit(Controller::cpu) | bit(Controller::cpuset));
}

TEST(CgroupAttributes, CpuListsJoinNeighbours) {
  EXPECT_EQ(format_cpu_list({}), "");
  EXPECT_EQ(format_cpu_list({0x0B}), "0-1,3");
  EXPECT_EQ(format_cpu_list({0x80, 0x01}), "7-8");
}

TEST(CgroupAttributes, PatternsOfTheLogAreHandedOverByKind) {
  unitparser::ExecLogging logging;
  EXPECT_EQ(log_filter_attribute(logging), "");
  logging.log_filter_patterns = {"~secret"};
  EXPECT_EQ(log_filter_attribute(logging), "\xffsecret");
  logging.log_filter_patterns = {"a.*b", "~secret", "c", "~key="};
  EXPECT_EQ(log_filter_attribute(logging), std::string("a.*b\0c\xffsecret\0key=", 18));
}

}  // namespace
}  // namespace init
