// What clients showed to be unlike systemd, and the engine decides.
#include <gtest/gtest.h>

#include <set>

#include "tests/sim/sim.h"

using namespace init;

namespace {

void expect_perpetual(const sim::SimMachine& machine, const char* name) {
  const Unit* unit = machine.unit(name);
  ASSERT_NE(unit, nullptr) << name;
  EXPECT_TRUE(unit->origin.perpetual) << name;
  EXPECT_FALSE(unit->config.unit->default_dependencies) << name;
  EXPECT_TRUE(unit->runtime->times.active_enter.is_set()) << name;
}

}  // namespace

TEST(SeenByClients, UnitsOfTheManagerItselfStayThatOverReexecution) {
  sim::SimMachine machine;
  machine.source.set("a.service", "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/run\n");
  machine.post(event::Startup{});
  machine.start("a.service");
  for (int round = 0; round < 2; ++round, machine.reexec()) {
    expect_perpetual(machine, "-.slice");
    expect_perpetual(machine, "system.slice");
    expect_perpetual(machine, "init.scope");
  }
}

TEST(SeenByClients, AReloadTellsOfTheUnitsThatItChanged) {
  sim::SimMachine machine;
  for (const char* name : {"same.service", "other.service", "hooked.service"})
    machine.source.set(name, "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/run\n");
  for (const char* name : {"same.service", "other.service", "hooked.service"}) machine.start(name);
  machine.source.set("other.service", "[Unit]\nDefaultDependencies=no\nAfter=hooked.service\nDescription=New\n[Service]\nExecStart=/bin/run\n");
  machine.forget_effects();
  machine.post(event::Reload{});
  std::set<std::string> told;
  for (const Effect& effect : machine.effects())
    if (const auto* changed = std::get_if<effect::UnitChanged>(&effect)) told.insert(machine.engine().find(changed->unit)->name.text());
  EXPECT_EQ(told, (std::set<std::string>{"hooked.service", "other.service"}));
}

TEST(SeenByClients, AMountThatNoFileNamesStaysTheKernels) {
  sim::SimMachine machine;
  event::MountTable table;
  table.mounts = {{"/dev/vda", "/data", "ext4", "rw"}, {"/lower", "/mnt", "none", "ro"}, {"tmpfs", "/mnt", "tmpfs", "rw"}};
  machine.post(table);
  for (const bool reloaded : {false, true}) {
    if (reloaded) machine.post(event::Reload{});
    const Unit* on_top = machine.unit("mnt.mount");
    ASSERT_NE(on_top, nullptr);
    EXPECT_EQ(on_top->config.common->mount->what, "tmpfs");
    EXPECT_EQ(on_top->config.common->mount->options, "rw");
    EXPECT_EQ(on_top->config.description, "/mnt");
    EXPECT_EQ(on_top->config.unit_documents->source_path, "/proc/self/mountinfo");
    EXPECT_EQ(on_top->origin.load_state, LoadState::loaded);
    EXPECT_FALSE(on_top->runtime->invocation_id.empty());
  }
  table.mounts[2].options = "ro";
  machine.post(table);
  EXPECT_EQ(machine.unit("mnt.mount")->config.common->mount->options, "ro");
}

TEST(SeenByClients, AReloadForgetsHowSingleCommandsEnded) {
  sim::SimMachine machine;
  machine.source.set("a.service", "[Unit]\nDefaultDependencies=no\nConditionPathExists=/there\n[Service]\nExecStart=/bin/run\n");
  machine.start("a.service");
  const auto statuses = [&] { return machine.unit("a.service")->read<ServiceRuntime>().command_status.size(); };
  EXPECT_EQ(statuses(), 1U);
  EXPECT_EQ(machine.unit("a.service")->runtime->condition_verdicts.size(), 1U);
  machine.post(event::Reload{});
  EXPECT_EQ(statuses(), 0U);
  EXPECT_TRUE(machine.unit("a.service")->runtime->condition_verdicts.empty());
  EXPECT_TRUE(machine.unit("a.service")->read<ServiceRuntime>().main.status.start.is_set());
}

