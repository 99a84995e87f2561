// Preset files: which units are to be enabled by default (systemd.preset(5)). [port]
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "unitparser/load/file_source.h"
#include "unitparser/load/unit_paths.h"

namespace unitparser {

struct PresetRule {
  bool enable = false;
  std::string pattern;                 ///< shell pattern; a plain template name when there are instances
  std::vector<std::string> instances;  ///< only these instances of the template
};
using PresetRules = std::vector<PresetRule>;

/// What the rules say of one unit.
struct PresetAnswer {
  bool enable = true;                  ///< also when no rule matches
  std::vector<std::string> instances;  ///< for a template: the full names to be enabled in its place
};

/// Folders with preset files, the most important one first.
[[nodiscard]] std::vector<std::string> preset_folders(UnitScope scope);
/// Reads all preset files. Lines that cannot be understood go to `warnings`; `root` stands in front of their paths.
[[nodiscard]] PresetRules read_presets(FileSource& source, UnitScope scope, std::string_view root, std::vector<std::string>* warnings);
/// The first rule that matches decides. Pure.
[[nodiscard]] PresetAnswer query_presets(const PresetRules& rules, std::string_view unit);

}  // namespace unitparser
