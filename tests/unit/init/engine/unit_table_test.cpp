// Names and the units that they mean.
#include "init/engine/unit_table.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <map>
#include <random>

using namespace init;  // NOLINT

namespace {

UnitName name_of(unsigned number) { return *UnitName::parse(fmt::format("unit{}.target", number)); }

/// A table beside what it must say: names that came, went and changed their units by chance.
class Walk {
 public:
  explicit Walk(unsigned seed) : random_(seed) {}

  void step() {
    const unsigned number = draw(200);
    const UnitName name = name_of(number);
    const auto known = means_.find(number);
    if (known == means_.end()) {
      const bool is_new = means_.empty() || draw(2) == 0;
      const UnitId unit = is_new ? table_.create(name).id : any();
      means_[number] = unit;
      if (is_new) return;
      if (draw(2) == 0) table_.rename(unit, name);
      else EXPECT_TRUE(table_.add_alias(unit, name));
      return;
    }
    const UnitId unit = known->second;
    const UnitId other = any();
    if (draw(3) == 0) {
      EXPECT_EQ(table_.add_alias(other, name), other == unit);
    } else if (draw(2) == 0 && other != unit) {
      table_.absorb(unit, other);
      for (auto& [each, means] : means_)
        if (means == unit) means = other;
    } else {
      table_.remove(unit);
      std::erase_if(means_, [unit](const auto& entry) { return entry.second == unit; });
    }
  }

  void compare() const {
    EXPECT_EQ(table_.name_count(), means_.size());
    for (unsigned number = 0; number < 200; ++number) {
      const auto known = means_.find(number);
      EXPECT_EQ(table_.find_id(name_of(number).text()), known == means_.end() ? UnitId::none : known->second) << number;
    }
  }

 private:
  unsigned draw(unsigned below) { return static_cast<unsigned>(random_() % below); }
  UnitId any() { return std::next(means_.begin(), draw(static_cast<unsigned>(means_.size())))->second; }

  std::mt19937 random_;
  UnitTable table_;
  std::map<unsigned, UnitId> means_;
};

}  // namespace

TEST(UnitTable, EachNameMeansItsUnit) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    Walk walk(seed);
    for (int i = 0; i < 500; ++i) {
      walk.step();
      if (i % 25 == 0) walk.compare();
    }
    walk.compare();
  }
}

TEST(UnitTable, AUnitThatDidNothingHasNoRuntimeOfItsOwn) {
  UnitTable table;
  Unit& unit = table.create(*UnitName::parse("a.service"));
  EXPECT_TRUE(unit.is_untouched());
  EXPECT_EQ(unit.active_state(), ActiveState::inactive);
  EXPECT_EQ(sub_state(unit), "dead");
  unit.write<ServiceRuntime>().n_restarts = 1;
  EXPECT_FALSE(unit.is_untouched());
  EXPECT_EQ(unit.read<ServiceRuntime>().n_restarts, 1U);
}
