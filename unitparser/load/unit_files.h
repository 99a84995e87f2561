// UnitFiles: an index of all unit folders; from a name to its fragment, aliases, drop-ins and .wants links. [port]
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "unitparser/base/shared_text.h"
#include "unitparser/load/file_source.h"
#include "unitparser/load/unit_paths.h"
#include "unitparser/names/unit_name.h"

namespace unitparser {

/// What the folders have for one name.
struct FoundUnit {
  UnitName id;                     ///< the name the unit goes by: that of the file at the end of all alias links
  std::vector<std::string> names;  ///< all names, id first, the others sorted
  std::string fragment_path;       ///< empty: no file. An empty file means "masked": whoever reads it will see
  bool masked = false;             ///< the fragment is a link to /dev/null
  std::optional<Error> error;      ///< links in a circle (ELOOP)
};

/// A link in unit.wants/ and its sisters.
enum class LinkFolder : std::uint8_t { wants, requires_, upholds };
struct DependencyLink {
  LinkFolder folder{};
  std::string unit;    ///< name of the link: the other unit (may be a template, to be filled with our instance)
  SharedText path_before;  ///< path of the folder, with a slash behind it
  [[nodiscard]] std::string path() const { return path_before.str() + unit; }
};

/// Why a link between unit names is not an alias.
struct AliasProblem {
  int error = 0;     ///< EINVAL: units of this type have none; EXDEV: the names do not go together; 0: it is an alias
  std::string text;  ///< what is wrong with the link, to follow its name
  explicit operator bool() const { return error != 0; }
};
/// A template or an instance of a type that has none.
[[nodiscard]] AliasProblem template_problem(std::string_view name);
/// Pure: looks at the names only.
[[nodiscard]] AliasProblem alias_problem(std::string_view link_name, std::string_view target_name);

/// Reads every folder of the search path once, and again only when it changed. Symbolic links between unit names inside
/// the path are aliases; links that lead out of it are linked units, whose file is the link itself.
class UnitFiles {
 public:
  /// `source` must outlive this. Nothing is read before the first refresh().
  UnitFiles(FileSource& source, UnitPaths paths) : source_(&source), paths_(std::move(paths)) {}

  /// Brings the index up to date; costs one stat for each known folder when nothing changed. True: the index tells other
  /// things than before.
  bool refresh();
  /// The same for the folders of units alone; what lies below them is looked at again when a unit that it belongs to is asked for:
  /// costs one stat for each of the search path's folders, and for each folder of those units.
  void look_again();
  /// Counts the changes of the index: while it is the same, the same names find the same files, drop-ins and links.
  [[nodiscard]] std::uint32_t version() const { return version_; }

  [[nodiscard]] FoundUnit find(const UnitName& name) const;
  /// Drop-in files of a unit with these names (id first) in the order in which they are applied: name.d, template and
  /// prefix- folders, type.d. One that leads to /dev/null is in the list and reads as empty.
  [[nodiscard]] std::vector<std::string> drop_ins(std::span<const std::string> names);
  /// The same with what came into known folders, or went, since the last refresh().
  [[nodiscard]] std::vector<std::string> drop_ins_on_disk(std::span<const std::string> names);
  /// Links in the .wants, .requires and .upholds folders of these names; masked ones are left out.
  [[nodiscard]] std::vector<DependencyLink> dependency_links(std::span<const std::string> names);
  /// Every unit name that has a file or link, templates included, sorted.
  [[nodiscard]] std::vector<std::string> all_names() const;
  [[nodiscard]] const UnitPaths& paths() const { return paths_; }

 private:
  /// What an entry of a folder of units is for them.
  enum class Meaning : std::uint8_t { nothing, unit, masked, alias };
  struct Item {
    std::string name;
    FileKind kind = FileKind::regular;
    Meaning meaning = Meaning::nothing;
    SharedText link_target;   ///< text of the link
  };
  struct Folder {
    std::string path;
    FileStamp stamp;
    std::vector<Item> items;  ///< by name
  };
  /// Where a unit name leads.
  struct Entry {
    const Folder* folder = nullptr;  ///< nullptr: nowhere
    const Item* item = nullptr;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  template <class T>
  using ByName = std::unordered_map<std::string, T, Hash, std::equal_to<>>;
  struct SubEntry {
    std::string name;
    FileKind kind = FileKind::regular;
    bool masked = false;  ///< in folders of links: a link to /dev/null, or an empty file
    bool operator==(const SubEntry&) const = default;
  };
  struct SubFolder {
    std::uint32_t look = 0;   ///< the last that it was part of
    FileStamp stamp;
    std::vector<SubEntry> entries;
  };
  /// Suffixes of folders beside a unit: .d, .wants, .requires, .upholds.
  static constexpr std::size_t suffix_count = 4;
  using FoldersBySuffix = std::array<std::vector<std::string>, suffix_count>;
  struct SubFolderPlace {
    std::size_t suffix = 0;
    std::uint32_t folder = 0;  ///< of the search path
  };
  struct Resolved {
    enum class Outcome : std::uint8_t { found, missing, loop };
    Outcome outcome = Outcome::missing;
    Entry entry;
    std::string name;  ///< of the file at the end
  };

  [[nodiscard]] std::vector<Item> read_folder(const Folder& folder) const;
  /// Looks at the folders of the search path again; true: they hold other things than before.
  bool renew_search_path();
  /// The stamp is unsettled by what the folder does not tell of.
  [[nodiscard]] std::vector<SubEntry> read_sub_folder(const std::string& path, FileStamp& stamp) const;
  /// Looks at it again; true: other entries than before.
  bool renew(const std::string& path, SubFolder& folder) const;
  void merge();
  void merge_item(Item& item, std::uint32_t folder);
  [[nodiscard]] Meaning meaning_of_link(const Item& item, const Folder& folder) const;
  [[nodiscard]] static std::string target_of(const Item& link, const Folder& folder);
  /// The most important folder's.
  [[nodiscard]] Entry entry_of(std::string_view name) const;
  [[nodiscard]] Resolved resolve(std::string_view name) const;
  [[nodiscard]] const std::vector<SubEntry>& sub_folder(const std::string& path);
  /// Paths of the folders beside a unit of these names, by their suffix, the most important first.
  [[nodiscard]] FoldersBySuffix folders_of(std::span<const std::string> names) const;
  void add_folders(std::string_view name, FoldersBySuffix& folders) const;

  FileSource* source_;
  UnitPaths paths_;
  std::vector<Folder> folders_;
  ByName<std::vector<std::string>> aliases_;             ///< from the name of a file to the names that lead to it
  ByName<std::vector<SubFolderPlace>> sub_folder_places_;  ///< from "a.service" to its folders in those of the search path
  std::unordered_map<std::string, SubFolder> sub_folders_;
  std::uint32_t version_ = 0;
  std::uint32_t look_ = 0;                               ///< counts looks at the search path
};

}  // namespace unitparser
