// LoadedUnit: the result of reading one unit's files; UnitSource: who can do that. [pure]
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "unitparser/base/diagnostic.h"
#include "unitparser/base/time.h"
#include "unitparser/config/unit_config.h"
#include "unitparser/names/unit_name.h"

namespace unitparser {

/// One assignment of a file, as it was read; for tools that explain a unit.
struct Assignment {
  std::string_view section;   ///< a literal of the tables
  std::string_view key;       ///< what it sets, older spellings resolved; a literal of the tables
  std::string written_key;
  std::string value;
  Position position;
  bool list = false;          ///< adds to what was said before
  bool accepted = false;      ///< false: it counts for nothing; the diagnostics say why
};

/// What a unit was read from; means something to the UnitSource that made it. The default: it cannot be told.
struct FilesMark {
  std::uint64_t found = 0;    ///< which files, names and links there were for the unit
  std::uint64_t content = 0;  ///< the stamps of the files
  std::uint32_t index = 0;    ///< version of the index in which `found` was last seen to hold
  std::uint32_t context = 0;  ///< what else the reading depends on; 0: no mark
};

/// When the files of a unit had been modified last, of those that it was read from; 0: it has none of that sort.
struct FileTimes {
  RealTime fragment;
  RealTime source;    ///< what SourcePath= names
  RealTime drop_ins;  ///< the latest of them
  bool operator==(const FileTimes&) const = default;
};

/// Everything the engine wants to know of a unit's files.
struct LoadedUnit {
  UnitName id;                       ///< the name the unit goes by: the fragment's own name, alias links followed
  std::vector<UnitName> aliases;     ///< other names that the files give it
  LoadState state = LoadState::not_found;
  Error error;                       ///< for bad_setting and error: the LoadError property
  std::string fragment_path;         ///< empty when there is none
  std::vector<std::string> drop_in_paths;
  bool transient = false;            ///< the fragment lies in a transient unit folder
  bool is_whole = false;             ///< its files could be read to the end, whether or not the result can be started
  bool generated = false;
  UnitConfig config;                 ///< includes .wants/.requires/.upholds links; excludes default dependencies
  Diagnostics diagnostics;
  FileTimes times;
  FilesMark mark;
  std::vector<Assignment> assignments;  ///< in the order read; only with LoadContext::list_assignments
};

/// Loads units by name; the engine's only way to files. Never fails: a missing unit is a LoadedUnit that says so.
class UnitSource {
 public:
  virtual ~UnitSource() = default;
  [[nodiscard]] virtual LoadedUnit load(const UnitName& name) = 0;
  /// Whether load() of a unit would give, without a diagnostic, what it gave with that mark and these paths (of SourcePath= the
  /// last, empty without). False when in doubt. The mark may be renewed, so that it is quicker to compare the next time.
  [[nodiscard]] virtual bool is_unchanged(const UnitName& name, const std::string& fragment_path, const std::vector<std::string>& drop_in_paths,
                                          const std::string& source_path, FilesMark& mark) = 0;
  /// Somebody asks for a unit that was not there: files may have come since the last look. From now on load() looks again into
  /// the folders that it finds for a unit.
  virtual void look_again() {}
  /// Files were written while a reload compares units with theirs: looks at everything again.
  virtual void refresh() {}
};

}  // namespace unitparser
