// Each directive of systemd.resource-control(5) that becomes a file of the control group: what is written there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "init/cgroup/attributes.h"
#include "unitparser/directives/registry.h"

namespace init {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using unitparser::UnitConfig;
using unitparser::UnitName;
using unitparser::UnitType;

struct Row {
  const char* setting;  ///< "Key=value"
  const char* file;
  const char* value;
  bool starting = false;  ///< looked at before the boot is done
};

const Row rows[] = {
    {"CPUWeight=200", "cpu.weight", "200"},
    {"CPUWeight=idle", "cpu.idle", "1"},
    {"StartupCPUWeight=300", "cpu.weight", "300", true},
    {"CPUShares=2048", "cpu.weight", "200"},
    {"StartupCPUShares=4096", "cpu.weight", "400", true},
    {"CPUQuota=20%", "cpu.max", "20000 100000"},
    {"AllowedCPUs=0-2 5", "cpuset.cpus", "0-2,5"},
    {"StartupAllowedCPUs=1", "cpuset.cpus", "1", true},
    {"AllowedMemoryNodes=0", "cpuset.mems", "0"},
    {"StartupAllowedMemoryNodes=0-1", "cpuset.mems", "0-1", true},
    {"IOWeight=300", "io.weight", "default 300"},
    {"StartupIOWeight=400", "io.weight", "default 400", true},
    {"IODeviceWeight=/dev/x 55", "io.weight", "/dev/x 55"},
    {"IOReadBandwidthMax=/dev/x 5M", "io.max", "/dev/x rbps=5000000"},
    {"IOWriteBandwidthMax=/dev/x 6M", "io.max", "/dev/x wbps=6000000"},
    {"IOReadIOPSMax=/dev/x 70", "io.max", "/dev/x riops=70"},
    {"IOWriteIOPSMax=/dev/x 80", "io.max", "/dev/x wiops=80"},
    {"IODeviceLatencyTargetSec=/dev/x 25ms", "io.latency", "/dev/x target=25000"},
    {"BlockIOWeight=1000", "io.weight", "default 200"},
    {"StartupBlockIOWeight=500", "io.weight", "default 100", true},
    {"BlockIODeviceWeight=/dev/x 250", "io.weight", "/dev/x 50"},
    {"BlockIOReadBandwidth=/dev/x 5M", "io.max", "/dev/x rbps=5000000"},
    {"BlockIOWriteBandwidth=/dev/x 6M", "io.max", "/dev/x wbps=6000000"},
    {"MemoryMin=1M", "memory.min", "1048576"},
    {"MemoryLow=2M", "memory.low", "2097152"},
    {"MemoryHigh=3M", "memory.high", "3145728"},
    {"MemoryMax=4M", "memory.max", "4194304"},
    {"MemoryLimit=5M", "memory.max", "5242880"},
    {"MemorySwapMax=6M", "memory.swap.max", "6291456"},
    {"TasksMax=77", "pids.max", "77"},
    {"OOMPolicy=kill", "memory.oom.group", "1"},
};

UnitConfig config_of(const char* setting) {
  const std::string text = setting;
  const std::size_t equals = text.find('=');
  const unitparser::SettingLine line{"Service", text.substr(0, equals), text.substr(equals + 1)};
  UnitConfig config;
  EXPECT_TRUE(unitparser::apply_settings(config, {&line, 1}, *UnitName::parse("a.service"), {}, {}, unitparser::ManagerScope::system)) << setting;
  return config;
}

auto written(std::string file, std::string value) {
  return ::testing::AllOf(::testing::Field(&AttributeWrite::file, file), ::testing::Field(&AttributeWrite::value, value));
}

TEST(CgroupSettings, EachIsWrittenToItsFileAndWantsItsController) {
  for (const Row& row : rows) {
    const UnitConfig config = config_of(row.setting);
    const MachineAmounts machine{1ULL << 30U, 32768, row.starting};
    EXPECT_THAT(attribute_writes(config, UnitType::service, machine, Reset::no), Contains(written(row.file, row.value))) << row.setting;
  }
}

TEST(CgroupSettings, APeriodOfItsOwnScalesTheQuota) {
  UnitConfig config = config_of("CPUQuota=50%");
  config.common.write().resource_basics.write().cpu_quota_period = config_of("CPUQuotaPeriodSec=10ms").common->resource_basics->cpu_quota_period;
  EXPECT_THAT(attribute_writes(config, UnitType::service, {}, Reset::no), Contains(written("cpu.max", "5000 10000")));
}

TEST(CgroupSettings, AccountingWantsItsController) {
  using unitparser::Controller;
  const auto bit = [](Controller controller) { return 1U << static_cast<unsigned>(controller); };
  const auto wanted = [](const char* setting) { return needed_controllers(config_of(setting), UnitType::slice); };
  EXPECT_TRUE(wanted("MemoryAccounting=yes") & bit(Controller::memory));
  EXPECT_FALSE(wanted("MemoryAccounting=no") & bit(Controller::memory));
  EXPECT_TRUE(wanted("TasksAccounting=yes") & bit(Controller::pids));
  EXPECT_FALSE(wanted("TasksAccounting=no") & bit(Controller::pids));
  EXPECT_TRUE(wanted("IOAccounting=yes") & bit(Controller::io));
  EXPECT_TRUE(wanted("BlockIOAccounting=yes") & bit(Controller::io));
  EXPECT_FALSE(wanted("CPUAccounting=yes") & bit(Controller::cpu));  // cpu.stat is there without
}

TEST(CgroupSettings, DefaultsOfTheSlicesHoldWhereTheUnitSaysNothing) {
  SliceRules slices;
  slices.memory_min = *config_of("DefaultMemoryMin=1M").common->resource_memory->default_memory_min;
  slices.memory_low = *config_of("DefaultMemoryLow=2M").common->resource_memory->default_memory_low;
  const auto silent = attribute_writes({}, UnitType::service, {}, Reset::no, slices);
  EXPECT_THAT(silent, Contains(written("memory.min", "1048576")));
  EXPECT_THAT(silent, Contains(written("memory.low", "2097152")));
  EXPECT_THAT(attribute_writes(config_of("MemoryMin=7M"), UnitType::service, {}, Reset::no, slices), Contains(written("memory.min", "7340032")));
}

TEST(CgroupSettings, NothingIsWrittenForAControllerThatASliceDisables) {
  SliceRules slices;
  slices.disabled_controllers = config_of("DisableControllers=cpu").common->resource_basics->disabled_controllers;
  EXPECT_THAT(attribute_writes(config_of("CPUWeight=200"), UnitType::service, {}, Reset::no, slices), IsEmpty());
  EXPECT_THAT(attribute_writes(config_of("TasksMax=77"), UnitType::service, {}, Reset::no, slices), Contains(written("pids.max", "77")));
}

}  // namespace
}  // namespace init
