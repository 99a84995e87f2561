// Where unit files live: the search path and its special folders (systemd.unit(5) UNIT FILE LOAD PATH). [pure]
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace unitparser {

enum class UnitScope : unsigned char {
  system,
  user,    ///< one user's manager
  global,  ///< all users' managers: enablement only
};

/// What the environment says about it; the caller reads it once. Empty: not set.
struct UnitPathEnvironment {
  std::string unit_path;        ///< SYSTEMD_UNIT_PATH
  std::string home;             ///< of the user
  std::string runtime_dir;      ///< XDG_RUNTIME_DIR
  std::string config_home;      ///< XDG_CONFIG_HOME
  std::string data_home;        ///< XDG_DATA_HOME
  std::string config_dirs;      ///< XDG_CONFIG_DIRS
  std::string data_dirs;        ///< XDG_DATA_DIRS
  std::string generator_root;   ///< SYSTEMD generators' output root; empty: the scope's own
};

/// All folders, inside the root. Empty strings: the scope has no such folder.
struct UnitPaths {
  UnitScope scope = UnitScope::system;
  std::vector<std::string> search;  ///< the most important one first
  std::string persistent_config;    ///< where `enable` puts links
  std::string runtime_config;       ///< `enable --runtime`
  std::string persistent_control;   ///< `set-property`
  std::string runtime_control;
  std::string transient;
  std::string generator;
  std::string generator_early;
  std::string generator_late;
  std::string persistent_attached;
  std::string runtime_attached;
};

/// Our own vendor units; they stand in front of the distribution's.
inline constexpr std::string_view own_unit_directory = "/usr/lib/incipit/units";

[[nodiscard]] UnitPaths make_unit_paths(UnitScope scope, const UnitPathEnvironment& environment = {});

/// Whether a folder of the path is of that sort; `path` may be a file in it.
[[nodiscard]] bool is_in_generator_directory(const UnitPaths& paths, std::string_view path);
[[nodiscard]] bool is_in_transient_directory(const UnitPaths& paths, std::string_view path);

}  // namespace unitparser
