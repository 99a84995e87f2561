// Text as a terminal shows it: width of characters, cutting with an ellipsis, quoting of command lines. [pure]
#include "ctl/render/text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace ctl {
namespace {

struct Range {
  char32_t first, last;
};
// Unicode 15 East Asian Width W and F, blocks joined where only unassigned points lie between.
constexpr std::array<Range, 17> wide{{{0x1100, 0x115f}, {0x231a, 0x231b}, {0x2e80, 0x303e}, {0x3041, 0x33ff},
                                      {0x3400, 0x4dbf}, {0x4e00, 0x9fff}, {0xa000, 0xa4cf}, {0xa960, 0xa97f},
                                      {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe10, 0xfe19}, {0xfe30, 0xfe6f},
                                      {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f900, 0x1f9ff},
                                      {0x20000, 0x3fffd}}};
constexpr std::array<Range, 7> invisible{{{0x0300, 0x036f}, {0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f},
                                          {0xfe20, 0xfe2f}, {0xfeff, 0xfeff}, {0xe0100, 0xe01ef}}};

template <std::size_t n>
bool within(const std::array<Range, n>& ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(), [c](Range r) { return c >= r.first && c <= r.last; });
}

/// What text begins with, or a sequence that the terminal does not show: bytes taken and columns shown.
struct Character {
  std::size_t bytes, columns;
};

Character first_character(std::string_view text) {
  const auto byte = static_cast<unsigned char>(text.front());
  if (byte == 0x1b && text.size() > 1) {
    if (text[1] == '[') {
      const auto end = text.find_first_not_of("0123456789;:", 2);
      return {end == std::string_view::npos ? text.size() : end + 1, 0};
    }
    if (text[1] == ']') {
      const auto bell = text.find('\a', 2), terminator = text.find("\x1b\\", 2);
      if (bell == std::string_view::npos && terminator == std::string_view::npos) return {text.size(), 0};
      return {bell < terminator ? bell + 1 : terminator + 2, 0};
    }
  }
  if (byte < 0x80) return {1, 1};
  std::size_t length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
  if (length > text.size()) length = text.size();
  char32_t c = byte & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) c = (c << 6) | (static_cast<unsigned char>(text[i]) & 0x3fU);
  return {length, within(invisible, c) ? 0U : within(wide, c) ? 2U : 1U};
}

}  // namespace

std::size_t display_width(std::string_view text) {
  // Nearly all that is shown is of letters that take a column each.
  if (std::all_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x80 && c != 0x1b; })) return text.size();
  std::size_t columns = 0;
  while (!text.empty()) {
    const auto s = first_character(text);
    columns += s.columns;
    text.remove_prefix(s.bytes);
  }
  return columns;
}

std::string ellipsize(std::string_view text, std::size_t width, unsigned percent, bool utf8) {
  if (display_width(text) <= width) return std::string(text);
  const std::string_view dots = utf8 ? "…" : "...";
  const std::size_t dots_width = utf8 ? 1 : 3;
  if (width <= dots_width) return std::string(utf8 ? dots : dots.substr(0, width)).substr(0, width == 0 ? 0 : 3);
  const std::size_t before = ((width - dots_width) * percent + 50) / 100;
  std::size_t head = 0, columns = 0;
  std::vector<Character> characters;
  for (auto rest = text; !rest.empty(); rest.remove_prefix(characters.back().bytes)) characters.push_back(first_character(rest));
  std::size_t i = 0;
  for (; i < characters.size() && columns + characters[i].columns <= before; ++i) {
    columns += characters[i].columns;
    head += characters[i].bytes;
  }
  std::size_t tail = 0, room = width - dots_width - columns;
  for (auto j = characters.size(); j > i && characters[j - 1].columns <= room; --j) {
    room -= characters[j - 1].columns;
    tail += characters[j - 1].bytes;
  }
  std::string result(text.substr(0, head));
  result += dots;
  return result.append(text.substr(text.size() - tail));
}

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
