// What is kept of the state for a crash: only what changed is written anew.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "tests/sim/sim.h"

using namespace init;

namespace {

using Parts = std::map<StateKey, std::string>;

Parts parts_of(Engine& engine, Saving which) {
  Parts parts;
  engine.save(which, [&parts](StateKey key, std::string_view text) { parts[key] = text; });
  return parts;
}

bool any_mentions(const Parts& parts, const std::string& name) {
  return std::any_of(parts.begin(), parts.end(), [&name](const auto& part) { return part.second.find(name) != std::string::npos; });
}

}  // namespace

TEST(KeptState, WhenAUnitGoesOnlyWhatMentionsItIsWrittenAnew) {
  sim::SimMachine machine;
  machine.source.set("wanting.target", "[Unit]\nDefaultDependencies=no\nWants=wanted.service\n");
  for (const char* name : {"wanted.service", "bystander.service"})
    machine.source.set(name, "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/run\n");
  machine.start("bystander.service");
  machine.start("wanting.target");
  Parts kept = parts_of(machine.engine(), Saving::all);
  ASSERT_TRUE(any_mentions(kept, "bystander.service"));
  const UnitId wanting = machine.unit("wanting.target")->id;
  ASSERT_EQ(machine.unit("wanted.service")->runtime->last_cause.unit, wanting);

  machine.stop("wanting.target");
  ASSERT_EQ(machine.unit("wanting.target"), nullptr);
  const Parts changes = parts_of(machine.engine(), Saving::changes);
  EXPECT_TRUE(any_mentions(changes, "wanted.service"));
  EXPECT_FALSE(any_mentions(changes, "bystander.service"));
  for (const auto& [key, text] : changes) kept[key] = text;
  std::string joined;
  for (const auto& [key, text] : kept) joined += text;
  EXPECT_EQ(joined, machine.engine().snapshot());
}
