// From an effect::Log to the record that is written: fields of the unit and of the cause. [pure]
#pragma once

#include "init/engine/engine.h"
#include "init/log/log_sink.h"

namespace init {

/// Adds UNIT=, INVOCATION_ID= and the cause (INCIPIT_CAUSE=, INCIPIT_CAUSE_UNIT=, …) to the effect's own fields.
[[nodiscard]] LogRecord to_record(const effect::Log& log, const Engine& engine);

}  // namespace init
