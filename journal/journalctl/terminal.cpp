#include "journal/journalctl/terminal.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "unitparser/base/text.h"

namespace journal {
namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : std::string_view{};
}

bool wants_colors() {
  const std::string_view said = environment("SYSTEMD_COLORS");
  if (!said.empty()) return said != "0" && said != "no" && said != "false";
  if (std::getenv("NO_COLOR") != nullptr || environment("TERM") == "dumb") return false;
  return ::isatty(STDOUT_FILENO) == 1;
}

bool is_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view value = environment(name);
    if (value.empty()) continue;
    return value.find("UTF-8") != std::string_view::npos || value.find("utf8") != std::string_view::npos;
  }
  return false;
}

}  // namespace

TerminalStyle terminal_style() {
  TerminalStyle style;
  style.colors = wants_colors();
  style.utf8 = is_utf8();
  winsize size = {};
  const int columns = std::atoi(std::string(environment("COLUMNS")).c_str());
  if (columns > 0) style.columns = static_cast<std::size_t>(columns);
  else if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) style.columns = size.ws_col;
  return style;
}

bool Output::start_pager(const Options& options) {
  if (options.no_pager || options.follow || ::isatty(STDOUT_FILENO) != 1 || environment("TERM") == "dumb") return false;
  std::string pager(environment("SYSTEMD_PAGER"));
  if (std::getenv("SYSTEMD_PAGER") == nullptr) pager = environment("PAGER");
  if (std::getenv("SYSTEMD_PAGER") != nullptr && (pager.empty() || pager == "cat")) return false;
  std::string less(environment("SYSTEMD_LESS"));
  if (less.empty()) less = "FRSXMK";
  if (options.pager_end) less += "+G";
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) return false;
  const pid_t child = ::fork();
  if (child < 0) return false;
  if (child == 0) {
    ::dup2(ends[0], STDIN_FILENO);
    ::setenv("LESS", less.c_str(), 1);
    ::setenv("LESSSECURE", "1", 1);
    const std::string charset(environment("SYSTEMD_LESSCHARSET"));
    if (!charset.empty()) ::setenv("LESSCHARSET", charset.c_str(), 1);
    else if (is_utf8()) ::setenv("LESSCHARSET", "utf-8", 1);
    if (!pager.empty()) ::execlp("sh", "sh", "-c", pager.c_str(), nullptr);
    for (const char* program : {"pager", "less", "more"}) ::execlp(program, program, nullptr);
    ::execlp("cat", "cat", nullptr);
    ::_exit(EXIT_FAILURE);
  }
  ::close(ends[0]);
  ::dup2(ends[1], STDOUT_FILENO);
  ::close(ends[1]);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGINT, SIG_IGN);  // belongs to the pager now
  pager_ = child;
  return true;
}

void Output::flush_large() {
  // A pipe holds 64 kB: with more, writer and reader wait for each other less often.
  constexpr int large_pipe = 1 << 20;
  if (!std::exchange(pipe_is_large_, true)) (void)::fcntl(STDOUT_FILENO, F_SETPIPE_SZ, large_pipe);
  flush();
}

void Output::flush() {
  std::size_t done = 0;
  while (done < buffer_.size() && open_) {
    const ssize_t n = ::write(STDOUT_FILENO, buffer_.data() + done, buffer_.size() - done);
    if (n >= 0) done += static_cast<std::size_t>(n);
    else if (errno != EINTR) open_ = false;
  }
  buffer_.clear();
}

void Output::finish() {
  flush();
  if (pager_ == 0) return;
  ::close(STDOUT_FILENO);
  while (::waitpid(pager_, nullptr, 0) < 0 && errno == EINTR) continue;
  pager_ = 0;
}

}  // namespace journal
