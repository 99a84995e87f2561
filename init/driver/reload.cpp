// Running generators beside the loop. [loop]
#include "init/driver/reload.h"

#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "unitparser/syntax/environment.h"

namespace init {
void Reloads::request(RequestId request) {
  waiting_.push_back(request);
  if (!active_) begin(Purpose::reload);
}

void Reloads::run_generators() {
  if (!active_) begin(Purpose::generators);
}

void Reloads::begin(Purpose purpose) {
  active_ = true;
  purpose_ = purpose;
  if (purpose == Purpose::reload) {
    running_ = std::exchange(waiting_, {});
    parts_.announce(true);
  }
  const std::vector<std::string> environment = parts_.environment();
  said_.reset(::memfd_create("environment", MFD_CLOEXEC));
  const pid_t pid = ::fork();
  if (pid == 0) {
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    generate(environment, said_.get());
    ::_exit(0);
  }
  child_.reset(pid > 0 ? static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)) : -1);
  if (!child_) return read_settings();  // without generators rather than not at all
  auto source = parts_.loop.on_ready(child_.get(), EPOLLIN, Priority::spawn, [this](std::uint32_t) { read_settings(); });
  if (source) source_ = std::move(*source);
  else read_settings();
}

/// In the child.
void Reloads::generate(const std::vector<std::string>& environment, int said) const {
  GeneratorReport report;
  const std::vector<std::string> found = run_environment_generators(parts_.generators.environment_generators, environment, generator_limit, report);
  std::vector<std::string> extended = environment;
  std::string text;
  for (const std::string& assignment : found) {
    unitparser::set_variable(extended, assignment);
    text += assignment;
    text += '\0';
  }
  (void)!::write(said, text.data(), text.size());
  const GeneratorReport units = init::run_generators(parts_.generators, parts_.generator_environment(std::move(extended)), generator_limit);
  for (const GeneratorReport* part : {&std::as_const(report), &units})
    for (const std::string& problem : part->problems) parts_.warn(problem);
}

/// The variables that the child wrote, as far as they are complete.
static std::vector<std::string> read_assignments(int fd) {
  constexpr std::size_t longest = 1024UL * 1024;
  std::string text(longest, '\0');
  const ssize_t got = ::pread(fd, text.data(), text.size(), 0);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  std::vector<std::string> assignments;
  for (std::size_t begin = 0, end = 0; (end = text.find('\0', begin)) != std::string::npos; begin = end + 1)
    if (unitparser::is_valid_assignment(std::string_view(text).substr(begin, end - begin))) assignments.push_back(text.substr(begin, end - begin));
  return assignments;
}

void Reloads::read_settings() {
  source_.reset();
  child_.reset();
  parts_.reload_config();
  if (said_) parts_.extend_environment(read_assignments(said_.get()));
  said_.reset();
  if (purpose_ == Purpose::generators) {
    active_ = false;
    if (!waiting_.empty()) begin(Purpose::reload);
    return;
  }
  parts_.files.refresh();
  look_at_units();
}

void Reloads::look_at_units() {
  source_.reset();
  if (parts_.look_at_units()) return hand_over();
  // As important as the bus: with it, and after what is more important, turn by turn.
  auto source = parts_.loop.at(CLOCK_MONOTONIC, 0, {}, Priority::bus, [this] { look_at_units(); });
  if (source) source_ = std::move(*source);
  else hand_over();  // the engine looks at what is left
}

void Reloads::hand_over() {
  active_ = false;
  parts_.post(event::Reload{std::exchange(running_, {})});
}

void Reloads::end() {
  parts_.announce(false);
  if (!waiting_.empty()) begin(Purpose::reload);
}

}  // namespace init
