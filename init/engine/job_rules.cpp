// Tables of the job algebra. [pure]
#include "init/engine/job_rules.h"

namespace init {
namespace {

constexpr int never = -1;
constexpr int start = static_cast<int>(JobType::start);
constexpr int verify = static_cast<int>(JobType::verify_active);
constexpr int stop = static_cast<int>(JobType::stop);
constexpr int reload = static_cast<int>(JobType::reload);
constexpr int restart = static_cast<int>(JobType::restart);
constexpr int reload_or_start = static_cast<int>(JobType::reload_or_start);

// Result of merging the row's type with the column's.
constexpr int merge_table[5][5] = {
    // with      start            verify   stop  reload           restart
    /* start  */ {start, start, never, reload_or_start, restart},
    /* verify */ {start, verify, never, reload, restart},
    /* stop   */ {never, never, stop, never, never},
    /* reload */ {reload_or_start, reload, never, reload, restart},
    /* restart*/ {restart, restart, never, restart, restart},
};

}  // namespace

std::optional<JobType> merge_types(JobType a, JobType b) {
  if (a == b) return a;
  const auto row = static_cast<std::size_t>(a);
  const auto column = static_cast<std::size_t>(b);
  if (row >= 5 || column >= 5) return std::nullopt;
  const int merged = merge_table[row][column];
  return merged == never ? std::nullopt : std::optional(static_cast<JobType>(merged));
}

bool is_redundant(JobType type, ActiveState state) {
  switch (type) {
    case JobType::start:
    case JobType::verify_active: return is_active_or_reloading(state);
    case JobType::stop: return is_inactive_or_failed(state);
    case JobType::reload: return state == ActiveState::reloading;
    case JobType::nop: return true;
    default: return false;  // a restart always has something to do
  }
}

JobType collapse(JobType type, ActiveState state) {
  const bool down = is_inactive_or_deactivating(state);
  switch (type) {
    case JobType::try_restart: return down ? JobType::nop : JobType::restart;
    case JobType::try_reload: return down ? JobType::nop : JobType::reload;
    case JobType::reload_or_start: return down ? JobType::start : JobType::reload;
    default: return type;
  }
}

std::optional<JobType> merge_and_collapse(JobType a, JobType b, ActiveState state) {
  auto merged = merge_types(a, b);
  if (merged) merged = collapse(*merged, state);
  return merged;
}

}  // namespace init
