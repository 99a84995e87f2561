// Bytes of a SpawnPlan and back: the form in which PID 1 hands it to the executor. [pure]
#pragma once

#include <string>
#include <string_view>

#include "init/exec/spawn_plan.h"
#include "unitparser/base/result.h"

namespace init {

/// Largest plan that is read; a unit's configuration is bounded by the unit file's size limit.
inline constexpr std::size_t spawn_plan_bytes_max = 64U << 20U;

/// The plan as bytes: magic, version, then every field in order; little-endian numbers, length-prefixed strings.
[[nodiscard]] std::string encode_plan(const SpawnPlan& plan);

/// The plan of those bytes. Fails (protocol) on another version, short or overlong input and numbers out of range.
[[nodiscard]] unitparser::Result<SpawnPlan> decode_plan(std::string_view bytes);

}  // namespace init
