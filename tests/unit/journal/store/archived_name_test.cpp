#include <gtest/gtest.h>

#include "journal/store/policy.h"

namespace journal {
namespace {

TEST(ArchivedName, BeginsBehindTheLastAt) {
  StoredFile file;
  EXPECT_TRUE(parse_archived_name(
      "unit-x@1.service@00112233445566778899aabbccddeeff-0000000000000010-0005f5e100000000.journal", file));
  EXPECT_EQ(file.seqnum, 16U);
  EXPECT_EQ(file.realtime, 0x5f5e100000000U);
  EXPECT_TRUE(file.is_archived);
}

TEST(ArchivedName, IsNotThatOfAnActiveFileOfAnInstance) {
  StoredFile file;
  EXPECT_FALSE(parse_archived_name("unit-x@1.service.journal", file));
  EXPECT_FALSE(file.is_archived);
}

}  // namespace
}  // namespace journal
