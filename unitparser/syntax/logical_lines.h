// Bytes to logical lines: byte order mark, comments, lines joined by '\', size limit. systemd.syntax(7). [pure]
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "unitparser/base/result.h"

namespace unitparser {

/// Longest line, also after joining, in bytes.
inline constexpr std::size_t longest_line = 1024 * 1024;

struct LogicalLine {
  std::string_view text;         ///< trimmed, never empty, no comment
  std::uint32_t first_line = 0;  ///< physical line where it begins, from 1
  std::uint32_t last_line = 0;   ///< physical line where it ends; systemd's messages name this one
  std::uint32_t column = 0;      ///< of text[0] in the physical line first_line, from 1, in bytes
  bool joined = false;           ///< text lives in the reader and is gone at the next call; else it is a view of the bytes
};

/// Walks over the logical lines of one file. Line ends are \n, \r, NUL and combinations of them.
class LogicalLines {
 public:
  explicit LogicalLines(std::string_view bytes);

  /// Puts the next line into `line`; false at the end. Fails with ENOBUFS for a line that is too long; nothing can be
  /// read after that.
  [[nodiscard]] Result<bool> next(LogicalLine& line);

 private:
  bool take_physical_line(std::string_view& line);
  std::string_view rest_;
  bool only_newlines_ = false;  ///< neither \r nor NUL in the file
  bool mark_seen_ = false;
  std::uint32_t line_number_ = 0;
  std::string joined_;
};

}  // namespace unitparser
