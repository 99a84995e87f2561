// Where a unit speaks of another.
#include "init/engine/unit.h"

#include <gtest/gtest.h>

using namespace init;  // NOLINT

namespace {

Unit named(std::string_view name) {
  Unit unit;
  unit.name = *UnitName::parse(name);
  return unit;
}

}  // namespace

TEST(Unit, ALinkIsToldByTheNameThatItHas) {
  using enum unitparser::DependencyKind;
  constexpr Origin links{1, 0};
  Unit target = named("x.target");
  target.config.sources = {unitparser::SharedText("/etc/x.target"), unitparser::SharedText("/etc/x.target.wants/")};
  target.config.unit.write().dependencies = {{wants, "other.service", links}, {wants, "alias.service", links}, {after, "real.service", {0, 3}}};
  Unit linked = named("real.service");
  EXPECT_EQ(place_of(target, links, linked), "/etc/x.target.wants/real.service");
  EXPECT_EQ(place_of(target, {0, 3}, linked), "/etc/x.target:3");
  linked.aliases.write().push_back(*UnitName::parse("alias.service"));
  EXPECT_EQ(place_of(target, links, linked), "/etc/x.target.wants/alias.service");
}
