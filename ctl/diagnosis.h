// Why a unit is as it is: one line, made of what the manager logged about its last run, with the cause that it gave, and of the
// unit's own last words. [os: reads the journal]
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ctl/options.h"

namespace ctl {

/// What the log tells about the last run of a unit, or about the job that did not come to one.
struct Evidence {
  std::string complaint;      ///< the first thing that the manager found wrong; empty: nothing
  std::string last_words;     ///< of the unit's own processes, the last error or else the last line
  std::string start_cause;    ///< in words, see INCIPIT_CAUSE_TEXT= in docs/architecture.md
  std::string stop_cause;
  std::string blamed_unit;    ///< the dependency that failed
};

/// Reads it; everything is empty where the journal knows nothing or cannot be read.
[[nodiscard]] Evidence evidence_about(const std::string& unit, std::optional<std::uint32_t> user_uid);

/// The line without its end; `blamed` is the evidence about blamed_unit. Empty: there is nothing to say.
[[nodiscard]] std::string diagnosis_text(const Evidence& unit, const Evidence& blamed);

/// Returns when the log has taken what was said until now, or cannot be asked.
void wait_for_log();

/// "Why: …" about a unit of this machine's manager; empty: there is nothing to say, or it is not ours to say (systemctl does not).
[[nodiscard]] std::string diagnosis(const std::string& unit, const Options& options);

}  // namespace ctl
