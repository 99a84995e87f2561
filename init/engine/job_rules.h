// The algebra of job types: merging, superseding, collapsing, redundancy. [pure]
#pragma once

#include <optional>

#include "init/engine/unit.h"

namespace init {

/// The type that does what both do; nothing when they contradict. Both must be collapsed types.
[[nodiscard]] std::optional<JobType> merge_types(JobType a, JobType b);
[[nodiscard]] inline bool types_conflict(JobType a, JobType b) { return !merge_types(a, b).has_value(); }
/// Whether doing `a` also does `b`.
[[nodiscard]] inline bool is_superset(JobType a, JobType b) { return merge_types(a, b) == a; }
/// Whether a job of that type would change nothing for a unit in that state.
[[nodiscard]] bool is_redundant(JobType type, ActiveState state);
/// try-restart, try-reload and reload-or-start to what they mean for a unit in that state.
[[nodiscard]] JobType collapse(JobType type, ActiveState state);
/// Merges and collapses.
[[nodiscard]] std::optional<JobType> merge_and_collapse(JobType a, JobType b, ActiveState state);
/// Whether a request of that type may join a job that already runs. A reload may not: it may have read its files before.
[[nodiscard]] constexpr bool allows_late_merge(JobType type) { return type != JobType::reload; }
/// Two units, the first ordered before the second, both with jobs: does the second one's go first?
/// Stopping comes before starting, and stops go in reverse order (systemd.unit(5) Before=).
[[nodiscard]] constexpr bool later_unit_first(JobType job_of_later_unit) {
  return job_of_later_unit == JobType::stop || job_of_later_unit == JobType::restart;
}

}  // namespace init
