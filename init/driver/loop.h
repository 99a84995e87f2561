// Loop: sd-event behind handlers that cannot throw into C; every source is owned by a Source. [loop]
#pragma once

#include <systemd/sd-event.h>

#include <cstdint>
#include <functional>
#include <memory>

#include "unitparser/base/result.h"
#include "unitparser/base/time.h"

namespace init {

/// Order in which sources that are ready at once are served; the first come first. What a process said is heard before
/// its exit, its exit before its group is found empty, all of them before new requests.
enum class Priority : std::int64_t {
  notify = -80,
  spawn = -75,
  // Before the children: once epoll has reported the table, asking the same descriptor again says that nothing changed, and
  // the end of a mount(8) must be judged by the table as it is now.
  kernel_tables = -72,
  children = -70,
  signals = -60,
  cgroups = -50,
  timers = -30,
  traffic = -20,
  bus = 0,
  idle = 100,
};

/// One registered source; unregisters when it goes away. Move-only.
class Source {
 public:
  Source() = default;
  explicit operator bool() const { return state_ != nullptr; }
  void reset() { state_.reset(); }

  struct State;

 private:
  friend class Loop;
  explicit Source(std::unique_ptr<State, void (*)(State*)> state) : state_(std::move(state)) {}
  std::unique_ptr<State, void (*)(State*)> state_{nullptr, nullptr};
};

/// The event loop of one thread. Registration fails only for lack of memory or a bad descriptor.
class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  [[nodiscard]] sd_event* raw() const { return event_; }
  /// Calls `handler(revents)` whenever `fd` (not owned) has one of `events` (EPOLLIN …).
  [[nodiscard]] unitparser::Result<Source> on_ready(int fd, std::uint32_t events, Priority priority,
                                                    std::function<void(std::uint32_t)> handler);
  /// Calls `handler` once when `clock` (CLOCK_*) reaches `usec`, at most `accuracy` later.
  [[nodiscard]] unitparser::Result<Source> at(clockid_t clock, std::uint64_t usec, unitparser::Duration accuracy,
                                              Priority priority, std::function<void()> handler);

  /// Serves one round, waiting at most `limit`; whether anything was there to serve.
  bool run_once(unitparser::Duration limit);

 private:
  sd_event* event_ = nullptr;
};

/// All clocks, read now.
[[nodiscard]] unitparser::Now read_clocks();

/// Runs `body`; whatever it throws is reported through `report_exception` and swallowed. The wall between C callbacks and
/// our code.
void guard(const char* where, const std::function<void()>& body) noexcept;

}  // namespace init
