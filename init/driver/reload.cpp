// Running generators beside the loop. [loop]
#include "init/driver/reload.h"

#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>

namespace init {
void Reloads::request(RequestId request) {
  waiting_.push_back(request);
  if (!active_) begin();
}

void Reloads::begin() {
  active_ = true;
  running_ = std::move(waiting_);
  waiting_.clear();
  parts_.announce(true);
  const std::vector<std::string> environment = parts_.environment();
  const pid_t pid = ::fork();
  if (pid == 0) {
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    const GeneratorReport report = run_generators(parts_.generators, environment, generator_limit);
    for (const std::string& problem : report.problems) parts_.warn(problem);
    ::_exit(0);
  }
  child_.reset(pid > 0 ? static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)) : -1);
  if (!child_) return finish();  // without generators rather than not at all
  auto source = parts_.loop.on_ready(child_.get(), EPOLLIN, Priority::spawn, [this](std::uint32_t) { finish(); });
  if (source) source_ = std::move(*source);
  else finish();
}

void Reloads::finish() {
  source_.reset();
  child_.reset();
  parts_.reload_config();
  parts_.files.refresh();
  for (RequestId request : running_) parts_.post(event::Reload{request});
  running_.clear();
  active_ = false;
  parts_.announce(false);
  if (!waiting_.empty()) begin();
}

}  // namespace init
