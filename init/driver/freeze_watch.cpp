// The timer's signal and what it counts. [os]
#include "init/driver/freeze_watch.h"

#include <csignal>

namespace init {
namespace {

constexpr int expiry_signal = SIGVTALRM;

// A signal handler has no argument for its surroundings.
volatile std::sig_atomic_t beaten = 0;
volatile std::sig_atomic_t expiries = 0;  ///< since the last beat

void on_expiry(int) noexcept {
  constexpr int enough = 2;  // one may have come while somebody kept us stopped
  expiries = beaten != 0 ? 0 : expiries + 1;
  beaten = 0;
  if (expiries >= enough) ::raise(SIGABRT);
}

}  // namespace

FreezeWatch::FreezeWatch(unitparser::Duration period) {
  beaten = 1;
  expiries = 0;
  struct sigaction action{};
  action.sa_handler = on_expiry;
  action.sa_flags = SA_RESTART;
  ::sigaction(expiry_signal, &action, nullptr);
  sigset_t own;
  ::sigemptyset(&own);
  ::sigaddset(&own, expiry_signal);
  ::sigprocmask(SIG_UNBLOCK, &own, nullptr);
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = expiry_signal;
  armed_ = ::timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0;
  if (!armed_) return;
  const auto usec = period.usec();
  constexpr std::uint64_t second = 1'000'000;
  const timespec each{static_cast<time_t>(usec / second), static_cast<long>(usec % second * 1000)};
  const itimerspec when{each, each};
  ::timer_settime(timer_, 0, &when, nullptr);
}

FreezeWatch::~FreezeWatch() {
  if (armed_) ::timer_delete(timer_);
}

void FreezeWatch::beat() { beaten = 1; }

}  // namespace init
