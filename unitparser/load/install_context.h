// InstallContext: finds the unit files of one operation, follows aliases and links, reads [Install]. [port]
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "unitparser/load/file_source.h"
#include "unitparser/load/unit_paths.h"
#include "unitparser/syntax/specifier.h"

namespace unitparser {

/// The template of an instance's name; empty for other names.
[[nodiscard]] std::string template_of(std::string_view name);

/// Everything of one operation's surroundings. References outlive it.
struct InstallPlace {
  FileSource* source = nullptr;
  const UnitPaths* paths = nullptr;
  const SpecifierFacts* facts = nullptr;
  std::string root;                              ///< for messages, no slash at the end
  std::vector<std::string>* warnings = nullptr;  ///< may be null

  [[nodiscard]] std::string shown(std::string_view path) const { return root + std::string(path); }
  [[nodiscard]] bool is_config_folder(std::string_view folder) const {
    return folder == paths->persistent_config || folder == paths->runtime_config;
  }
  [[nodiscard]] bool is_runtime_folder(std::string_view folder) const;
  /// Lies right in a folder of the path.
  [[nodiscard]] bool is_in_search_path(std::string_view file) const;
  /// Lies there or in folders below.
  [[nodiscard]] bool is_below_search_path(std::string_view file) const;
  /// Leads to /dev/null or to an empty file. Nothing: it does not exist.
  [[nodiscard]] std::optional<bool> is_null_or_empty(const std::string& path) const;
};

/// One unit file as enablement sees it.
struct InstallInfo {
  enum class Mode : std::uint8_t { unknown, regular, linked, alias, masked };
  std::string name;
  std::string path;       ///< found; inside the root
  Mode mode = Mode::unknown;
  std::string link_target;
  bool auxiliary = false;  ///< only named in Also=
  std::vector<std::string> aliases;
  std::vector<std::string> wanted_by;
  std::vector<std::string> required_by;
  std::vector<std::string> also;
  std::string default_instance;

  [[nodiscard]] bool has_rules() const { return !aliases.empty() || !wanted_by.empty() || !required_by.empty(); }
};

/// How to search.
struct SearchMode {
  bool load = false;                 ///< read [Install], not only look
  bool follow_config_links = false;  ///< links below /etc and /run may lead elsewhere
};
inline constexpr SearchMode look_only{};
inline constexpr SearchMode load_only{.load = true};
inline constexpr SearchMode follow_only{.follow_config_links = true};
inline constexpr SearchMode load_and_follow{.load = true, .follow_config_links = true};

/// The units that an operation deals with: those named, those they alias, and those in Also=. Functions return 0 or an
/// errno, because errnos are what the messages of systemctl tell apart.
class InstallContext {
 public:
  explicit InstallContext(InstallPlace place) : place_(std::move(place)) {}

  /// Adds a unit by name or by path; EINVAL for a bad name.
  int add(const std::string& name_or_path, bool auxiliary, InstallInfo*& info);
  /// Finds the file of `info`, following aliases (each becomes a unit of its own) up to a real file; `end` is that one.
  int traverse(InstallInfo& info, SearchMode mode, InstallInfo** end);
  /// add() and traverse().
  int discover(const std::string& name_or_path, SearchMode mode, InstallInfo*& info);
  /// ERFKILL for a masked unit, EADDRNOTAVAIL for a generated or transient one, else 0.
  [[nodiscard]] int may_process(const InstallInfo& info) const;

  [[nodiscard]] InstallInfo* find(std::string_view name);
  /// The next unit that was not handed out yet; units are added while others are worked on.
  [[nodiscard]] InstallInfo* next();
  /// %n and so on in [Install] values. 0 or EBADSLT ...
  int expand(const InstallInfo& info, std::string_view text, std::string& out) const;
  [[nodiscard]] const InstallPlace& place() const { return place_; }
  [[nodiscard]] InstallPlace& place() { return place_; }

 private:
  /// Where a setting stands; written out for warnings only, of which most files give none.
  struct Line {
    const std::string& path;
    std::uint32_t number;
  };

  int search(InstallInfo& info, SearchMode mode);
  int search_folders(InstallInfo& info, const std::string& file, SearchMode mode);
  int load_or_read_link(InstallInfo& info, const std::string& path, SearchMode mode);
  int load(InstallInfo& info, const std::string& path, SearchMode mode);
  int load_drop_ins(InstallInfo& info, std::string_view template_name);
  int resolve_link(InstallInfo& info, const std::string& path);
  int follow(InstallInfo& info, SearchMode mode, bool ignore_different_name);
  int parse(InstallInfo& info, const std::string& path, std::string_view content);
  int assign(InstallInfo& info, std::string_view key, std::string_view value, const Line& line);
  int add_also(InstallInfo& info, std::string_view value);
  int set_default_instance(InstallInfo& info, std::string_view value, const Line& line);
  void warn(std::string text) const {
    if (place_.warnings != nullptr) place_.warnings->push_back(std::move(text));
  }
  void warn(const Line& line, std::string_view text) const;

  InstallPlace place_;
  std::deque<InstallInfo> units_;  ///< in order of arrival; addresses stay
  std::size_t handed_out_ = 0;
};

}  // namespace unitparser
