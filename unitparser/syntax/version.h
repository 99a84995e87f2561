// Comparing version strings (systemd-analyze compare-versions, ConditionKernelVersion=). [pure]
#pragma once

#include <optional>
#include <string_view>

namespace unitparser {

/// Negative, zero or positive. '~' sorts before the end, then '-', '^', '.', then digits as numbers; letters below.
[[nodiscard]] int compare_versions(std::string_view a, std::string_view b);

enum class VersionOperator : unsigned char { less, less_or_equal, equal, not_equal, greater_or_equal, greater };
/// "<" "<=" "=" "!=" ">=" ">" and the words lt le eq ne ge gt ("==" as well).
[[nodiscard]] std::optional<VersionOperator> parse_version_operator(std::string_view text);
/// Takes an operator sign off the front of `text` ("<=5.4"); nothing if there is none.
[[nodiscard]] std::optional<VersionOperator> take_version_operator(std::string_view& text);
[[nodiscard]] bool holds(VersionOperator op, int comparison);

}  // namespace unitparser
