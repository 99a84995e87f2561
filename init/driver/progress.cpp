// The waiting line on the console. [loop]
#include "init/driver/progress.h"

#include <ctime>

namespace init {
namespace {

constexpr auto patience = Duration::from_seconds(5);
constexpr auto period = Duration::from_seconds(1);

}  // namespace

std::vector<WaitingJob> jobs_to_show(const Engine& engine, MonotonicTime now) {
  std::vector<WaitingJob> shown;
  for (JobId id : engine.jobs()) {
    const Job* job = engine.find_job(id);
    const Unit* unit = job != nullptr ? engine.find(job->unit) : nullptr;
    if (unit == nullptr || job->state != JobState::running || !job->begin_running.is_set()) continue;
    const Duration since = now - job->begin_running;
    if (since < patience) continue;
    // Whichever ends it first: the job's own limit or the unit's.
    const MonotonicTime unit_deadline = engine.deadline(unit->id);
    const bool job_limited = job->running_deadline.is_set() && job->running_deadline < unit_deadline;
    const MonotonicTime deadline = job_limited ? job->running_deadline : unit_deadline;
    WaitingJob waiting{std::string(unitparser::to_name(job->type)), std::string(unit->description()), since};
    if (deadline.is_set() && !deadline.is_infinite()) waiting.limit = deadline - job->begin_running;
    shown.push_back(std::move(waiting));
  }
  return shown;
}

void Progress::wake() {
  if (timer_) return;
  const std::uint64_t when = (read_clocks().monotonic + period).usec();
  auto timer = loop_.at(CLOCK_MONOTONIC, when, Duration::from_msec(200), Priority::idle, [this] { look(); });
  if (timer) timer_ = std::move(*timer);
}

void Progress::look() {
  timer_.reset();
  console_.show_waiting(jobs_to_show(engine_, read_clocks().monotonic));
  if (engine_.counts().jobs > 0) wake();
}

}  // namespace init
