// Whether a unit file is enabled, linked, masked and so on, from an index of all links. [port]
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "unitparser/load/install.h"
#include "unitparser/load/install_context.h"

namespace unitparser {

/// Every link between unit files in the search path: in the folders themselves and in their .wants and .requires.
class LinkIndex {
 public:
  struct Link {
    std::uint32_t folder = 0;    ///< index into the search path
    bool in_sub_folder = false;  ///< below .wants or .requires
    std::string name;
    std::string target_name;     ///< last component of what it points to
  };

  LinkIndex(FileSource& source, const UnitPaths& paths);

  /// Links whose own name or whose target's name is `name`, by folder of the search path.
  [[nodiscard]] std::vector<const Link*> links_of(std::string_view name) const;
  /// Unit names found (files and links), sorted, with the folder that has them first.
  [[nodiscard]] const std::map<std::string, std::string>& unit_names() const { return unit_names_; }

 private:
  void read_sub_folder(FileSource& source, const std::string& path, std::uint32_t folder);
  std::vector<Link> links_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_name_;
  std::map<std::string, std::string> unit_names_;
};

[[nodiscard]] Result<UnitFileState> unit_file_state(const InstallPlace& place, const LinkIndex& links, const std::string& name);

}  // namespace unitparser
