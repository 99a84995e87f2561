// Setting properties by bus: the lines that are written and what they make of a config.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

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
  EXPECT_EQ(text_of(*lines), "[Service] Environment=\"A=1\" \"B=x y\"\n");
  EXPECT_EQ(s.config.common->exec_environment->environment, (std::vector<std::string>{"A=1", "B=x y"}));
}

TEST(SetFromBus, ADeviceIsAPathThatIsNormalized) {
  Setting s;
  const auto weight_of = [](const char* path) { return ArrayValue{"(st)", {struct_of(path, std::uint64_t{5})}}; };
  const auto lines = s.set("x.service", "IODeviceWeight", weight_of("rel"));
  ASSERT_TRUE(lines.has_value()) << lines.error().message;
  EXPECT_EQ(text_of(*lines), "[Service] IODeviceWeight=\n[Service] IODeviceWeight=rel 5\n");
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

/// A value of type "a(...)".
Value list_of(std::string signature, std::vector<Value> elements) { return ArrayValue{std::move(signature), std::move(elements)}; }

TEST(SetFromBus, RefusesInSystemdsWords) {
  struct Refused {
    std::string_view property;
    Value value;
    std::string_view message;
  };
  const Refused cases[] = {
      {"Restart", "sometimes", "Invalid Restart setting: sometimes"},
      {"Nice", std::int32_t{100}, "Invalid Nice value: 100"},
      {"OOMScoreAdjust", std::int32_t{5000}, "OOM score adjust value out of range"},
      {"CPUWeight", std::uint64_t{20000}, "Value specified in CPUWeight is out of range"},
      {"MemoryMax", std::uint64_t{0}, "Value specified in MemoryMax is out of range"},
      {"DevicePolicy", "x", "Failed to set unit properties: Invalid argument"},
      {"SystemCallFilter", struct_of(true, string_array({"read:EPERM"})), "Failed to set unit properties: Invalid argument"},
      {"RestrictAddressFamilies", struct_of(true, string_array({"AF_NOTHING"})), "Failed to set unit properties: Invalid argument"},
      {"After", string_array({"nonsense"}), "Invalid unit name nonsense"},
      {"Documentation", string_array({"nonsense"}), "Invalid URL in Documentation: nonsense"},
      {"Environment", string_array({"A"}), "Invalid environment block."},
      {"PassEnvironment", string_array({"A", "A"}), "Invalid PassEnvironment= block."},
      {"ReadWritePaths", string_array({"x"}), "Invalid ReadWritePaths"},
      {"RuntimeDirectory", string_array({"/x"}), "RuntimeDirectory= path is absolute: /x"},
      {"StandardOutput", "file:/x", "Invalid StandardOutput setting: file:/x"},
      {"SuccessExitStatus", struct_of(list_of("i", {std::int32_t{300}}), list_of("i", {})), "Invalid status code in SuccessExitStatus: 300"},
      {"IPAddressAllow", list_of("(iayu)", {struct_of(std::int32_t{2}, Bytes{"\1"}, std::uint32_t{8})}), "IP address has wrong size for family (AF_INET, expected 4, got 1)"},
      {"BindPaths", list_of("(ssbt)", {struct_of("/a", "b", false, std::uint64_t{0})}), "Destination path b is not absolute."},
      {"LoadCredential", list_of("(ss)", {struct_of("a/b", "/c")}), "Credential ID is invalid: a/b"},
      {"ExecStart", list_of("(sasb)", {struct_of("a/b", string_array({"a"}), false)}), "\"a/b\" is neither a valid executable name nor an absolute path"},
      {"Conditions", list_of("(sbbs)", {struct_of("AssertUser", false, false, "root")}), "Invalid condition type: AssertUser"},
  };
  for (const Refused& refused : cases) {
    Setting s;
    const auto lines = s.set("x.service", refused.property, refused.value);
    ASSERT_FALSE(lines.has_value()) << refused.property;
    EXPECT_EQ(lines.error().message, refused.message);
    EXPECT_EQ(lines.error().code, ErrorCode::invalid_argument) << refused.property;
  }
}

TEST(SetFromBus, AValueOfAnotherTypeIsRefusedBeforeItIsLookedAt) {
  Setting s;
  for (const auto& [property, value] : {std::pair("CPUWeight", Value("1")), std::pair("Environment", Value("A=b")), std::pair("TTYRows", Value(std::uint16_t{5})), std::pair("ExecStart", Value(list_of("(ss)", {})))}) {
    const auto lines = s.set("x.service", property, value);
    ASSERT_FALSE(lines.has_value()) << property;
    EXPECT_EQ(lines.error().os_errno, ENXIO) << property;
  }
  EXPECT_TRUE(s.set("x.service", "TTYRows", Value(std::uint32_t{5})).has_value());
}

TEST(SetFromBus, KeysThatAreNoPropertiesCannotBeGiven) {
  Setting s;
  for (const char* key : {"ConditionPathExists", "TimeoutSec", "CPUQuota", "ListenStream", "JobTimeoutUSec", "TimeoutCleanUSec", "LogFilterPatterns"}) {
    const auto lines = s.set("x.service", key, Value("x"));
    ASSERT_FALSE(lines.has_value()) << key;
    EXPECT_EQ(lines.error().code, ErrorCode::not_found) << key;
  }
}

TEST(SetFromBus, WritesListsAsSystemdDoes) {
  Setting s;
  EXPECT_EQ(text_of(s.set("x.service", "PassEnvironment", string_array({"A", "B"})).value()), "[Service] PassEnvironment=\"A\" \"B\"\n");
  EXPECT_EQ(text_of(s.set("x.service", "ExecSearchPath", string_array({"/a", "/b"})).value()), "[Service] ExecSearchPath=/a:/b\n");
  EXPECT_EQ(text_of(s.set("x.service", "AllowedCPUs", Bytes{"\7\1"}).value()), "[Service] AllowedCPUs=\n[Service] AllowedCPUs=0-2 8\n");
  EXPECT_EQ(text_of(s.set("x.service", "KillSignal", std::int32_t{9}).value()), "[Service] KillSignal=KILL\n");
  EXPECT_EQ(text_of(s.set("x.service", "PIDFile", "x.pid").value()), "[Service] PIDFile=/run/x.pid\n");
  EXPECT_EQ(text_of(s.set("x.service", "ExecStart", list_of("(sasb)", {struct_of("/bin/a", string_array({"a", "b c"}), true)})).value()),
            "[Service] ExecStart=\n[Service] ExecStart=-@/bin/a \"a\" \"b c\"\n");
}

/// systemd-run -p LimitNOFILE=5:10 gives both.
TEST(SetFromBus, SoftAndHardLimitsAreGivenOneByOne) {
  Setting s;
  EXPECT_EQ(text_of(s.set("x.service", "LimitNOFILE", std::uint64_t{10}).value()), "[Service] LimitNOFILE=10\n");
  EXPECT_EQ(text_of(s.set("x.service", "LimitNOFILESoft", std::uint64_t{5}).value()), "[Service] LimitNOFILE=5:10\n");
  EXPECT_EQ(s.config.common->exec_scheduling->limits[RLIMIT_NOFILE], (ResourceLimit{5, 10}));
}

/// Each call is about the devices that it names.
TEST(SetFromBus, LimitsOfOtherDevicesStay) {
  Setting s;
  const auto limit = [&](const char* path, std::uint64_t amount) { return s.set("x.service", "IOReadBandwidthMax", list_of("(st)", {struct_of(path, amount)}), SetMode::live); };
  ASSERT_TRUE(limit("/dev/a", 5).has_value());
  EXPECT_EQ(text_of(limit("/dev/b", 7).value()), "[Service] IOReadBandwidthMax=\n[Service] IOReadBandwidthMax=/dev/a 5\n[Service] IOReadBandwidthMax=/dev/b 7\n");
  EXPECT_EQ(text_of(limit("/dev/a", UINT64_MAX).value()), "[Service] IOReadBandwidthMax=\n[Service] IOReadBandwidthMax=/dev/b 7\n");
  EXPECT_EQ(text_of(s.set("x.service", "IOReadBandwidthMax", list_of("(st)", {}), SetMode::live).value()), "[Service] IOReadBandwidthMax=\n");
}

/// What is written for a property's own default value is read back as that value.
TEST(SetFromBus, ReadsBackWhatItWrites) {
  const UnitName name = *UnitName::parse("x.service");
  const UnitConfig plain;
  const MachineFacts machine;
  for (const Property& property : properties_of("org.freedesktop.systemd1.Service")) {
    if (property.name.ends_with("FileDescriptorName")) continue;  // where none is given they have one of their own
    const Value value = bus_value(plain, name, machine, property);
    UnitConfig config;
    const Result<std::vector<SettingLine>> lines = set_from_bus(config, name, property.name, value, SetMode::transient, {}, machine, ManagerScope::system);
    if (!lines) continue;
    EXPECT_EQ(bus_value(config, name, machine, property), value) << property.name << "\n" << text_of(*lines);
  }
}

}  // namespace
}  // namespace unitparser
