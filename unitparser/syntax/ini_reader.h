// One file to its sections and assignments, in order, with places and with what is malformed. systemd.syntax(7). [pure]
#pragma once

#include <cstdint>
#include <forward_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "unitparser/base/result.h"

namespace unitparser {

enum class IniKind : std::uint8_t {
  section,         ///< [section]
  assignment,      ///< key=value
  missing_equals,  ///< a line without '='; `value` is the line
  missing_key,     ///< a line that begins with '='; `value` is what follows
};

/// One logical line. The views live as long as the bytes read and the document.
struct IniEntry {
  IniKind kind{};
  std::string_view section;      ///< name of the section it stands in; empty in front of the first
  std::string_view key;
  std::string_view value;        ///< raw: trimmed, quotes and escapes untouched
  std::uint32_t first_line = 0;  ///< where the assignment begins
  std::uint32_t line = 0;        ///< where it ends; systemd's messages name this one
  std::uint32_t column = 0;      ///< of the value (of the line, when there is none) in first_line; from 1
  bool in_section = false;       ///< a section header came before (its name may be empty)
};

/// What a file says. After `failure` nothing of the file counts, as in systemd; the entries before it are kept.
struct IniDocument {
  std::vector<IniEntry> entries;
  std::optional<Error> failure;  ///< message, line and errno as systemd's: EBADMSG, EINVAL (not UTF-8), ENOBUFS
  std::forward_list<std::string> joined_lines;  ///< storage of lines that were joined
};

/// Reads a whole file. `bytes` must outlive the document.
[[nodiscard]] IniDocument read_ini(std::string_view bytes);

/// The text with everything that is not UTF-8 shown as the replacement character, for messages.
[[nodiscard]] std::string replace_invalid_utf8(std::string_view text);

}  // namespace unitparser
