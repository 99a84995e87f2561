// Sizes in bytes as people read them ("2.0M"), and as configuration writes them. [pure]
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "unitparser/base/bytes.h"

namespace journal {

using unitparser::format_bytes;
/// Reads "512", "8M", "1.5G" (units of 1024); nullopt when it is not a size.
[[nodiscard]] std::optional<std::uint64_t> parse_bytes(std::string_view text);

}  // namespace journal
