// Unit files without a manager: what enable and its kin do with --root, --global or when no manager runs. [src]
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/session.h"
#include "unitparser/load/unit_paths.h"

namespace ctl {

/// Whether this process's root folder is not the one of PID 1.
[[nodiscard]] bool in_chroot();

/// Tells what was linked and removed, in systemctl's words.
void say_changes(Session& session, std::span<const FileChange> changes);
/// Runs a unit-file verb on the files themselves where the options ask for it; nothing when the manager is to be asked.
[[nodiscard]] std::optional<int> change_offline(Session& session, const std::string& verb, const std::vector<std::string>& names,
                                                bool& carries_install_info);
[[nodiscard]] std::optional<int> print_states_offline(Session& session, const std::vector<std::string>& names, bool any_enabled);
[[nodiscard]] std::optional<int> get_default_offline(Session& session);
/// Whether a unit file of that name exists, as the search for it says; nothing when that failed, which was said.
[[nodiscard]] std::optional<bool> has_unit_file(Session& session, const std::string& name);
/// One row of list-unit-files.
struct UnitFileRow {
  std::string path, state, preset;  ///< preset: "enabled", "disabled", or empty where it means nothing
  [[nodiscard]] std::string_view name() const { return std::string_view(path).substr(path.rfind('/') + 1); }
};
/// Without presets.
[[nodiscard]] std::optional<std::vector<UnitFileRow>> list_offline(Session& session, std::span<const std::string> patterns);
/// Fills in what the preset files say. COMPAT: those of this machine, whichever machine's manager was asked.
void add_presets(Session& session, std::vector<UnitFileRow>& rows);
/// Whether is-enabled(1) counts this unit-file state as enabled.
[[nodiscard]] bool is_enabled_state(std::string_view state);
/// The search path that options and environment ask for.
[[nodiscard]] unitparser::UnitPaths unit_paths_of(const Options& options);
[[nodiscard]] std::string absolute_path(const std::string& path);

}  // namespace ctl
