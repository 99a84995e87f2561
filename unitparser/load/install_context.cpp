// Finds the unit files of one enablement operation. [port]
#include "unitparser/load/install_context.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>

#include "unitparser/base/text.h"
#include "unitparser/load/unit_files.h"
#include "unitparser/names/unit_name.h"
#include "unitparser/syntax/ini_reader.h"
#include "unitparser/syntax/paths.h"

namespace unitparser {
namespace {

constexpr int longest_link_chain = 64;

bool is_path(std::string_view text) { return text.find('/') != std::string_view::npos; }

bool is_template(std::string_view name) {
  const Result<UnitName> parsed = UnitName::parse(name);
  return parsed && parsed->is_template();
}

/// Sections that belong to unit files but not to enablement.
bool is_other_known_section(std::string_view section) {
  constexpr std::array<std::string_view, 12> sections{"Unit",  "Automount", "Device", "Mount", "Path",   "Scope",
                                                      "Service", "Slice",   "Socket", "Swap",  "Target", "Timer"};
  return std::find(sections.begin(), sections.end(), section) != sections.end() || section.starts_with("X-");
}

}  // namespace

std::string template_of(std::string_view name) {
  const Result<UnitName> parsed = UnitName::parse(name);
  return parsed && parsed->form() == NameForm::instance ? parsed->template_name().text() : std::string();
}

bool InstallPlace::is_runtime_folder(std::string_view folder) const {
  return path_is_below(folder, "/run") || folder == paths->runtime_config || folder == paths->generator ||
         folder == paths->generator_early || folder == paths->generator_late || folder == paths->transient ||
         folder == paths->runtime_control;
}

bool InstallPlace::is_in_search_path(std::string_view file) const {
  const std::string_view folder = directory_of(file);
  return std::find(paths->search.begin(), paths->search.end(), folder) != paths->search.end();
}

bool InstallPlace::is_below_search_path(std::string_view file) const {
  const auto& search = paths->search;
  return std::any_of(search.begin(), search.end(), [file](const std::string& folder) { return path_is_below(file, folder) && file.size() > folder.size(); });
}

std::optional<bool> InstallPlace::is_null_or_empty(const std::string& path) const {
  if (path == "/dev/null") return true;
  const FileStamp own = source->link_stamp(path);
  if (own.kind == FileKind::missing) return std::nullopt;
  if (own.kind == FileKind::symlink) {
    // A root folder need not have /dev, so the text of the link counts.
    const Result<std::string> target = source->read_link(path);
    if (target && resolve_path(directory_of(path), *target) == "/dev/null") return true;
    const FileStamp end = source->stamp(path);
    if (end.kind == FileKind::missing) return std::nullopt;
    return end.kind == FileKind::other || (end.kind == FileKind::regular && end.size == 0);
  }
  return own.kind == FileKind::other || (own.kind == FileKind::regular && own.size == 0);
}

InstallInfo* InstallContext::find(std::string_view name) {
  const auto found = std::find_if(units_.begin(), units_.end(), [name](const InstallInfo& info) { return info.name == name; });
  return found == units_.end() ? nullptr : &*found;
}

InstallInfo* InstallContext::next() { return handed_out_ < units_.size() ? &units_[handed_out_++] : nullptr; }

int InstallContext::add(const std::string& name_or_path, bool auxiliary, InstallInfo*& info) {
  const bool by_path = is_path(name_or_path);
  const std::string name(by_path ? file_name(name_or_path) : std::string_view(name_or_path));
  if (!UnitName::is_valid(name)) return EINVAL;
  info = find(name);
  if (info != nullptr) {
    info->auxiliary = info->auxiliary && auxiliary;
    return 0;
  }
  units_.push_back({});
  info = &units_.back();
  info->name = name;
  info->auxiliary = auxiliary;
  if (by_path) info->path = simplify_path(name_or_path);
  return 0;
}

int InstallContext::discover(const std::string& name_or_path, SearchMode mode, InstallInfo*& info) {
  InstallInfo* start = nullptr;
  if (const int error = add(name_or_path, false, start); error != 0) return error;
  return traverse(*start, mode, &info);
}

int InstallContext::may_process(const InstallInfo& info) const {
  if (info.mode == InstallInfo::Mode::masked) return ERFKILL;
  if (is_in_generator_directory(*place_.paths, info.path) || is_in_transient_directory(*place_.paths, info.path)) return EADDRNOTAVAIL;
  return 0;
}

int InstallContext::traverse(InstallInfo& start, SearchMode mode, InstallInfo** end) {
  if (const int error = search(start, mode); error != 0) return error;
  InstallInfo* info = &start;
  for (int hop = 0; info->mode == InstallInfo::Mode::alias || info->mode == InstallInfo::Mode::linked; ++hop) {
    if (hop > longest_link_chain) return ELOOP;
    if (!mode.follow_config_links && place_.is_config_folder(directory_of(info->path))) return ELOOP;
    int error = follow(*info, mode, info->mode == InstallInfo::Mode::linked);
    if (error == EXDEV && !info->link_target.empty()) {
      // The target has another name: it is a unit of its own.
      std::string name(file_name(info->link_target));
      const Result<UnitName> own = UnitName::parse(info->name);
      const Result<UnitName> target = UnitName::parse(name);
      if (own && target && own->form() == NameForm::instance && target->is_template()) {
        const Result<UnitName> filled = target->with_instance(own->instance());
        if (!filled) return EINVAL;
        if (filled->text() == info->name) {
          if (error = follow(*info, mode, true); error != 0) return error;
          continue;
        }
        name = filled->text();
      }
      if (error = add(name, false, info); error != 0) return error;
      error = search(*info, mode);
      if (error == ENOENT) return ENOLINK;
    }
    if (error != 0) return error;
  }
  if (end != nullptr) *end = info;
  return 0;
}

int InstallContext::follow(InstallInfo& info, SearchMode mode, bool ignore_different_name) {
  if (info.link_target.empty()) return EINVAL;
  if (!ignore_different_name && file_name(info.link_target) != info.name) return EXDEV;
  info.path = info.link_target;
  info.mode = InstallInfo::Mode::unknown;
  return load_or_read_link(info, info.path, mode);
}

int InstallContext::search_folders(InstallInfo& info, const std::string& file, SearchMode mode) {
  std::string path;
  for (const std::string& folder : place_.paths->search) {
    path.assign(folder).append("/").append(file);
    const int error = load_or_read_link(info, path, mode);
    if (error == 0) {
      info.path = path;
      return 0;
    }
    if (error != ENOENT && error != ENOTDIR && error != EACCES) return error;
  }
  return ENOENT;
}

int InstallContext::search(InstallInfo& info, SearchMode mode) {
  if (info.mode != InstallInfo::Mode::unknown) return 0;
  if (!info.path.empty()) return load_or_read_link(info, info.path, mode);
  const std::string template_name = template_of(info.name);
  int error = search_folders(info, info.name, mode);
  if (error == ENOENT && !template_name.empty()) error = search_folders(info, template_name, mode);
  if (error != 0) return error;
  if (info.mode == InstallInfo::Mode::masked || !mode.load) return 0;
  return load_drop_ins(info, template_name);
}

int InstallContext::load_drop_ins(InstallInfo& info, std::string_view template_name) {
  std::map<std::string, std::string> files;  // by name; the first folder that has one wins
  for (const std::string_view name : {std::string_view(info.name), template_name}) {
    if (name.empty()) continue;
    std::string folder;
    for (const std::string& search : place_.paths->search) {
      folder.assign(search).append("/").append(name).append(".d");
      if (place_.source->stamp(folder).kind == FileKind::missing) continue;
      const auto entries = place_.source->list(folder);
      if (!entries) continue;
      for (const DirectoryEntry& entry : *entries)
        if (entry.name.ends_with(".conf") && !entry.name.starts_with('.') && entry.kind != FileKind::directory)
          files.emplace(entry.name, folder + "/" + entry.name);
    }
  }
  for (const auto& [name, path] : files) {
    const Result<std::string> content = place_.source->read(path, longest_unit_file);
    if (!content) return content.error().os_errno == ENOENT ? 0 : std::max(content.error().os_errno, 1);
    if (const int error = parse(info, path, *content); error != 0) return error;
  }
  return 0;
}

int InstallContext::load_or_read_link(InstallInfo& info, const std::string& path, SearchMode mode) {
  const int error = load(info, path, mode);
  return error == ELOOP ? resolve_link(info, path) : error;
}

int InstallContext::load(InstallInfo& info, const std::string& path, SearchMode mode) {
  if (const AliasProblem problem = template_problem(file_name(path))) {
    warn(fmt::format("{}: {}", place_.shown(path), problem.text));
    return problem.error;
  }
  switch (place_.source->link_kind(path)) {
    case FileKind::missing: return ENOENT;
    case FileKind::symlink: return ELOOP;
    case FileKind::directory: return EISDIR;
    case FileKind::other: info.mode = InstallInfo::Mode::masked; return 0;
    case FileKind::regular: break;
  }
  bool is_empty = false;
  if (mode.load) {
    const Result<std::string> content = place_.source->read(path, longest_unit_file);
    if (!content) return content.error().os_errno != 0 ? content.error().os_errno : EIO;
    is_empty = content->empty();
    if (const int error = parse(info, path, *content); error != 0) return error;
  } else {
    is_empty = place_.source->link_stamp(path).size == 0;
  }
  info.mode = is_empty ? InstallInfo::Mode::masked : InstallInfo::Mode::regular;
  return 0;
}

int InstallContext::resolve_link(InstallInfo& info, const std::string& path) {
  const Result<std::string> text = place_.source->read_link(path);
  if (!text) return text.error().os_errno;
  const std::string target = resolve_path(directory_of(path), *text);
  const bool inside = place_.is_below_search_path(target);
  if (inside) {
    if (const AliasProblem problem = alias_problem(file_name(path), file_name(target))) {
      warn(fmt::format("{}: {}", file_name(path), problem.text));
      return problem.error;
    }
    if (file_name(path) == file_name(target)) return ELOOP;
  }
  info.link_target = target;
  if (inside)
    info.mode = InstallInfo::Mode::alias;  // an empty file at its end is found when it is followed
  else
    info.mode = place_.is_null_or_empty(target).value_or(false) ? InstallInfo::Mode::masked : InstallInfo::Mode::linked;
  return 0;
}

void InstallContext::warn(const Line& line, std::string_view text) const {
  if (place_.warnings != nullptr) place_.warnings->push_back(fmt::format("{}:{}: {}", place_.shown(line.path), line.number, text));
}

// --- [Install] ----------------------------------------------------------------------------------------------------
int InstallContext::parse(InstallInfo& info, const std::string& path, std::string_view content) {
  const IniDocument document = read_ini(content);
  bool ignoring_section = false;
  bool in_install = false;
  for (const IniEntry& entry : document.entries) {
    const Line line{path, entry.line};
    if (entry.kind == IniKind::section) {
      in_install = entry.section == "Install";
      ignoring_section = !in_install;
      if (ignoring_section && !is_other_known_section(entry.section))
        warn(line, fmt::format("Unknown section '{}'. Ignoring.", entry.section));
    } else if (!in_install) {
      if (!ignoring_section) warn(line, "Assignment outside of section. Ignoring.");
    } else if (entry.kind == IniKind::missing_equals) {
      warn(line, "Missing '=', ignoring line.");
    } else if (entry.kind == IniKind::missing_key) {
      warn(line, "Missing key name before '=', ignoring line.");
    } else if (const int error = assign(info, entry.key, entry.value, line); error != 0) {
      return error;
    }
  }
  if (!document.failure) return 0;
  warn(Line{path, document.failure->position.line}, document.failure->message);
  return document.failure->os_errno;
}

int InstallContext::assign(InstallInfo& info, std::string_view key, std::string_view value, const Line& line) {
  std::vector<std::string>* list = key == "WantedBy" ? &info.wanted_by : key == "RequiredBy" ? &info.required_by : key == "Alias" ? &info.aliases : nullptr;
  if (key == "Also") return add_also(info, value);
  if (key == "DefaultInstance") return set_default_instance(info, value, line);
  if (list == nullptr) {
    if (!key.starts_with("X-")) warn(line, fmt::format("Unknown key '{}' in section [Install], ignoring.", key));
    return 0;
  }
  if (list == &info.aliases && alias_problem(info.name, info.name)) {
    warn(line, fmt::format("Alias= is not allowed for {} units, ignoring.", info.name.substr(info.name.rfind('.') + 1)));
    return 0;
  }
  if (value.empty()) {
    list->clear();
    return 0;
  }
  WordReader reader(value, {.unquote = true, .keep_backslashes = true});
  for (;;) {
    Result<std::optional<std::string>> word = reader.next();
    if (!word) {
      warn(line, fmt::format("Invalid syntax, ignoring: {}", value));
      return 0;
    }
    if (!*word) return 0;
    list->push_back(std::move(**word));
  }
}

int InstallContext::add_also(InstallInfo& info, std::string_view value) {
  const auto words = split_words(value, {});
  if (!words) return words.error().os_errno;
  for (const std::string& word : *words) {
    std::string name;
    if (const int error = expand(info, word, name); error != 0) return error;
    InstallInfo* other = nullptr;
    if (const int error = add(name, true, other); error != 0) return error;
    info.also.push_back(std::move(name));
  }
  return 0;
}

int InstallContext::set_default_instance(InstallInfo& info, std::string_view value, const Line& line) {
  const Result<UnitName> name = UnitName::parse(info.name);
  if (name && name->form() == NameForm::instance) return 0;  // the instance is chosen already
  if (!is_template(info.name)) {
    warn(line, "DefaultInstance= only makes sense for template units, ignoring.");
    return 0;
  }
  std::string instance;
  if (const int error = expand(info, value, instance); error != 0) return error;
  if (!instance.empty() && !name->with_instance(instance)) {
    warn(line, fmt::format("Invalid DefaultInstance= value \"{}\".", instance));
    return EINVAL;
  }
  info.default_instance = std::move(instance);
  return 0;
}

int InstallContext::expand(const InstallInfo& info, std::string_view text, std::string& out) const {
  // Templates are spoken of under their default instance.
  std::string unit = info.name;
  if (!info.default_instance.empty() && is_template(unit))
    if (const Result<UnitName> filled = UnitName::parse(unit).value().with_instance(info.default_instance)) unit = filled->text();
  const SpecifierContext context{.facts = place_.facts, .unit = unit, .fragment_path = info.path, .slice_cgroup = {}};
  Result<std::string> expanded = expand_specifiers(text, context, SpecifierSet::unit_name);
  if (!expanded) return expanded.error().os_errno;
  out = std::move(*expanded);
  return 0;
}

}  // namespace unitparser
