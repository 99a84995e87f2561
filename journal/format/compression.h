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

/// One ZSTD frame of these bytes, packed as well as a background task may; false without libzstd.
[[nodiscard]] bool pack_zstd_frame(std::string_view data, std::string& packed);
/// The most that a frame of so many bytes takes; without libzstd what a frame of them could take anyway.
[[nodiscard]] std::size_t zstd_frame_bound(std::size_t size);
/// Size of the frame that these bytes begin with. Errors: protocol (no whole frame), not_supported (libzstd is missing).
[[nodiscard]] unitparser::Result<std::size_t> zstd_frame_size(std::string_view data);

}  // namespace journal
