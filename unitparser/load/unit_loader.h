// UnitLoader: from a name to a LoadedUnit: fragment, drop-ins and links through the tables of directives. [port]
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "unitparser/config/machine_facts.h"
#include "unitparser/config/manager_config.h"
#include "unitparser/directives/parse_context.h"
#include "unitparser/load/file_source.h"
#include "unitparser/load/loaded_unit.h"
#include "unitparser/load/recent_parts.h"
#include "unitparser/load/unit_files.h"

namespace unitparser {

/// What every load of one manager knows; replaced as a whole when the manager's configuration is read again.
struct LoadContext {
  SpecifierFacts specifiers;
  MachineFacts machine;
  ManagerScope scope = ManagerScope::system;
  ManagerDefaults manager;
  LoadDefaults defaults;  ///< made from the others by make_load_context()
  std::shared_ptr<TimeZones> zones;  ///< for OnCalendar=; nullptr: a UnitLoader takes the disk's, others know only UTC
  bool list_assignments = false;     ///< fill LoadedUnit::assignments
};
[[nodiscard]] LoadContext make_load_context(SpecifierFacts specifiers, MachineFacts machine, ManagerScope scope, ManagerDefaults manager,
                                            std::shared_ptr<TimeZones> zones = nullptr);

/// The stamps of all files of one unit in one number.
class StampSum {
 public:
  void add(const FileStamp& stamp);
  /// Nothing when one of them may change without a trace.
  [[nodiscard]] std::optional<std::uint64_t> sum() const { return settled_ ? std::optional(sum_) : std::nullopt; }

 private:
  std::uint64_t sum_ = 0;
  bool settled_ = true;
};

/// Reads units from the folders of a UnitFiles index. The index must have been refreshed; refresh it again to see changes.
class UnitLoader final : public UnitSource {
 public:
  /// `source` and `files` must outlive this.
  UnitLoader(FileSource& source, UnitFiles& files, LoadContext context);

  [[nodiscard]] LoadedUnit load(const UnitName& name) override;
  [[nodiscard]] bool is_unchanged(const UnitName& name, const std::string& fragment_path, const std::vector<std::string>& drop_in_paths,
                                  const std::string& source_path, FilesMark& mark) override;
  void look_again() override { files_->look_again(); }
  void refresh() override { files_->refresh(); }

  /// Time zones that the context lacks are read through `source`.
  void set_context(LoadContext context);
  [[nodiscard]] const LoadContext& context() const { return context_; }
  [[nodiscard]] UnitFiles& files() { return *files_; }

 private:
  /// All that the index has for one name.
  struct Sources {
    FoundUnit unit;
    std::vector<std::string> drop_ins;
    std::vector<DependencyLink> links;
  };
  [[nodiscard]] Sources find_sources(const UnitName& name);
  [[nodiscard]] static std::uint64_t mark_of(const Sources& sources);
  void read_unit(const FoundUnit& found, LoadedUnit& unit, StampSum& stamps);
  void read_drop_ins(const std::vector<std::string>& paths, LoadedUnit& unit, StampSum& stamps);
  void add_links(const std::vector<DependencyLink>& links, LoadedUnit& unit);

  FileSource* source_;
  UnitFiles* files_;
  LoadContext context_;
  std::uint32_t context_number_ = 0;  ///< counts those that differ
  RecentParts recent_;
};

/// How the reading of one file ended.
enum class FileOutcome : std::uint8_t {
  complete,
  malformed,  ///< the syntax is broken beyond repair; what stood before is kept
  fatal,      ///< a directive made the unit unusable; what came after was not read
  failed,     ///< the same, and it cannot even be loaded (EINVAL)
};
/// One file's text into a unit's config and diagnostics. `path` is what its sources are given and messages name.
FileOutcome parse_unit_text(std::string_view text, const std::string& path, const LoadContext& context, LoadedUnit& unit);

/// A unit from texts alone, for transient units, `ctl check -` and tests: fragment first, then drop-ins (path, text).
[[nodiscard]] LoadedUnit load_from_texts(const UnitName& name, const std::vector<std::pair<std::string, std::string>>& files, const LoadContext& context);

}  // namespace unitparser
