// A chain of dependencies longer than any stack is deep, whose first unit fails.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/sim/sim.h"

TEST(LongChain, fails_to_its_end) {
  constexpr int length = 20'000;
  sim::SimMachine machine;
  machine.keep_log = false;
  machine.source.set("u0.service", "[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\nExecStart=/bin/false\n");
  for (int i = 1; i < length; ++i)
    machine.source.set(fmt::format("u{}.target", i),
                       fmt::format("[Unit]\nDefaultDependencies=no\nRequires={0}\nAfter={0}\n", i == 1 ? "u0.service" : fmt::format("u{}.target", i - 1)));
  machine.start(fmt::format("u{}.target", length - 1));
  EXPECT_FALSE(machine.restless());
  EXPECT_EQ(machine.engine().jobs().size(), 0U);
  EXPECT_EQ(machine.job_result("u0.service", "start"), "failed");
  EXPECT_EQ(machine.job_result(fmt::format("u{}.target", length - 1), "start"), "dependency");
}
