// Comparing version strings. [pure]
#include "unitparser/syntax/version.h"

#include <algorithm>
#include <array>
#include <utility>

#include "unitparser/base/text.h"

namespace unitparser {
namespace {

int sign(std::size_t a, std::size_t b) { return a < b ? -1 : a > b ? 1 : 0; }

bool is_version_character(char c) { return is_digit(c) || is_alphabetic(c) || contains_character("~-^.", c); }

void drop_others(std::string_view& text) {
  while (!text.empty() && !is_version_character(text[0])) text.remove_prefix(1);
}

template <class Is>
std::string_view take_run(std::string_view& text, Is is) {
  const auto end = std::find_if_not(text.begin(), text.end(), is);
  const auto length = static_cast<std::size_t>(end - text.begin());
  const std::string_view run = text.substr(0, length);
  text.remove_prefix(length);
  return run;
}

int compare_numbers(std::string_view a, std::string_view b) {
  if (a.empty() != b.empty()) return a.empty() ? -1 : 1;
  a = trim_left(a, "0");
  b = trim_left(b, "0");
  if (a.size() != b.size()) return sign(a.size(), b.size());
  return a.compare(b);
}

/// Separators compare before everything else: having `mark` makes a version smaller. 0: same, go on behind them.
std::optional<int> compare_mark(std::string_view& a, std::string_view& b, char mark) {
  const bool in_a = a.starts_with(mark);
  const bool in_b = b.starts_with(mark);
  if (!in_a && !in_b) return std::nullopt;
  if (in_a != in_b) return in_a ? -1 : 1;
  a.remove_prefix(1);
  b.remove_prefix(1);
  return 0;
}

}  // namespace

int compare_versions(std::string_view a, std::string_view b) {
  for (;;) {
    drop_others(a);
    drop_others(b);
    if (const auto difference = compare_mark(a, b, '~')) {
      if (*difference != 0) return *difference;
      continue;
    }
    if (a.empty() || b.empty()) return sign(a.size(), b.size());
    bool same_mark = false;
    for (const char mark : {'-', '^', '.'}) {
      if (const auto difference = compare_mark(a, b, mark)) {
        if (*difference != 0) return *difference;
        same_mark = true;
        break;
      }
    }
    if (same_mark) continue;
    int difference = 0;
    if (is_digit(a[0]) || is_digit(b[0])) {
      const std::string_view number_a = take_run(a, is_digit);
      const std::string_view number_b = take_run(b, is_digit);
      difference = compare_numbers(number_a, number_b);
    } else {
      const std::string_view word_a = take_run(a, is_alphabetic);
      const std::string_view word_b = take_run(b, is_alphabetic);
      difference = word_a.compare(word_b);
    }
    if (difference != 0) return difference < 0 ? -1 : 1;
  }
}

std::optional<VersionOperator> parse_version_operator(std::string_view text) {
  using enum VersionOperator;
  constexpr std::array<std::pair<std::string_view, VersionOperator>, 13> words{
      {{"<", less}, {"<=", less_or_equal}, {"=", equal}, {"==", equal}, {"!=", not_equal}, {">=", greater_or_equal},
       {">", greater}, {"lt", less}, {"le", less_or_equal}, {"eq", equal}, {"ne", not_equal}, {"ge", greater_or_equal},
       {"gt", greater}}};
  for (const auto& [word, op] : words)
    if (word == text) return op;
  return std::nullopt;
}

std::optional<VersionOperator> take_version_operator(std::string_view& text) {
  for (const std::string_view token : {"<=", ">=", "!=", "<", ">", "="}) {
    if (!text.starts_with(token)) continue;
    text.remove_prefix(token.size());
    return parse_version_operator(token);
  }
  return std::nullopt;
}

bool holds(VersionOperator op, int comparison) {
  switch (op) {
    case VersionOperator::less: return comparison < 0;
    case VersionOperator::less_or_equal: return comparison <= 0;
    case VersionOperator::equal: return comparison == 0;
    case VersionOperator::not_equal: return comparison != 0;
    case VersionOperator::greater_or_equal: return comparison >= 0;
    case VersionOperator::greater: return comparison > 0;
  }
  return false;
}

}  // namespace unitparser
