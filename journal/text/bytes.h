// Sizes in bytes as people read them ("2.0M"), and as configuration writes them. [pure]
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace journal {

/// "512B", "2.0M", "59.3M": one decimal, units of 1024.
[[nodiscard]] std::string format_bytes(std::uint64_t bytes);
/// Reads "512", "8M", "1.5G" (units of 1024); nullopt when it is not a size.
[[nodiscard]] std::optional<std::uint64_t> parse_bytes(std::string_view text);

}  // namespace journal
