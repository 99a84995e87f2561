// The two hash functions of journal files: Jenkins lookup3 (unkeyed files, xor hash) and SipHash-2-4 (keyed). [pure]
#pragma once

#include <cstddef>
#include <cstdint>

#include "journal/format/layout.h"

namespace journal {

/// Jenkins' lookup3 "hashlittle2" as one 64-bit number: the first result in the upper half.
[[nodiscard]] std::uint64_t jenkins_hash64(const void* data, std::size_t size);

/// SipHash-2-4 with the 16 bytes of `key`.
[[nodiscard]] std::uint64_t siphash24(const void* data, std::size_t size, const Id128& key);

}  // namespace journal
