// The waiting line on the console. [loop]
#include "init/driver/progress.h"

#include <fmt/format.h>

#include <ctime>

#include "init/engine/job_messages.h"
#include "init/machines/service_runtime.h"

namespace init {
namespace {

constexpr auto patience = Duration::from_seconds(2);
constexpr auto quiet_patience = Duration::from_seconds(25);
constexpr auto period = Duration::from_usec(1'000'000 / 3);

}  // namespace

std::vector<WaitingJob> waiting_jobs(const Engine& engine, MonotonicTime now) {
  const unitparser::StatusUnitFormat format = engine.options().status_unit_format;
  const bool by_description = format == unitparser::StatusUnitFormat::description;
  std::vector<WaitingJob> waiting;
  for (JobId id : engine.jobs()) {
    const Job* job = engine.find_job(id);
    const Unit* unit = job != nullptr ? engine.find(job->unit) : nullptr;
    if (unit == nullptr || job->state != JobState::running) continue;
    const std::string_view verb = unitparser::to_name(job->type);
    WaitingJob shown;
    shown.what = fmt::format(fmt::runtime(by_description ? "A {1} job is running for {0}" : "Job {}/{} running"), short_name(format, *unit), verb);
    shown.since = now - job->begin;
    // Whichever ends it first: the job's own limit or the unit's.
    const MonotonicTime unit_deadline = engine.deadline(unit->id);
    const bool job_limited = job->running_deadline.is_set() && job->running_deadline < unit_deadline;
    const MonotonicTime deadline = job_limited ? job->running_deadline : unit_deadline;
    if (deadline.is_set() && !deadline.is_infinite()) shown.limit = deadline - job->begin;
    if (unit->type() == UnitType::service && !by_description) shown.status = unit->read<ServiceRuntime>().notify.status_text;
    waiting.push_back(std::move(shown));
  }
  return waiting;
}

void Progress::wake() {
  const EngineCounts counts = engine_.counts();
  if (const std::uint64_t ended = counts.installed_jobs - counts.jobs; ended != ended_ || !last_end_.is_set()) {
    ended_ = ended;
    last_end_ = read_clocks().monotonic;
  }
  if (!timer_) look_at(last_end_ + patience);
}

void Progress::look_at(MonotonicTime when) {
  auto timer = loop_.at(CLOCK_MONOTONIC, when.usec(), Duration::from_msec(50), Priority::idle, [this] { look(); });
  if (timer) timer_ = std::move(*timer);
}

void Progress::look() {
  timer_.reset();
  if (engine_.counts().jobs == 0) return;
  const MonotonicTime now = read_clocks().monotonic;
  const MonotonicTime due = last_end_ + (console_.shows_all() ? patience : quiet_patience);
  if (now < due) return look_at(due);
  console_.show_waiting([&] { return waiting_jobs(engine_, now); });
  look_at(now + period);
}

}  // namespace init
