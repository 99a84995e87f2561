// LoadedUnit: the result of reading one unit's files; UnitSource: who can do that. [pure]
#pragma once

#include <string>
#include <vector>

#include "unitparser/base/diagnostic.h"
#include "unitparser/config/unit_config.h"
#include "unitparser/names/unit_name.h"

namespace unitparser {

/// Everything the engine wants to know of a unit's files.
struct LoadedUnit {
  UnitName id;                       ///< the name the unit goes by: the fragment's own name, alias links followed
  std::vector<UnitName> aliases;     ///< other names that the files give it
  LoadState state = LoadState::not_found;
  Error error;                       ///< for bad_setting and error: the LoadError property
  std::string fragment_path;         ///< empty when there is none
  std::vector<std::string> drop_in_paths;
  bool transient = false;            ///< the fragment lies in a transient unit folder
  bool generated = false;
  UnitConfig config;                 ///< includes .wants/.requires/.upholds links; excludes default dependencies
  Diagnostics diagnostics;
};

/// Loads units by name; the engine's only way to files. Never fails: a missing unit is a LoadedUnit that says so.
class UnitSource {
 public:
  virtual ~UnitSource() = default;
  [[nodiscard]] virtual LoadedUnit load(const UnitName& name) = 0;
};

}  // namespace unitparser
