// Whether a unit file is enabled. [port]
#include "unitparser/load/unit_file_state.h"

#include <fnmatch.h>

#include <algorithm>
#include <cerrno>

#include "unitparser/base/text.h"
#include "unitparser/names/unit_name.h"
#include "unitparser/syntax/paths.h"

namespace unitparser {

LinkIndex::LinkIndex(FileSource& source, const UnitPaths& paths) {
  for (std::uint32_t folder = 0; folder < paths.search.size(); ++folder) {
    const std::string& path = paths.search[folder];
    const auto entries = source.list(path);
    if (!entries) continue;
    for (const DirectoryEntry& entry : *entries) {
      const std::string entry_path = path + "/" + entry.name;
      if (entry.kind == FileKind::directory && (entry.name.ends_with(".wants") || entry.name.ends_with(".requires"))) {
        read_sub_folder(source, entry_path, folder);
      } else if (entry.kind == FileKind::symlink || entry.kind == FileKind::regular) {
        if (!UnitName::is_valid(entry.name)) continue;
        unit_names_.emplace(entry.name, path);
        if (entry.kind == FileKind::symlink)
          if (const auto target = source.read_link(entry_path)) links_.push_back({folder, false, entry.name, std::string(file_name(*target))});
      }
    }
  }
  // Within one folder of the path, the sub folders are looked at first.
  std::stable_sort(links_.begin(), links_.end(), [](const Link& a, const Link& b) {
    return a.folder != b.folder ? a.folder < b.folder : a.in_sub_folder && !b.in_sub_folder;
  });
  for (std::size_t i = 0; i < links_.size(); ++i) {
    const Link& link = links_[i];
    by_name_[link.name].push_back(i);
    if (link.other_name != link.name && !link.other_name.empty()) by_name_[link.other_name].push_back(i);
  }
}

void LinkIndex::read_sub_folder(FileSource& source, const std::string& path, std::uint32_t folder) {
  const auto entries = source.list(path);
  if (!entries) return;
  for (const DirectoryEntry& entry : *entries)
    if (entry.kind == FileKind::symlink) links_.push_back({folder, true, entry.name, template_of(entry.name)});
}

std::vector<const LinkIndex::Link*> LinkIndex::links_of(const std::string& name) const {
  std::vector<const Link*> found;
  const auto indexes = by_name_.find(name);
  if (indexes == by_name_.end()) return found;
  for (const std::size_t index : indexes->second) found.push_back(&links_[index]);
  std::sort(found.begin(), found.end());  // they lie in one array, in the order of the search
  return found;
}

namespace {

/// Names under which [Install] would link the unit.
bool is_known_name(const InstallInfo& info, const std::string& name) {
  if (name == info.name || std::find(info.aliases.begin(), info.aliases.end(), name) != info.aliases.end()) return true;
  if (info.default_instance.empty()) return false;
  const Result<UnitName> own = UnitName::parse(info.name);
  if (!own || !own->is_template()) return false;
  const Result<UnitName> filled = own->with_instance(info.default_instance);
  return filled && filled->text() == name;
}

enum class Names : std::uint8_t { any, known };

/// What the links of one folder of the path say.
struct FolderLinks {
  bool enabled = false;
  bool same_name = false;  ///< a link of the unit's own name to a file of that name: "linked"
};

FolderLinks look_at(const InstallInfo& info, std::span<const LinkIndex::Link* const> links, Names names, bool ignore_same_name) {
  FolderLinks result;
  for (const LinkIndex::Link* link : links) {
    const bool by_name = link->name == info.name && (link->in_sub_folder || !ignore_same_name);
    const bool by_other_name = link->other_name == info.name;
    if (by_name && by_other_name) {
      result.same_name = true;
    } else if ((by_name || by_other_name) && (names == Names::any || is_known_name(info, link->name))) {
      result.enabled = true;
      return result;
    }
  }
  return result;
}

std::optional<UnitFileState> state_by_links(const InstallPlace& place, std::span<const LinkIndex::Link* const> links, const InstallInfo& info, Names names) {
  const UnitPaths& paths = *place.paths;
  bool enabled_in_runtime = false;
  bool enabled_elsewhere = false;
  bool linked = false;
  bool linked_in_runtime = false;
  bool ignore_same_name = false;
  std::size_t at = 0;
  for (std::uint32_t folder = 0; folder < paths.search.size(); ++folder) {
    const std::string& path = paths.search[folder];
    const std::size_t begin = at;
    while (at < links.size() && links[at]->folder == folder) ++at;
    const FolderLinks result = look_at(info, links.subspan(begin, at - begin), names, ignore_same_name);
    if (result.enabled) {
      if (path == paths.persistent_config || (paths.scope == UnitScope::user && path == "/etc/systemd/user")) return UnitFileState::enabled;
      (place.is_runtime_folder(path) ? enabled_in_runtime : enabled_elsewhere) = true;
    } else if (result.same_name) {
      if (path == paths.persistent_config) linked = true;
      else if (place.is_runtime_folder(path)) linked_in_runtime = true;
    }
    // What lies below the unit file in the path has no effect.
    if (path_is_below(info.path, path)) ignore_same_name = true;
  }
  if (enabled_in_runtime) return UnitFileState::enabled_runtime;
  const Result<UnitName> name = UnitName::parse(info.name);
  if (enabled_elsewhere && name && name->form() == NameForm::instance) return UnitFileState::static_;
  if (linked) return UnitFileState::linked;
  if (linked_in_runtime) return UnitFileState::linked_runtime;
  return std::nullopt;
}

}  // namespace

UnitFileStates::UnitFileStates(FileSource& source, const UnitPaths& paths, const SpecifierFacts& facts, std::string root, std::vector<std::string>* warnings)
    : files_(source), place_{&files_, &paths, &facts, std::move(root), warnings}, links_(files_, paths) {}

Result<UnitFileState> UnitFileStates::state(const std::string& name) {
  if (!UnitName::is_valid(name)) return fail_value(EINVAL, name);
  InstallContext context(place_);
  InstallInfo* info = nullptr;
  if (const int error = context.discover(name, load_and_follow, info); error != 0) return fail_value(error, name);
  if (info->mode == InstallInfo::Mode::masked)
    return place_.is_runtime_folder(directory_of(info->path)) ? UnitFileState::masked_runtime : UnitFileState::masked;
  const Result<UnitName> own = UnitName::parse(info->name);
  if (name != file_name(info->path) && own && own->form() != NameForm::instance) return UnitFileState::alias;
  if (is_in_generator_directory(*place_.paths, info->path)) return UnitFileState::generated;
  if (is_in_transient_directory(*place_.paths, info->path)) return UnitFileState::transient;
  if (const auto links = links_.links_of(info->name); !links.empty()) {
    if (const auto state = state_by_links(place_, links, *info, Names::known)) return *state;
    if (state_by_links(place_, links, *info, Names::any)) return UnitFileState::indirect;
  }
  if (info->has_rules()) return UnitFileState::disabled;
  return info->also.empty() ? UnitFileState::static_ : UnitFileState::indirect;
}

std::vector<UnitFileEntry> UnitFileStates::list(std::span<const std::string> patterns) {
  std::vector<UnitFileEntry> entries;
  for (const auto& [name, folder] : links_.unit_names()) {
    const auto fits = [&name = name](const std::string& pattern) { return ::fnmatch(pattern.c_str(), name.c_str(), FNM_NOESCAPE) == 0; };
    if (!patterns.empty() && std::none_of(patterns.begin(), patterns.end(), fits)) continue;
    const Result<UnitFileState> found = state(name);
    entries.push_back({folder + "/" + name, found ? *found : UnitFileState::bad});
  }
  return entries;
}

bool UnitFileStates::preset(std::string_view name) {
  if (!presets_) presets_ = read_presets(files_, place_.paths->scope, place_.root, place_.warnings);
  return query_presets(*presets_, name).enable;
}

bool counts_as_enabled(UnitFileState state) {
  switch (state) {
    case UnitFileState::enabled:
    case UnitFileState::enabled_runtime:
    case UnitFileState::static_:
    case UnitFileState::alias:
    case UnitFileState::generated:
    case UnitFileState::indirect: return true;
    default: return false;
  }
}

}  // namespace unitparser
