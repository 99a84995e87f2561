// Storage and search of the edges. [pure]
#include "init/engine/dependency_graph.h"

#include <algorithm>

namespace init {

const std::vector<AtomSet>& DependencyGraph::atoms_by_kind() {
  static const std::vector<AtomSet> table = [] {
    std::vector<AtomSet> atoms;
    for (std::size_t i = 0; i < unitparser::dependency_kind_count; ++i)
      atoms.push_back(unitparser::atoms_of(static_cast<DependencyKind>(i)));
    return atoms;
  }();
  return table;
}

DependencyGraph::Node& DependencyGraph::node(UnitId unit) {
  if (index_of(unit) >= nodes_.size()) nodes_.resize(index_of(unit) + 1);
  return nodes_[index_of(unit)];
}

std::span<const Edge> DependencyGraph::edges(UnitId unit) const {
  if (index_of(unit) >= nodes_.size()) return {};
  return nodes_[index_of(unit)].edges;
}

const Edge* DependencyGraph::find(UnitId from, DependencyKind kind, UnitId to) const {
  // Backwards: what was said of late is looked for most.
  const std::span<const Edge> list = edges(from);
  const auto found = std::find_if(list.rbegin(), list.rend(), [&](const Edge& edge) { return edge.other == to && edge.kind == kind; });
  return found == list.rend() ? nullptr : &*found;
}

Edge& DependencyGraph::get(UnitId from, DependencyKind kind, UnitId to) {
  std::vector<Edge>& list = node(from).edges;
  return list[static_cast<std::size_t>(find(from, kind, to) - list.data())];
}

bool DependencyGraph::has(UnitId from, DependencyKind kind, UnitId to) const {
  // The shorter list decides: hubs such as shutdown.target have an edge to everything.
  if (edges(from).size() <= edges(to).size()) return find(from, kind, to) != nullptr;
  return find(to, unitparser::inverse_of(kind), from) != nullptr;
}

SaidEdge DependencyGraph::said(UnitId unit, const Edge& edge) const {
  if (!edge.said().empty()) return {unit, edge.kind, edge.other, edge.origin()};
  const DependencyKind inverse = unitparser::inverse_of(edge.kind);
  return {edge.other, inverse, unit, find(edge.other, inverse, unit)->origin()};
}

void DependencyGraph::append(UnitId at, const Edge& edge) {
  Node& list = node(at);
  // Lists stay for long: they grow by a quarter, so that there is little in them that is not used.
  if (const std::size_t size = list.edges.size(); size == list.edges.capacity()) list.edges.reserve(size + size / 4 + 2);
  list.edges.push_back(edge);
  list.atoms = list.atoms | atoms_by_kind()[static_cast<std::size_t>(edge.kind)];
}

namespace {

/// The sources that an edge's place can come from.
constexpr EdgeSources sources_with_places = EdgeSource::file | EdgeSource::mounts_for | EdgeSource::transient;

/// The part of take_back() at the end that said it.
void unsay(Edge& edge, EdgeSources sources) {
  if (edge.said().has(sources & sources_with_places)) edge.set_origin({});
  edge.say(edge.said() - sources);
}

bool is_unsaid(const Edge& edge) { return edge.said().empty() && edge.heard().empty(); }

}  // namespace

bool DependencyGraph::add(UnitId from, DependencyKind kind, UnitId to, EdgeSources sources, Origin origin) {
  if (from == to) return false;
  const DependencyKind inverse = unitparser::inverse_of(kind);
  if (!has(from, kind, to)) {
    mark(from, sources);
    append(from, {to, kind, sources, {}, origin});
    append(to, {from, inverse, {}, sources, {}});
    return true;
  }
  Edge& edge = get(from, kind, to);
  if ((sources - edge.said()).empty()) return false;
  mark(from, sources);
  if (edge.origin() == Origin{}) edge.set_origin(origin);
  edge.say(edge.said() | sources);
  get(to, inverse, from).hear(edge.said());
  return false;
}

UnitId DependencyGraph::first(UnitId unit, Atom atom) const {
  if (index_of(unit) >= nodes_.size() || !nodes_[index_of(unit)].atoms.has(atom)) return UnitId::none;
  for (const Edge& edge : nodes_[index_of(unit)].edges)
    if (atoms_by_kind()[static_cast<std::size_t>(edge.kind)].has(atom)) return edge.other;
  return UnitId::none;
}

std::vector<UnitId> DependencyGraph::others(UnitId unit, Atom atom) const {
  std::vector<UnitId> result;
  for_each(unit, atom, [&](const Edge& edge) { result.push_back(edge.other); });
  if (result.size() > 1) {
    std::vector<UnitId> sorted = result;
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
      std::vector<UnitId> unique;
      for (UnitId id : result)
        if (auto at = std::lower_bound(sorted.begin(), sorted.end(), id); at != sorted.end() && *at == id) {
          unique.push_back(id);
          sorted.erase(at, std::upper_bound(sorted.begin(), sorted.end(), id));
        }
      return unique;
    }
  }
  return result;
}

