// What log and console say when jobs begin and end. [pure]
#pragma once

#include "init/engine/core.h"

namespace init {

/// What a line calls a unit: its name, or with StatusUnitFormat=description that.
[[nodiscard]] std::string_view short_name(unitparser::StatusUnitFormat format, const Unit& unit);

/// Whether a description may follow the name.
enum class NameLength : std::uint8_t { long_, short_ };
/// "Started nginx.service - A web server.": `before`, the unit as StatusUnitFormat= has it, `after`.
[[nodiscard]] effect::UnitSentence sentence_about(const Core& core, const Unit& unit, std::string before, std::string_view after,
                                                  NameLength length = NameLength::long_);

/// The job was begun and takes its time; `before` is the state in which it found the unit.
/// `type`: what was done; a restart that has stopped the unit at once is a start by now.
void announce_job_begin(Core& core, const Unit& unit, const Job& job, JobType type, ActiveState before);
void announce_job_end(Core& core, Unit& unit, const Job& job, JobResult result, bool already);

}  // namespace init
