// What the machines of all unit types have alike: what a handler acts on, how a result is kept, how a run comes to rest. [pure]
#pragma once

#include <csignal>
#include <string_view>

#include "init/engine/propagation.h"
#include "init/machines/machine.h"
#include "init/machines/processes.h"

namespace init {

/// What a handler acts on: a unit, and the runtime of its type.
template <class RuntimeOfType>
struct MachineContext {
  using Runtime = RuntimeOfType;
  Core& core;
  Unit& unit;
  Runtime& rt;
  bool committed = false;  ///< see go_to()
};
template <class C>
using StateOf = decltype(C::Runtime::state);
template <class C>
using ResultOf = decltype(C::Runtime::result);

template <class M>
[[nodiscard]] typename M::Context context_of(Core& core, Unit& unit) {
  return {{core, unit, unit.write<typename M::Context::Runtime>()}};
}

/// Runs one event, and has clients hear of the unit. `outcome`, where the context has one: what the end of a process means.
template <class M, class... Outcome>
void run_event(Core& core, Unit& unit, typename M::Event event, Outcome... outcome) {
  typename M::Context c = context_of<M>(core, unit);
  ((c.outcome = outcome), ...);
  step<M>(c, event);
  core.touch(unit);
}

/// Makes `state` the present one, which looks like `active` from outside. The last deed of each M::commit().
template <class C>
void become(C& c, StateOf<C> state, ActiveState active, StateChange change = {}) {
  c.rt.state = state;
  c.committed = true;
  change.unit = c.unit.id;
  change.before = c.unit.runtime->active_state;
  change.after = active;
  note_state_change(c.core, c.unit, change);
}

/// A warning about the unit.
void warn(Core& core, const Unit& unit, std::string_view text);
template <class C>
void warn(C& c, std::string_view text) {
  warn(c.core, c.unit, text);
}

/// The first failure of a run is its result.
template <class C>
void note_result(C& c, ResultOf<C> result) {
  if (c.rt.result == ResultOf<C>::success) c.rt.result = result;
}
template <class C>
StateOf<C> fail_to(C& c, StateOf<C> state, ResultOf<C> result) {
  note_result(c, result);
  return state;
}
/// What the end of a process means for the run.
template <class Result>
Result result_of(const event::ProcessExited& exit, bool clean) {
  if (clean) return Result::success;
  return exit.code == CLD_EXITED ? Result::exit_code : exit.code == CLD_KILLED ? Result::signal : Result::core_dump;
}

/// Says how a run ended; `result` is the name of a result.
void log_end(Core& core, const Unit& unit, std::string_view result);

/// Is dead or failed from here on, as the result says.
template <class C>
StateOf<C> commit_end(C& c) {
  C::Machine::commit(c, c.rt.result == ResultOf<C>::success ? StateOf<C>::dead : StateOf<C>::failed);
  return c.rt.state;
}
/// Comes to rest, and says how.
template <class C>
StateOf<C> rest(C& c) {
  log_end(c.core, c.unit, unitparser::to_name(c.rt.result));
  return commit_end(c);
}
/// The same where the unit had processes: what is left of them is said, and what they needed is let go.
template <class C>
StateOf<C> rest_after_processes(C& c) {
  log_end(c.core, c.unit, unitparser::to_name(c.rt.result));
  log_leftover_processes(c.core, c.unit, false);
  const StateOf<C> state = commit_end(c);
  c.core.emit(effect::ReleaseExecution{c.unit.id, false});
  return state;
}

// --- handlers -----------------------------------------------------------------------------------------------------

template <class C>
StateOf<C> ignore(C& c) {
  return c.rt.state;
}
/// ResetFailedUnit().
template <class C>
StateOf<C> reset(C& c) {
  c.rt.result = ResultOf<C>::success;
  C::Machine::commit(c, StateOf<C>::dead);
  return StateOf<C>::dead;
}
/// A start was refused, and is shown as a failure. COMPAT: a failure before that stays the one that is told.
template <class C>
StateOf<C> limit_hit(C& c) {
  note_result(c, ResultOf<C>::start_limit_hit);
  return C::Machine::tables.row(StateOf<C>::failed).enter(c);
}
/// The control group of a unit at rest is empty.
template <class C>
StateOf<C> rest_emptied(C& c) {
  release_cgroup(c.core, c.unit);
  return c.rt.state;
}

}  // namespace init
