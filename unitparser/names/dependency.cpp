// The table of dependency kinds: inverse and effects of each. [pure]
#include "unitparser/names/dependency.h"

namespace unitparser {
namespace {

using enum DependencyKind;

struct Row {
  DependencyKind kind;
  DependencyKind inverse;
  AtomSet atoms;
};

// One row for each kind, in the order of the enumeration (verified below).
constexpr std::array<Row, dependency_kind_count> rows{{
    // kind      inverse        effects
    {requires_, required_by, Atom::pull_in_start | Atom::retroactive_start | Atom::recheck_needed | Atom::target_after},
    {requisite, requisite_of, Atom::pull_in_verify | Atom::recheck_needed | Atom::target_after},
    {wants, wanted_by,
     Atom::pull_in_start_ignored | Atom::retroactive_start_fail | Atom::recheck_needed | Atom::target_after},
    {binds_to, bound_by,
     Atom::pull_in_start | Atom::retroactive_start | Atom::cannot_be_active_without | Atom::recheck_needed |
         Atom::target_after},
    {part_of, consists_of, Atom::recheck_needed},
    {upholds, upheld_by,
     Atom::pull_in_start_ignored | Atom::retroactive_start_fail | Atom::uphold | Atom::recheck_needed |
         Atom::target_after},
    {required_by, requires_,
     Atom::propagate_stop | Atom::propagate_restart | Atom::propagate_start_failure | Atom::keeps_needed |
         Atom::target_after},
    {requisite_of, requisite,
     Atom::propagate_stop | Atom::propagate_restart | Atom::propagate_start_failure |
         Atom::propagate_inactive_as_failure | Atom::keeps_needed | Atom::target_after},
    {wanted_by, wants, Atom::keeps_needed | Atom::target_after},
    {bound_by, binds_to,
     Atom::retroactive_stop_on_stop | Atom::propagate_stop | Atom::propagate_restart | Atom::propagate_start_failure |
         Atom::keeps_needed | Atom::target_after},
    {consists_of, part_of, Atom::propagate_stop | Atom::propagate_restart},
    {upheld_by, upholds, Atom::upheld_by | Atom::keeps_needed | Atom::target_after},
    {conflicts, conflicted_by, Atom::pull_in_stop | Atom::retroactive_stop_on_start},
    {conflicted_by, conflicts,
     Atom::pull_in_stop_ignored | Atom::retroactive_stop_on_start | Atom::propagate_stop_failure},
    {before, after, Atom::before},
    {after, before, Atom::after},
    {on_success, on_success_of, Atom::on_success},
    {on_success_of, on_success, Atom::none},
    {on_failure, on_failure_of, Atom::on_failure},
    {on_failure_of, on_failure, Atom::none},
    {triggers, triggered_by, Atom::triggers},
    {triggered_by, triggers, Atom::triggered_by},
    {propagates_reload_to, reload_propagated_from, Atom::propagates_reload_to},
    {reload_propagated_from, propagates_reload_to, Atom::none},
    {propagates_stop_to, stop_propagated_from, Atom::retroactive_stop_on_stop | Atom::propagate_stop},
    {stop_propagated_from, propagates_stop_to, Atom::none},
    {joins_namespace_of, joins_namespace_of, Atom::joins_namespace_of},
    {references, referenced_by, Atom::references},
    {referenced_by, references, Atom::referenced_by},
    {in_slice, slice_of, Atom::in_slice},
    {slice_of, in_slice, Atom::slice_of},
}};

constexpr bool rows_in_order() {
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (static_cast<std::size_t>(rows[i].kind) != i) return false;
  return true;
}
constexpr bool inverses_agree() {
  for (const Row& row : rows)
    if (rows[static_cast<std::size_t>(row.inverse)].inverse != row.kind) return false;
  return true;
}
static_assert(rows_in_order());
static_assert(inverses_agree());

}  // namespace

DependencyKind inverse_of(DependencyKind kind) { return rows[static_cast<std::size_t>(kind)].inverse; }
AtomSet atoms_of(DependencyKind kind) { return rows[static_cast<std::size_t>(kind)].atoms; }

}  // namespace unitparser
