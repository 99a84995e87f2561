// Formatting and writing of status lines. [os]
#include "init/log/console_status.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "unitparser/base/fd.h"

namespace init {
namespace {

constexpr unsigned width_of_mark = 9;  // "[  OK  ] "
constexpr int console_patience_msec = 50;

struct Mark {
  std::string_view text;
  std::string_view colour;
};

Mark mark_of(effect::StatusKind kind) {
  switch (kind) {
    case effect::StatusKind::ok: return {"  OK  ", "\x1b[0;32m"};
    case effect::StatusKind::failed: return {"FAILED", "\x1b[0;1;31m"};
    case effect::StatusKind::depend: return {"DEPEND", "\x1b[0;1;33m"};
    case effect::StatusKind::timeout: return {" TIME ", "\x1b[0;1;31m"};
    case effect::StatusKind::skipped: return {" SKIP ", "\x1b[0;1;33m"};
    case effect::StatusKind::assert_: return {"ASSERT", "\x1b[0;1;33m"};
    case effect::StatusKind::none: break;
  }
  return {"      ", ""};
}

/// Cuts in the middle: both the beginning and the end of a description tell something.
std::string cut(std::string_view text, unsigned width) {
  if (text.size() <= width) return std::string(text);
  const std::size_t keep = width > 3 ? width - 3 : 0;
  return std::string(text.substr(0, keep - keep / 2)) + "..." + std::string(text.substr(text.size() - keep / 2));
}

std::string whole_seconds(unitparser::Duration duration) {
  return duration.is_infinite() ? "no limit"
                                : unitparser::format_duration(unitparser::Duration::from_seconds(duration.usec() / 1'000'000),
                                                              unitparser::Duration::from_seconds(1));
}

/// Agents that ask for passwords leave a file for each question.
bool somebody_types_a_password() {
  DIR* questions = ::opendir("/run/systemd/ask-password");
  if (questions == nullptr) return false;
  bool found = false;
  while (const dirent* entry = ::readdir(questions)) found = found || std::string_view(entry->d_name).starts_with("ask.");
  ::closedir(questions);
  return found;
}

bool terminal_is_dumb() {
  const char* term = std::getenv("TERM");
  return term != nullptr && std::string_view(term) == "dumb";
}

}  // namespace

std::string format_status_line(effect::StatusKind kind, std::string_view text, bool colour, unsigned width) {
  const std::string body = cut(text, width > width_of_mark ? width - width_of_mark : width);
  const Mark mark = mark_of(kind);
  if (kind == effect::StatusKind::none) return fmt::format("         {}", body);
  if (!colour) return fmt::format("[{}] {}", mark.text, body);
  return fmt::format("[{}{}\x1b[0m] {}", mark.colour, mark.text, body);
}

std::string format_waiting_line(const WaitingJob& job, std::size_t number, std::size_t of, unsigned round, bool colour,
                                unsigned width) {
  // The eye goes to and fro over six columns.
  constexpr unsigned positions = 10;
  const unsigned step = round % positions;
  const unsigned at = step <= 5 ? step : positions - step;
  std::string eye(6, ' ');
  for (unsigned i = at > 0 ? at - 1 : 0; i <= std::min(at + 1, 5U); ++i) eye[i] = '*';
  std::string text = fmt::format("{}A {} job is running for {} ({} / {})",
                                 of > 1 ? fmt::format("({} of {}) ", number, of) : std::string(), job.verb, job.unit,
                                 whole_seconds(job.since), whole_seconds(job.limit));
  text = cut(text, width > width_of_mark ? width - width_of_mark : width);
  if (!colour) return fmt::format("[{}] {}", eye, text);
  return fmt::format("[\x1b[0;31m{}\x1b[0m] {}", eye, text);
}

void StatusConsole::show(const effect::ConsoleStatus& status) {
  const bool bad = status.kind == effect::StatusKind::failed || status.kind == effect::StatusKind::depend ||
                   status.kind == effect::StatusKind::timeout || status.kind == effect::StatusKind::assert_;
  if (mode_ == ShowStatus::no || (mode_ == ShowStatus::error && !bad) || !is_ours_()) return;
  if (mode_ == ShowStatus::auto_ && !made_loud_) {
    if (!bad) return;
    made_loud_ = true;
  }
  std::string line = waiting_shown_ ? "\r\x1b[K" : "";
  waiting_shown_ = false;
  write(line + format_status_line(status.kind, status.text, !terminal_is_dumb(), 80) + "\r\n");
}

void StatusConsole::show_waiting(const std::vector<WaitingJob>& jobs) {
  if (mode_ == ShowStatus::no || mode_ == ShowStatus::error) return;
  if (jobs.empty() || !is_ours_() || somebody_types_a_password()) {
    if (waiting_shown_) write("\r\x1b[K");
    waiting_shown_ = false;
    return;
  }
  made_loud_ = true;
  // Each job is shown for three rounds before the next one gets the line.
  const std::size_t number = (round_ / 3) % jobs.size();
  write((waiting_shown_ ? "\r\x1b[K" : "") +
        format_waiting_line(jobs[number], number + 1, jobs.size(), round_, !terminal_is_dumb(), 80));
  waiting_shown_ = true;
  ++round_;
}

void StatusConsole::write(std::string text) {
  const unitparser::UniqueFd console(::open("/dev/console", O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  std::string_view rest = text;
  while (console && !rest.empty()) {
    const ssize_t written = ::write(console.get(), rest.data(), rest.size());
    if (written > 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
      continue;
    }
    // A slow serial line may take a moment; a stopped one must not stop us.
    pollfd ready{console.get(), POLLOUT, 0};
    if (::poll(&ready, 1, console_patience_msec) <= 0) return;
  }
}

}  // namespace init
