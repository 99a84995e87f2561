// Sizes, fractions, file modes, ports, nice levels and resource limits as written in unit files. [pure]
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "unitparser/base/result.h"
#include "unitparser/config/values.h"

namespace unitparser {

/// What K, M, G ... stand for.
enum class SizeBase : std::uint16_t { decimal = 1000, binary = 1024 };
/// "64K", "1.5G", "1G 512M" (units must get smaller), plain bytes.
[[nodiscard]] Result<std::uint64_t> parse_size(std::string_view text, SizeBase base = SizeBase::binary);

/// "12.34%", "1.5‰", "7‱" in parts per 10,000; above 100 % only with a larger `maximum`.
[[nodiscard]] Result<std::uint32_t> parse_permyriad(std::string_view text, std::uint32_t maximum = 10000);
/// "12%" in parts per 100.
[[nodiscard]] Result<std::uint32_t> parse_percent(std::string_view text, std::uint32_t maximum = 100);
/// "12.5%" as printed by systemd from parts per 10,000.
[[nodiscard]] std::string format_permyriad(std::uint32_t permyriad);

/// Octal file mode up to 07777.
[[nodiscard]] Result<std::uint32_t> parse_mode(std::string_view text);
/// -20 to 19; ERANGE outside.
[[nodiscard]] Result<int> parse_nice(std::string_view text);
/// 1 to 65535.
[[nodiscard]] Result<std::uint16_t> parse_port(std::string_view text);
/// Three digits dot form of an OOM score adjustment: -1000 to 1000.
[[nodiscard]] Result<int> parse_oom_score_adjust(std::string_view text);

// --- Resource limits (setrlimit(2)) -------------------------------------------------------------------------------
/// RLIMIT_* number by name without prefix ("NOFILE"); -1 if there is none.
[[nodiscard]] int resource_limit_from_name(std::string_view name);
[[nodiscard]] std::string_view resource_limit_name(int resource);
/// "N", "infinity" or "SOFT:HARD", in the unit that fits the resource (bytes with K M G, time, or a count; for NICE also
/// "+5" and "-5"). EILSEQ: soft above hard.
[[nodiscard]] Result<ResourceLimit> parse_resource_limit(int resource, std::string_view text);

}  // namespace unitparser
