// Timers: units that start another one when a time comes. COMPAT: systemd.timer(5). [pure]
#include <algorithm>

#include <fmt/format.h>

#include "init/engine/propagation.h"
#include "init/engine/transaction.h"
#include "init/machines/machine_types.h"
#include "init/machines/unit_machine.h"

namespace init {
namespace {

using enum TimerState;
using unitparser::TimerBase;
enum class TimerEvent : std::uint8_t { start, stop, elapsed, triggered_changed, clock_changed, reset_failed, start_limit_hit };

struct TimerMachine;
struct TimerContext : MachineContext<TimerRuntime> {
  using Machine = TimerMachine;
  bool initial = false;       ///< the timer itself was just started
  bool time_changed = false;  ///< the clock or the zone was set
};
struct TimerMachine : MachineOf<TimerContext, TimerEvent::start_limit_hit> {
  static const MachineTables<TimerMachine> tables;
  static void commit(TimerContext& c, TimerState state);
};

TimerState begin(TimerContext& c) {
  TimerRuntime& rt = c.rt;
  const auto& config = *c.unit.config.common->timer;
  rt.result = TimerResult::success;
  rt.progress.assign(config.timers.size(), {});
  rt.activated = c.core.now.monotonic;
  rt.stamp = {};
  if (config.persistent) {
    if (auto stamp = c.core.world.timer_stamp(c.unit.name)) {
      rt.stamp = *stamp;
      rt.last_trigger = {*stamp, {}};
    } else {
      // Never ran: the time before now does not count. A stamp says so to the next boot.
      rt.stamp = c.core.now.realtime;
      c.core.emit(effect::TouchTimerStamp{c.unit.name, c.core.now.realtime});
    }
  }
  c.initial = true;
  return waiting;
}

TimerState end(TimerContext&) { return dead; }

std::uint64_t random_delay(const TimerContext& c) {
  const auto& config = *c.unit.config.common->timer;
  if (config.randomized_delay.is_zero()) return 0;
  const std::uint64_t number =
      config.fixed_random_delay ? c.core.world.stable_random(c.unit.name) : c.core.world.random();
  return number % config.randomized_delay.usec();
}

std::uint64_t next_calendar(const TimerContext& c, const unitparser::TimerEntry& entry) {
  const TimerRuntime& rt = c.rt;
  // After the last run; a timer that is not persistent forgets what lay before its start.
  RealTime after = rt.last_trigger.realtime;
  if (!after.is_set()) after = rt.stamp;
  if (!after.is_set()) {
    const DualTime& up = c.unit.runtime->times.inactive_exit;
    after = up.is_set() && !c.initial ? up.realtime : c.core.now.realtime;
  }
  if (after > c.core.now.realtime) after = c.core.now.realtime;  // the clock was set back
  auto next = c.core.world.next_elapse(entry.calendar, after);
  return next ? next->usec() : 0;
}

/// The instant that an On…Sec= counts from; nothing: it has not come yet.
std::optional<std::uint64_t> base_of(const TimerContext& c, TimerBase base) {
  const Unit* other = c.core.units.find(c.rt.service);
  // A unit that cannot even start changes no time of its own: counted from there, its timer would elapse without end.
  const auto not_before_last = [&](const DualTime& change) -> std::optional<std::uint64_t> {
    const std::uint64_t at = std::max(change.monotonic.usec(), c.rt.last_trigger.monotonic.usec());
    return at == 0 ? std::nullopt : std::optional(at);
  };
  switch (base) {
    case TimerBase::active: return c.rt.activated.usec();
    case TimerBase::boot:  // the host's boot is none of a container
      if (!c.core.options.in_container) return 0;
      [[fallthrough]];
    case TimerBase::startup: return c.core.options.userspace_start.usec();
    case TimerBase::unit_active: return other == nullptr ? not_before_last({}) : not_before_last(other->runtime->times.inactive_exit);
    case TimerBase::unit_inactive: return other == nullptr ? not_before_last({}) : not_before_last(other->runtime->times.inactive_enter);
    case TimerBase::calendar: break;
  }
  return std::nullopt;
}

void arm(TimerContext& c, TimerPurpose purpose, std::uint64_t when) {
  if (when == 0) {
    c.core.emit(effect::DisarmTimer{{c.unit.id, purpose}});
    return;
  }
  const auto& config = *c.unit.config.common->timer;
  const bool wake = config.wake_system;
  const effect::Clock clock = purpose == TimerPurpose::realtime
                                  ? (wake ? effect::Clock::realtime_alarm : effect::Clock::realtime)
                                  : (wake ? effect::Clock::boottime_alarm : effect::Clock::monotonic);
  c.core.emit(effect::ArmTimer{{c.unit.id, purpose}, clock, when, config.accuracy});
}

TimerState trigger(TimerContext& c);

/// Works out the next elapse of all lines, arms the timers, and triggers at once if one is due.
TimerState enter_waiting(TimerContext& c) {
  TimerRuntime& rt = c.rt;
  const auto& config = *c.unit.config.common->timer;
  const bool wake = config.wake_system;
  const std::uint64_t now_monotonic = wake ? c.core.now.boottime.usec() : c.core.now.monotonic.usec();
  const std::uint64_t now_realtime = c.core.now.realtime.usec();
  rt.progress.resize(config.timers.size());
  std::uint64_t monotonic = 0;
  std::uint64_t realtime = 0;
  bool due = false;
  for (std::size_t i = 0; i < config.timers.size(); ++i) {
    const auto& entry = config.timers[i];
    TimerProgress& progress = rt.progress[i];
    if (progress.disabled) continue;
    if (entry.base == TimerBase::calendar) {
      progress.next_elapse = next_calendar(c, entry);
      if (progress.next_elapse == 0) continue;
      if (realtime == 0 || progress.next_elapse < realtime) realtime = progress.next_elapse;
      continue;
    }
    auto base = base_of(c, entry.base);
    if (!base) {
      progress.next_elapse = 0;
      continue;
    }
    // Monotonic bases are kept on CLOCK_MONOTONIC; a timer that wakes the system runs on CLOCK_BOOTTIME.
    const std::uint64_t shift = wake ? c.core.now.boottime.usec() - c.core.now.monotonic.usec() : 0;
    progress.next_elapse = (Duration::from_usec(*base) + entry.delay + Duration::from_usec(shift)).usec();
    const bool over = progress.next_elapse < now_monotonic || rt.last_trigger.monotonic.usec() + shift >= progress.next_elapse;
    if (!c.initial && !c.time_changed && over &&
        (entry.base == TimerBase::active || entry.base == TimerBase::boot || entry.base == TimerBase::startup)) {
      progress.disabled = true;  // these elapse once
      continue;
    }
    if (monotonic == 0 || progress.next_elapse < monotonic) monotonic = progress.next_elapse;
  }
  if (monotonic == 0 && realtime == 0) {
    rt.next_monotonic = rt.next_realtime = 0;
    return config.on_clock_change || config.on_timezone_change ? waiting : elapsed;
  }
  due = (monotonic != 0 && monotonic <= now_monotonic) || (realtime != 0 && realtime <= now_realtime);
  const std::uint64_t delay = due && !c.initial ? 0 : random_delay(c);
  if (monotonic != 0) monotonic = (Duration::from_usec(monotonic) + Duration::from_usec(delay)).usec();
  if (realtime != 0) realtime = (Duration::from_usec(realtime) + Duration::from_usec(delay)).usec();
  rt.next_monotonic = monotonic;
  rt.next_realtime = realtime;
  arm(c, TimerPurpose::monotonic, monotonic);
  arm(c, TimerPurpose::realtime, realtime);
  return waiting;
}

TimerState trigger(TimerContext& c) {
  const Job* job = c.core.jobs.find(c.unit.job);
  if (job != nullptr && job->type == JobType::stop) return c.rt.state;
  Unit* other = c.core.units.find(c.rt.service);
  if (other == nullptr) return fail_to(c, dead, TimerResult::resources);
  TransactionRequest request{other->id, JobType::start, JobMode::replace,
                             Cause::of(CauseKind::trigger_timer, c.unit.id)};
  auto added = add_job(c.core, request);
  if (!added) {
    warn(c, fmt::format("Failed to queue unit startup job: {}", added.error().message));
    return fail_to(c, dead, TimerResult::resources);
  }
  c.rt.last_trigger = DualTime::at(c.core.now);
  auto& details = other->runtime.write().activation_details;
  details = {{"trigger_unit", c.unit.name.text()},
             {"trigger_timer_realtime_usec", std::to_string(c.core.now.realtime.usec())},
             {"trigger_timer_monotonic_usec", std::to_string(c.core.now.monotonic.usec())}};
  if (c.unit.config.common->timer->persistent) c.core.emit(effect::TouchTimerStamp{c.unit.name, c.core.now.realtime});
  return running;
}

void disarm(TimerContext& c) {
  c.core.emit(effect::DisarmTimer{{c.unit.id, TimerPurpose::monotonic}});
  c.core.emit(effect::DisarmTimer{{c.unit.id, TimerPurpose::realtime}});
}

TimerState enter_running(TimerContext& c) {
  disarm(c);
  return running;
}
TimerState enter_elapsed(TimerContext& c) {
  disarm(c);
  // RemainAfterElapse=no: a timer that will never elapse again goes.
  return c.unit.config.common->timer->remain_after_elapse ? elapsed : dead;
}
TimerState enter_rest(TimerContext& c) {
  disarm(c);
  c.rt.next_monotonic = c.rt.next_realtime = 0;
  return rest(c);
}

TimerState time_came(TimerContext& c) {
  const std::uint64_t now_monotonic =
      c.unit.config.common->timer->wake_system ? c.core.now.boottime.usec() : c.core.now.monotonic.usec();
  const bool due = (c.rt.next_monotonic != 0 && c.rt.next_monotonic <= now_monotonic) ||
                   (c.rt.next_realtime != 0 && c.rt.next_realtime <= c.core.now.realtime.usec());
  return due ? trigger(c) : waiting;
}

/// waiting is entered anew, to work out the times again.
TimerState wait_again(TimerContext& c) {
  const TimerState next = enter_waiting(c);
  c.core.touch(c.unit);
  return next;
}

TimerState service_changed_while_waiting(TimerContext& c) {
  for (const auto& entry : c.unit.config.common->timer->timers)
    if (entry.base == TimerBase::unit_active || entry.base == TimerBase::unit_inactive) return wait_again(c);
  return c.rt.state;
}
TimerState service_changed_when_elapsed(TimerContext& c) {
  const TimerState next = service_changed_while_waiting(c);
  return next == elapsed ? c.rt.state : next;
}
TimerState service_changed_while_running(TimerContext& c) {
  const Unit* other = c.core.units.find(c.rt.service);
  if (other == nullptr || other->job != JobId::none || !is_inactive_or_failed(other->active_state())) return running;
  return waiting;
}
TimerState clock_changed(TimerContext& c) {
  c.time_changed = true;
  if (c.rt.last_trigger.realtime > c.core.now.realtime) c.rt.last_trigger.realtime = c.core.now.realtime;
  return c.rt.state == elapsed ? waiting : wait_again(c);
}

using E = TimerEvent;
using R = Rule<TimerMachine>;
constexpr std::array rules{
    //  in states                         on                            do
    R{in(dead, failed), in(E::start), begin},
    R{in(waiting, running, elapsed), in(E::start), ignore},
    R{in(waiting, running, elapsed), in(E::stop), end},
    R{in(dead, failed), in(E::stop), ignore},
    R{in(waiting), in(E::elapsed), time_came},
    R{in(dead, failed, running, elapsed), in(E::elapsed), ignore},
    R{in(waiting), in(E::triggered_changed), service_changed_while_waiting},
    R{in(elapsed), in(E::triggered_changed), service_changed_when_elapsed},
    R{in(running), in(E::triggered_changed), service_changed_while_running},
    R{in(dead, failed), in(E::triggered_changed), ignore},
    R{in(waiting, elapsed), in(E::clock_changed), clock_changed},
    R{in(dead, failed, running), in(E::clock_changed), ignore},
    R{in(failed), in(E::reset_failed), reset},
    R{in(dead, waiting, running, elapsed), in(E::reset_failed), ignore},
    R{in(dead, failed), in(E::start_limit_hit), limit_hit},
    R{in(waiting, running, elapsed), in(E::start_limit_hit), ignore},
};
constexpr std::array state_rows{
    StateRow<TimerMachine>{dead, ActiveState::inactive, enter_rest},
    StateRow<TimerMachine>{waiting, ActiveState::active, enter_waiting},
    StateRow<TimerMachine>{running, ActiveState::active, enter_running},
    StateRow<TimerMachine>{elapsed, ActiveState::active, enter_elapsed},
    StateRow<TimerMachine>{failed, ActiveState::failed, enter_rest},
};
constinit const MachineTables<TimerMachine> TimerMachine::tables = tables_of<TimerMachine>(rules, state_rows);

void TimerMachine::commit(TimerContext& c, TimerState state) {
  become(c, state, tables.row(state).active);
}

void run(Core& core, Unit& unit, TimerEvent event) { run_event<TimerMachine>(core, unit, event); }
ActionOutcome start(Core& core, Unit& unit) {
  if (!trigger_is_loaded(core, unit)) return ActionOutcome::failed;
  begin_invocation(core, unit);
  run(core, unit, E::start);
  return ActionOutcome::ok;
}
ActionOutcome stop(Core& core, Unit& unit) {
  run(core, unit, E::stop);
  return ActionOutcome::ok;
}
void on_timer(Core& core, Unit& unit, TimerPurpose) { run(core, unit, E::elapsed); }
void on_triggered(Core& core, Unit& unit, Unit& other) {
  if (unit.read<TimerRuntime>().service == other.id) run(core, unit, E::triggered_changed);
}
void on_reset(Core& core, Unit& unit) { run(core, unit, E::reset_failed); }
void on_limit(Core& core, Unit& unit) { run(core, unit, E::start_limit_hit); }
void verify(Core& core, Unit& unit) {
  if (unit.config.common->timer->timers.empty() && !unit.config.common->timer->on_clock_change && !unit.config.common->timer->on_timezone_change)
    refuse_unit(core, unit, "Timer unit lacks value setting. Refusing.");
}
void clean(Core& core, Unit& unit, std::uint32_t) { core.emit(effect::RemoveTimerStamp{unit.name}); }
void renewed(Core& core, Unit& unit) {
  TimerContext c = context_of<TimerMachine>(core, unit);
  c.time_changed = !c.rt.last_trigger.monotonic.is_set();  // one that has not elapsed may be due by now
  if (c.rt.state == waiting) go_to<TimerMachine>(c, wait_again(c));
}
void rearm(Core& core, Unit& unit) {
  TimerContext c = context_of<TimerMachine>(core, unit);
  if (c.rt.state != waiting) return;
  arm(c, TimerPurpose::monotonic, c.rt.next_monotonic);
  arm(c, TimerPurpose::realtime, c.rt.next_realtime);
}

}  // namespace

void timer_clock_changed(Core& core, Unit& unit, bool timezone) {
  const auto& config = *unit.config.common->timer;
  TimerContext c = context_of<TimerMachine>(core, unit);
  // OnClockChange=, OnTimezoneChange=: the change itself is what triggers.
  if (c.rt.state == waiting && (timezone ? config.on_timezone_change : config.on_clock_change)) {
    go_to<TimerMachine>(c, trigger(c));
    return;
  }
  run(core, unit, E::clock_changed);
}

const TypeOperations timer_operations{
    .type = UnitType::timer,
    .start = start,
    .stop = stop,
    .timer = on_timer,
    .reset_failed = on_reset,
    .start_limit_hit = on_limit,
    .triggered_changed = on_triggered,
    .verify = verify,
    .clean = clean,
    .renewed = renewed,
    .rearm = rearm,
};

}  // namespace init
