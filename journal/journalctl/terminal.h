// Where output goes: the terminal's width and colours, the pager, one large buffer. [os: tty, processes]
#pragma once

#include <sys/types.h>

#include <string>

#include "journal/journalctl/options.h"
#include "journal/journalctl/printer.h"

namespace journal {

[[nodiscard]] TerminalStyle terminal_style();

/// Standard output, perhaps through a pager; closes and waits for it at the end.
class Output {
 public:
  Output() = default;
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output() { finish(); }

  /// Starts the pager when output is a terminal and the options do not forbid it. True when it runs.
  bool start_pager(const Options& options);

  /// The buffer to append to; flush() writes it out.
  [[nodiscard]] std::string& buffer() { return buffer_; }
  /// Writes the buffer when it is large.
  void flush_if_large() {
    if (buffer_.size() > 64 * 1024) flush_large();
  }
  void flush();
  /// False when nobody reads any more (the pager was left): stop working.
  [[nodiscard]] bool is_open() const { return open_; }
  void finish();

 private:
  void flush_large();

  std::string buffer_;
  pid_t pager_ = 0;
  bool pipe_is_large_ = false;
  bool open_ = true;
};

}  // namespace journal
