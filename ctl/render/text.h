// Text for terminals: padding and quoting. [pure]
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "unitparser/base/display_text.h"

namespace ctl {

using unitparser::display_width;
using unitparser::ellipsize;

/// Pads with spaces on the right up to `width` columns.
[[nodiscard]] std::string pad_right(std::string_view text, std::size_t width);

/// A word in the style of `systemctl show-environment`: as it is, or $'…' with escapes (shell "posix" escapes).
[[nodiscard]] std::string shell_quote_posix(std::string_view word);

/// "\n" and other control characters as C escapes, so that one entry stays one line.
[[nodiscard]] std::string escape_control(std::string_view text);

}  // namespace ctl
