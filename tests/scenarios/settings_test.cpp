// Settings of [Unit] and [Service] whose effect is an order of the engine's: each test fails when the setting is not looked at.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/sim/sim.h"

using namespace init;

namespace {

class Settings : public ::testing::Test {
 protected:
  void add(const char* name, const std::string& unit, const std::string& type) {
    machine.source.set(name, "[Unit]\nDefaultDependencies=no\n" + unit + type);
  }
  [[nodiscard]] const effect::Emergency* emergency() const {
    for (const Effect& effect : machine.effects())
      if (const auto* found = std::get_if<effect::Emergency>(&effect)) return found;
    return nullptr;
  }
  sim::SimMachine machine;
};

constexpr const char* ends_well = "[Service]\nType=oneshot\nExecStart=/bin/true\n";
constexpr const char* ends_badly = "[Service]\nType=oneshot\nExecStart=/bin/false\n";
constexpr const char* runs = "[Service]\nExecStart=/bin/run\n";

TEST_F(Settings, FailureActionCarriesItsStatusAndArgument) {
  add("a.service", "FailureAction=reboot\nRebootArgument=again\nFailureActionExitStatus=23\n", ends_badly);
  machine.start("a.service");
  ASSERT_NE(emergency(), nullptr);
  EXPECT_EQ(emergency()->action, unitparser::EmergencyAction::reboot);
  EXPECT_EQ(emergency()->reboot_argument, "again");
  EXPECT_EQ(emergency()->exit_status, 23);
}

TEST_F(Settings, SuccessActionCarriesItsStatus) {
  add("a.service", "SuccessAction=exit\nSuccessActionExitStatus=24\n", ends_well);
  machine.start("a.service");
  ASSERT_NE(emergency(), nullptr);
  EXPECT_EQ(emergency()->action, unitparser::EmergencyAction::exit);
  EXPECT_EQ(emergency()->exit_status, 24);
}

TEST_F(Settings, JobTimeoutActionCarriesItsArgument) {
  add("a.service", "JobTimeoutSec=2\nJobTimeoutAction=reboot\nJobTimeoutRebootArgument=late\n", "[Service]\nType=notify\nTimeoutStartSec=infinity\nExecStart=/bin/run\n");
  machine.start("a.service");
  EXPECT_EQ(emergency(), nullptr);
  machine.advance(3'000'000);
  ASSERT_NE(emergency(), nullptr);
  EXPECT_EQ(emergency()->reboot_argument, "late");
}

TEST_F(Settings, WhatWasCountedIsToldAtTheEnd) {
  const auto told = [](const init::IoTraffic& used) {
    sim::SimMachine fresh;
    fresh.io_used = used;
    fresh.ip_used = init::IpTraffic{.ingress_bytes = 2048, .ingress_packets = 2};
    fresh.source.set("a.service", std::string("[Unit]\nDefaultDependencies=no\n") + ends_well + "IOAccounting=yes\nIPAccounting=yes\n");
    fresh.start("a.service");
    for (const Effect& effect : fresh.effects())
      if (const auto* line = std::get_if<effect::Log>(&effect); line != nullptr && line->message.find("IP traffic") != std::string::npos) return *line;
    return effect::Log{};
  };
  EXPECT_EQ(told({}).message, "a.service: No IO, received 2.0K IP traffic, sent 0B IP traffic.");
  const effect::Log line = told({.read_bytes = 4096, .write_bytes = 3UL << 20U, .read_operations = 1, .write_operations = 7});
  EXPECT_EQ(line.message, "a.service: Read 4.0K from disk, written 3.0M to disk, received 2.0K IP traffic, sent 0B IP traffic.");
  EXPECT_EQ(line.priority, 6);
  EXPECT_NE(std::find(line.fields.begin(), line.fields.end(), std::pair<std::string_view, std::string>("IO_METRIC_WRITE_OPERATIONS", "7")), line.fields.end());
}

TEST_F(Settings, OnFailureJobModeIsolates) {
  for (const char* setting : {"OnFailureJobMode=isolate\n", "OnFailureIsolate=yes\n", ""}) {
    SCOPED_TRACE(setting);
    sim::SimMachine fresh;
    fresh.source.set("bystander.service", std::string("[Unit]\nDefaultDependencies=no\n") + runs);
    fresh.source.set("rescue.target", "[Unit]\nDefaultDependencies=no\nAllowIsolate=yes\n");
    fresh.source.set("a.service", std::string("[Unit]\nDefaultDependencies=no\nOnFailure=rescue.target\n") + setting + ends_badly);
    fresh.start("bystander.service");
    fresh.start("a.service");
    EXPECT_EQ(fresh.state("rescue.target"), "active/active");
    EXPECT_EQ(fresh.state("bystander.service") == "active/running", *setting == '\0');
  }
}

TEST_F(Settings, OnSuccessJobModeLeavesDependenciesOut) {
  add("wanted.service", "", runs);
  add("next.target", "Wants=wanted.service\n", "");
  add("a.service", "OnSuccess=next.target\nOnSuccessJobMode=ignore-dependencies\n", ends_well);
  machine.start("a.service");
  EXPECT_EQ(machine.state("next.target"), "active/active");
  EXPECT_NE(machine.state("wanted.service"), "active/running");
}

TEST_F(Settings, OOMPolicyDecidesWhatAnOomKillIs) {
  for (const auto& [policy, state] : {std::pair{"continue", "active/running"}, std::pair{"stop", "failed/failed"}}) {
    SCOPED_TRACE(policy);
    sim::SimMachine fresh;
    fresh.source.set("a.service", std::string("[Unit]\nDefaultDependencies=no\n") + runs + "OOMPolicy=" + policy + "\n");
    fresh.start("a.service");
    fresh.post(event::CgroupOom{fresh.unit("a.service")->runtime->cgroup, false});
    fresh.advance(1'000'000);
    EXPECT_EQ(fresh.state("a.service"), state);
  }
}

TEST_F(Settings, TimeoutCleanSecEndsACleaning) {
  add("a.service", "", std::string(runs) + "StateDirectory=a\nTimeoutCleanSec=4\n");
  add("keeps.target", "After=a.service\n", "");  // so that it is not unloaded
  machine.start("keeps.target");
  machine.start("a.service");
  machine.stop("a.service");
  machine.enqueue(event::CleanUnit{RequestId{900}, "a.service", 2});
  ASSERT_TRUE(machine.settle_one());
  ASSERT_EQ(machine.state("a.service"), "maintenance/cleaning");
  EXPECT_EQ(machine.engine().deadline(machine.unit("a.service")->id).usec(), machine.now().monotonic.usec() + 4'000'000);
}

TEST_F(Settings, ARuntimeFolderIsKeptOverARestart) {
  add("a.service", "", std::string(runs) + "RuntimeDirectory=a\nRuntimeDirectoryPreserve=restart\n");
  const auto kept = [this] {
    std::optional<bool> last;
    for (const Effect& effect : machine.effects())
      if (const auto* released = std::get_if<effect::ReleaseExecution>(&effect)) last = released->keep_runtime_directories;
    return last;
  };
  machine.start("a.service");
  machine.forget_effects();
  machine.request("a.service", JobType::restart);
  EXPECT_EQ(kept(), true);
  machine.stop("a.service");
  EXPECT_EQ(kept(), false);
}

TEST_F(Settings, AServiceStaysWhileASocketTriggersIt) {
  add("a.socket", "", "[Socket]\nListenStream=/run/a\nService=b.service\n");
  add("b.service", "", std::string(ends_well) + "Sockets=a.socket\n");
  machine.start("b.service");
  EXPECT_EQ(machine.state("a.socket"), "active/listening");
  EXPECT_EQ(machine.state("b.service"), "inactive/dead");
}

}  // namespace
