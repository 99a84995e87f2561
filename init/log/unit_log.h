// From an effect::Log to the record that is written: fields of the unit and of the cause. [pure]
#pragma once

#include "init/engine/engine.h"
#include "init/log/log_sink.h"

namespace init {

/// Adds UNIT=, INVOCATION_ID= (USER_… for a user's manager) and the cause to the effect's own fields: INCIPIT_CAUSE= its kind,
/// _TEXT= in words, and where it has them the _UNIT= that it came from, the _UID= and _PID= of who asked, the _PLACE= (file:line)
/// of the dependency.
[[nodiscard]] LogRecord to_record(effect::Log log, const Engine& engine);

}  // namespace init
