// The kinds of dependencies between units, their inverses, and what each kind does, as a set of atoms. [pure]
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "unitparser/base/enum_names.h"

namespace unitparser {

/// A kind of dependency, forward or inverse, named as on the bus (systemd.unit(5)).
enum class DependencyKind : std::uint8_t {
  requires_, requisite, wants, binds_to, part_of, upholds,
  required_by, requisite_of, wanted_by, bound_by, consists_of, upheld_by,
  conflicts, conflicted_by, before, after,
  on_success, on_success_of, on_failure, on_failure_of,
  triggers, triggered_by,
  propagates_reload_to, reload_propagated_from, propagates_stop_to, stop_propagated_from,
  joins_namespace_of,  ///< its own inverse
  references, referenced_by, in_slice, slice_of,
};
inline constexpr std::size_t dependency_kind_count = 31;
constexpr std::array<std::string_view, dependency_kind_count> enum_names(std::type_identity<DependencyKind>) {
  return {"Requires", "Requisite", "Wants", "BindsTo", "PartOf", "Upholds",
          "RequiredBy", "RequisiteOf", "WantedBy", "BoundBy", "ConsistsOf", "UpheldBy",
          "Conflicts", "ConflictedBy", "Before", "After",
          "OnSuccess", "OnSuccessOf", "OnFailure", "OnFailureOf",
          "Triggers", "TriggeredBy",
          "PropagatesReloadTo", "ReloadPropagatedFrom", "PropagatesStopTo", "StopPropagatedFrom",
          "JoinsNamespaceOf",
          "References", "ReferencedBy", "InSlice", "SliceOf"};
}

/// One elementary effect of an edge "this kind that"; the engine asks for atoms, never for kinds.
enum class Atom : std::uint32_t {
  none = 0,
  pull_in_start = 1U << 0,               ///< start this: start that too, its failure is ours
  pull_in_start_ignored = 1U << 1,       ///< start this: start that too, its failure is ignored
  pull_in_verify = 1U << 2,              ///< start this: that must be active already
  pull_in_stop = 1U << 3,                ///< start this: stop that, its failure is ours
  pull_in_stop_ignored = 1U << 4,        ///< start this: stop that, its failure is ignored
  propagate_stop = 1U << 5,              ///< stop this: stop that
  propagate_restart = 1U << 6,           ///< restart this: try-restart that
  propagate_start_failure = 1U << 7,     ///< this failed to start: that's start job fails ("dependency")
  propagate_inactive_as_failure = 1U << 8,  ///< this was found inactive: that's start job fails
  retroactive_start = 1U << 9,           ///< this came up unasked: start that, job mode replace
  retroactive_start_fail = 1U << 10,     ///< this came up unasked: start that, job mode fail
  retroactive_stop_on_start = 1U << 11,  ///< this came up unasked: stop that
  retroactive_stop_on_stop = 1U << 12,   ///< this went down unasked: stop that
  cannot_be_active_without = 1U << 13,   ///< this stops when that is not active (BindsTo)
  uphold = 1U << 14,                     ///< while this is active that is started again whenever it is down
  upheld_by = 1U << 15,                  ///< the other end of uphold
  keeps_needed = 1U << 16,               ///< while that is active or starting, this is needed (StopWhenUnneeded=)
  recheck_needed = 1U << 17,             ///< when this goes down, see whether that is still needed
  target_after = 1U << 18,               ///< a target with this edge orders itself after that
  on_success = 1U << 19,
  on_failure = 1U << 20,
  before = 1U << 21,
  after = 1U << 22,
  triggers = 1U << 23,
  triggered_by = 1U << 24,
  propagates_reload_to = 1U << 25,
  joins_namespace_of = 1U << 26,
  references = 1U << 27,
  referenced_by = 1U << 28,
  in_slice = 1U << 29,
  slice_of = 1U << 30,
  propagate_stop_failure = 1U << 31,  ///< stopping this failed: that's start job fails (Conflicts=)
};

/// A set of atoms.
class AtomSet {
 public:
  constexpr AtomSet() = default;
  constexpr AtomSet(Atom atom) : bits_(static_cast<std::uint32_t>(atom)) {}  // NOLINT: a set of one
  friend constexpr AtomSet operator|(AtomSet a, AtomSet b) { return AtomSet(a.bits_ | b.bits_); }
  [[nodiscard]] constexpr bool has(Atom atom) const { return (bits_ & static_cast<std::uint32_t>(atom)) != 0; }
  [[nodiscard]] constexpr std::uint32_t bits() const { return bits_; }
  bool operator==(const AtomSet&) const = default;

 private:
  constexpr explicit AtomSet(std::uint32_t bits) : bits_(bits) {}
  std::uint32_t bits_ = 0;
};
constexpr AtomSet operator|(Atom a, Atom b) { return AtomSet(a) | AtomSet(b); }

/// The kind seen from the other end.
[[nodiscard]] DependencyKind inverse_of(DependencyKind kind);
/// What an edge of that kind does.
[[nodiscard]] AtomSet atoms_of(DependencyKind kind);

}  // namespace unitparser
