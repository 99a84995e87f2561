// One file to its sections and assignments. [pure]
#include "unitparser/syntax/ini_reader.h"

#include <fmt/format.h>

#include <cerrno>

#include "unitparser/base/text.h"
#include "unitparser/syntax/logical_lines.h"

namespace unitparser {
namespace {

Error bad_file(ErrorCode code, int os_errno, std::string message, std::uint32_t line) {
  return Error{code, os_errno, std::move(message), {{}, line, 0}};
}

std::optional<Error> read_header(const LogicalLine& line, std::string_view& section) {
  if (line.text.back() != ']' || line.text.size() < 2)
    return bad_file(ErrorCode::bad_unit_setting, EBADMSG, fmt::format("Invalid section header '{}'", line.text), line.last_line);
  const std::string_view name = line.text.substr(1, line.text.size() - 2);
  if (!is_safe_string(name))
    return bad_file(ErrorCode::bad_unit_setting, EBADMSG, fmt::format("Bad characters in section header '{}'", line.text),
                    line.last_line);
  section = name;
  return std::nullopt;
}

IniEntry read_assignment(const LogicalLine& line) {
  IniEntry entry;
  entry.first_line = line.first_line;
  entry.line = line.last_line;
  entry.column = line.column;
  const std::size_t equals = line.text.find('=');
  if (equals == std::string_view::npos) {
    entry.kind = IniKind::missing_equals;
    entry.value = line.text;
    return entry;
  }
  entry.kind = equals == 0 ? IniKind::missing_key : IniKind::assignment;
  entry.key = trim(line.text.substr(0, equals));
  entry.value = trim(line.text.substr(equals + 1));
  entry.column += static_cast<std::uint32_t>(entry.value.data() - line.text.data());
  return entry;
}

}  // namespace

IniDocument read_ini(std::string_view bytes) {
  IniDocument document;
  const bool all_utf8 = is_valid_utf8(bytes);  // once for the whole file; line by line only when that fails
  LogicalLines lines(bytes);
  LogicalLine line;
  std::string_view section;
  bool in_section = false;
  for (;;) {
    Result<bool> more = lines.next(line);
    if (!more) {
      document.failure = std::move(more.error());
      return document;
    }
    if (!*more) return document;
    if (!all_utf8 && !is_valid_utf8(line.text)) {
      document.failure = bad_file(ErrorCode::invalid_argument, EINVAL,
                                  "String is not UTF-8 clean, ignoring assignment: " + replace_invalid_utf8(line.text),
                                  line.last_line);
      return document;
    }
    if (line.joined) {
      document.joined_lines.emplace_front(line.text);
      line.text = document.joined_lines.front();
    }
    if (line.text.front() == '[') {
      document.failure = read_header(line, section);
      if (document.failure) return document;
      in_section = true;
      document.entries.push_back({IniKind::section, section, {}, {}, line.first_line, line.last_line, line.column, true});
      continue;
    }
    IniEntry entry = read_assignment(line);
    entry.section = section;
    entry.in_section = in_section;
    document.entries.push_back(entry);
  }
}

std::string replace_invalid_utf8(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_sequence_length(text.substr(at));
    if (length == 0)
      out += "\uFFFD";
    else
      out += text.substr(at, length);
    at += length == 0 ? 1 : length;
  }
  return out;
}

}  // namespace unitparser
