// Units with equal parts share their storage; a change of one leaves the others as they are.
#include "unitparser/load/recent_parts.h"

#include <gtest/gtest.h>

namespace unitparser {
namespace {

UnitConfig restarting() {
  UnitConfig config;
  config.service.write().restart = ServiceRestart::on_failure;
  return config;
}

TEST(RecentParts, AreSharedWhenEqual) {
  RecentParts parts;
  UnitConfig first = restarting();
  UnitConfig second = restarting();
  ASSERT_FALSE(first.service.same_as(second.service));
  parts.share(first);
  parts.share(second);
  EXPECT_TRUE(first.service.same_as(second.service));
  second.service.write().restart = ServiceRestart::always;
  EXPECT_EQ(first.service->restart, ServiceRestart::on_failure);
  EXPECT_TRUE(first.kill.same_as(UnitConfig().kill));  // untouched parts stay the default
}

}  // namespace
}  // namespace unitparser
