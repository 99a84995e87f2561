// Assignments of set-property: values, and systemctl's words for bad ones.
#include "ctl/property_assignment.h"

#include <gtest/gtest.h>

namespace ctl {
namespace {

using unitparser::Value;

Value value_of(std::string_view assignment) {
  const auto parsed = parse_assignment(assignment, unitparser::UnitType::service);
  return parsed ? parsed->value : Value("refused");
}
std::string refusal(std::string_view assignment) {
  const auto parsed = parse_assignment(assignment, unitparser::UnitType::service);
  return parsed ? "" : parsed.error();
}

TEST(Assignment, of_resource_control) {
  EXPECT_EQ(value_of("CPUWeight=100"), Value(std::uint64_t{100}));
  EXPECT_EQ(value_of("CPUWeight=idle"), Value(std::uint64_t{0}));
  EXPECT_EQ(value_of("MemoryMax=1.5G"), Value(std::uint64_t{3} << 29));
  EXPECT_EQ(value_of("MemoryMax=infinity"), Value(static_cast<std::uint64_t>(-1)));
  EXPECT_EQ(value_of("CPUQuota=20%"), Value(std::uint64_t{200'000}));
  EXPECT_EQ(value_of("IPAccounting=yes"), Value(true));
  EXPECT_EQ(value_of("AllowedCPUs=0-2 8"), Value(unitparser::Bytes{std::string("\x07\x01\0\0\0\0\0\0", 8)}));
  const auto share = parse_assignment("MemoryHigh=50%", unitparser::UnitType::service);
  ASSERT_TRUE(share);
  EXPECT_EQ(share->name, "MemoryHighScale");
  EXPECT_EQ(share->value, Value(std::uint32_t{0x7fffffff}));
  EXPECT_EQ(value_of("MemoryMax="), Value(static_cast<std::uint64_t>(-1)));
  EXPECT_EQ(value_of("MemoryLow="), Value(std::uint64_t{0}));
  EXPECT_EQ(value_of("TasksMax=17"), Value(std::uint64_t{17}));
  EXPECT_EQ(value_of("Description=50% of %n"), Value("50% of %n"));
  EXPECT_EQ(value_of("DeviceAllow=/dev/null rw").signature(), "a(ss)");
  EXPECT_EQ(value_of("IPAddressDeny=any").signature(), "a(iayu)");
  EXPECT_EQ(parse_assignment("RuntimeMaxSec=5min", unitparser::UnitType::service)->name, "RuntimeMaxUSec");
}

TEST(Assignment, refused_in_known_words) {
  EXPECT_EQ(refusal("Bogus=1"), "Unknown assignment: Bogus=1");
  EXPECT_EQ(refusal("CPUWeight=0"), "Failed to parse CPUWeight=0: Numerical result out of range");
  EXPECT_EQ(refusal("CPUWeight=x"), "Failed to parse CPUWeight=x: Invalid argument");
  EXPECT_EQ(refusal("MemoryMax=12Q"), "Failed to parse MemoryMax=12Q: Invalid argument");
  EXPECT_EQ(refusal("nothing"), "Not an assignment: nothing");
}

}  // namespace
}  // namespace ctl
