// Units that are loaded and never do anything: whatever happens around them, they hold no runtime of their own.
#include <gtest/gtest.h>

#include "tests/sim/sim.h"

using namespace init;

namespace {

constexpr const char* names[] = {"a.service", "b.target", "c.slice", "d.mount", "e.swap"};

void expect_untouched(const sim::SimMachine& machine, const char* when) {
  for (const char* name : names) {
    const Unit* unit = machine.unit(name);
    ASSERT_NE(unit, nullptr) << name << when;
    EXPECT_EQ(unit->origin.load_state, LoadState::loaded) << name << when;
    EXPECT_TRUE(unit->is_untouched()) << name << when;
  }
}

}  // namespace

TEST(Untouched, LoadingReloadingResettingAndReexecutingMakeNoRuntime) {
  sim::SimMachine machine;
  machine.source.set("keeper.target", "[Unit]\nDefaultDependencies=no\nAfter=a.service b.target c.slice d.mount e.swap\n");
  machine.source.set("a.service", "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/run\n");
  machine.source.set("b.target", "[Unit]\nDescription=b\n");
  machine.source.set("c.slice", "[Unit]\nDescription=c\n");
  machine.source.set("d.mount", "[Mount]\nWhat=/dev/vdb\nWhere=/d\n");
  machine.source.set("e.swap", "[Swap]\nWhat=/e\n");
  machine.start("keeper.target");
  expect_untouched(machine, " after loading");
  machine.source.set("a.service", "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/other\n");
  machine.post(event::Reload{});
  expect_untouched(machine, " after a reload");
  machine.post(event::ResetFailed{});
  machine.post(event::ClientGone{":1.1"});
  expect_untouched(machine, " after resetting");
  machine.reexec();
  expect_untouched(machine, " after re-execution");
  machine.start("a.service");
  EXPECT_FALSE(machine.unit("a.service")->is_untouched());
}