std::vector<UnitId> DependencyGraph::others(UnitId unit, DependencyKind kind) const {
  std::vector<UnitId> result;
  for (const Edge& edge : edges(unit))
    if (edge.kind == kind) result.push_back(edge.other);
  return result;
}

void DependencyGraph::drop(UnitId at, UnitId other, DependencyKind kind) {
  std::vector<Edge>& list = node(at).edges;
  auto found = std::find_if(list.begin(), list.end(),
                            [&](const Edge& edge) { return edge.other == other && edge.kind == kind; });
  if (found != list.end()) list.erase(found);
}

void DependencyGraph::take_back(UnitId unit, EdgeSources sources) {
  if (index_of(unit) >= nodes_.size()) return;
  std::vector<Edge>& list = nodes_[index_of(unit)].edges;
  for (Edge& edge : list)
    if (edge.said().has(sources)) take_back(unit, edge, sources);
  std::erase_if(list, is_unsaid);
}

void DependencyGraph::take_back(UnitId from, DependencyKind kind, UnitId to, EdgeSources sources) {
  if (find(from, kind, to) == nullptr) return;
  Edge& edge = get(from, kind, to);
  take_back(from, edge, sources);
  if (is_unsaid(edge)) drop(from, to, kind);
}

void DependencyGraph::take_back(UnitId from, Edge& edge, EdgeSources sources) {
  mark(from, edge.said() & sources);
  unsay(edge, sources);
  const DependencyKind inverse = unitparser::inverse_of(edge.kind);
  if (is_unsaid(edge))
    drop(edge.other, from, inverse);
  else
    get(edge.other, inverse, from).hear(edge.said());
}

void DependencyGraph::take_back_drawn(std::span<const UnitId> units) {
  std::vector<bool> is_ours(nodes_.size());
  for (const UnitId unit : units)
    if (index_of(unit) < nodes_.size()) is_ours[index_of(unit)] = true;
  std::vector<bool> is_near = is_ours;
  for (const UnitId unit : units)
    for (const Edge& edge : edges(unit)) is_near[index_of(edge.other)] = true;
  const auto taken_from = [&is_ours](std::size_t unit) { return is_ours[unit] ? drawn_sources : EdgeSource::target_order; };
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (!is_near[i]) continue;
    Node& node = nodes_[i];
    for (Edge& edge : node.edges) {
      const std::size_t other = index_of(edge.other);
      if (!is_ours[i] && !is_ours[other]) continue;
      unsay(edge, taken_from(i));
      edge.hear(edge.heard() - taken_from(other));
    }
    std::erase_if(node.edges, is_unsaid);
    node.atoms = {};
    for (const Edge& edge : node.edges) node.atoms = node.atoms | atoms_by_kind()[static_cast<std::size_t>(edge.kind)];
  }
}

void DependencyGraph::remove_unit(UnitId unit) {
  if (index_of(unit) >= nodes_.size()) return;
  for (const Edge& edge : std::exchange(nodes_[index_of(unit)], {}).edges) {
    mark(unit, edge.said());
    mark(edge.other, edge.heard());
    drop(edge.other, unit, unitparser::inverse_of(edge.kind));
  }
}

void DependencyGraph::merge(UnitId from, UnitId into) {
  for (const Edge& edge : std::vector<Edge>(edges(from).begin(), edges(from).end())) {
    const DependencyKind inverse = unitparser::inverse_of(edge.kind);
    if (!edge.said().empty()) add(into, edge.kind, edge.other, edge.said(), edge.origin());
    if (!edge.heard().empty()) add(edge.other, inverse, into, edge.heard(), get(edge.other, inverse, from).origin());
  }
  remove_unit(from);
}

}  // namespace init
