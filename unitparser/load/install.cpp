// Plans enablement operations. [port]
#include "unitparser/load/install.h"

#include <algorithm>
#include <cerrno>
#include <set>

#include "unitparser/base/text.h"
#include "unitparser/load/install_context.h"
#include "unitparser/load/overlay_files.h"
#include "unitparser/load/presets.h"
#include "unitparser/load/unit_files.h"
#include "unitparser/load/unit_file_state.h"
#include "unitparser/names/unit_name.h"
#include "unitparser/syntax/paths.h"

namespace unitparser {
namespace {

bool is_path(std::string_view text) { return text.find('/') != std::string_view::npos; }

/// One operation being planned: the plan, and the files as they will be.
class Planner {
 public:
  Planner(FileSource& source, const UnitPaths& paths, const SpecifierFacts& facts, const std::string& root)
      : files_(source), place_{&files_, &paths, &facts, root, &plan_.warnings} {}

  [[nodiscard]] InstallPlan finish(int error) {
    plan_.error = error;
    return std::move(plan_);
  }
  [[nodiscard]] const InstallPlace& place() const { return place_; }
  [[nodiscard]] InstallContext new_context() const { return InstallContext(place_); }
  InstallPlan& plan() { return plan_; }
  [[nodiscard]] const std::string& config_folder(const InstallOptions& options) const {
    return options.runtime ? place_.paths->runtime_config : place_.paths->persistent_config;
  }

  int say(InstallChange::Kind kind, std::string path, std::string source = {}) {
    plan_.changes.push_back({kind, 0, std::move(path), std::move(source), {}});
    return 0;
  }
  int failed(int error, std::string path, std::string source = {}) {
    plan_.changes.push_back({InstallChange::Kind::failure, error, std::move(path), std::move(source), {}});
    return error;
  }

  /// Plans a link, unless it is there already. 0: made or there.
  int create_link(const std::string& target, const std::string& link, bool force) {
    const FileStamp stamp = files_.link_stamp(link);
    if (stamp.kind == FileKind::missing) {
      add_link_change(target, link, InstallChange::How::plain);
      return 0;
    }
    const Result<std::string> current = files_.read_link(link);
    if (!current) return failed(current.error().os_errno == EINVAL ? EEXIST : current.error().os_errno, place_.shown(link));
    if (same_target(link, *current, target)) return 0;
    if (!force) return failed(EEXIST, place_.shown(link), *current);
    remove_file(link, InstallChange::How::replaced, {});
    add_link_change(target, link, InstallChange::How::replacing);
    return 0;
  }

  void remove_file(const std::string& path, InstallChange::How how, const std::string& limit) {
    InstallChange change{InstallChange::Kind::unlink, 0, place_.shown(path), {}, path};
    change.how = how;
    change.prune_limit = limit;
    plan_.changes.push_back(std::move(change));
    files_.remove(path);
  }

  int apply_context(InstallContext& context, SearchMode mode, const std::string& folder, bool force, bool for_preset);
  void mark_for_removal(InstallContext& context);
  void mark(const std::string& name_or_path) { marked_.insert(simplify_path(name_or_path)); }
  /// Links to a file that went are to go with it. COMPAT: with a root folder systemctl 252 leaves them.
  void mark_removed(const std::string& path) {
    if (place_.root.empty()) mark(path);
  }
  int remove_marked(const std::string& folder);
  bool unit_exists(const std::string& name) {
    InstallContext context = new_context();
    InstallInfo* info = nullptr;
    return context.discover(name, look_only, info) != ENOENT;
  }

