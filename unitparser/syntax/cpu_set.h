// Sets of CPUs and NUMA nodes: "0-3,7 9". [pure]
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "unitparser/base/result.h"
#include "unitparser/config/values.h"

namespace unitparser {

/// One more than the highest CPU number that is accepted.
inline constexpr std::uint64_t cpu_number_limit = 8192;

/// Reads numbers and ranges between blanks or commas; whole multiples of 8 bytes. Ranges that run backwards are left out
/// and named in `backward_ranges`.
[[nodiscard]] Result<CpuMask> parse_cpu_set(std::string_view text, std::vector<std::string>* backward_ranges = nullptr);
/// "0-3 7 9", or with another separator.
[[nodiscard]] std::string format_cpu_set(const CpuMask& set, char separator = ' ');
[[nodiscard]] bool has_cpu(const CpuMask& set, std::size_t cpu);
void add_cpus(CpuMask& set, const CpuMask& more);

}  // namespace unitparser