TEST(SeenByClients, OneReloadAnswersAllWhoAskedForIt) {
  sim::SimMachine machine;
  machine.forget_effects();
  machine.post(event::Reload{{RequestId{7}, RequestId::none, RequestId{8}}});
  std::vector<RequestId> answered;
  bool is_over = false;
  for (const Effect& effect : machine.effects()) {
    is_over = is_over || std::holds_alternative<effect::Reloaded>(effect);
    EXPECT_FALSE(is_over && std::holds_alternative<effect::UnitChanged>(effect));
    if (const auto* reply = std::get_if<effect::Reply>(&effect)) {
      answered.push_back(reply->request);
      EXPECT_TRUE(is_over);
    }
  }
  EXPECT_TRUE(is_over);
  EXPECT_EQ(answered, (std::vector{RequestId{7}, RequestId{8}}));
}

TEST(SeenByClients, JobsBeforeAndAfterAJob) {
  sim::SimMachine machine;
  machine.source.set("first.service", "[Unit]\nDefaultDependencies=no\n[Service]\nType=notify\nExecStart=/bin/run\n");
  machine.source.set("second.service", "[Unit]\nDefaultDependencies=no\nAfter=first.service\n[Service]\nExecStart=/bin/run\n");
  machine.start("first.service");
  machine.start("second.service");
  const Job* first = machine.engine().find_job(machine.unit("first.service")->job);
  const Job* second = machine.engine().find_job(machine.unit("second.service")->job);
  ASSERT_TRUE(first != nullptr && second != nullptr);
  EXPECT_EQ(machine.engine().jobs_before(*second), std::vector{first->id});
  EXPECT_EQ(machine.engine().jobs_after(*first), std::vector{second->id});
  EXPECT_TRUE(machine.engine().jobs_before(*first).empty() && machine.engine().jobs_after(*second).empty());
}

TEST(SeenByClients, KeptDescriptorsAreClosedWhenTheServiceIsAtRest) {
  sim::SimMachine machine;
  machine.source.set("keeps.target", "[Unit]\nDefaultDependencies=no\nAfter=a.service\n");
  machine.source.set("a.service", "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/run\nNotifyAccess=all\nFileDescriptorStoreMax=2\n");
  machine.start("keeps.target");  // so that it is not unloaded
  machine.start("a.service");
  machine.notify(machine.main_pid("a.service"), {{"FDSTORE", "1"}}, {70});
  const auto kept = [&] { return machine.unit("a.service")->read<ServiceRuntime>().fd_store.size(); };
  EXPECT_EQ(kept(), 1U);
  machine.request("a.service", JobType::restart);
  EXPECT_EQ(kept(), 1U);
  machine.stop("a.service");
  EXPECT_EQ(kept(), 0U);
}

TEST(SeenByClients, OfNotificationsOnlyWhatTheyCanSee) {
  sim::SimMachine machine;
  machine.source.set("a.service", "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/run\nNotifyAccess=all\nFileDescriptorStoreMax=2\nWatchdogSec=1h\n");
  machine.start("a.service");
  const auto hears_of = [&](std::vector<std::pair<std::string, std::string>> fields, std::vector<int> fds = {}) {
    machine.forget_effects();
    machine.notify(machine.main_pid("a.service"), std::move(fields), std::move(fds));
    const auto is_change = [](const Effect& effect) { return std::holds_alternative<effect::UnitChanged>(effect); };
    return std::any_of(machine.effects().begin(), machine.effects().end(), is_change);
  };
  EXPECT_FALSE(hears_of({{"FDSTORE", "1"}}, {70}));
  EXPECT_FALSE(hears_of({{"WATCHDOG", "1"}}));
  EXPECT_FALSE(hears_of({{"FDSTOREREMOVE", "1"}, {"FDNAME", "stored"}}));
  EXPECT_TRUE(hears_of({{"STATUS", "busy"}}));
  EXPECT_FALSE(hears_of({{"STATUS", "busy"}}));
  EXPECT_TRUE(hears_of({{"ERRNO", "5"}}));
  EXPECT_FALSE(hears_of({{"ERRNO", "5"}}));
  EXPECT_FALSE(hears_of({{"BUSERROR", "a.b.C"}}));
  EXPECT_FALSE(hears_of({{"EXTEND_TIMEOUT_USEC", "5000000"}, {"WATCHDOG_USEC", "7200000000"}, {"X_OWN", "1"}}));
  EXPECT_TRUE(hears_of({{"READY", "1"}}));
}

