// Job: one requested change of one unit. [pure]
#pragma once

#include <memory>

#include "init/engine/cause.h"

namespace init {

/// What a job does. The first five can be installed; the others are collapsed when a transaction is built; nop stands
/// beside the unit's job.
enum class JobType : std::uint8_t { start, verify_active, stop, reload, restart, nop, try_restart, try_reload, reload_or_start };
inline constexpr std::size_t job_type_count = 9;
constexpr std::array<std::string_view, job_type_count> enum_names(std::type_identity<JobType>) {
  return {"start", "verify-active", "stop", "reload", "restart", "nop", "try-restart", "try-reload", "reload-or-start"};
}
enum class JobState : std::uint8_t { waiting, running };
constexpr std::array<std::string_view, 2> enum_names(std::type_identity<JobState>) { return {"waiting", "running"}; }

enum class JobResult : std::uint8_t {
  done, canceled, timeout, failed, dependency, skipped, invalid, assert_, unsupported, collected, once
};
constexpr std::array<std::string_view, 11> enum_names(std::type_identity<JobResult>) {
  return {"done", "canceled", "timeout", "failed", "dependency", "skipped", "invalid", "assert", "unsupported",
          "collected", "once"};
}

/// An installed job.
struct Job {
  JobId id = JobId::none;
  UnitId unit = UnitId::none;
  JobType type = JobType::start;
  JobState state = JobState::waiting;
  bool irreversible = false;
  bool ignore_order = false;
  bool in_run_queue = false;
  bool reload_failed = false;      ///< a reload that ended badly while the unit stayed up
  std::uint32_t blockers = 0;      ///< installed jobs that must end before this runs
  MonotonicTime begin;             ///< when it was installed
  MonotonicTime begin_running;     ///< when it first ran
  MonotonicTime deadline;          ///< of JobTimeoutSec=; infinity: none
  MonotonicTime running_deadline;  ///< of JobRunningTimeoutSec=
  Cause cause;
};

}  // namespace init
