// Units with equal parts share their storage; a change of one leaves the others as they are.
#include "unitparser/load/recent_parts.h"

#include <gtest/gtest.h>

namespace unitparser {
namespace {

UnitConfig restarting() {
  UnitConfig config;
  config.common.write().service.write().restart = ServiceRestart::on_failure;
  return config;
}

TEST(RecentParts, AreSharedWhenEqual) {
  RecentParts parts;
  UnitConfig first = restarting();
  UnitConfig second = restarting();
  second.description = SharedText("another one");
  ASSERT_FALSE(first.common.same_as(second.common));
  parts.share(first);
  parts.share(second);
  EXPECT_TRUE(first.common.same_as(second.common));
  second.common.write().service.write().restart = ServiceRestart::always;
  EXPECT_EQ(first.common->service->restart, ServiceRestart::on_failure);
  EXPECT_TRUE(first.common->kill.is_default());  // untouched parts stay the default
}

TEST(RecentParts, PartsAreSharedByUnitsThatDifferInOthers) {
  RecentParts parts;
  UnitConfig first = restarting();
  UnitConfig second = restarting();
  second.common.write().kill.write().kill_signal = 1;
  parts.share(first);
  parts.share(second);
  EXPECT_FALSE(first.common == second.common);
  EXPECT_TRUE(first.common->service.same_as(second.common->service));
}

}  // namespace
}  // namespace unitparser
