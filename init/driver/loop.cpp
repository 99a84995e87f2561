// sd-event sources with C++ handlers. [loop]
#include "init/driver/loop.h"

#include <cerrno>
#include <cstdio>
#include <ctime>
#include <exception>
#include <variant>

#include "unitparser/base/check.h"
#include "unitparser/base/clock.h"

namespace init {

using unitparser::Result;

struct Source::State {
  sd_event_source* source = nullptr;
  std::function<void(std::uint32_t)> on_io;
  std::function<void()> on_call;
};

namespace {

void destroy(Source::State* state) {
  if (state == nullptr) return;
  ::sd_event_source_disable_unref(state->source);
  delete state;
}

using StatePointer = std::unique_ptr<Source::State, void (*)(Source::State*)>;

int dispatch_io(sd_event_source*, int, std::uint32_t revents, void* userdata) {
  auto* state = static_cast<Source::State*>(userdata);
  // The handler may reset its own Source: keep what runs alive until it returns.
  const auto handler = state->on_io;
  guard("descriptor handler", [&] { handler(revents); });
  return 0;
}

int dispatch_time(sd_event_source*, std::uint64_t, void* userdata) {
  const auto handler = static_cast<Source::State*>(userdata)->on_call;
  guard("timer handler", handler);
  return 0;
}

Result<StatePointer> finish(StatePointer state, int result, Priority priority, const char* what) {
  if (result < 0) return unitparser::fail_errno(-result, what);
  ::sd_event_source_set_priority(state->source, static_cast<std::int64_t>(priority));
  return state;
}

}  // namespace

Loop::Loop() { CHECK(::sd_event_new(&event_) >= 0); }
Loop::~Loop() { ::sd_event_unref(event_); }

Result<Source> Loop::on_ready(int fd, std::uint32_t events, Priority priority,
                              std::function<void(std::uint32_t)> handler) {
  StatePointer state(new Source::State, destroy);
  state->on_io = std::move(handler);
  const int result = ::sd_event_add_io(event_, &state->source, fd, events, dispatch_io, state.get());
  return Source(TRY(finish(std::move(state), result, priority, "cannot watch a descriptor")));
}

Result<Source> Loop::at(clockid_t clock, std::uint64_t usec, unitparser::Duration accuracy, Priority priority,
                        std::function<void()> handler) {
  StatePointer state(new Source::State, destroy);
  state->on_call = std::move(handler);
  // sd-event reads an accuracy of 0 as its own default of 250 ms.
  const std::uint64_t slack = accuracy.is_zero() ? 1 : accuracy.usec();
  const int result = ::sd_event_add_time(event_, &state->source, clock, usec, slack, dispatch_time, state.get());
  return Source(TRY(finish(std::move(state), result, priority, "cannot arm a timer")));
}

bool Loop::run_once(unitparser::Duration limit) { return ::sd_event_run(event_, limit.usec()) > 0; }

unitparser::Now read_clocks() {
  using unitparser::clock_usec;
  return {unitparser::MonotonicTime::from_usec(clock_usec(CLOCK_MONOTONIC)),
          unitparser::RealTime::from_usec(clock_usec(CLOCK_REALTIME)),
          unitparser::BootTime::from_usec(clock_usec(CLOCK_BOOTTIME))};
}

void guard(const char* where, const std::function<void()>& body) noexcept {
  try {
    body();
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "init: %s: %s\n", where, problem.what());
  } catch (...) {
    std::fprintf(stderr, "init: %s: unknown exception\n", where);
  }
}

}  // namespace init
