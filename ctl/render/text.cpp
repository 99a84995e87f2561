// Padding and quoting. [pure]
#include "ctl/render/text.h"

#include <algorithm>

namespace ctl {
std::string pad_right(std::string_view text, std::size_t width) {
  std::string result(text);
  const auto have = display_width(text);
  if (have < width) result.append(width - have, ' ');
  return result;
}

namespace {

constexpr std::string_view blanks_and_quotes = " \t\n\r\"\\'`$";

/// The C escape of a control character, empty when it needs none.
std::string control_escape(char c) {
  switch (c) {
    case '\a': return "\\a";
    case '\b': return "\\b";
    case '\f': return "\\f";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    case '\v': return "\\v";
    default: break;
  }
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x20 && byte != 0x7f) return {};
  constexpr std::string_view digits = "01234567";
  return {'\\', digits[byte >> 6], digits[(byte >> 3) & 7], digits[byte & 7]};
}

}  // namespace

std::string escape_control(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto escaped = control_escape(c);
    if (escaped.empty())
      result += c;
    else
      result += escaped;
  }
  return result;
}

std::string shell_quote_posix(std::string_view word) {
  const bool needed = word.find_first_of(blanks_and_quotes) != std::string_view::npos ||
                      word.find_first_of("()<>|&;*?[{~!#") != std::string_view::npos ||
                      std::any_of(word.begin(), word.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (!needed) return std::string(word);
  std::string result = "$'";
  for (const char c : word) {
    const auto escaped = control_escape(c);
    if (!escaped.empty()) {
      result += escaped;
      continue;
    }
    if (c == '\'' || c == '\\') result += '\\';
    result += c;
  }
  return result + "'";
}

}  // namespace ctl
