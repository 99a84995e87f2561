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
  for (const Edge& edge : edges(from))
    if (edge.other == to && edge.kind == kind) return &edge;
  return nullptr;
}

bool DependencyGraph::has(UnitId from, DependencyKind kind, UnitId to) const {
  // The shorter list decides: hubs such as shutdown.target have an edge to everything.
  if (edges(from).size() <= edges(to).size()) return find(from, kind, to) != nullptr;
  return find(to, unitparser::inverse_of(kind), from) != nullptr;
}

bool DependencyGraph::add(UnitId from, DependencyKind kind, UnitId to, EdgeSource source, Origin origin) {
  if (from == to || has(from, kind, to)) return false;
  mark(from, source);
  const DependencyKind inverse = unitparser::inverse_of(kind);
  node(UnitId{static_cast<std::uint32_t>(std::max(index_of(from), index_of(to)))});
  Node& a = node(from);
  a.edges.push_back({to, kind, source, false, origin});
  a.atoms = a.atoms | atoms_by_kind()[static_cast<std::size_t>(kind)];
  Node& b = node(to);
  b.edges.push_back({from, inverse, source, true, origin});
  b.atoms = b.atoms | atoms_by_kind()[static_cast<std::size_t>(inverse)];
  return true;
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

/// Takes away what the unit itself said, from sources that go, at both ends.
template <class Goes>
void DependencyGraph::remove_own(UnitId unit, Goes goes) {
  if (index_of(unit) >= nodes_.size()) return;
  std::vector<Edge>& list = nodes_[index_of(unit)].edges;
  const auto keep = std::stable_partition(list.begin(), list.end(), [&](const Edge& edge) { return edge.reversed || !goes(edge.source); });
  const std::vector<Edge> gone(keep, list.end());
  list.erase(keep, list.end());
  for (const Edge& edge : gone) {
    mark(unit, edge.source);
    drop(edge.other, unit, unitparser::inverse_of(edge.kind));
  }
}

void DependencyGraph::remove_said_by(UnitId unit, EdgeSource source) {
  remove_own(unit, [source](EdgeSource said) { return said == source; });
}

void DependencyGraph::remove_drawn_by(UnitId unit) {
  remove_own(unit, [](EdgeSource said) { return !is_lasting(said); });
}

void DependencyGraph::remove_drawn() {
  for (Node& node : nodes_) {
    std::erase_if(node.edges, [](const Edge& edge) { return !is_lasting(edge.source); });
    node.atoms = {};
    for (const Edge& edge : node.edges) node.atoms = node.atoms | atoms_by_kind()[static_cast<std::size_t>(edge.kind)];
  }
}

std::uint64_t DependencyGraph::fingerprint(UnitId unit) const {
  std::uint64_t sum = 0;
  for (const Edge& edge : edges(unit)) {
    std::uint64_t mixed = (std::uint64_t{index_of(edge.other)} << 8U | static_cast<std::uint64_t>(edge.kind)) * 0x9e3779b97f4a7c15U;
    mixed ^= mixed >> 29U;
    sum += mixed * 0xbf58476d1ce4e5b9U;
  }
  return sum;
}

void DependencyGraph::remove(UnitId from, DependencyKind kind, UnitId to, EdgeSource source) {
  const Edge* edge = find(from, kind, to);
  if (edge == nullptr || edge->source != source) return;
  mark(from, source);
  drop(from, to, kind);
  drop(to, from, unitparser::inverse_of(kind));
}

void DependencyGraph::remove_unit(UnitId unit) {
  if (index_of(unit) >= nodes_.size()) return;
  std::vector<Edge> gone = std::move(nodes_[index_of(unit)].edges);
  nodes_[index_of(unit)] = {};
  for (const Edge& edge : gone) {
    mark(edge.reversed ? edge.other : unit, edge.source);
    drop(edge.other, unit, unitparser::inverse_of(edge.kind));
  }
}

void DependencyGraph::merge(UnitId from, UnitId into) {
  if (index_of(from) >= nodes_.size()) return;
  std::vector<Edge> moved = std::move(nodes_[index_of(from)].edges);
  nodes_[index_of(from)] = {};
  for (const Edge& edge : moved) {
    mark(edge.reversed ? edge.other : from, edge.source);
    drop(edge.other, from, unitparser::inverse_of(edge.kind));
    if (edge.reversed)
      add(edge.other, unitparser::inverse_of(edge.kind), into, edge.source, edge.origin);
    else
      add(into, edge.kind, edge.other, edge.source, edge.origin);
  }
}

}  // namespace init
