// Timer sources and the watch on the wall clock. [loop]
#include "init/driver/timers.h"

#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>

namespace init {
namespace {

clockid_t clock_id(effect::Clock clock) {
  switch (clock) {
    case effect::Clock::monotonic: return CLOCK_MONOTONIC;
    case effect::Clock::boottime: return CLOCK_BOOTTIME;
    case effect::Clock::realtime: return CLOCK_REALTIME;
    case effect::Clock::boottime_alarm: return CLOCK_BOOTTIME_ALARM;
    case effect::Clock::realtime_alarm: return CLOCK_REALTIME_ALARM;
  }
  return CLOCK_MONOTONIC;
}

effect::Clock without_alarm(effect::Clock clock) {
  if (clock == effect::Clock::boottime_alarm) return effect::Clock::boottime;
  if (clock == effect::Clock::realtime_alarm) return effect::Clock::realtime;
  return clock;
}

}  // namespace

unitparser::Result<void> Timers::arm(const effect::ArmTimer& timer) {
  const auto fire = [this, id = timer.timer] {
    sources_.erase(id.key());
    post_(event::TimerElapsed{id});
  };
  auto source = loop_.at(clock_id(timer.clock), timer.when, timer.accuracy, Priority::timers, fire);
  if (!source && without_alarm(timer.clock) != timer.clock)
    source = loop_.at(clock_id(without_alarm(timer.clock)), timer.when, timer.accuracy, Priority::timers, fire);
  if (!source) return tl::unexpected(std::move(source.error()));
  sources_.insert_or_assign(timer.timer.key(), std::move(*source));
  return {};
}

unitparser::Result<void> ClockWatch::start() {
  TRY(watch_timezone());
  return arm_clock();
}

unitparser::Result<void> ClockWatch::arm_clock() {
  clock_source_.reset();
  clock_fd_.reset(::timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC));
  if (!clock_fd_) return unitparser::fail_errno(errno, "cannot watch the clock");
  itimerspec never{};
  never.it_value.tv_sec = std::numeric_limits<time_t>::max();
  if (::timerfd_settime(clock_fd_.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, nullptr) != 0)
    return unitparser::fail_errno(errno, "cannot watch the clock");
  clock_source_ = TRY(loop_.on_ready(clock_fd_.get(), EPOLLIN, Priority::timers, [this](std::uint32_t) {
    post_(event::ClockChanged{});
    (void)arm_clock();
  }));
  return {};
}

unitparser::Result<void> ClockWatch::watch_timezone() {
  timezone_fd_.reset(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!timezone_fd_) return unitparser::fail_errno(errno, "cannot watch /etc/localtime");
  // The link is replaced as a whole: the folder tells.
  ::inotify_add_watch(timezone_fd_.get(), "/etc", IN_MOVED_TO | IN_CREATE | IN_DELETE);
  timezone_source_ = TRY(loop_.on_ready(timezone_fd_.get(), EPOLLIN, Priority::timers, [this](std::uint32_t) {
    alignas(inotify_event) std::array<char, 4096> buffer{};
    const ssize_t got = ::read(timezone_fd_.get(), buffer.data(), buffer.size());
    bool concerned = false;
    for (ssize_t at = 0; at + static_cast<ssize_t>(sizeof(inotify_event)) <= got;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
      if (event->len > 0 && std::string_view(event->name) == "localtime") concerned = true;
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    }
    if (!concerned) return;
    ::tzset();
    post_(event::TimezoneChanged{});
  }));
  return {};
}

}  // namespace init
