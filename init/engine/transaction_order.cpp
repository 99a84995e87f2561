// Depth-first search for ordering cycles. COMPAT: the job dropped is the first of the cycle, going backwards from where
// it closes, that the request can do without. [pure]
#include "init/engine/transaction_order.h"

#include <fmt/format.h>

#include "init/engine/job_messages.h"
#include "init/engine/job_rules.h"

namespace init {

std::optional<OrderCheck::Node> OrderCheck::node_of(UnitId unit) const {
  if (const std::uint32_t planned = transaction_.first_of(unit); planned != PlanLink::none) {
    const PlannedJob& job = transaction_.jobs_[planned];
    return Node{unit, planned, job.type, job.ignore_order};
  }
  const Unit* u = core_.units.find(unit);
  if (u == nullptr || u->job == JobId::none) return std::nullopt;
  const Job* job = core_.jobs.find(u->job);
  return job == nullptr ? std::nullopt : std::optional(Node{unit, PlanLink::none, job->type, job->ignore_order});
}

OrderCheck::Step OrderCheck::enter(const Node& node, const Edge* came_by) const {
  Step step;
  step.node = node;
  step.came_by = came_by;
  if (node.type == JobType::nop || node.ignore_order) return step;
  const auto consider = [&](const Edge& edge, bool edge_is_before) {
    auto other = node_of(edge.other);
    if (!other || other->type == JobType::nop || other->ignore_order) return;
    const bool later_first = later_unit_first(edge_is_before ? other->type : node.type);
    const bool node_first = edge_is_before ? !later_first : later_first;
    if (!node_first) return;
    step.successors.push_back(*other);
    step.edges.push_back(&edge);
  };
  core_.graph.for_each(node.unit, Atom::before, [&](const Edge& edge) { consider(edge, true); });
  core_.graph.for_each(node.unit, Atom::after, [&](const Edge& edge) { consider(edge, false); });
  return step;
}

std::string OrderCheck::place_of(UnitId holder, const Edge& edge) const {
  const SaidEdge said = core_.graph.said(holder, edge);
  const Unit& said_by = core_.units.get(said.from);
  const Unit& other = core_.units.get(said.to);
  const std::string where = init::place_of(said_by, said.origin, other);
  return fmt::format("{}: {}={} ({})", said_by.name.text(), unitparser::to_name(said.kind), other.name.text(), where.empty() ? "implicit" : where);
}

Result<bool> OrderCheck::break_cycle(const std::vector<Step>& path, std::size_t begin, const Edge* closing) {
  const auto job_text = [&](const Node& node) {
    return fmt::format("{}/{}", core_.units.get(node.unit).name.text(), unitparser::to_name(node.type));
  };
  const Node& start = path[begin].node;
  const Unit& start_unit = core_.units.get(start.unit);
  const auto say = [&](int priority, const std::string& text) { log_unit(core_, start_unit, priority, fmt::format("{}: {}", start_unit.name.text(), text)); };
  const PlannedJob* dropped = nullptr;
  UnitId victim = UnitId::none;
  JobType victim_type{};
  for (std::size_t at = path.size(); at-- > begin;) {
    const Node& node = path[at].node;
    const bool is_last = at + 1 == path.size();
    const Edge* edge = is_last ? closing : path[at + 1].came_by;
    say(4, fmt::format("Found {} on {} [{}]", is_last ? "ordering cycle" : "dependency", job_text(node), place_of(node.unit, *edge)));
    if (dropped == nullptr && node.planned != PlanLink::none &&
        !transaction_.jobs_[node.planned].matters_to_anchor) {
      dropped = &transaction_.jobs_[node.planned];
      victim = node.unit;
      victim_type = node.type;
    }
  }
  if (dropped == nullptr) {
    say(3, fmt::format("Unable to break cycle starting with {}", job_text(start)));
    return fail(ErrorCode::transaction_cyclic, "Transaction order is cyclic. See system logs for details.");
  }
  const Unit& gone = core_.units.get(victim);
  say(3, fmt::format("Job {}/{} deleted to break ordering cycle starting with {}", gone.name.text(), unitparser::to_name(victim_type), job_text(start)));
  core_.emit(effect::ConsoleStatus{effect::StatusKind::skipped, victim, sentence_about(core_, gone, "Ordering cycle found, skipping ", {}, NameLength::short_)});
  for (std::uint32_t job = transaction_.first_of(victim); job != PlanLink::none; job = transaction_.first_of(victim))
    transaction_.delete_job(job, true);
  return false;
}

Result<bool> OrderCheck::run() {
  for (std::uint32_t root : transaction_.live()) {
    const PlannedJob& planned = transaction_.jobs_[root];
    if (colour_.contains(planned.unit)) continue;
    std::vector<Step> path;
    path.push_back(enter({planned.unit, root, planned.type, planned.ignore_order}, nullptr));
    colour_[planned.unit] = 1;
    while (!path.empty()) {
      Step& step = path.back();
      if (step.next == step.successors.size()) {
        colour_[step.node.unit] = 2;
        path.pop_back();
        continue;
      }
      const Node successor = step.successors[step.next];
      const Edge* edge = step.edges[step.next];
      ++step.next;
      std::uint8_t& colour = colour_[successor.unit];
      if (colour == 2) continue;
      if (colour == 1) {
        std::size_t begin = path.size();
        while (begin > 0 && path[begin - 1].node.unit != successor.unit) --begin;
        return break_cycle(path, begin - 1, edge);
      }
      colour = 1;
      path.push_back(enter(successor, edge));
    }
  }
  return true;
}

}  // namespace init
