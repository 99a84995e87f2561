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
#include <utility>

#include "init/log/colours.h"
#include "unitparser/base/display_text.h"
#include "unitparser/base/fd.h"

namespace init {
namespace {

constexpr unsigned width_of_mark = 9;  // "[  OK  ] "
constexpr unsigned usual_width = 80;
constexpr int console_patience_msec = 50;

struct Mark {
  std::string_view text;
  std::string_view colour;
};

Mark mark_of(effect::StatusKind kind) {
  using effect::StatusKind;
  switch (kind) {
    case StatusKind::ok: return {"  OK  ", colours::green};
    case StatusKind::failed: return {"FAILED", colours::bright_red};
    case StatusKind::depend: return {"DEPEND", colours::bright_yellow};
    case StatusKind::timeout: return {" TIME ", colours::bright_red};
    case StatusKind::skipped: return {" SKIP ", colours::bright_red};
    case StatusKind::assert_: return {"ASSERT", colours::bright_yellow};
    case StatusKind::unsupported: return {"UNSUPP", colours::bright_yellow};
    case StatusKind::once: return {" ONCE ", colours::bright_red};
    case StatusKind::none:
    case StatusKind::advice: break;
  }
  return {};
}

/// Cuts in the middle: both the beginning and the end of a description tell something. The last column stays free.
std::string cut(std::string_view text, unsigned taken, unsigned width) {
  constexpr unsigned least = 3;
  return unitparser::ellipsize(text, width > taken + 1 + least ? width - taken - 1 : least, 50, true);
}

std::string whole_seconds(unitparser::Duration duration) {
  return duration.is_infinite() ? "no limit"
                                : unitparser::format_duration(unitparser::Duration::from_seconds(duration.usec() / 1'000'000),
                                                              unitparser::Duration::from_seconds(1));
}

/// The eye goes to and fro over six columns, half out of sight at either end.
std::string eye(unsigned round, bool colour) {
  constexpr unsigned width = 6, turn = width + 2, period = 2 * width + 2;
  const unsigned at = round % period >= turn ? period - round % period : round % period;  // 1 to 6; 0 and 7 are out of sight
  const auto in = [colour](std::string_view code) { return colour ? code : std::string_view(); };
  std::string text;
  if (at > 1) text.append(at - 2, ' ').append(in(colours::red)).append("*");
  if (at > 0 && at <= width) text.append(in(colours::bright_red)).append("*");
  text.append(in(colours::off));
  if (at < width) text.append(in(colours::red)).append("*").append(width - 1 - at, ' ').append(in(colours::off));
  return text;
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

unsigned width_of(int console) {
  winsize size{};
  return ::ioctl(console, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : usual_width;
}

void write_whole(int console, std::string_view rest) {
  while (!rest.empty()) {
    const ssize_t written = ::write(console, rest.data(), rest.size());
    if (written > 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
      continue;
    }
    // A slow serial line may take a moment; a stopped one must not stop us.
    pollfd ready{console, POLLOUT, 0};
    if (::poll(&ready, 1, console_patience_msec) <= 0) return;
  }
}

}  // namespace

std::string format_status_line(effect::StatusKind kind, const effect::UnitSentence& sentence, bool colour, unsigned width) {
  std::string text = sentence.text;
  if (colour && sentence.name_size > 0) {
    text.insert(sentence.name_at + sentence.name_size, colours::off);
    text.insert(sentence.name_at, colours::bright);
  }
  if (kind == effect::StatusKind::advice) return cut(text, 0, width);
  text = cut(text, width_of_mark, width);
  const Mark mark = mark_of(kind);
  if (mark.text.empty()) return std::string(width_of_mark, ' ') + text;
  return colour ? fmt::format("[{}{}{}] {}", mark.colour, mark.text, colours::off, text) : fmt::format("[{}] {}", mark.text, text);
}

std::string format_waiting_line(const WaitingJob& job, std::size_t number, std::size_t of, unsigned round, bool colour,
                                unsigned width) {
  const std::string text = fmt::format("{}{} ({} / {}){}{}", of > 1 ? fmt::format("({} of {}) ", number, of) : std::string(), job.what,
                                       whole_seconds(job.since), whole_seconds(job.limit), job.status.empty() ? "" : ": ", job.status);
  return fmt::format("[{}] {}", eye(round, colour), cut(text, width_of_mark, width));
}

void StatusConsole::set_mark() const {
  if (mark_.empty()) return;
  if (shows_all()) unitparser::UniqueFd(::open(mark_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, 0644)).reset();
  else ::unlink(mark_.c_str());
}

void StatusConsole::set_mode(ShowStatus mode) {
  mode_ = mode;
  set_mark();
}

void StatusConsole::calm_down() {
  made_loud_ = false;
  set_mark();
}

void StatusConsole::show(const effect::ConsoleStatus& status) {
  using effect::StatusKind;
  if (mode_ == ShowStatus::no || !is_ours_()) return;
  const bool is_usual = status.kind == StatusKind::ok || status.kind == StatusKind::none || status.kind == StatusKind::advice;
  if (is_usual && !shows_all()) return;
  write_line([&](bool colour, unsigned width) { return format_status_line(status.kind, status.sentence, colour, width); }, false);
}

void StatusConsole::show_waiting(const std::function<std::vector<WaitingJob>()>& waiting) {
  if (mode_ == ShowStatus::no || mode_ == ShowStatus::error || !is_ours_() || somebody_types_a_password()) return;
  const std::vector<WaitingJob> jobs = waiting();
  if (jobs.empty()) return;
  if (!std::exchange(made_loud_, true)) set_mark();
  // Each job is shown for three rounds before the next one gets the line.
  const std::size_t number = (round_ / 3) % jobs.size();
  write_line([&](bool colour, unsigned width) { return format_waiting_line(jobs[number], number + 1, jobs.size(), round_, colour, width); }, true);
  ++round_;
}

void StatusConsole::welcome(const std::string& system, const std::string& colour) {
  if (!shows_all()) return;
  write_line([&](bool coloured, unsigned) { return coloured ? fmt::format("\nWelcome to \x1b[{}m{}\x1b[0m!\n", colour, system) : fmt::format("\nWelcome to {}!\n", system); },
             false);
}

void StatusConsole::write_line(const std::function<std::string(bool colour, unsigned width)>& format, bool ephemeral) {
  constexpr std::string_view a_line_up = "\x1bM\r\x1b[K", rest_of_line = "\x1b[K";
  // Opened for each line: the kernel ends whoever has the console open when somebody asks for a secure one (SAK).
  const unitparser::UniqueFd console(::open("/dev/console", O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!console) return;
  std::string text(after_ephemeral_ ? a_line_up : std::string_view());
  text += format(colour_ && !terminal_is_dumb(), width_of(console.get()));
  text += "\r\n";
  if (after_ephemeral_ && !ephemeral) text += rest_of_line;
  after_ephemeral_ = ephemeral;
  write_whole(console.get(), text);
}

}  // namespace init
