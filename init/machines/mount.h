// Mounts and swaps: the tables of the kernel become units, and automounts hear of their mounts. [pure]
#pragma once

#include "init/machines/machine_types.h"

namespace init {

void mount_table_changed(Core& core, const event::MountTable& table);
void swap_table_changed(Core& core, const event::SwapTable& table);
/// The command line that mounts, unmounts or remounts the unit.
[[nodiscard]] unitparser::ExecCommand mount_command(const EngineOptions& options, const Unit& unit, MountCommandKind kind);
[[nodiscard]] unitparser::ExecCommand swap_command(const EngineOptions& options, const Unit& unit, SwapCommandKind kind);
/// The mount below an automount came to be, or not: answers those who wait for it.
void automount_mount_changed(Core& core, Unit& automount, const Unit& mount);
void automount_opened(Core& core, Unit& unit, const event::AutomountOpened& outcome);
void automount_requested(Core& core, Unit& unit, const event::AutomountRequest& request);

}  // namespace init
