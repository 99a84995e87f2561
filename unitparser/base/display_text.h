// Text as a terminal shows it: width of characters, cutting with an ellipsis. [pure]
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace unitparser {

/// Columns that UTF-8 text takes (wide East Asian characters two, combining ones none, terminal escapes none).
[[nodiscard]] std::size_t display_width(std::string_view text);

/// Cuts text to at most `width` columns, putting "…" (or "..." when not `utf8`) where `percent` of the rest are before
/// it: 100 cuts at the end.
[[nodiscard]] std::string ellipsize(std::string_view text, std::size_t width, unsigned percent, bool utf8);

}  // namespace unitparser
