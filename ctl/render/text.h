// Text as a terminal shows it: width of characters, cutting with an ellipsis, quoting of command lines. [pure]
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ctl {

/// Columns that UTF-8 text takes (wide East Asian characters two, combining ones none, terminal escapes none).
[[nodiscard]] std::size_t display_width(std::string_view text);

/// Cuts text to at most `width` columns, putting "…" (or "..." when not `utf8`) where `percent` of the rest are before
/// it: 100 cuts at the end.
[[nodiscard]] std::string ellipsize(std::string_view text, std::size_t width, unsigned percent, bool utf8);

/// Pads with spaces on the right up to `width` columns.
[[nodiscard]] std::string pad_right(std::string_view text, std::size_t width);

/// A word in the style of `systemctl show-environment`: as it is, or $'…' with escapes (shell "posix" escapes).
[[nodiscard]] std::string shell_quote_posix(std::string_view word);

/// "\n" and other control characters as C escapes, so that one entry stays one line.
[[nodiscard]] std::string escape_control(std::string_view text);

}  // namespace ctl
