// Setting properties by bus: the lines that are written and what they make of a config.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "unitparser/base/text.h"
#include "unitparser/directives/registry.h"

namespace unitparser {
namespace {

struct Setting {
  UnitConfig config;
  SpecifierFacts facts;
  MachineFacts machine;

  Result<std::vector<SettingLine>> set(const std::string& unit, std::string_view property, const Value& value, SetMode mode = SetMode::transient) {
    return set_from_bus(config, *UnitName::parse(unit), property, value, mode, facts, machine, ManagerScope::system);
  }
};

std::string text_of(const std::vector<SettingLine>& lines) {
  std::string text;
  for (const SettingLine& line : lines) text += fmt::format("[{}] {}={}\n", line.section, line.key, line.value);
  return text;
}

TEST(SetFromBus, WritesPlainValues) {
  Setting s;
  const auto lines = s.set("x.service", "Description", Value("100% done"));
  ASSERT_TRUE(lines.has_value());
  EXPECT_EQ(text_of(*lines), "[Unit] Description=100%% done\n");
  EXPECT_EQ(s.config.description, "100% done");
}

TEST(SetFromBus, WritesTimesAsTheKeyOfTheFile) {
  Setting s;
  const auto lines = s.set("x.service", "TimeoutStopUSec", Value(std::uint64_t{5'000'000}));
  ASSERT_TRUE(lines.has_value());
  EXPECT_EQ(text_of(*lines), "[Service] TimeoutStopSec=5s\n");
  EXPECT_EQ(s.config.common->service_timeouts->timeout_stop, Duration::from_seconds(5));
}

TEST(SetFromBus, TakesTheUserOfAScopeThatNoPropertyShows) {
  Setting s;
  const auto lines = s.set("x.scope", "User", Value("nobody"));
  ASSERT_TRUE(lines.has_value()) << lines.error().message;
  EXPECT_EQ(text_of(*lines), "[Scope] User=nobody\n");
  EXPECT_EQ(s.config.common->scope->user, "nobody");
  EXPECT_EQ(find_property("org.freedesktop.systemd1.Scope", "User"), nullptr);
}

TEST(SetFromBus, AppendsToLists) {
  Setting s;
  const auto lines = s.set("x.service", "Environment", string_array({"A=1", "B=x y"}));
  ASSERT_TRUE(lines.has_value()) << lines.error().message;
  EXPECT_EQ(text_of(*lines), "[Service] Environment=\"A=1\"\n[Service] Environment=\"B=x y\"\n");
  EXPECT_EQ(s.config.common->exec_environment->environment, (std::vector<std::string>{"A=1", "B=x y"}));
}

TEST(SetFromBus, ADeviceIsAPathThatIsNormalized) {
  Setting s;
  const auto weight_of = [](const char* path) { return ArrayValue{"(st)", {struct_of(path, std::uint64_t{5})}}; };
  const auto lines = s.set("x.service", "IODeviceWeight", weight_of("rel"));
  ASSERT_TRUE(lines.has_value()) << lines.error().message;
  EXPECT_EQ(text_of(*lines), "[Service] IODeviceWeight=rel 5\n");
  for (const char* path : {"/run/../x", "a//b", ""}) EXPECT_FALSE(s.set("x.service", "IODeviceWeight", weight_of(path)).has_value()) << path;
}

TEST(SetFromBus, TakesCommandsWithFlags) {
  Setting s;
  const Value command = ArrayValue{"(sasas)", {struct_of("/bin/sh", string_array({"sh", "-c", "echo $A %i"}), string_array({"ignore-failure"}))}};
  const auto lines = s.set("x.service", "ExecStartEx", command);
  ASSERT_TRUE(lines.has_value()) << lines.error().message;
  ASSERT_EQ(s.config.service_commands->exec_start.size(), 1U);
  const ExecCommand& read = s.config.service_commands->exec_start[0];
  EXPECT_EQ(read.path, "/bin/sh");
  EXPECT_EQ(read.argv, (std::vector<std::string>{"sh", "-c", "echo $A %i"}));
  EXPECT_TRUE(read.ignore_failure);
}

TEST(SetFromBus, KnowsTheNamesThatOnlySettingHas) {
  Setting s;
  s.machine.physical_memory = 1 << 30;
  ASSERT_TRUE(s.set("x.service", "StandardOutputFileToAppend", Value("/tmp/log")).has_value());
  EXPECT_EQ(s.config.common->exec_streams->standard_output, ExecOutput::append);
  EXPECT_EQ(s.config.common->exec_streams->standard_output_name, "/tmp/log");
  ASSERT_TRUE(s.set("x.scope", "MemoryMaxScale", Value(std::uint32_t{UINT32_MAX / 2})).has_value());
  EXPECT_EQ(s.config.common->resource_memory->memory_max.permyriad, 5000U);
  ASSERT_TRUE(s.set("x.timer", "TimersMonotonic", Value(ArrayValue{"(st)", {struct_of("OnActiveSec", std::uint64_t{7'000'000})}})).has_value());
  ASSERT_EQ(s.config.common->timer->timers.size(), 1U);
  EXPECT_EQ(s.config.common->timer->timers[0].base, TimerBase::active);
  ASSERT_TRUE(s.set("x.service", "After", string_array({"a.service"})).has_value());
  ASSERT_EQ(s.config.unit->dependencies.size(), 1U);
}

TEST(SetFromBus, RefusesWhatAFileWouldNotTake) {
  Setting s;
  EXPECT_FALSE(s.set("x.service", "CPUWeight", Value(std::uint64_t{20000})).has_value());
  EXPECT_FALSE(s.set("x.service", "Description", Value("a\nExecStart=/bin/evil")).has_value());
  EXPECT_FALSE(s.set("x.service", "NoSuchThing", Value(true)).has_value());
  EXPECT_FALSE(s.set("x.service", "Type", Value("bogus")).has_value());
  EXPECT_FALSE(s.set("x.service", "CPUWeight", Value("text")).has_value());
  EXPECT_TRUE(s.config.common->resource_basics.same_as(UnitConfig{}.common->resource_basics));
}

TEST(SetFromBus, AllowsOnlySomeOnALiveUnit) {
  Setting s;
  EXPECT_TRUE(s.set("x.service", "MemoryMax", Value(std::uint64_t{1 << 20}), SetMode::live).has_value());
  const auto refused = s.set("x.service", "User", Value("nobody"), SetMode::live);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().message, "Cannot set property User, or unknown property.");
}

/// What is written for a property's own default value is read back as that value.
TEST(SetFromBus, ReadsBackWhatItWrites) {
  const UnitName name = *UnitName::parse("x.service");
  const UnitConfig plain;
  const MachineFacts machine;
  for (const Property& property : properties_of("org.freedesktop.systemd1.Service")) {
    const Value value = bus_value(plain, name, machine, property);
    const Result<std::vector<SettingLine>> lines = setting_lines(UnitType::service, property.name, value, SetMode::transient);
    if (!lines) continue;
    UnitConfig config;
    if (!apply_settings(config, *lines, name, {}, machine, ManagerScope::system)) continue;
    EXPECT_EQ(bus_value(config, name, machine, property), value) << property.name << "\n" << text_of(*lines);
  }
}

}  // namespace
}  // namespace unitparser
