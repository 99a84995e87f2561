// Values and texts that many share.
#include "unitparser/base/shared.h"

#include <gtest/gtest.h>

#include <vector>

#include "unitparser/base/shared_text.h"

using namespace unitparser;  // NOLINT

TEST(Shared, WhatNobodyWroteToIsTheOneDefault) {
  Shared<std::vector<int>> mine, other;
  EXPECT_TRUE(mine.is_default());
  EXPECT_EQ(&*mine, &*other);
  mine.write().push_back(1);
  EXPECT_FALSE(mine.is_default());
  EXPECT_TRUE(other->empty());
}

TEST(Shared, AValueThatIsTheDefaultNeedsNoPlaceOfItsOwn) {
  EXPECT_TRUE(Shared<std::vector<int>>::unless_default({}).is_default());
  EXPECT_EQ(*Shared<std::vector<int>>::unless_default({7}), std::vector<int>{7});
}

TEST(SharedText, CopiesShareWhatNeverChanges) {
  SharedText text("/etc/systemd/system/a.service");
  const SharedText copy = text;
  EXPECT_EQ(copy.view().data(), text.view().data());
  text = SharedText("other");
  EXPECT_EQ(copy.str(), "/etc/systemd/system/a.service");
  EXPECT_TRUE(text == "other");
  EXPECT_FALSE(text == copy);
  EXPECT_TRUE(text == SharedText("other"));
}

TEST(SharedText, AnEmptyOneIsNoText) {
  EXPECT_TRUE(SharedText().empty());
  EXPECT_TRUE(SharedText(std::string_view{}) == SharedText());
  EXPECT_EQ(SharedText().view(), "");
}
