// Whether a unit file is enabled, linked, masked and so on, from an index of all links. [port]
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "unitparser/load/install.h"
#include "unitparser/load/install_context.h"
#include "unitparser/load/listed_files.h"
#include "unitparser/load/presets.h"

namespace unitparser {

/// Every link between unit files in the search path: in the folders themselves and in their .wants and .requires.
class LinkIndex {
 public:
  struct Link {
    std::uint32_t folder = 0;    ///< index into the search path
    bool in_sub_folder = false;  ///< below .wants or .requires
    std::string name;
    std::string other_name;      ///< a second name for which it counts: last component of its target; below .wants its template
  };

  LinkIndex(FileSource& source, const UnitPaths& paths);

  /// Links of which one name is `name`, by folder of the search path.
  [[nodiscard]] std::vector<const Link*> links_of(const std::string& name) const;
  /// Unit names found (files and links), sorted, with the folder that has them first.
  [[nodiscard]] const std::map<std::string, std::string>& unit_names() const { return unit_names_; }

 private:
  void read_sub_folder(FileSource& source, const std::string& path, std::uint32_t folder);
  std::vector<Link> links_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_name_;
  std::map<std::string, std::string> unit_names_;
};

/// One look at all unit files: states and presets of any number of them, each folder read once. It shows the folders as they
/// were; make a new one after changes. All references must outlive this.
class UnitFileStates {
 public:
  /// `warnings` gets lines about the content of files; it may be null.
  UnitFileStates(FileSource& source, const UnitPaths& paths, const SpecifierFacts& facts, std::string root = {}, std::vector<std::string>* warnings = nullptr);
  UnitFileStates(const UnitFileStates&) = delete;  // parts of it point to each other
  UnitFileStates& operator=(const UnitFileStates&) = delete;

  /// ENOENT: no such unit file; ELOOP, EBADMSG ...: it cannot be used.
  [[nodiscard]] Result<UnitFileState> state(const std::string& name);
  /// Every unit file whose name fits one of the patterns (fnmatch(3); none: all), sorted by name.
  [[nodiscard]] std::vector<UnitFileEntry> list(std::span<const std::string> patterns = {});
  /// Whether presets say "enable".
  [[nodiscard]] bool preset(std::string_view name);

 private:
  ListedFiles files_;
  InstallPlace place_;
  LinkIndex links_;
  std::optional<PresetRules> presets_;  ///< read when first asked
};

}  // namespace unitparser
