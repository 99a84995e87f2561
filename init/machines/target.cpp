// Targets and slices: units that are either there or not. COMPAT: systemd.target(5), systemd.slice(5). [pure]
#include "init/engine/propagation.h"
#include "init/machines/machine.h"
#include "init/machines/machine_types.h"
#include "init/machines/processes.h"

namespace init {
namespace {

enum class SimpleEvent : std::uint8_t { start, stop };

/// The same two-state machine for both; Runtime says which.
template <class Runtime, class StateType>
struct SimpleMachine {
  using State = StateType;
  using Event = SimpleEvent;
  struct Context {
    Core& core;
    Unit& unit;
    Runtime& rt;
    bool committed = false;
  };
  static constexpr std::size_t state_count = 2;
  static constexpr std::size_t event_count = 2;
  static constexpr bool has_cgroup = std::is_same_v<Runtime, SliceRuntime>;

  static State state(const Context& c) { return c.rt.state; }
  static State begin(Context&) { return State::active; }
  static State end(Context&) { return State::dead; }
  static State stay(Context& c) { return c.rt.state; }
  static State enter_active(Context& c) {
    if constexpr (has_cgroup) realise_cgroup(c.core, c.unit);
    return State::active;
  }
  static State enter_dead(Context&) { return State::dead; }
  static void commit(Context& c, State state) {
    c.rt.state = state;
    c.committed = true;
    StateChange change;
    change.unit = c.unit.id;
    change.before = c.unit.runtime->active_state;
    change.after = state == State::active ? ActiveState::active : ActiveState::inactive;
    note_state_change(c.core, c.unit, change);
  }
  static constexpr std::array<Rule<SimpleMachine>, 4> rules{{
      //  in state              on                       do
      {in(State::dead), in(SimpleEvent::start), begin},
      {in(State::active), in(SimpleEvent::start), stay},
      {in(State::active), in(SimpleEvent::stop), end},
      {in(State::dead), in(SimpleEvent::stop), stay},
  }};
  static const auto& rows() {
    static constexpr std::array<StateRow<SimpleMachine>, 2> table{{
        {State::dead, ActiveState::inactive, enter_dead},
        {State::active, ActiveState::active, enter_active},
    }};
    return table;
  }
  static const auto& matrix() {
    static_assert(total<SimpleMachine>(rules));
    static constexpr auto table = rule_matrix<SimpleMachine>(rules);
    return table;
  }
  static ActionOutcome start(Core& core, Unit& unit) {
    begin_invocation(core, unit);
    Context c{core, unit, unit.write<Runtime>()};
    step<SimpleMachine>(c, SimpleEvent::start);
    return ActionOutcome::ok;
  }
  static ActionOutcome stop(Core& core, Unit& unit) {
    Context c{core, unit, unit.write<Runtime>()};
    step<SimpleMachine>(c, SimpleEvent::stop);
    return ActionOutcome::ok;
  }
};
using TargetMachine = SimpleMachine<TargetRuntime, TargetState>;
using SliceMachine = SimpleMachine<SliceRuntime, SliceState>;

void verify_slice(Core& core, Unit& unit) {
  if (!unitparser::is_valid_slice(unit.name)) refuse_unit(core, unit, "Slice name is not valid. Refusing.");
}

}  // namespace

const TypeOperations target_operations{.type = UnitType::target, .start = TargetMachine::start, .stop = TargetMachine::stop};
const TypeOperations slice_operations{
    .type = UnitType::slice, .start = SliceMachine::start, .stop = SliceMachine::stop, .verify = verify_slice};

}  // namespace init
