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

/// A machine M has: State, Event (enums), Context, state_count, event_count.
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
/// in: the row's own, or another one when there is nothing to do here.
template <class M>
struct StateRow {
  typename M::State state;
  ActiveState active;
  typename M::State (*enter)(typename M::Context&);
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
template <class M, std::size_t N>
consteval bool complete(const std::array<StateRow<M>, N>& rows) {
  if (N != M::state_count) return false;
  for (std::size_t i = 0; i < N; ++i)
    if (static_cast<std::size_t>(rows[i].state) != i) return false;
  return true;
}

template <class M, std::size_t N>
consteval auto rule_matrix(const std::array<Rule<M>, N>& rules) {
  std::array<std::array<Handler<M>, M::event_count>, M::state_count> matrix{};
  for (const Rule<M>& rule : rules)
    for (std::size_t s = 0; s < M::state_count; ++s)
      for (std::size_t e = 0; e < M::event_count; ++e)
        if (rule.states.has(static_cast<typename M::State>(s)) && rule.events.has(static_cast<typename M::Event>(e)))
          matrix[s][e] = rule.handler;
  return matrix;
}

/// Longest chain of states passed through in one step.
inline constexpr int hop_limit = 32;

/// Goes to `target` and on, until a state wants to be stayed in. M::commit makes a state the present one and sets
/// context.committed; an entry may do that itself when it only passes through.
template <class M>
void go_to(typename M::Context& context, typename M::State target) {
  if (target == M::state(context)) return;
  for (int hops = 0;; ++hops) {
    CHECK(hops < hop_limit);
    context.committed = false;
    const typename M::State settled = M::rows()[static_cast<std::size_t>(target)].enter(context);
    if (context.committed && settled == M::state(context)) return;
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
  const auto& matrix = M::matrix();
  const Handler<M> handler = matrix[static_cast<std::size_t>(M::state(context))][static_cast<std::size_t>(event)];
  go_to<M>(context, handler(context));
}

}  // namespace init
