// Files and folders around a unit's execution that PID 1 itself makes or removes. [os]
#pragma once

#include <sys/types.h>

#include <string>

#include "init/engine/unit.h"
#include "init/exec/plan_builder.h"
#include "unitparser/base/fd.h"

namespace init {

/// Removes the folders of PrivateTmp= below /tmp and /var/tmp, in a child of its own.
void remove_private_tmp(const std::string& suffix);
/// Unmounts and removes a unit's credentials.
void remove_credentials(const std::string& directory);
/// Removes the folders of RuntimeDirectory=, in a child of its own when they have content.
void remove_runtime_directories(const unitparser::UnitConfig& config, const SystemFacts& facts);
/// Removes the folders of the kinds in `what` (bits by DirectoryKind) in a child of its own; returns its pid.
[[nodiscard]] unitparser::Result<pid_t> remove_managed_directories(const unitparser::UnitConfig& config,
                                                                   const SystemFacts& facts, std::uint32_t what);
/// Removes the IPC objects of the unit's user (RemoveIPC=), in a child of its own.
void remove_ipc_of(const unitparser::UnitConfig& config);
[[nodiscard]] unitparser::UniqueFd open_pidfd(pid_t pid);

/// /run/systemd/units/{invocation:,log-level-max:,log-extra-fields:,log-rate-limit-interval:,log-rate-limit-burst:}UNIT,
/// from which the journal takes what it adds to the unit's lines. Of log-filter-patterns:UNIT our journal alone knows: unlike the
/// control group's attribute, it is there for lines that are read when their process is gone. Whether there is more than the first of them.
bool publish_unit_for_journal(const Unit& unit, const std::string& runtime_directory);
/// Removes the first, and with `has_more` the others.
void withdraw_unit_from_journal(const std::string& unit, const std::string& runtime_directory, bool has_more);

/// Marks the login record of a main process as dead (utmp(5)).
void write_dead_login_record(const std::string& id, pid_t pid, int code, int status);

}  // namespace init
