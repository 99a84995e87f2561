// Columns of characters. [pure]
#include "unitparser/base/display_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace unitparser {
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

/// A letter that takes a column.
bool is_plain(unsigned char c) { return c < 0x80 && c != 0x1b; }

}  // namespace

std::size_t display_width(std::string_view text) {
  // Nearly all that is shown is of letters that take a column each.
  if (std::all_of(text.begin(), text.end(), is_plain)) return text.size();
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
  // COMPAT: what is not plain ASCII is cut by a formula that rounds down.
  const bool plain = std::all_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x80; });
  const std::size_t before = ((width - dots_width) * percent + (plain ? 50 : 0)) / 100;
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

}  // namespace unitparser
