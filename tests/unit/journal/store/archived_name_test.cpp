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
  EXPECT_EQ(file.stem, "unit-x@1.service");
  EXPECT_TRUE(file.is_archived);
}

TEST(ArchivedName, OfAFileThatWasNotClosedSaysTheTimeOnly) {
  StoredFile file;
  EXPECT_TRUE(parse_archived_name("user-1000@0005f5e100000000-0123456789abcdef.journal~", file));
  EXPECT_TRUE(file.seqnum_id.is_null());
  EXPECT_EQ(file.realtime, 0x5f5e100000000U);
  EXPECT_EQ(file.stem, "user-1000");
}

TEST(ArchivedName, IsNoneWithoutAStemOrWithOtherNumbers) {
  StoredFile file;
  for (const char* name : {"@00112233445566778899aabbccddeeff-0000000000000010-0005f5e100000000.journal",
                           "system@00112233445566778899aabbccddeeff-0000000000000010-0005f5e10000000.journal",
                           "system@00112233445566778899aabbccddeeff-000000000000001g-0005f5e100000000.journal",
                           "system@00112233445566778899aabbccddeeff.0000000000000010-0005f5e100000000.journal",
                           "system@0005f5e100000000-0123456789abcde.journal~", "@0005f5e100000000-0123456789abcdef.journal~", ".journal", "~"})
    EXPECT_FALSE(parse_archived_name(name, file)) << name;
}

TEST(ArchivedName, IsNotThatOfAnActiveFileOfAnInstance) {
  StoredFile file;
  EXPECT_FALSE(parse_archived_name("unit-x@1.service.journal", file));
  EXPECT_FALSE(file.is_archived);
}

}  // namespace
}  // namespace journal