 private:
  void add_link_change(const std::string& target, const std::string& link, InstallChange::How how) {
    InstallChange change{InstallChange::Kind::symlink, 0, place_.shown(link), target, link};
    change.how = how;
    plan_.changes.push_back(std::move(change));
    files_.add_link(link, target);
  }
  bool same_target(const std::string& link, const std::string& a, const std::string& b) {
    const std::string first = resolve_path(directory_of(link), a);
    const std::string second = resolve_path(directory_of(link), b);
    if (first == second) return true;
    // COMPAT: any two of one name in the search path, because the one that counts is found by the name.
    if (file_name(first) == file_name(second) && place_.is_below_search_path(first) && place_.is_below_search_path(second)) return true;
    const FileStamp stamp = files_.stamp(first);
    const FileStamp other = files_.stamp(second);
    return stamp.kind != FileKind::missing && stamp.kind == other.kind && stamp.inode == other.inode && stamp.device == other.device;
  }
  int link_unit(const InstallInfo& info, const std::string& folder, bool force);
  int link_aliases(InstallContext& context, const InstallInfo& info, const std::string& folder, bool force);
  int check_alias(const InstallInfo& info, std::string& alias);
  int check_dependency_alias(const InstallInfo& info, const std::string& alias, std::size_t slash);
  int link_dependencies(InstallContext& context, const InstallInfo& info, const std::vector<std::string>& list,
                        std::string_view suffix, const std::string& folder, bool for_preset);
  int apply_info(InstallContext& context, const InstallInfo& info, const std::string& folder, bool force, bool for_preset);
  bool remove_marked_in(const std::string& folder, const std::string& config_folder, int& result);
  std::string end_of_link(std::string path);

