// The shape of all state machines: rules by state and event, a row for each state, one step. [pure]
#pragma once

#include <array>
#include <cstdint>

#include "init/engine/ids.h"
#include "unitparser/base/check.h"
#include "unitparser/base/enum_names.h"

namespace init {

/// A set of enumerators of one enum, as bits.
template <class E>
struct EnumSet {
  std::uint64_t bits = 0;
  [[nodiscard]] constexpr bool has(E e) const { return (bits >> static_cast<unsigned>(e)) & 1U; }
};
template <class E, class... Rest>
constexpr EnumSet<E> in(E first, Rest... rest) {
  return {((std::uint64_t{1} << static_cast<unsigned>(first)) | ... | (std::uint64_t{1} << static_cast<unsigned>(rest)))};
}
template <class E>
constexpr EnumSet<E> any_of_first(std::size_t count) {
  return {(std::uint64_t{1} << count) - 1};
}
template <class E>
constexpr EnumSet<E> operator|(EnumSet<E> a, EnumSet<E> b) {
  return {a.bits | b.bits};
}
/// All but these.
template <unitparser::NamedEnum E>
constexpr EnumSet<E> except(EnumSet<E> some) {
  return {any_of_first<E>(enum_names(std::type_identity<E>{}).size()).bits & ~some.bits};
}

/// A machine M is a MachineOf with `tables` and commit(), which makes a state the present one.
/// Handlers act through the context and return the state to go to; the present one: stay.
template <class M>
using Handler = typename M::State (*)(typename M::Context&);

/// One decision: in these states, on these events, that handler.
template <class M>
struct Rule {
  EnumSet<typename M::State> states;
  EnumSet<typename M::Event> events;
  Handler<M> handler;
};

/// One state: how it looks from outside and what is done when it is about to be entered. `enter` returns the state to be
/// in: the row's own, or another one when there is nothing to do here. Null: nothing is done.
template <class M>
struct StateRow {
  typename M::State state;
  ActiveState active;
  Handler<M> enter = nullptr;
  bool keeps_control = false;   ///< a control process may live here
  bool keeps_deadline = false;  ///< the state's timer may run here
};

/// Exactly one rule for each state and event.
template <class M, std::size_t N>
consteval bool total(const std::array<Rule<M>, N>& rules) {
  for (std::size_t s = 0; s < M::state_count; ++s)
    for (std::size_t e = 0; e < M::event_count; ++e) {
      int found = 0;
      for (const Rule<M>& rule : rules)
        if (rule.states.has(static_cast<typename M::State>(s)) && rule.events.has(static_cast<typename M::Event>(e)))
          ++found;
      if (found != 1) return false;
    }
  return true;
}
/// One row for each state, in order.
template <class M>
consteval bool complete(const std::array<StateRow<M>, M::state_count>& rows) {
  for (std::size_t i = 0; i < M::state_count; ++i)
    if (static_cast<std::size_t>(rows[i].state) != i) return false;
  return true;
}

/// What decides: the handler for each state and event, and the row of each state.
template <class M>
struct MachineTables {
  std::array<std::array<Handler<M>, M::event_count>, M::state_count> handlers{};
  std::array<StateRow<M>, M::state_count> rows{};
  [[nodiscard]] constexpr const StateRow<M>& row(typename M::State state) const { return rows[static_cast<std::size_t>(state)]; }
};
/// Does not compile unless the rules are total and the rows complete.
template <class M, std::size_t N>
consteval MachineTables<M> tables_of(const std::array<Rule<M>, N>& rules, const std::array<StateRow<M>, M::state_count>& rows) {
  CHECK(total<M>(rules));
  CHECK(complete<M>(rows));
  MachineTables<M> tables;
  tables.rows = rows;
  for (const Rule<M>& rule : rules)
    for (std::size_t s = 0; s < M::state_count; ++s)
      for (std::size_t e = 0; e < M::event_count; ++e)
        if (rule.states.has(static_cast<typename M::State>(s)) && rule.events.has(static_cast<typename M::Event>(e)))
          tables.handlers[s][e] = rule.handler;
  return tables;
}

/// What each machine begins with. `last_event`: the last enumerator of its events.
template <class ContextOfMachine, auto last_event>
struct MachineOf {
  using Context = ContextOfMachine;
  using State = decltype(Context::Runtime::state);
  using Event = decltype(last_event);
  static constexpr std::size_t state_count = enum_names(std::type_identity<State>{}).size();
  static constexpr std::size_t event_count = static_cast<std::size_t>(last_event) + 1;
};

/// Longest chain of states passed through in one step.
inline constexpr int hop_limit = 32;

/// Goes to `target` and on, until a state wants to be stayed in. M::commit makes a state the present one and sets
/// context.committed; an entry may do that itself when it only passes through.
template <class M>
void go_to(typename M::Context& context, typename M::State target) {
  if (target == context.rt.state) return;
  for (int hops = 0;; ++hops) {
    CHECK(hops < hop_limit);
    context.committed = false;
    const Handler<M> enter = M::tables.row(target).enter;
    const typename M::State settled = enter != nullptr ? enter(context) : target;
    if (context.committed && settled == context.rt.state) return;
    if (settled == target) {
      M::commit(context, target);
      return;
    }
    target = settled;
  }
}

/// One event: the rule's handler, then the states it leads through.
template <class M>
void step(typename M::Context& context, typename M::Event event) {
  const Handler<M> handler = M::tables.handlers[static_cast<std::size_t>(context.rt.state)][static_cast<std::size_t>(event)];
  go_to<M>(context, handler(context));
}

}  // namespace init
