// Targets and slices: units that are either there or not. COMPAT: systemd.target(5), systemd.slice(5). [pure]
#include "init/engine/propagation.h"
#include "init/machines/machine_types.h"
#include "init/machines/unit_machine.h"

namespace init {
namespace {

enum class SimpleEvent : std::uint8_t { start, stop };

template <class Runtime>
struct SimpleContext : MachineContext<Runtime> {};
/// The same two-state machine for both; Runtime says which.
template <class Runtime>
struct SimpleMachine : MachineOf<SimpleContext<Runtime>, SimpleEvent::stop> {
  using Context = SimpleContext<Runtime>;
  using State = StateOf<Context>;
  static const MachineTables<SimpleMachine> tables;

  static State begin(Context&) { return State::active; }
  static State end(Context&) { return State::dead; }
  static State enter_active(Context& c) {
    if constexpr (std::is_same_v<Runtime, SliceRuntime>) realise_cgroup(c.core, c.unit);
    return State::active;
  }
  static void commit(Context& c, State state) { become(c, state, tables.row(state).active); }
  static ActionOutcome start(Core& core, Unit& unit) {
    begin_invocation(core, unit);
    Context c = context_of<SimpleMachine>(core, unit);
    step<SimpleMachine>(c, SimpleEvent::start);
    return ActionOutcome::ok;
  }
  static ActionOutcome stop(Core& core, Unit& unit) {
    Context c = context_of<SimpleMachine>(core, unit);
    step<SimpleMachine>(c, SimpleEvent::stop);
    return ActionOutcome::ok;
  }
  static constexpr std::array<Rule<SimpleMachine>, 4> rules{{
      //  in state              on                       do
      {in(State::dead), in(SimpleEvent::start), begin},
      {in(State::active), in(SimpleEvent::start), ignore},
      {in(State::active), in(SimpleEvent::stop), end},
      {in(State::dead), in(SimpleEvent::stop), ignore},
  }};
  static constexpr std::array<StateRow<SimpleMachine>, 2> rows{{
      {State::dead, ActiveState::inactive},
      {State::active, ActiveState::active, enter_active},
  }};
};
template <class Runtime>
constinit const MachineTables<SimpleMachine<Runtime>> SimpleMachine<Runtime>::tables = tables_of<SimpleMachine<Runtime>>(rules, rows);
using TargetMachine = SimpleMachine<TargetRuntime>;
using SliceMachine = SimpleMachine<SliceRuntime>;

void verify_slice(Core& core, Unit& unit) {
  if (!unitparser::is_valid_slice(unit.name)) refuse_unit(core, unit, "Slice name is not valid. Refusing.");
}

}  // namespace

const TypeOperations target_operations{.type = UnitType::target, .start = TargetMachine::start, .stop = TargetMachine::stop};
const TypeOperations slice_operations{
    .type = UnitType::slice, .start = SliceMachine::start, .stop = SliceMachine::stop, .verify = verify_slice};

}  // namespace init
