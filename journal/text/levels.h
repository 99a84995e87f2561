// The names of the syslog levels, 0 (emerg) to 7 (debug). [pure]
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace journal {

inline constexpr std::array<std::string_view, 8> level_names{"emerg",   "alert",  "crit", "err",
                                                             "warning", "notice", "info", "debug"};

/// Reads a level by name or digit.
[[nodiscard]] inline std::optional<int> parse_level(std::string_view text) {
  const auto named = std::find(level_names.begin(), level_names.end(), text);
  if (named != level_names.end()) return static_cast<int>(named - level_names.begin());
  if (text.size() == 1 && text[0] >= '0' && text[0] <= '7') return text[0] - '0';
  return std::nullopt;
}

}  // namespace journal
