// Bringing units into memory with all they depend on, renewing and dropping them. [pure]
#pragma once

#include "init/engine/core.h"

namespace init {

/// The unit of that name, brought into memory with everything it refers to. Fails only for templates.
[[nodiscard]] Result<UnitId> load_unit(Core& core, const UnitName& name);
/// The same from text; invalid_argument for a bad name ("Unit name %s is not valid.").
[[nodiscard]] Result<UnitId> load_unit(Core& core, std::string_view name);
/// Names the units that the manager itself stands for, so that they are loaded as such; before anything else is.
void name_perpetual_units(Core& core);
/// The unit of that name, made as a stub and queued if need be; for use while edges are drawn.
UnitId unit_for_edge(Core& core, const UnitName& name);
/// Reads all queued units. Callers of unit_for_edge outside of loading end with it.
void process_load_queue(Core& core);
/// A unit whose config did not come from files: a transient one, a device, a mount of the kernel's table. Its drop-ins
/// are in `config` already. Draws its edges.
void adopt_config(Core& core, UnitId id, const unitparser::UnitConfig& config);
/// Looks what the files of a part of all units say now, as much as `most` comparisons of unchanged files cost, before
/// reload_all_units() takes it over; true: of all of them.
[[nodiscard]] bool prepare_reload(Core& core, std::size_t most);
/// Reads again the units whose files changed, and draws anew the edges that depend on them; runtime stays.
void reload_all_units(Core& core);
/// Forgets what systemd 252 forgets of all units whenever it reads them again: how each command ended, what each condition said.
void forget_details(Core& core);
/// The error that a start of this unit meets because of its load state; nothing if it is loaded.
[[nodiscard]] std::optional<Error> load_state_error(const Unit& unit);

/// Has the unit looked at by the next collect_garbage().
void consider_garbage(Core& core, UnitId id);
/// Unloads those of the considered units that nothing needs.
void collect_garbage(Core& core);

}  // namespace init
