// ConfirmSpawn=: whether a command is executed is asked on a terminal. COMPAT: texts and keys are those of
// systemd.confirm_spawn=, kernel-command-line(7). [os]
#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "init/executor/context.h"
#include "unitparser/base/display_text.h"
#include "unitparser/base/text.h"

namespace executor {
namespace {

using unitparser::ExecInput;

constexpr int longest_wait_msec = 30'000;  ///< for whoever asks there already
constexpr const char* default_terminal = "/dev/console";

/// One key, without waiting for the end of the line.
Result<char> read_key(int terminal) {
  termios before{};
  const bool has_modes = ::tcgetattr(terminal, &before) == 0;
  if (has_modes) {
    termios at_once = before;
    at_once.c_lflag &= ~static_cast<tcflag_t>(ICANON);
    at_once.c_cc[VMIN] = 1;
    at_once.c_cc[VTIME] = 0;
    ::tcsetattr(terminal, TCSADRAIN, &at_once);
  }
  char key = 0;
  ssize_t length = -1;
  do length = ::read(terminal, &key, 1);
  while (length < 0 && errno == EINTR);
  const int why = length == 0 ? EIO : errno;  // hung up
  if (has_modes) ::tcsetattr(terminal, TCSADRAIN, &before);
  if (length != 1) return unitparser::fail_errno(why, {});
  if (key != '\n') ::dprintf(terminal, "\n");
  return key;
}

/// Each line of `text`, indented.
void show(int terminal, const std::string& text) {
  for (const std::string_view line : unitparser::split_at(text, '\n'))
    if (!line.empty()) ::dprintf(terminal, "  %.*s\n", static_cast<int>(line.size()), line.data());
}

constexpr const char* help =
    "  c - continue, proceed without asking anymore\n"
    "  D - dump, show the state of the unit\n"
    "  f - fail, don't execute the command and pretend it failed\n"
    "  h - help\n"
    "  i - info, show a short summary of the unit\n"
    "  j - jobs, show jobs that are in progress\n"
    "  s - skip, don't execute the command and pretend it succeeded\n"
    "  y - yes, execute the command\n";

enum class Answer : std::uint8_t { execute, skip, fail };

Result<Answer> ask(const Context& context, int terminal) {
  const init::PlanQuestion& question = context.plan.question;
  const std::string command = unitparser::quote_command_line(context.plan.process.argv);
  const std::string shown = unitparser::ellipsize(command, 60, 100, true);
  for (;;) {
    ::dprintf(terminal, "\033[0;1;39m\nExecute %s? [y, f, s – h for help] \033[0m", shown.c_str());
    const Result<char> key = read_key(terminal);
    if (!key) return tl::unexpected(key.error());
    switch (*key) {
      case 'y': return Answer::execute;
      case 'c': {
        ::dprintf(terminal, "Resuming normal execution.\n");
        const UniqueFd mark(::open(question.switched_off.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644));
        return Answer::execute;
      }
      case 's': ::dprintf(terminal, "Skipping execution.\n"); return Answer::skip;
      case 'f': ::dprintf(terminal, "Failing execution.\n"); return Answer::fail;
      case 'n': ::dprintf(terminal, "Didn't understand 'n', did you mean 'f'?\n"); break;
      case 'h': ::dprintf(terminal, "%s", help); break;
      case 'i':
        ::dprintf(terminal, "  Description: %s\n  Unit:        %s\n  Command:     %s\n", question.description.c_str(),
                  context.plan.process.unit.c_str(), command.c_str());
        break;
      case 'D': show(terminal, question.unit); break;
      case 'j': show(terminal, question.jobs); break;
      default: ::dprintf(terminal, "Read unexpected character, please try again.\n");
    }
  }
}

bool is_switched_off(const Context& context) { return ::access(context.plan.question.switched_off.c_str(), F_OK) == 0; }

/// Why it was not asked, for who sits there.
void say_not_asked(int terminal, const Context& context, int os_errno) {
  const char* const unit = context.plan.process.unit.c_str();
  if (os_errno == ETIMEDOUT) ::dprintf(terminal, "Confirmation question timed out for %s, assuming positive response.\n", unit);
  else ::dprintf(terminal, "Couldn't ask confirmation for %s: %s, assuming positive response.\n", unit, std::strerror(os_errno));
}

Answer ask_if_possible(const Context& context) {
  std::string path = context.plan.question.terminal;
  struct stat status {};
  // One that is not there (yet) leaves the question to the console.
  if (path != default_terminal && (::stat(path.c_str(), &status) != 0 || !S_ISCHR(status.st_mode))) path = default_terminal;
  const auto terminal = acquire_terminal(path, ExecInput::tty, longest_wait_msec);
  if (!terminal) {
    if (const auto any = open_terminal(path, O_WRONLY | O_NONBLOCK); any) say_not_asked(any->get(), context, terminal.error().os_errno);
    return Answer::execute;
  }
  Answer answer = Answer::execute;
  if (!is_switched_off(context)) {  // else whoever was asked before has said so
    make_sane(terminal->get());
    const auto given = ask(context, terminal->get());
    if (given) answer = *given;
    else say_not_asked(terminal->get(), context, given.error().os_errno);
  }
  give_up_terminal(terminal->get());
  return answer;
}

}  // namespace

Done step_confirm(Context& context) {
  if (is_switched_off(context)) return {};
  switch (ask_if_possible(context)) {
    case Answer::execute: break;
    case Answer::skip: context.finish = true; break;
    case Answer::fail:
      return tl::unexpected(unitparser::Error{unitparser::ErrorCode::io, ECANCELED, "Execution cancelled by the user", {}});
  }
  return {};
}

}  // namespace executor
