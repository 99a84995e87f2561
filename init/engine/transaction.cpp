// Planning and applying of transactions, step by step as documented for the real one: expand, drop what is not needed,
// break cycles, merge, check, install. [pure]
#include "init/engine/transaction.h"

#include <algorithm>

#include <fmt/format.h>

#include "init/engine/job_rules.h"
#include "init/engine/jobs.h"
#include "init/engine/loading.h"
#include "init/engine/transaction_order.h"
#include "init/engine/unit_actions.h"
#include "init/machines/machine_types.h"

namespace init {
namespace {

constexpr std::uint32_t none = PlanLink::none;

Cause cause_of(const DependencyGraph& graph, UnitId from, const Edge& edge) {
  const SaidEdge said = graph.said(from, edge);
  Cause cause;
  cause.kind = CauseKind::dependency;
  cause.edge = edge.kind;
  cause.unit = from;
  cause.origin = said.origin;
  cause.origin_unit = said.from;
  return cause;
}

/// Wanted units that are masked or not installed are everyday; only who debugs wants to hear of them.
bool is_usual(ErrorCode code) { return code == ErrorCode::masked || code == ErrorCode::no_such_unit; }

}  // namespace

std::uint32_t Transaction::first_of(UnitId unit) const {
  auto at = first_.find(unit);
  if (at == first_.end()) return none;
  std::uint32_t job = at->second;
  while (job != none && jobs_[job].deleted) job = jobs_[job].next_of_unit;
  return job;
}

std::vector<std::uint32_t> Transaction::live() const {
  std::vector<std::uint32_t> result;
  result.reserve(jobs_.size());
  for (std::uint32_t i = 0; i < jobs_.size(); ++i)
    if (!jobs_[i].deleted) result.push_back(i);
  return result;
}

bool Transaction::is_wanted(std::uint32_t job) const {
  return std::any_of(jobs_[job].wanted_by.begin(), jobs_[job].wanted_by.end(), [&](std::uint32_t link) {
    const std::uint32_t subject = links_[link].subject;
    return subject == none || !jobs_[subject].deleted;
  });
}

bool Transaction::is_stop_for_conflict(std::uint32_t job) const {
  return jobs_[job].type == JobType::stop &&
         std::any_of(jobs_[job].wanted_by.begin(), jobs_[job].wanted_by.end(),
                     [&](std::uint32_t link) { return links_[link].conflicts; });
}

void Transaction::delete_job(std::uint32_t first, bool and_who_need_it) {
  std::vector<std::uint32_t> queue{first};
  while (!queue.empty()) {
    const std::uint32_t job = queue.back();
    queue.pop_back();
    if (jobs_[job].deleted) continue;
    jobs_[job].deleted = true;
    if (!and_who_need_it) continue;
    for (std::uint32_t link : jobs_[job].wanted_by)
      if (links_[link].matters && links_[link].subject != none) queue.push_back(links_[link].subject);
  }
}

Result<Transaction::Added> Transaction::add_one(Core& core, const Addition& addition) {
  const Unit& unit = core.units.get(addition.unit);
  if (addition.type != JobType::stop)
    if (auto error = load_state_error(unit)) return tl::unexpected(std::move(*error));
  if (unit.origin.load_state == LoadState::stub)
    return fail(ErrorCode::load_failed, fmt::format("Unit {} is not loaded properly.", unit.name.text()));
  if (!job_is_applicable(core, unit, addition.type))
    return fail(ErrorCode::job_type_not_applicable,
                fmt::format("Job type {} is not applicable for unit {}.", unitparser::to_name(addition.type),
                            unit.name.text()));
  std::uint32_t found = none;
  std::uint32_t last = none;
  auto chain = first_.find(addition.unit);
  for (std::uint32_t job = chain == first_.end() ? none : chain->second; job != none; job = jobs_[job].next_of_unit) {
    last = job;
    if (!jobs_[job].deleted && jobs_[job].type == addition.type) found = job;
  }
  const bool fresh = found == none;
  if (fresh) {
    found = static_cast<std::uint32_t>(jobs_.size());
    PlannedJob job;
    job.unit = addition.unit;
    job.type = addition.type;
    job.cause = addition.cause;
    jobs_.push_back(std::move(job));
    if (last == none)
      first_.emplace(addition.unit, found);
    else
      jobs_[last].next_of_unit = found;
  }
  jobs_[found].ignore_order = jobs_[found].ignore_order || addition.ignore_order;
  const auto link = static_cast<std::uint32_t>(links_.size());
  links_.push_back({addition.by, found, addition.matters, addition.conflicts});
  jobs_[found].wanted_by.push_back(link);
  if (addition.by != none) jobs_[addition.by].wants.push_back(link);
  return Added{found, fresh};
}

std::vector<Transaction::Addition> Transaction::additions_of(Core& core, std::uint32_t index) const {
  std::vector<Addition> result;
  const UnitId unit = jobs_[index].unit;
  const JobType type = jobs_[index].type;
  const bool ignore_order = jobs_[index].ignore_order;
  struct How {
    bool matters, conflicts, required;
  };
  const auto pull = [&](Atom atom, JobType wanted, How how) {
    core.graph.for_each(unit, atom, [&](const Edge& edge) {
      const JobType collapsed = collapse(wanted, core.units.get(edge.other).active_state());
      if (collapsed == JobType::nop) return;
      result.push_back({edge.other, collapsed, index, how.matters, how.conflicts, false, ignore_order, how.required,
                        cause_of(core.graph, unit, edge)});
    });
  };
  for (UnitId other : following_set(core, core.units.get(unit)))
    result.push_back({other, type, index, false, false, false, ignore_order, false, jobs_[index].cause});
  //   effect                        job for the other      matters conflicts required
  if (type == JobType::start || type == JobType::restart) {
    pull(Atom::pull_in_start, JobType::start, {true, false, true});
    pull(Atom::pull_in_start_ignored, JobType::start, {false, false, false});
    pull(Atom::pull_in_verify, JobType::verify_active, {true, false, true});
    pull(Atom::pull_in_stop, JobType::stop, {true, true, true});
    pull(Atom::pull_in_stop_ignored, JobType::stop, {false, false, false});
  }
  if (type == JobType::stop) pull(Atom::propagate_stop, JobType::stop, {true, false, true});
  if (type == JobType::restart) pull(Atom::propagate_restart, JobType::try_restart, {true, false, true});
  if (type == JobType::reload || (type == JobType::nop && request_.reloads_others && index == anchor_)) pull(Atom::propagates_reload_to, JobType::try_reload, {false, false, false});
  return result;
}

Result<bool> Transaction::add_with_dependencies(Core& core, Addition first) {
  // An explicit stack: a chain of 50,000 units must not exhaust ours.
  std::vector<Frame> stack;
  Frame bottom;
  bottom.additions.push_back(std::move(first));
  stack.push_back(std::move(bottom));
  while (!stack.empty()) {
    Frame& frame = stack.back();
    if (frame.next == frame.additions.size()) {
      stack.pop_back();
      continue;
    }
    const Addition addition = std::move(frame.additions[frame.next++]);
    auto added = add_one(core, addition);
    if (added) {
      if (anchor_ == none) anchor_ = added->job;
      if (!added->fresh || addition.ignore_requirements || (addition.type == JobType::nop && !request_.reloads_others)) continue;
      Frame next;
      next.job = added->job;
      next.required = addition.required;
      next.additions = additions_of(core, added->job);
      if (!next.additions.empty()) stack.push_back(std::move(next));
      continue;
    }
    if (stack.size() == 1) return tl::unexpected(std::move(added.error()));
    const Unit& unit = core.units.get(addition.unit);
    if (!addition.required) {
      if (added.error().code != ErrorCode::job_type_not_applicable)
        log_unit(core, unit, is_usual(added.error().code) ? 7 : 4,
                 fmt::format("Cannot add dependency job, ignoring: {}", added.error().message));
      continue;
    }
    if (added.error().code == ErrorCode::job_type_not_applicable) continue;
    // Who needs it cannot be had: give up each frame up to one that is merely wanted.
    Error error = std::move(added.error());
    while (true) {
      const bool required = stack.back().required;
      const UnitId gave_up = jobs_[stack.back().job].unit;
      stack.pop_back();
      if (stack.size() == 1) return tl::unexpected(std::move(error));
      if (required) continue;
      log_unit(core, core.units.get(gave_up), is_usual(error.code) ? 7 : 4,
               fmt::format("Cannot add dependency job, ignoring: {}", error.message));
      break;
    }
  }
  return true;
}

void Transaction::add_isolate_stops(Core& core) {
  const std::vector<UnitId> all = core.units.all();
  for (UnitId id : all) {
    const Unit& unit = core.units.get(id);
    if (unit.config.unit->ignore_on_isolate || unit.origin.perpetual) continue;
    if (is_inactive_or_failed(unit.active_state()) && unit.job == JobId::none) continue;
    if (first_of(id) != none) continue;
    Addition stop{id, JobType::stop, anchor_, true, false, false, false, false, Cause::of(CauseKind::isolate, request_.unit)};
    if (auto added = add_with_dependencies(core, std::move(stop)); !added)
      log_unit(core, unit, 4, fmt::format("Cannot add isolate job, ignoring: {}", added.error().message));
  }
}

void Transaction::add_triggering_stops(Core& core) {
  for (UnitId id : core.graph.others(request_.unit, Atom::triggered_by)) {
    if (first_of(id) != none) continue;
    Addition stop{id, JobType::stop, anchor_, true, false, false, false, false, request_.cause};
    if (auto added = add_with_dependencies(core, std::move(stop)); !added)
      log_unit(core, core.units.get(id), 4, fmt::format("Cannot add triggered by job, ignoring: {}", added.error().message));
  }
}

void Transaction::find_what_matters() {
  std::vector<std::uint32_t> queue{anchor_};
  jobs_[anchor_].matters_to_anchor = true;
  while (!queue.empty()) {
    const std::uint32_t job = queue.back();
    queue.pop_back();
    for (std::uint32_t link : jobs_[job].wants) {
      const PlanLink& l = links_[link];
      if (!l.matters || jobs_[l.object].deleted || jobs_[l.object].matters_to_anchor) continue;
      jobs_[l.object].matters_to_anchor = true;
      queue.push_back(l.object);
    }
  }
}

void Transaction::minimize_impact(Core& core) {
  for (std::uint32_t job : live()) {
    PlannedJob& planned = jobs_[job];
    if (planned.deleted || planned.matters_to_anchor) continue;
    const Unit& unit = core.units.get(planned.unit);
    const Job* installed = core.jobs.find(unit.job);
    const bool stops_running = planned.type == JobType::stop && is_active_or_activating(unit.active_state());
    const bool changes_job = installed != nullptr && types_conflict(planned.type, installed->type);
    if (stops_running || changes_job) delete_job(job, true);
  }
}

void Transaction::drop_redundant(Core& core) {
  for (std::uint32_t job : live()) {
    if (first_of(jobs_[job].unit) != job) continue;
    const Unit& unit = core.units.get(jobs_[job].unit);
    const Job* installed = core.jobs.find(unit.job);
    bool keep = false;
    for (std::uint32_t k = job; k != none && !keep; k = jobs_[k].next_of_unit)
      if (!jobs_[k].deleted)
        keep = k == anchor_ || !is_redundant(jobs_[k].type, unit.active_state()) ||
               (installed != nullptr && types_conflict(jobs_[k].type, installed->type));
    if (keep) continue;
    for (std::uint32_t k = job; k != none; k = jobs_[k].next_of_unit) delete_job(k, false);
  }
}

void Transaction::collect_unwanted() {
  std::vector<std::uint32_t> queue = live();
  while (!queue.empty()) {
    const std::uint32_t job = queue.back();
    queue.pop_back();
    if (jobs_[job].deleted || is_wanted(job)) continue;
    jobs_[job].deleted = true;
    for (std::uint32_t link : jobs_[job].wants)
      if (!jobs_[links_[link].object].deleted) queue.push_back(links_[link].object);
  }
}

Result<bool> Transaction::order(Core& core) {
  while (true) {
    collect_unwanted();
    OrderCheck check(core, *this);
    if (TRY(check.run())) return true;
  }
}

Result<bool> Transaction::delete_one_unmergeable(Core& core, std::uint32_t first) {
  for (std::uint32_t j = first; j != none; j = jobs_[j].next_of_unit) {
    if (jobs_[j].deleted) continue;
    for (std::uint32_t k = jobs_[j].next_of_unit; k != none; k = jobs_[k].next_of_unit) {
      if (jobs_[k].deleted || !types_conflict(jobs_[j].type, jobs_[k].type)) continue;
      const PlannedJob& a = jobs_[j];
      const PlannedJob& b = jobs_[k];
      std::uint32_t gone = none;
      if (!a.matters_to_anchor && !b.matters_to_anchor) {
        // Rather drop a stop than a start, unless the stop is there because of a conflict.
        if (a.type == JobType::stop)
          gone = is_stop_for_conflict(j) ? k : j;
        else if (b.type == JobType::stop)
          gone = is_stop_for_conflict(k) ? j : k;
        else
          gone = j;
      } else if (!a.matters_to_anchor) {
        gone = j;
      } else if (!b.matters_to_anchor) {
        gone = k;
      } else {
        return fail(ErrorCode::transaction_conflicting, "Transaction contains conflicting jobs");
      }
      const Unit& unit = core.units.get(jobs_[gone].unit);
      log_unit(core, unit, 7,
               fmt::format("Fixing conflicting jobs {}/{},{}/{} by deleting job {}/{}", unit.name.text(),
                           unitparser::to_name(a.type), unit.name.text(), unitparser::to_name(b.type), unit.name.text(),
                           unitparser::to_name(jobs_[gone].type)));
      delete_job(gone, true);
      return true;
    }
  }
  return false;
}

Result<bool> Transaction::merge_jobs(Core& core) {
  // First make sure that all can be merged, then do it.
  for (std::uint32_t job : live()) {
    if (jobs_[job].deleted || first_of(jobs_[job].unit) != job) continue;
    JobType type = jobs_[job].type;
    for (std::uint32_t k = jobs_[job].next_of_unit; k != none; k = jobs_[k].next_of_unit) {
      if (jobs_[k].deleted) continue;
      auto merged = merge_and_collapse(type, jobs_[k].type, core.units.get(jobs_[job].unit).active_state());
      if (merged) {
        type = *merged;
        continue;
      }
      auto dropped = delete_one_unmergeable(core, job);
      if (!dropped)
        return fail(ErrorCode::transaction_conflicting,
                    fmt::format("Transaction contains conflicting jobs '{}' and '{}' for {}. Probably contradicting "
                                "requirement dependencies configured.",
                                unitparser::to_name(jobs_[k].type), unitparser::to_name(type),
                                core.units.get(jobs_[job].unit).name.text()));
      return false;  // look again
    }
  }
  for (std::uint32_t job : live()) {
    if (jobs_[job].deleted || first_of(jobs_[job].unit) != job) continue;
    // The anchor's place is kept: it is what the caller waits for.
    std::uint32_t keeper = job;
    JobType type = jobs_[job].type;
    bool ignore_order = jobs_[job].ignore_order;
    for (std::uint32_t k = job; k != none; k = jobs_[k].next_of_unit) {
      if (jobs_[k].deleted) continue;
      if (k == anchor_) keeper = k;
      if (k == job) continue;
      type = *merge_and_collapse(type, jobs_[k].type, core.units.get(jobs_[job].unit).active_state());
      ignore_order = ignore_order || jobs_[k].ignore_order;
    }
    for (std::uint32_t k = job; k != none; k = jobs_[k].next_of_unit) {
      if (jobs_[k].deleted || k == keeper) continue;
      for (std::uint32_t link : jobs_[k].wanted_by) {
        links_[link].object = keeper;
        jobs_[keeper].wanted_by.push_back(link);
      }
      for (std::uint32_t link : jobs_[k].wants) {
        links_[link].subject = keeper;
        jobs_[keeper].wants.push_back(link);
      }
      jobs_[keeper].matters_to_anchor = jobs_[keeper].matters_to_anchor || jobs_[k].matters_to_anchor;
      jobs_[k].deleted = true;
    }
    jobs_[keeper].type = type;
    jobs_[keeper].ignore_order = ignore_order;
  }
  return true;
}

Result<bool> Transaction::check_destructive(const Core& core) const {
  for (std::uint32_t job : live()) {
    const PlannedJob& planned = jobs_[job];
    if (planned.type == JobType::nop) continue;
    const Unit& unit = core.units.get(planned.unit);
    const Job* found = core.jobs.find(unit.job);
    if (found == nullptr) continue;
    const Job& installed = *found;
    if ((request_.mode == JobMode::fail || installed.irreversible) && types_conflict(installed.type, planned.type))
      return fail(ErrorCode::transaction_destructive,
                  fmt::format("Transaction for {}/{} is destructive ({} has '{}' job queued, but '{}' is included in "
                              "transaction).",
                              core.units.get(request_.unit).name.text(), unitparser::to_name(jobs_[anchor_].type),
                              unit.name.text(), unitparser::to_name(installed.type), unitparser::to_name(planned.type)));
  }
  return true;
}

Result<Transaction> Transaction::plan(Core& core, const TransactionRequest& request) {
  const Unit& unit = core.units.get(request.unit);
  if (request.mode == JobMode::isolate && request.type != JobType::start)
    return fail(ErrorCode::invalid_argument, "Isolate is only valid for start.");
  if (request.mode == JobMode::isolate && !unit.config.unit->allow_isolate)
    return tl::unexpected(Error{ErrorCode::no_isolation, EPERM, "Operation refused, unit may not be isolated.", {}});
  if (request.mode == JobMode::triggering && request.type != JobType::stop)
    return fail(ErrorCode::invalid_argument, "--job-mode=triggering is only valid for stop.");

  Transaction t(request);
  t.irreversible_ = request.mode == JobMode::replace_irreversibly;
  Addition first;
  first.unit = request.unit;
  first.type = collapse(request.type, unit.active_state());
  first.ignore_requirements =
      request.mode == JobMode::ignore_dependencies || request.mode == JobMode::ignore_requirements;
  first.ignore_order = request.mode == JobMode::ignore_dependencies;
  first.cause = request.cause;
  (void)TRY(t.add_with_dependencies(core, first));
  if (t.anchor_ == none) t.anchor_ = 0;
  if (request.mode == JobMode::isolate) t.add_isolate_stops(core);
  if (request.mode == JobMode::triggering) t.add_triggering_stops(core);

  t.find_what_matters();
  if (request.mode == JobMode::fail) t.minimize_impact(core);
  t.drop_redundant(core);
  (void)TRY(t.order(core));
  do t.collect_unwanted();
  while (!TRY(t.merge_jobs(core)));
  t.drop_redundant(core);
  (void)TRY(t.check_destructive(core));
  return t;
}

Transaction::Applied Transaction::apply(Core& core) {
  if (request_.mode == JobMode::isolate || request_.mode == JobMode::flush) {
    std::vector<JobId> strangers;
    for (const JobId id : core.jobs.ids())
      if (first_of(std::as_const(core.jobs).find(id)->unit) == none) strangers.push_back(id);
    for (JobId id : strangers) finish_job(core, id, {JobResult::canceled, false, false});
  }
  Applied applied;
  for (std::uint32_t job : live()) {
    const PlannedJob& planned = jobs_[job];
    if (core.units.find(planned.unit) == nullptr) continue;
    const JobId id = install_job(core, planned.unit, planned.type, planned.cause, irreversible_, planned.ignore_order);
    if (job == anchor_)
      applied.anchor = id;
    else
      applied.others.push_back(id);
  }
  return applied;
}

Result<JobId> add_job(Core& core, const TransactionRequest& request, std::vector<JobId>* affected) {
  Transaction transaction = TRY(Transaction::plan(core, request));
  Transaction::Applied applied = transaction.apply(core);
  if (affected != nullptr) *affected = std::move(applied.others);
  return applied.anchor;
}

}  // namespace init
