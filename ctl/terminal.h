// The terminal of this run: what it can show, buffered output, the pager, and messages on stderr. [os]
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ctl {

enum class ColorMode : std::uint8_t { off, ansi16, ansi256 };
enum class Style : std::uint8_t { normal, underline, bold, red, green, yellow, blue, grey };
enum class Glyph : std::uint8_t {
  tree_vertical, tree_branch, tree_last, tree_space, arrow, black_circle, white_circle, multiplication, cycle, bullet, light_shade
};
enum class Severity : std::uint8_t { error, warning, notice, info };

/// Output is collected and written in one go by flush() (and by the destructor). Environment variables follow systemctl(1):
/// SYSTEMD_COLORS, NO_COLOR, SYSTEMD_URLIFY, COLUMNS, SYSTEMD_PAGER, PAGER, SYSTEMD_LESS, LC_ALL/LC_CTYPE/LANG.
class Terminal {
 public:
  Terminal();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  Terminal& operator<<(std::string_view text) {
    buffer_ += text;
    written_ = written_ || !text.empty();
    if (buffer_.size() > (1U << 16)) flush();
    return *this;
  }
  void flush();
  /// Whether there was any output for stdout so far.
  [[nodiscard]] bool has_written() const { return written_; }

  /// Starts the pager when standard output is a terminal and one is wished for. From then on output has no width limit.
  void open_pager();
  [[nodiscard]] bool has_pager() const { return pager_pid_ > 0; }

  [[nodiscard]] bool stdout_is_terminal() const { return stdout_is_terminal_; }
  [[nodiscard]] bool on_terminal() const { return stdout_is_terminal_ && stderr_is_terminal_; }
  [[nodiscard]] bool utf8() const { return utf8_; }
  [[nodiscard]] bool colors() const { return color_mode_ != ColorMode::off; }
  [[nodiscard]] std::size_t columns() const;
  /// Columns that lines should be cut to: SIZE_MAX when there is no terminal or a pager scrolls.
  [[nodiscard]] std::size_t line_limit() const;

  /// The escape that begins a style, empty without colours.
  [[nodiscard]] std::string_view style(Style style) const;
  /// Text in a style, back to normal after it.
  [[nodiscard]] std::string styled(Style style, std::string_view text) const;
  [[nodiscard]] std::string_view glyph(Glyph glyph) const;
  /// Text as a link to a URL (OSC 8), just the text where links are not wanted.
  [[nodiscard]] std::string link(std::string_view url, std::string_view text) const;
  /// A file's path as a link to it on this host.
  [[nodiscard]] std::string path_link(std::string_view path) const;

  /// One message on stderr, coloured by severity; output so far is flushed before it.
  void say(Severity severity, std::string_view message);
  void error(std::string_view message) { say(Severity::error, message); }

 private:
  void wait_for_pager();
  std::string buffer_;
  bool stdout_is_terminal_, stderr_is_terminal_, utf8_;
  ColorMode color_mode_ = ColorMode::off;
  bool links_ = false;
  bool written_ = false;
  int pager_pid_ = 0;
  std::string host_name_;
};

}  // namespace ctl
