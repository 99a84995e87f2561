// Enablement of unit files: what enable, disable, mask, preset and their sisters would change, as a plan. systemctl(1).
// [port: reads files through FileSource, changes nothing]
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unitparser/base/enum_names.h"
#include "unitparser/load/file_source.h"
#include "unitparser/load/unit_paths.h"
#include "unitparser/syntax/specifier.h"

namespace unitparser {

/// The UnitFileState property and `is-enabled`.
enum class UnitFileState : std::uint8_t {
  enabled, enabled_runtime, linked, linked_runtime, alias, masked, masked_runtime, static_, disabled, indirect,
  generated, transient, bad
};
constexpr std::array<std::string_view, 13> enum_names(std::type_identity<UnitFileState>) {
  return {"enabled", "enabled-runtime", "linked", "linked-runtime", "alias", "masked", "masked-runtime", "static",
          "disabled", "indirect", "generated", "transient", "bad"};
}
/// Whether `is-enabled` succeeds for a state.
[[nodiscard]] bool counts_as_enabled(UnitFileState state);

/// One thing that an operation does or has to say, in the order of saying.
struct InstallChange {
  enum class Kind : std::uint8_t {
    symlink,                  ///< `link` is made, pointing to `source`
    unlink,                   ///< `link` is removed
    is_masked,                ///< unit at `path` is masked and was passed over
    is_dangling,              ///< `path` is an alias of a unit that is not there
    destination_not_present,  ///< unit file `source` was hooked into `path`, which does not exist
    auxiliary_failed,         ///< `path`, named in Also=, cannot be enabled
    failure,                  ///< `error` happened with `path` (and `source`)
  };
  Kind kind{};
  int error = 0;       ///< errno of a failure
  std::string path;    ///< for people: with the root folder in front
  std::string source;  ///< target of the link, or as said above
  std::string link;    ///< file to be changed, inside the root; symlink and unlink only
  enum class How : std::uint8_t {
    plain,
    replaced,        ///< unlink: the next change puts another link in its place, in one step
    replacing,       ///< symlink: the other half of that
    folder,          ///< unlink: `link` is a folder, empty by then
    prune_parents,   ///< unlink: folders that become empty above it are removed, up to `prune_limit`
  } how = How::plain;
  std::string prune_limit;
  bool operator==(const InstallChange&) const = default;
};

/// What an operation would do. Nothing has been done yet: apply_install() does it.
struct InstallPlan {
  std::vector<InstallChange> changes;
  std::vector<std::string> warnings;  ///< about the content of files, complete lines
  int error = 0;                      ///< errno if the operation failed as a whole; the changes before it still count
  std::size_t rules = 0;              ///< links asked for by [Install], made now or there already; 0: nothing to enable
};

enum class PresetMode : std::uint8_t { full, enable_only, disable_only };
constexpr std::array<std::string_view, 3> enum_names(std::type_identity<PresetMode>) {
  return {"full", "enable-only", "disable-only"};
}

struct InstallOptions {
  bool runtime = false;  ///< links below /run
  bool force = false;    ///< replace links that are in the way
  PresetMode preset_mode = PresetMode::full;
};

struct UnitFileEntry {
  std::string path;
  UnitFileState state{};
};

enum class DependencyLinkKind : std::uint8_t { wants, requires_ };

/// Plans operations on the unit files of one search path. Holds no state between calls: each sees the files as they are.
class Installer {
 public:
  /// `root` is only for messages; `source` reads below it already. All references must outlive this.
  Installer(FileSource& source, const UnitPaths& paths, const SpecifierFacts& facts, std::string root = {});

  [[nodiscard]] InstallPlan enable(std::span<const std::string> names, const InstallOptions& options);
  [[nodiscard]] InstallPlan disable(std::span<const std::string> names, const InstallOptions& options);
  [[nodiscard]] InstallPlan reenable(std::span<const std::string> names, const InstallOptions& options);
  [[nodiscard]] InstallPlan preset(std::span<const std::string> names, const InstallOptions& options);
  [[nodiscard]] InstallPlan preset_all(const InstallOptions& options);
  [[nodiscard]] InstallPlan mask(std::span<const std::string> names, const InstallOptions& options);
  [[nodiscard]] InstallPlan unmask(std::span<const std::string> names, const InstallOptions& options);
  [[nodiscard]] InstallPlan link(std::span<const std::string> files, const InstallOptions& options);
  [[nodiscard]] InstallPlan revert(std::span<const std::string> names);
  [[nodiscard]] InstallPlan add_dependency(std::span<const std::string> names, const std::string& target,
                                           DependencyLinkKind kind, const InstallOptions& options);
  [[nodiscard]] InstallPlan set_default(const std::string& name, const InstallOptions& options);

  /// Name of the unit behind default.target. `warnings` may be null.
  [[nodiscard]] Result<std::string> get_default(std::vector<std::string>* warnings = nullptr);
  /// Whether a unit file of that name exists; fails where the search does (EISDIR ...). `warnings` may be null.
  [[nodiscard]] Result<bool> exists(const std::string& name, std::vector<std::string>* warnings);

 private:
  FileSource* source_;
  const UnitPaths* paths_;
  const SpecifierFacts* facts_;
  std::string root_;
};

}  // namespace unitparser
