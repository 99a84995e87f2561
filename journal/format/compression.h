// Compressed payloads of data objects: XZ, LZ4 and ZSTD, whose libraries are loaded on first use. [os: dlopen]
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "unitparser/base/result.h"

namespace journal {

enum class Compression : std::uint8_t { none, xz, lz4, zstd };

/// The kind named by an object's flag byte; none when no flag or several are set.
[[nodiscard]] Compression compression_of_flags(std::uint8_t object_flags);

/// Largest payload that reading expands; a file that claims more is treated as damaged.
inline constexpr std::uint64_t expanded_size_limit = 128ULL * 1024 * 1024;

/// Expands `packed` into `expanded` (its content is replaced; capacity is reused).
/// Stops early, and succeeds, once `enough` bytes are there. Errors: damaged data, too big, library not installed.
[[nodiscard]] unitparser::Result<void> decompress(Compression kind, std::string_view packed, std::string& expanded,
                                                  std::uint64_t enough = expanded_size_limit);

/// Packs with ZSTD into `packed`. False when the library is missing or the result would not be smaller.
[[nodiscard]] bool compress_zstd(std::string_view data, std::string& packed);

}  // namespace journal
