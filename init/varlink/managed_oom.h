// What systemd-oomd is told of control groups: which it shall watch and relieve (ManagedOOMSwap= and its like). [pure]
#pragma once

#include "init/engine/engine.h"
#include "init/varlink/json.h"

namespace init::varlink {

/// The unit's settings as oomd reads them: one entry for each property that says "kill"; with `all` also those that do not,
/// for a unit whose settings may have been others before.
enum class OomEntries : bool { wanted, all };
[[nodiscard]] JsonArray managed_oom_entries(const Unit& unit, OomEntries which);
/// Of all units that are up; the parameters of the first reply.
[[nodiscard]] Json managed_oom_cgroups(const Engine& engine);

}  // namespace init::varlink