TEST(SeenByClients, TheBootOfTheHostIsNoneOfAContainer) {
  EngineOptions options;
  options.in_container = true;
  sim::SimMachine machine(1, options);
  machine.advance(3'600'000'000);
  options.userspace_start = machine.now().monotonic;
  sim::SimMachine container(1, options);
  container.source.set("a.timer", "[Unit]\nDefaultDependencies=no\n[Timer]\nOnBootSec=60\n");
  container.source.set("a.service", "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/run\n");
  container.advance(3'600'000'000);
  container.start("a.timer");
  EXPECT_EQ(container.state("a.timer"), "active/waiting");
  EXPECT_EQ(container.main_pid("a.service"), 0);
}

TEST(SeenByClients, AReloadLimitsWhatIsInASliceThatChanged) {
  sim::SimMachine machine;
  machine.source.set("a.slice", "[Unit]\nDefaultDependencies=no\n");
  for (const char* name : {"in.service", "out.service"})
    machine.source.set(name, std::string("[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/run\n") + (name[0] == 'i' ? "Slice=a.slice\n" : ""));
  machine.start("in.service");
  machine.start("out.service");
  machine.post(event::Reload{});
  machine.source.set("a.slice", "[Unit]\nDefaultDependencies=no\n[Slice]\nDefaultMemoryLow=1M\n");
  machine.forget_effects();
  machine.post(event::Reload{});
  std::set<std::string> applied;
  for (const Effect& effect : machine.effects())
    if (const auto* apply = std::get_if<effect::ApplyCgroup>(&effect)) applied.insert(machine.engine().find(apply->unit)->name.text());
  EXPECT_TRUE(applied.contains("a.slice"));
  EXPECT_TRUE(applied.contains("in.service"));
}

TEST(SeenByClients, AReloadWithoutChangesTellsAndDoesNothing) {
  sim::SimMachine machine;
  machine.source.set("a.service", "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/run\n");
  machine.start("a.service");
  machine.post(event::Reload{});
  machine.forget_effects();
  machine.post(event::Reload{});
  for (const Effect& effect : machine.effects()) {
    EXPECT_FALSE(std::holds_alternative<effect::UnitChanged>(effect));
    if (const auto* apply = std::get_if<effect::ApplyCgroup>(&effect)) {
      EXPECT_NE(machine.engine().find(apply->unit)->name.text(), "a.service");
    }
  }
}

TEST(SeenByClients, WhatTriggersAnAliasTriggersTheUnitOfThatName) {
  sim::SimMachine machine;
  machine.source.set("all.target", "[Unit]\nDefaultDependencies=no\nWants=a.timer real.service\n");
  machine.source.set("a.timer", "[Unit]\nDefaultDependencies=no\n[Timer]\nOnActiveSec=5\nUnit=alias.service\n");
  machine.source.set("real.service", "[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\nExecStart=/bin/run\n");
  machine.source.set_alias("alias.service", "real.service");
  machine.start("a.timer");
  machine.stop("a.timer");
  machine.start("all.target");
  machine.end_process(machine.main_pid("real.service"), CLD_EXITED, 0);
  ASSERT_EQ(machine.state("a.timer"), "active/waiting");
  machine.advance(6'000'000);
  EXPECT_EQ(machine.state("real.service"), "activating/start");
}
