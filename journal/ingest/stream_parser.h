// A stdout stream: its seven header lines, then lines that end at a newline, a NUL, a limit or the end. [pure]
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace journal {

/// What the header lines of a stream say (the protocol of sd_journal_stream_fd(3)).
struct StreamHeader {
  std::string identifier;
  std::string unit;
  int priority = 6;  ///< with facility
  bool level_prefix = false;
  bool forward_to_syslog = false;
  bool forward_to_kmsg = false;
  bool forward_to_console = false;
  bool operator==(const StreamHeader&) const = default;
};

/// Why a line ended.
enum class LineBreak : std::uint8_t { newline, nul, line_max, end_of_file, pid_change };

class StreamParser {
 public:
  /// Called with each log line after the header (never with the header's own).
  using OnLine = std::function<void(std::string_view line, LineBreak line_break)>;

  explicit StreamParser(std::size_t line_max) : line_max_(line_max) {}
  /// Starts behind the header, as a restarted daemon does with what it saved.
  StreamParser(std::size_t line_max, StreamHeader header) : line_max_(line_max), header_(std::move(header)), lines_(7) {}

  /// Takes the next bytes of the stream. False when the header is wrong: close the stream.
  [[nodiscard]] bool feed(std::string_view bytes, const OnLine& on_line);
  /// Ends the line that has begun, if there is one.
  void flush(LineBreak why, const OnLine& on_line);

  [[nodiscard]] bool has_header() const { return lines_ >= 7; }
  [[nodiscard]] const StreamHeader& header() const { return header_; }
  [[nodiscard]] bool has_partial_line() const { return !pending_.empty(); }

 private:
  [[nodiscard]] bool take_header_line(std::string_view line);

  std::size_t line_max_;
  StreamHeader header_;
  int lines_ = 0;
  std::string pending_;
};

}  // namespace journal
