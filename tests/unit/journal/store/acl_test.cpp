#include "journal/store/acl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace journal::test {
namespace {

using ::testing::ElementsAreArray;
using Bytes = std::vector<std::uint8_t>;

Bytes list_of(std::initializer_list<Bytes> entries) {
  Bytes bytes{2, 0, 0, 0};
  for (const Bytes& entry : entries) bytes.insert(bytes.end(), entry.begin(), entry.end());
  return bytes;
}
constexpr std::uint8_t none = 0xff;

TEST(Acl, AFileWithoutAListGetsOne) {
  EXPECT_THAT(acl_with_reader({}, 0100640, 1000), ElementsAreArray(list_of({{1, 0, 6, 0, none, none, none, none},
                                                                            {2, 0, 4, 0, 0xe8, 3, 0, 0},
                                                                            {4, 0, 4, 0, none, none, none, none},
                                                                            {0x10, 0, 4, 0, none, none, none, none},
                                                                            {0x20, 0, 0, 0, none, none, none, none}})));
}

TEST(Acl, WhatTheFolderGaveToAGroupStays) {
  const Bytes inherited = list_of({{1, 0, 6, 0, none, none, none, none},
                                   {4, 0, 5, 0, none, none, none, none},
                                   {8, 0, 5, 0, 4, 0, 0, 0},
                                   {0x10, 0, 0, 0, none, none, none, none},
                                   {0x20, 0, 0, 0, none, none, none, none}});
  const Bytes wanted = list_of({{1, 0, 6, 0, none, none, none, none},
                                {2, 0, 4, 0, 0xe9, 3, 0, 0},
                                {4, 0, 5, 0, none, none, none, none},
                                {8, 0, 5, 0, 4, 0, 0, 0},
                                {0x10, 0, 4, 0, none, none, none, none},
                                {0x20, 0, 0, 0, none, none, none, none}});
  EXPECT_THAT(acl_with_reader(inherited, 0100640, 1001), ElementsAreArray(wanted));
  EXPECT_THAT(acl_with_reader(wanted, 0100640, 1001), ElementsAreArray(wanted)) << "once is enough";
}

}  // namespace
}  // namespace journal::test
