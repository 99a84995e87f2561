// Sizes in bytes as people read them. [pure]
#pragma once

#include <cstdint>
#include <string>

namespace unitparser {

/// "512B", "2.0M", "59.3M": one decimal, cut and not rounded, units of 1024.
[[nodiscard]] std::string format_bytes(std::uint64_t bytes);

}  // namespace unitparser
