// The algebra of jobs, swept over all types and states.
#include "init/engine/job_rules.h"

#include <gtest/gtest.h>

namespace init {
namespace {

constexpr std::array installable{JobType::start, JobType::verify_active, JobType::stop, JobType::reload, JobType::restart};
constexpr std::array states{ActiveState::active,     ActiveState::reloading,    ActiveState::inactive,   ActiveState::failed,
                            ActiveState::activating, ActiveState::deactivating, ActiveState::maintenance};

TEST(JobRules, merging_is_commutative) {
  for (JobType a : installable)
    for (JobType b : installable) EXPECT_EQ(merge_types(a, b), merge_types(b, a));
}

TEST(JobRules, merging_with_itself_changes_nothing) {
  for (JobType a : installable) EXPECT_EQ(merge_types(a, a), a);
}

TEST(JobRules, only_stop_contradicts) {
  for (JobType a : installable)
    for (JobType b : installable)
      EXPECT_EQ(types_conflict(a, b), (a == JobType::stop) != (b == JobType::stop))
          << unitparser::to_name(a) << " " << unitparser::to_name(b);
}

TEST(JobRules, merging_is_associative_for_every_state) {
  for (ActiveState state : states)
    for (JobType a : installable)
      for (JobType b : installable)
        for (JobType c : installable) {
          const auto ab = merge_and_collapse(a, b, state);
          const auto bc = merge_and_collapse(b, c, state);
          if (!ab || !bc) continue;
          const auto left = merge_and_collapse(*ab, c, state);
          const auto right = merge_and_collapse(a, *bc, state);
          EXPECT_EQ(left, right) << unitparser::to_name(a) << " " << unitparser::to_name(b) << " " << unitparser::to_name(c)
                                 << " " << unitparser::to_name(state);
        }
}

TEST(JobRules, what_merges_is_a_superset_of_both) {
  for (JobType a : installable)
    for (JobType b : installable)
      if (auto merged = merge_types(a, b); merged && *merged != JobType::reload_or_start) {
        EXPECT_TRUE(is_superset(*merged, a));
        EXPECT_TRUE(is_superset(*merged, b));
      }
}

TEST(JobRules, collapsed_types_can_be_installed) {
  for (ActiveState state : states)
    for (std::size_t i = 0; i < job_type_count; ++i) {
      const JobType collapsed = collapse(static_cast<JobType>(i), state);
      EXPECT_TRUE(collapsed <= JobType::nop) << unitparser::to_name(collapsed);
    }
}

TEST(JobRules, a_restart_is_never_redundant) {
  for (ActiveState state : states) EXPECT_FALSE(is_redundant(JobType::restart, state));
}

TEST(JobRules, stopping_goes_before_starting_and_stops_go_backwards) {
  EXPECT_TRUE(later_unit_first(JobType::stop));
  EXPECT_TRUE(later_unit_first(JobType::restart));
  EXPECT_FALSE(later_unit_first(JobType::start));
  EXPECT_FALSE(later_unit_first(JobType::reload));
}

}  // namespace
}  // namespace init
