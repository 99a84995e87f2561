// DependencyGraph: the edges between units, seen from both ends, each with what it does and where it was said. [pure]
#pragma once

#include <span>
#include <unordered_set>
#include <utility>

#include "init/engine/ids.h"

namespace init {

/// Who said so; edges of files and defaults are made anew on reload, the others stay.
enum class EdgeSource : std::uint8_t { file, default_, mounts_for, kernel_table, udev, transient };
/// Whether only the engine's memory knows such an edge: neither files nor defaults would draw it again.
constexpr bool is_lasting(EdgeSource source) {
  return source == EdgeSource::kernel_table || source == EdgeSource::udev || source == EdgeSource::transient;
}

/// One edge, kept at both ends: at `from` with its kind and at `to` with the inverse kind.
struct Edge {
  UnitId other = UnitId::none;
  DependencyKind kind{};
  EdgeSource source{};
  bool reversed = false;  ///< was said at the other end: `origin` indexes that unit's sources
  Origin origin;
};

class DependencyGraph {
 public:
  /// Adds "from kind to" and its inverse. Nothing happens if the edge exists (of any source). Returns whether it is new.
  bool add(UnitId from, DependencyKind kind, UnitId to, EdgeSource source, Origin origin);
  /// All edges of a unit, in the order they were said.
  [[nodiscard]] std::span<const Edge> edges(UnitId unit) const;
  /// The first unit that `unit` has an edge with that atom to; none if there is none.
  [[nodiscard]] UnitId first(UnitId unit, Atom atom) const;
  [[nodiscard]] bool has(UnitId from, DependencyKind kind, UnitId to) const;
  [[nodiscard]] const Edge* find(UnitId from, DependencyKind kind, UnitId to) const;

  /// Calls `visit(const Edge&)` for each edge with that atom. `visit` must not change the graph; collect first if it may.
  template <class Visit>
  void for_each(UnitId unit, Atom atom, Visit visit) const {
    if (index_of(unit) >= nodes_.size() || !nodes_[index_of(unit)].atoms.has(atom)) return;
    for (const Edge& edge : nodes_[index_of(unit)].edges)
      if (atoms_by_kind()[static_cast<std::size_t>(edge.kind)].has(atom)) visit(edge);
  }
  /// The units at the other ends of the edges with that atom, copied, each once.
  [[nodiscard]] std::vector<UnitId> others(UnitId unit, Atom atom) const;
  /// The same with one exact kind (properties Wants=, After=, …).
  [[nodiscard]] std::vector<UnitId> others(UnitId unit, DependencyKind kind) const;

  /// Takes away all edges that `unit` itself said from that source.
  void remove_said_by(UnitId unit, EdgeSource source);
  /// The same of all that files and defaults draw: every edge that is not lasting.
  void remove_drawn_by(UnitId unit);
  /// All of those of all units.
  void remove_drawn();
  /// Tells two sets of edges of a unit apart, whatever their order.
  [[nodiscard]] std::uint64_t fingerprint(UnitId unit) const;
  /// Takes away one edge of that source.
  void remove(UnitId from, DependencyKind kind, UnitId to, EdgeSource source);
  /// Takes away every edge of the unit, said by whomever.
  void remove_unit(UnitId unit);
  /// Re-points every edge of `from` to `into` (merging of units).
  void merge(UnitId from, UnitId into);

  static const std::vector<AtomSet>& atoms_by_kind();

  /// Units that came to say a lasting edge, or no longer do, since the last call.
  [[nodiscard]] std::unordered_set<UnitId> take_unsaved() { return std::exchange(unsaved_, {}); }

 private:
  struct Node {
    std::vector<Edge> edges;
    AtomSet atoms;  ///< union over the edges, never too small
  };
  Node& node(UnitId unit);
  void drop(UnitId at, UnitId other, DependencyKind kind);
  template <class Goes>
  void remove_own(UnitId unit, Goes goes);
  /// To be called for each edge that comes or goes.
  void mark(UnitId from, EdgeSource source) {
    if (is_lasting(source)) unsaved_.insert(from);
  }
  std::vector<Node> nodes_;
  std::unordered_set<UnitId> unsaved_;
};

}  // namespace init