  InstallPlan plan_;
  OverlayFiles files_;
  InstallPlace place_;
  std::set<std::string> marked_;  ///< names and paths whose links go
};

/// Follows a link textually to its end, whether that exists or not; empty for a circle.
std::string Planner::end_of_link(std::string path) {
  for (int hop = 0; hop < 32; ++hop) {
    const Result<std::string> target = files_.read_link(path);
    if (!target) return path;
    path = resolve_path(directory_of(path), *target);
  }
  return {};
}

// --- Enabling -----------------------------------------------------------------------------------------------------
int Planner::link_unit(const InstallInfo& info, const std::string& folder, bool force) {
  if (place_.is_in_search_path(info.path)) return 0;
  return create_link(info.path, folder + "/" + info.name, force);
}

int Planner::check_dependency_alias(const InstallInfo& info, const std::string& alias, std::size_t slash) {
  // Old way of asking for a .wants link: Alias=other.target.wants/this.service
  std::string_view folder = std::string_view(alias).substr(0, slash);
  const std::string name = alias.substr(slash + 1);
  for (const std::string_view suffix : {".wants", ".requires"})
    if (folder.ends_with(suffix)) {
      const Result<UnitName> owner = UnitName::parse(folder.substr(0, folder.size() - suffix.size()));
      const Result<UnitName> own = UnitName::parse(info.name);
      if (!owner) break;
      const Result<UnitName> linked = UnitName::parse(name);
      const bool is_template = own && own->is_template();
      const bool instance_of = is_template && linked && linked->form() == NameForm::instance && linked->template_name() == *own;
      if (instance_of || (name == info.name && (!is_template || owner->is_template()))) return 0;
      return failed(EXDEV, alias, info.name);
    }
  return failed(EXDEV, alias);
}

/// 0: may be linked; ELOOP: is the unit's own name, quietly ignored; else it was complained about.
int Planner::check_alias(const InstallInfo& info, std::string& alias) {
  if (const std::size_t slash = alias.rfind('/'); slash != std::string::npos) return check_dependency_alias(info, alias, slash);
  const Result<UnitName> own = UnitName::parse(info.name);
  const Result<UnitName> other = UnitName::parse(alias);
  if (own && other && other->is_template() && own->form() == NameForm::instance)
    if (const Result<UnitName> filled = other->with_instance(own->instance())) alias = filled->text();
  if (alias == info.name) return ELOOP;
  if (!alias_problem(alias, info.name)) return 0;
  return failed(EXDEV, alias, info.name);
}

int Planner::link_aliases(InstallContext& context, const InstallInfo& info, const std::string& folder, bool force) {
  int result = 0;
  for (const std::string& raw : info.aliases) {
    std::string alias;
    int error = context.expand(info, raw, alias);
    if (error != 0) {
      failed(error, raw);
    } else {
      error = check_alias(info, alias);
      if (error == ELOOP) continue;
      if (error == 0) {
        error = create_link(info.path, folder + "/" + alias, force);
        if (error == 0) ++plan_.rules;
      }
    }
    if (result == 0) result = error;
  }
  return result;
}

int Planner::link_dependencies(InstallContext& context, const InstallInfo& info, const std::vector<std::string>& list,
                               std::string_view suffix, const std::string& folder, bool for_preset) {
  if (list.empty()) return 0;
  const Result<UnitName> own = UnitName::parse(info.name);
  std::string link_name = info.name;
  const bool is_template = own && own->is_template();
  if (is_template && !info.default_instance.empty()) {
    const Result<UnitName> filled = own->with_instance(info.default_instance);
    if (!filled) return EINVAL;
    link_name = filled->text();
  }
  int result = 0;
  for (const std::string& raw : list) {
    std::string target;
    int error = context.expand(info, raw, target);
    if (error != 0) {
      failed(error, raw);
      if (result == 0) result = error;
      continue;
    }
    const Result<UnitName> other = UnitName::parse(target);
    // A template without an instance can only be hooked into what brings one.
    const bool fits = other && (!is_template || !info.default_instance.empty() || other->form() != NameForm::plain);
    if (!fits) {
      if (for_preset) continue;  // a preset for everything need not suit everything
      error = other ? failed(EIDRM, target, link_name) : failed(EUCLEAN, target);
      if (result == 0) result = error;
      continue;
    }
    error = create_link(info.path, folder + "/" + target + std::string(suffix) + "/" + link_name, true);
    if (error == 0) ++plan_.rules;
    if (result == 0) result = error;
    if (!unit_exists(target)) say(InstallChange::Kind::destination_not_present, target, place_.shown(info.path));
  }
  return result;
}

int Planner::apply_info(InstallContext& context, const InstallInfo& info, const std::string& folder, bool force, bool for_preset) {
  // Without the link to the unit itself the others would point to nothing.
  if (const int error = link_unit(info, folder, force); error != 0) return error;
  // COMPAT: the kind of setting that is the first to have an outcome decides, be it links made or a failure.
  const std::size_t rules = plan_.rules;
  int result = link_aliases(context, info, folder, force);
  bool decided = result != 0 || plan_.rules != rules;
  const int wants = link_dependencies(context, info, info.wanted_by, ".wants", folder, for_preset);
  if (!decided) result = wants;
  decided = decided || result != 0 || plan_.rules != rules;
  const int requires_ = link_dependencies(context, info, info.required_by, ".requires", folder, for_preset);
  return decided ? result : requires_;
}

int Planner::apply_context(InstallContext& context, SearchMode mode, const std::string& folder, bool force, bool for_preset) {
  int result = 0;
  while (InstallInfo* info = context.next()) {
    const int error = context.traverse(*info, mode, nullptr);
    if (error != 0) {
      if (!info->auxiliary) return failed(error, info->name);
      say(InstallChange::Kind::auxiliary_failed, info->name);
      continue;
    }
    if (info->mode == InstallInfo::Mode::masked) {
      say(InstallChange::Kind::is_masked, place_.shown(info->path));
      ++plan_.rules;  // something could have been enabled: no remark about missing [Install]
      continue;
    }
    if (info->mode != InstallInfo::Mode::regular) continue;
    const int applied = apply_info(context, *info, folder, force, for_preset);
    if (result == 0) result = applied;
  }
  return result;
}

// --- Disabling ----------------------------------------------------------------------------------------------------
void Planner::mark_for_removal(InstallContext& context) {
  while (InstallInfo* info = context.next()) {
    const int error = context.traverse(*info, load_and_follow, nullptr);
    const std::string shown = info->path.empty() ? info->name : place_.shown(info->path);
    if (error == ENOLINK) {
      say(InstallChange::Kind::is_dangling, shown);
    } else if (error == ENOENT) {
      if (!info->auxiliary) failed(error, shown);  // its links are removed all the same
    } else if (error != 0) {
      failed(error, shown);
    } else if (info->mode == InstallInfo::Mode::masked) {
      say(InstallChange::Kind::is_masked, shown);
      continue;
    } else if (info->mode != InstallInfo::Mode::regular) {
      continue;
    }
    mark(info->name);
  }
}

/// Returns whether the search must begin anew, because links may point to what was removed. `result`: the first errno.
bool Planner::remove_marked_in(const std::string& folder, const std::string& config_folder, int& result) {
  Result<std::vector<DirectoryEntry>> entries = files_.list(folder);
  if (!entries) return false;
  bool again = false;
  for (const DirectoryEntry& entry : *entries) {
    const std::string path = folder + "/" + entry.name;
    if (entry.kind == FileKind::directory) {
      again = remove_marked_in(path, config_folder, result) || again;
      continue;
    }
    if (entry.kind != FileKind::symlink || !UnitName::is_valid(entry.name)) continue;
    const bool by_name = marked_.contains(entry.name) || marked_.contains(template_of(entry.name));
    const std::string end = end_of_link(path);
    if (!by_name && end.empty()) {
      failed(ELOOP, place_.shown(path));
      if (result == 0) result = ELOOP;
      continue;
    }
    if (!by_name && !marked_.contains(end) && !marked_.contains(std::string(file_name(end)))) continue;
    remove_file(path, InstallChange::How::prune_parents, config_folder);
    again = marked_.insert(path).second || again;
  }
  return again;
}

int Planner::remove_marked(const std::string& folder) {
  int result = 0;
  if (marked_.empty() || folder.empty()) return result;
  while (remove_marked_in(folder, folder, result)) {
  }
  return result;
}

}  // namespace

// --- Operations ---------------------------------------------------------------------------------------------------
Installer::Installer(FileSource& source, const UnitPaths& paths, const SpecifierFacts& facts, std::string root)
    : source_(&source), paths_(&paths), facts_(&facts), root_(trim_right(root, "/")) {}

namespace {

/// Puts the named units into a context; complains about the first that cannot be used.
int discover_and_check(Planner& planner, InstallContext& context, const std::string& name, SearchMode mode, InstallInfo*& info) {
  if (const int error = context.discover(name, mode, info); error != 0) return planner.failed(error, name);
  if (const int error = context.may_process(*info); error != 0) return planner.failed(error, planner.place().shown(info->path));
  return 0;
}

int plan_enable(Planner& planner, std::span<const std::string> names, const InstallOptions& options) {
  const std::string& folder = planner.config_folder(options);
  if (folder.empty()) return ENXIO;
  InstallContext context = planner.new_context();
  for (const std::string& name : names) {
    InstallInfo* info = nullptr;
    if (const int error = discover_and_check(planner, context, name, load_and_follow, info); error != 0) return error;
  }
  return planner.apply_context(context, load_only, folder, options.force, false);
}

int plan_disable(Planner& planner, std::span<const std::string> names, const InstallOptions& options) {
  const std::string& folder = planner.config_folder(options);
  if (folder.empty()) return ENXIO;
  InstallContext context = planner.new_context();
  for (const std::string& name : names) {
    InstallInfo* info = nullptr;
    if (!UnitName::is_valid(name)) return planner.failed(EUCLEAN, name);
    if (const int error = context.add(name, false, info); error != 0) return error;
  }
  planner.mark_for_removal(context);
  return planner.remove_marked(folder);
}

}  // namespace

InstallPlan Installer::enable(std::span<const std::string> names, const InstallOptions& options) {
  Planner planner(*source_, *paths_, *facts_, root_);
  const int error = plan_enable(planner, names, options);
  return planner.finish(error);
}

InstallPlan Installer::disable(std::span<const std::string> names, const InstallOptions& options) {
  Planner planner(*source_, *paths_, *facts_, root_);
  const int error = plan_disable(planner, names, options);
  return planner.finish(error);
}

InstallPlan Installer::reenable(std::span<const std::string> names, const InstallOptions& options) {
  Planner planner(*source_, *paths_, *facts_, root_);
  std::vector<std::string> plain;
  std::vector<std::string> files;  // linked files lose their link when disabled, so they are enabled by path
  for (const std::string& name : names) {
    if (name.empty()) return planner.finish(EINVAL);
    plain.emplace_back(is_path(name) ? file_name(name) : std::string_view(name));
    InstallInfo* info = nullptr;
    if (!is_path(name)) {
      InstallContext context = planner.new_context();
      if (context.discover(plain.back(), load_and_follow, info) != 0) info = nullptr;
      files.push_back(info != nullptr && !info->path.empty() ? info->path : name);
    } else {
      files.push_back(name);
    }
  }
  int error = plan_disable(planner, plain, options);
  if (error == 0) error = plan_enable(planner, files, options);
  return planner.finish(error);
}

InstallPlan Installer::mask(std::span<const std::string> names, const InstallOptions& options) {
  Planner planner(*source_, *paths_, *facts_, root_);
  const std::string& folder = planner.config_folder(options);
  if (folder.empty()) return planner.finish(ENXIO);
  int result = 0;
  for (const std::string& name : names) {
    const int error = UnitName::is_valid(name) ? planner.create_link("/dev/null", folder + "/" + name, options.force) : EINVAL;
    if (result == 0) result = error;
  }
  return planner.finish(result);
}

InstallPlan Installer::unmask(std::span<const std::string> names, const InstallOptions& options) {
  Planner planner(*source_, *paths_, *facts_, root_);
  const std::string& folder = planner.config_folder(options);
  if (folder.empty()) return planner.finish(ENXIO);
  std::set<std::string> seen;
  std::vector<std::string> todo;
  for (const std::string& name : names) {
    if (!UnitName::is_valid(name)) return planner.finish(EINVAL);
    const std::string path = folder + "/" + name;
    if (planner.place().is_null_or_empty(path).value_or(false) && seen.insert(path).second) todo.push_back(path);
  }
  for (const std::string& path : todo) {
    planner.remove_file(path, InstallChange::How::plain, {});
    planner.mark_removed(path);
  }
  return planner.finish(planner.remove_marked(folder));
}

InstallPlan Installer::link(std::span<const std::string> files, const InstallOptions& options) {
  Planner planner(*source_, *paths_, *facts_, root_);
  const std::string& folder = planner.config_folder(options);
  if (folder.empty()) return planner.finish(ENXIO);
  std::set<std::string> seen;
  std::vector<std::string> todo;
  for (const std::string& file : files) {
    if (!file.starts_with('/')) return planner.finish(planner.failed(EINVAL, file));
    if (!UnitName::is_valid(file_name(file))) return planner.finish(planner.failed(EUCLEAN, file));
    const FileKind kind = source_->link_kind(file);
    const int problem = kind == FileKind::missing     ? ENOENT
                        : kind == FileKind::directory ? EISDIR
                        : kind == FileKind::symlink   ? ELOOP
                        : kind == FileKind::other     ? EBADFD
                                                      : 0;
    if (problem != 0) return planner.finish(planner.failed(problem, file));
    // COMPAT: with a root folder systemctl 252 does not see that a file is in the search path already.
    if (root_.empty() && planner.place().is_in_search_path(file)) continue;
    if (seen.insert(file).second) todo.push_back(file);
  }
  int result = 0;
  for (const std::string& file : todo) {
    const int error = planner.create_link(file, folder + "/" + std::string(file_name(file)), options.force);
    if (result == 0) result = error;
  }
  return planner.finish(result);
}

InstallPlan Installer::revert(std::span<const std::string> names) {
  Planner planner(*source_, *paths_, *facts_, root_);
  const UnitPaths& paths = *paths_;
  std::vector<std::string> todo;
  const auto add = [&todo](const std::string& path) {
    if (std::find(todo.begin(), todo.end(), path) == todo.end()) todo.push_back(path);
  };
  for (const std::string& name : names) {
    if (!UnitName::is_valid(name)) return planner.finish(EINVAL);
    bool has_vendor_file = false;
    for (const std::string& folder : paths.search) {
      const std::string path = folder + "/" + name;
      const bool vendor = path_is_below(folder, "/usr") || path_is_below(folder, "/lib") || is_in_generator_directory(paths, path);
      if (source_->link_kind(path) == FileKind::regular && vendor) has_vendor_file = true;
      const bool reverts = planner.place().is_config_folder(folder) || folder == paths.persistent_control ||
                           folder == paths.runtime_control || folder == paths.transient;
      if (reverts && source_->link_kind(path + ".d") == FileKind::directory) add(path + ".d");
    }
    if (!has_vendor_file) continue;
    for (const std::string& folder : paths.search) {
      const std::string path = folder + "/" + name;
      const FileKind kind = source_->link_kind(path);
      if (planner.place().is_config_folder(folder) && (kind == FileKind::regular || kind == FileKind::symlink)) add(path);
    }
  }
  for (const std::string& path : todo) {
    auto entries = source_->list(path);
    const bool is_folder = source_->link_kind(path) == FileKind::directory;
    if (is_folder && entries) {
      std::sort(entries->begin(), entries->end(), [](const auto& a, const auto& b) { return a.name < b.name; });
      for (const DirectoryEntry& entry : *entries)
        if (entry.kind != FileKind::directory) planner.remove_file(path + "/" + entry.name, InstallChange::How::plain, {});
    }
    planner.remove_file(path, is_folder ? InstallChange::How::folder : InstallChange::How::plain, {});
    planner.mark_removed(path);
  }
  const int result = planner.remove_marked(paths.runtime_config);
  const int error = planner.remove_marked(paths.persistent_config);
  return planner.finish(result == 0 ? error : result);
}

InstallPlan Installer::add_dependency(std::span<const std::string> names, const std::string& target, DependencyLinkKind kind,
                                      const InstallOptions& options) {
  Planner planner(*source_, *paths_, *facts_, root_);
  const std::string& folder = planner.config_folder(options);
  if (folder.empty()) return planner.finish(ENXIO);
  if (!UnitName::is_valid(target)) return planner.finish(EINVAL);
  InstallContext context = planner.new_context();
  InstallInfo* target_info = nullptr;
  if (const int error = discover_and_check(planner, context, target, follow_only, target_info); error != 0) return planner.finish(error);
  for (const std::string& name : names) {
    InstallInfo* info = nullptr;
    if (const int error = discover_and_check(planner, context, name, follow_only, info); error != 0) return planner.finish(error);
    // Nothing was read from the unit: this is the only link that it asks for.
    // (Through a reference: g++ 12 builds a list that is assigned to a conditional expression in one of its branches only.)
    auto& links = kind == DependencyLinkKind::wants ? info->wanted_by : info->required_by;
    links.assign(1, escape_specifiers(target_info->name));
  }
  const int error = planner.apply_context(context, follow_only, folder, options.force, false);
  return planner.finish(error);
}

InstallPlan Installer::set_default(const std::string& name, const InstallOptions& options) {
  Planner planner(*source_, *paths_, *facts_, root_);
  const Result<UnitName> parsed = UnitName::parse(name);
  if (!parsed || parsed->type() != UnitType::target || name == "default.target") return planner.finish(EINVAL);
  InstallContext context = planner.new_context();
  InstallInfo* info = nullptr;
  if (const int error = discover_and_check(planner, context, name, look_only, info); error != 0) return planner.finish(error);
  const int error = planner.create_link(info->path, paths_->persistent_config + "/default.target", options.force);
  return planner.finish(error);
}

// --- Presets ------------------------------------------------------------------------------------------------------
namespace {

/// Units to be enabled and units to be disabled.
struct PresetSides {
  InstallContext plus;
  InstallContext minus;
};

int prepare_preset(Planner& planner, PresetSides& sides, const PresetRules& rules, const std::string& name) {
  if (sides.plus.find(name) != nullptr || sides.minus.find(name) != nullptr) return 0;
  InstallInfo* info = nullptr;
  InstallContext look = planner.new_context();
  if (const int error = look.discover(name, follow_only, info); error != 0) return planner.failed(error, name);
  if (info->name != name) return 0;  // an alias: its unit has its own turn
  const PresetAnswer answer = query_presets(rules, name);
  if (!answer.enable) {
    const int error = sides.minus.discover(name, follow_only, info);
    return error == 0 ? 0 : planner.failed(error, name);
  }
  for (const std::string& unit : answer.instances.empty() ? std::vector{name} : answer.instances)
    if (const int error = discover_and_check(planner, sides.plus, unit, load_and_follow, info); error != 0) return error;
  return 0;
}

int execute_preset(Planner& planner, PresetSides& sides, const std::string& folder, const InstallOptions& options) {
  int result = 0;
  if (options.preset_mode != PresetMode::enable_only) {
    planner.mark_for_removal(sides.minus);
    result = planner.remove_marked(folder);
  }
  if (options.preset_mode != PresetMode::disable_only) {
    const int error = planner.apply_context(sides.plus, load_only, folder, options.force, true);
    if (result == 0) result = error;
  }
  return result;
}

/// Problems of one unit that do not stop `preset-all`.
bool is_harmless(int error) {
  constexpr int harmless[] = {EEXIST, ERFKILL, EADDRNOTAVAIL, EBADSLT, EIDRM, EUCLEAN, ELOOP, ENOENT, EUNATCH, EXDEV};
  return std::find(std::begin(harmless), std::end(harmless), error) != std::end(harmless);
}

}  // namespace

InstallPlan Installer::preset(std::span<const std::string> names, const InstallOptions& options) {
  Planner planner(*source_, *paths_, *facts_, root_);
  const PresetRules rules = read_presets(*source_, paths_->scope, root_, &planner.plan().warnings);
  PresetSides sides{planner.new_context(), planner.new_context()};
  for (const std::string& name : names) {
    if (const int error = prepare_preset(planner, sides, rules, name); error != 0) return planner.finish(error);
  }
  const int error = execute_preset(planner, sides, planner.config_folder(options), options);
  return planner.finish(error);
}

InstallPlan Installer::preset_all(const InstallOptions& options) {
  Planner planner(*source_, *paths_, *facts_, root_);
  const PresetRules rules = read_presets(*source_, paths_->scope, root_, &planner.plan().warnings);
  PresetSides sides{planner.new_context(), planner.new_context()};
  for (const std::string& folder : paths_->search) {
    auto entries = source_->list(folder);
    if (!entries) continue;
    std::sort(entries->begin(), entries->end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    for (const DirectoryEntry& entry : *entries) {
      if (!UnitName::is_valid(entry.name) || (entry.kind != FileKind::regular && entry.kind != FileKind::symlink)) continue;
      const int error = prepare_preset(planner, sides, rules, entry.name);
      if (error != 0 && !is_harmless(error)) return planner.finish(error);
    }
  }
  const int error = execute_preset(planner, sides, planner.config_folder(options), options);
  return planner.finish(error);
}

// --- Asking -------------------------------------------------------------------------------------------------------
Result<bool> Installer::exists(const std::string& name, std::vector<std::string>* warnings) {
  InstallContext context(InstallPlace{source_, paths_, facts_, root_, warnings});
  InstallInfo* info = nullptr;
  const int error = context.discover(name, look_only, info);
  if (error == ENOENT) return false;
  if (error != 0) return fail_value(error, name);
  return true;
}

Result<std::string> Installer::get_default(std::vector<std::string>* warnings) {
  InstallContext context(InstallPlace{source_, paths_, facts_, root_, warnings});
  InstallInfo* info = nullptr;
  if (const int error = context.discover("default.target", follow_only, info); error != 0) return fail_value(error, "default.target");
  return info->name;
}

}  // namespace unitparser
