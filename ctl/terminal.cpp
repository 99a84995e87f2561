// The terminal of this run: what it can show, buffered output, the pager, and messages on stderr. [os]
#include "ctl/terminal.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <limits>

namespace ctl {
namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view{} : value;
}

/// The character set as the locale's name gives it; no locale at all counts as UTF-8, "C" as ASCII.
bool locale_is_utf8() {
  if (const auto forced = environment("SYSTEMD_UTF8"); !forced.empty()) return forced == "1" || forced == "yes" || forced == "true";
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const auto value = environment(name);
    if (value.empty()) continue;
    return value.find("UTF-8") != value.npos || value.find("utf8") != value.npos || value.find("utf-8") != value.npos ||
           value.find("UTF8") != value.npos;
  }
  return true;
}

bool is_yes(std::string_view v) { return v == "1" || v == "yes" || v == "y" || v == "true" || v == "t" || v == "on"; }
bool is_no(std::string_view v) { return v == "0" || v == "no" || v == "n" || v == "false" || v == "f" || v == "off"; }

}  // namespace

Terminal::Terminal()
    : stdout_is_terminal_(isatty(STDOUT_FILENO) != 0), stderr_is_terminal_(isatty(STDERR_FILENO) != 0), utf8_(locale_is_utf8()) {
  const auto terminal = environment("TERM");
  const auto wish = environment("SYSTEMD_COLORS");
  const bool few = terminal == "linux";
  const auto best = few ? ColorMode::ansi16 : ColorMode::ansi256;
  if (wish == "16")
    color_mode_ = ColorMode::ansi16;
  else if (wish == "256" || wish == "24bit")
    color_mode_ = ColorMode::ansi256;
  else if (is_yes(wish))
    color_mode_ = best;
  else if (!is_no(wish) && environment("NO_COLOR").empty() && on_terminal() && !terminal.empty() && terminal != "dumb")
    color_mode_ = best;
  const auto links = environment("SYSTEMD_URLIFY");
  links_ = links.empty() ? colors() : is_yes(links);
  if (links_) {
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) == 0) host_name_ = name.data();
  }
}

Terminal::~Terminal() {
  flush();
  wait_for_pager();
}

void Terminal::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const auto written = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) break;  // the reader went away; nothing is left to tell it
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  buffer_.clear();
}

void Terminal::open_pager() {
  if (has_pager() || !stdout_is_terminal_ || environment("TERM") == "dumb") return;
  const char* wish = std::getenv("SYSTEMD_PAGER");
  if (wish == nullptr) wish = std::getenv("PAGER");
  if (wish != nullptr && (wish[0] == '\0' || std::string_view(wish) == "cat")) return;
  std::array<int, 2> pipe_ends{};
  if (pipe2(pipe_ends.data(), O_CLOEXEC) < 0) return;
  flush();
  const auto pid = fork();
  if (pid < 0) {
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    return;
  }
  if (pid == 0) {
    dup2(pipe_ends[0], STDIN_FILENO);
    const auto less = environment("SYSTEMD_LESS");
    setenv("LESS", less.empty() ? "FRSXMK" : std::string(less).c_str(), 1);
    const auto charset = environment("SYSTEMD_LESSCHARSET");
    if (!charset.empty() || utf8_) setenv("LESSCHARSET", charset.empty() ? "utf-8" : std::string(charset).c_str(), 1);
    setenv("LESSSECURE", "1", 0);
    if (wish != nullptr) execlp("sh", "sh", "-c", wish, nullptr);
    for (const char* program : {"pager", "less", "more", "cat"}) execlp(program, program, nullptr);
    _exit(127);
  }
  pager_pid_ = pid;
  dup2(pipe_ends[1], STDOUT_FILENO);
  close(pipe_ends[0]);
  close(pipe_ends[1]);
  signal(SIGINT, SIG_IGN);  // the pager handles the keyboard
  signal(SIGPIPE, SIG_IGN);
}

void Terminal::wait_for_pager() {
  if (!has_pager()) return;
  close(STDOUT_FILENO);
  while (waitpid(pager_pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pager_pid_ = 0;
}

std::size_t Terminal::columns() const {
  if (const auto text = environment("COLUMNS"); !text.empty()) {
    const auto value = std::strtoul(std::string(text).c_str(), nullptr, 10);
    if (value > 0 && value <= 65535) return value;
  }
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

std::size_t Terminal::line_limit() const {
  return stdout_is_terminal_ && !has_pager() ? columns() : std::numeric_limits<std::size_t>::max();
}

std::string_view Terminal::style(Style style) const {
  if (!colors()) return {};
  const bool many = color_mode_ == ColorMode::ansi256;
  switch (style) {
    case Style::normal: return "\x1b[0m";
    case Style::underline: return "\x1b[0;4m";
    case Style::bold: return "\x1b[0;1;39m";
    case Style::red: return "\x1b[0;1;31m";
    case Style::green: return "\x1b[0;1;32m";
    case Style::yellow: return many ? "\x1b[0;1;38;5;185m" : "\x1b[0;1;33m";
    case Style::blue: return "\x1b[0;1;34m";
    case Style::grey: return many ? "\x1b[0;38;5;245m" : "\x1b[0;90m";
  }
  return {};
}

std::string Terminal::styled(Style wanted, std::string_view text) const {
  std::string result(style(wanted));
  return result.append(text).append(style(Style::normal));
}

std::string_view Terminal::glyph(Glyph glyph) const {
  switch (glyph) {
    case Glyph::tree_vertical: return utf8_ ? "│ " : "| ";
    case Glyph::tree_branch: return utf8_ ? "├─" : "|-";
    case Glyph::tree_last: return utf8_ ? "└─" : "`-";
    case Glyph::tree_space: return "  ";
    case Glyph::arrow: return utf8_ ? "→" : "->";
    case Glyph::black_circle: return utf8_ ? "●" : "*";
    case Glyph::white_circle: return utf8_ ? "○" : "*";
    case Glyph::multiplication: return utf8_ ? "×" : "x";
    case Glyph::cycle: return utf8_ ? "↻" : "@";
    case Glyph::bullet: return utf8_ ? "•" : "*";
    case Glyph::light_shade: return utf8_ ? "░" : "-";
  }
  return {};
}

std::string Terminal::link(std::string_view url, std::string_view text) const {
  if (!links_) return std::string(text);
  std::string result = "\x1b]8;;";
  return result.append(url).append("\a").append(text).append("\x1b]8;;\a");
}

std::string Terminal::path_link(std::string_view path) const {
  if (!links_ || !path.starts_with('/')) return std::string(path);
  return link("file://" + host_name_ + std::string(path), path);
}

void Terminal::say(Severity severity, std::string_view message) {
  flush();
  const auto color = severity == Severity::error     ? Style::red
                     : severity == Severity::warning ? Style::yellow
                     : severity == Severity::notice  ? Style::bold
                                                     : Style::normal;
  std::string text;
  while (!message.empty()) {
    const auto end = message.find('\n');
    const auto line = message.substr(0, end);
    text += color == Style::normal ? std::string(line) : styled(color, line);
    text += '\n';
    message = end == std::string_view::npos ? std::string_view{} : message.substr(end + 1);
  }
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto written = ::write(STDERR_FILENO, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace ctl
