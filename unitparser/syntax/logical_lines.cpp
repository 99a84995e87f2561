// Bytes to logical lines. [pure]
#include "unitparser/syntax/logical_lines.h"

#include <algorithm>
#include <cerrno>

#include "unitparser/base/text.h"

namespace unitparser {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view line_ends("\n\r\0", 3);

bool is_comment(std::string_view physical_line) {
  const std::string_view text = trim_left(physical_line);
  return !text.empty() && (text[0] == '#' || text[0] == ';');
}

/// An odd number of backslashes at the end: the last one stands for itself and not for an escaped backslash.
bool goes_on(std::string_view line) {
  const std::size_t last = line.find_last_not_of('\\');
  const std::size_t backslashes = last == std::string_view::npos ? line.size() : line.size() - last - 1;
  return backslashes % 2 == 1;
}

tl::unexpected<Error> too_long(std::string_view message, std::uint32_t line) {
  return tl::unexpected<Error>(Error{ErrorCode::too_big, ENOBUFS, std::string(message), {{}, line, 0}});
}

}  // namespace

LogicalLines::LogicalLines(std::string_view bytes)
    : rest_(bytes),
      only_newlines_(bytes.find('\r') == std::string_view::npos && bytes.find('\0') == std::string_view::npos) {}

bool LogicalLines::take_physical_line(std::string_view& line) {
  if (rest_.empty()) return false;
  ++line_number_;
  const std::size_t end = only_newlines_ ? rest_.find('\n') : rest_.find_first_of(line_ends);
  line = rest_.substr(0, end);
  if (end == std::string_view::npos) {
    rest_ = rest_.substr(rest_.size());
    return true;
  }
  std::size_t next = end + 1;
  if (!only_newlines_) {
    // Different line-end characters in a row are one line end, the same one twice is two; nothing joins after a NUL.
    while (next < rest_.size() && rest_[next - 1] != '\0' && contains_character(line_ends, rest_[next]) &&
           rest_.substr(end, next - end).find(rest_[next]) == std::string_view::npos)
      ++next;
  }
  rest_.remove_prefix(next);
  return true;
}

Result<bool> LogicalLines::next(LogicalLine& line) {
  std::string_view physical;
  bool joining = false;
  const auto finish = [&](std::string_view whole) {
    const std::string_view text = trim(whole);
    if (text.empty()) return false;
    line.column += static_cast<std::uint32_t>(text.data() - whole.data());
    line.text = text;
    line.last_line = line_number_;
    line.joined = joining;
    return true;
  };
  while (take_physical_line(physical)) {
    if (physical.size() >= longest_line) return too_long("Line too long", line_number_ - 1);  // COMPAT: the last one that was read
    if (is_comment(physical)) continue;
    if (!joining) {
      line.first_line = line_number_;
      line.column = 1;
    }
    if (!mark_seen_ && physical.starts_with(byte_order_mark)) {
      physical.remove_prefix(byte_order_mark.size());
      mark_seen_ = true;
      if (!joining) line.column += static_cast<std::uint32_t>(byte_order_mark.size());
    }
    if (joining && joined_.size() + physical.size() > longest_line)
      return too_long("Continuation line too long", line_number_);
    if (goes_on(physical)) {
      if (!joining) joined_.clear();
      joining = true;
      joined_ += physical;
      joined_.back() = ' ';
      continue;
    }
    if (joining) joined_ += physical;
    if (finish(joining ? std::string_view(joined_) : physical)) return true;
    joining = false;
  }
  if (!joining) return false;
  ++line_number_;  // a file that ends inside a joined line: the line after the last one is the one that ends it
  return finish(joined_);
}

}  // namespace unitparser
