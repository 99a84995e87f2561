// Scopes whose control group is delegated to a user: StartTransientUnit with User= and Delegate=.
#include <gtest/gtest.h>

#include "tests/sim/sim.h"

using namespace init;

namespace {

class DelegatedScope : public ::testing::Test {
 protected:
  void start(const std::string& settings) {
    sim::Process process;
    process.pid = own;
    machine.processes[own] = process;
    event::TransientUnit unit;
    unit.name = *UnitName::parse("s.scope");
    unit.fragment_path = "/run/systemd/transient/s.scope";
    const unitparser::LoadContext context = unitparser::make_load_context({}, {}, unitparser::ManagerScope::system, {});
    unit.config = std::make_shared<unitparser::UnitConfig>(unitparser::load_from_texts(unit.name, {{unit.fragment_path, "[Scope]\n" + settings}}, context).config);
    unit.pids = {own};
    event::StartTransient request;
    request.units.push_back(unit);
    machine.post(request);
  }
  /// What gives the group away ends.
  void end_owner(int status) {
    const pid_t pid = machine.unit("s.scope")->read<ScopeRuntime>().control.pid;
    ASSERT_GT(pid, 0);
    machine.end_process(pid, CLD_EXITED, status);
    machine.settle();
  }
  static constexpr pid_t own = 4000;
  sim::SimMachine machine;
};

TEST_F(DelegatedScope, TakesItsProcessesWhenTheGroupIsTheUsers) {
  start("User=someone\nDelegate=yes\n");
  EXPECT_EQ(machine.state("s.scope"), "activating/start-chown");
  EXPECT_EQ(machine.processes[own].cgroup, "");
  machine.reexec();
  end_owner(0);
  EXPECT_EQ(machine.state("s.scope"), "active/running");
  EXPECT_EQ(machine.processes[own].cgroup, machine.unit("s.scope")->runtime->cgroup);
  EXPECT_EQ(machine.job_result("s.scope", "start"), "done");
}

TEST_F(DelegatedScope, FailsWhenThereIsNoSuchUser) {
  start("User=someone\nDelegate=yes\n");
  end_owner(217);
  EXPECT_EQ(machine.state("s.scope"), "failed/failed");
  EXPECT_EQ(machine.unit("s.scope")->read<ScopeRuntime>().result, ScopeResult::resources);
  EXPECT_EQ(machine.job_result("s.scope", "start"), "failed");
}

TEST_F(DelegatedScope, DoesNotWaitForEverForAnAnswer) {
  start("User=someone\nDelegate=yes\n");
  machine.advance(91'000'000);
  EXPECT_EQ(machine.state("s.scope"), "failed/failed");
  EXPECT_EQ(machine.unit("s.scope")->read<ScopeRuntime>().result, ScopeResult::timeout);
}

TEST_F(DelegatedScope, CanBeStoppedBeforeItRuns) {
  start("User=someone\nDelegate=yes\n");
  machine.stop("s.scope");
  EXPECT_EQ(machine.state("s.scope"), "not-loaded");
}

TEST_F(DelegatedScope, OnlyAUserOfADelegatedGroupIsAskedFor) {
  for (const char* settings : {"User=someone\n", "Delegate=yes\n", "Delegate=yes\nGroup=some\n"}) {
    SCOPED_TRACE(settings);
    start(settings);
    EXPECT_EQ(machine.state("s.scope"), "active/running");
    machine.end_process(own, CLD_EXITED, 0);
    machine.settle();
    EXPECT_EQ(machine.state("s.scope"), "not-loaded");
  }
}

/// A unit that may be started by dependencies alone cannot be made and started by a client either.
TEST(TransientUnit, IsNotStartedAgainstItsWord) {
  sim::SimMachine machine;
  const auto name = unitparser::UnitName::parse("t.slice").value();
  event::TransientUnit unit;
  unit.name = name;
  unitparser::UnitConfig config;
  config.unit.write().refuse_manual_start = true;
  unit.config = std::make_shared<unitparser::UnitConfig>(std::move(config));
  event::StartTransient request;
  request.request = RequestId{77};
  request.units.push_back(unit);
  machine.post(request);
  machine.settle();
  EXPECT_EQ(machine.state("t.slice"), "not-loaded");
}

}  // namespace
