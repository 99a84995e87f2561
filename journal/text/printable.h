// Whether text may be shown as it is. [pure]
#pragma once

#include <cstdint>
#include <string_view>

namespace journal {

enum class NewlineRule : std::uint8_t { allowed, forbidden };
/// Valid UTF-8 without control characters (a tab is fine).
[[nodiscard]] bool is_printable(std::string_view text, NewlineRule newlines);

/// Only printable ASCII, and neither '"' nor '\': shown as it is in every output mode.
[[nodiscard]] bool is_plain_text(std::string_view text);

}  // namespace journal
