// DependencyGraph: the edges between units, seen from both ends, each with what it does and which end said it, and why. [pure]
#pragma once

#include <algorithm>
#include <span>
#include <unordered_set>
#include <utility>

#include "init/engine/ids.h"

namespace init {

/// Who had an end of an edge say it. What files and defaults say is said anew when the unit is reloaded, the rest stays.
enum class EdgeSource : std::uint8_t {
  file,
  default_,
  mounts_for,
  target_order,  ///< a target's place behind what it pulls in: depends on both ends
  udev,
  transient,
};

/// A set of them.
class EdgeSources {
 public:
  constexpr EdgeSources() = default;
  constexpr EdgeSources(EdgeSource source) : bits_(static_cast<std::uint8_t>(1U << static_cast<unsigned>(source))) {}  // NOLINT: one is a set too
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  [[nodiscard]] constexpr bool has(EdgeSources any) const { return (bits_ & any.bits_) != 0; }
  friend constexpr EdgeSources operator|(EdgeSources a, EdgeSources b) { return EdgeSources(a.bits_ | b.bits_); }
  friend constexpr EdgeSources operator&(EdgeSources a, EdgeSources b) { return EdgeSources(a.bits_ & b.bits_); }
  /// What is in `a` alone.
  friend constexpr EdgeSources operator-(EdgeSources a, EdgeSources b) { return EdgeSources(a.bits_ & ~b.bits_); }
  bool operator==(const EdgeSources&) const = default;
  /// As a number, for where they are packed.
  [[nodiscard]] constexpr unsigned bits() const { return bits_; }
  static constexpr EdgeSources of_bits(unsigned bits) { return EdgeSources(static_cast<int>(bits)); }

 private:
  constexpr explicit EdgeSources(int bits) : bits_(static_cast<std::uint8_t>(bits)) {}
  std::uint8_t bits_ = 0;
};
constexpr EdgeSources operator|(EdgeSource a, EdgeSource b) { return EdgeSources(a) | b; }

/// What a unit says because of its files and settings, and says anew when it is loaded again.
constexpr EdgeSources drawn_sources = EdgeSource::file | EdgeSource::default_ | EdgeSource::mounts_for | EdgeSource::target_order;
/// What only the engine's memory knows.
constexpr EdgeSources lasting_sources = EdgeSource::udev | EdgeSource::transient;

/// One edge, kept at both ends: at `from` with its kind and at `to` with the inverse kind. Each end may have said it, or both.
/// In eight bytes, because there are twenty to a unit.
class Edge {
 public:
  constexpr Edge(UnitId to, DependencyKind its_kind, EdgeSources by_us, EdgeSources by_them, Origin place = {})
      : other(to), kind(its_kind), said_(by_us.bits() & all_sources), heard_(by_them.bits() & all_sources) {
    set_origin(place);
  }
  UnitId other;
  DependencyKind kind : 5;
  /// By the unit that has the edge.
  [[nodiscard]] constexpr EdgeSources said() const { return EdgeSources::of_bits(said_); }
  /// From the other one.
  [[nodiscard]] constexpr EdgeSources heard() const { return EdgeSources::of_bits(heard_); }
  /// Where the unit that has the edge said it; see DependencyGraph::said(). A line or a source beyond what fits is not told.
  [[nodiscard]] constexpr Origin origin() const { return source_ == no_source ? Origin{} : Origin{source_, line_}; }
  void say(EdgeSources sources) { said_ = sources.bits() & all_sources; }
  void hear(EdgeSources sources) { heard_ = sources.bits() & all_sources; }
  constexpr void set_origin(const Origin& place) {
    source_ = std::min(place.source, no_source) & no_source;
    line_ = place.line <= last_line ? place.line & last_line : 0;
  }

 private:
  static constexpr std::uint32_t all_sources = (1U << 6U) - 1;
  static constexpr std::uint32_t no_source = (1U << 5U) - 1;
  static constexpr std::uint32_t last_line = (1U << 10U) - 1;
  std::uint32_t said_ : 6;
  std::uint32_t heard_ : 6;
  std::uint32_t source_ : 5 = no_source;
  std::uint32_t line_ : 10 = 0;
};
static_assert(sizeof(Edge) == 8 && unitparser::dependency_kind_count <= 32);

/// An edge as the end that said it has it.
struct SaidEdge {
  UnitId from{};
  DependencyKind kind{};
  UnitId to{};
  Origin origin;  ///< among the sources of `from`
};

class DependencyGraph {
 public:
  /// `from` says "from kind to", which is there with its inverse from then on. Returns whether nobody had said it before.
  bool add(UnitId from, DependencyKind kind, UnitId to, EdgeSources sources, Origin origin);
  /// All edges of a unit, in the order they were said.
  [[nodiscard]] std::span<const Edge> edges(UnitId unit) const;
  /// The first unit that `unit` has an edge with that atom to; none if there is none.
  [[nodiscard]] UnitId first(UnitId unit, Atom atom) const;
  [[nodiscard]] bool has(UnitId from, DependencyKind kind, UnitId to) const;
  [[nodiscard]] const Edge* find(UnitId from, DependencyKind kind, UnitId to) const;
  /// Who said that edge of the unit, and where: the unit itself if it did.
  [[nodiscard]] SaidEdge said(UnitId unit, const Edge& edge) const;
  /// The unit's list takes no more memory than it needs from now on, until there is one edge more.
  void shrink(UnitId unit) { node(unit).edges.shrink_to_fit(); }

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

  /// Takes back what `unit` said from these sources; an edge that nobody says any more is gone.
  void take_back(UnitId unit, EdgeSources sources);
  /// The same of one edge.
  void take_back(UnitId from, DependencyKind kind, UnitId to, EdgeSources sources);
  /// Takes back all that these units draw, and what is drawn because of them at their other ends (targets' order). In one pass
  /// over each list, however many of the units a hub has an edge to.
  void take_back_drawn(std::span<const UnitId> units);
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
  void append(UnitId at, const Edge& edge);
  /// The edge that must be there.
  [[nodiscard]] Edge& get(UnitId from, DependencyKind kind, UnitId to);
  void drop(UnitId at, UnitId other, DependencyKind kind);
  /// At the far end only: an edge that nobody says any more is left to be erased from the list of `from`.
  void take_back(UnitId from, Edge& edge, EdgeSources sources);
  /// To be called whenever a unit comes to say an edge or no longer does.
  void mark(UnitId from, EdgeSources sources) {
    if (sources.has(lasting_sources)) unsaved_.insert(from);
  }
  std::vector<Node> nodes_;
  std::unordered_set<UnitId> unsaved_;
};

}  // namespace init
