// An index of all unit folders. [port]
#include "unitparser/load/unit_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "unitparser/base/text.h"
#include "unitparser/syntax/paths.h"

namespace unitparser {
namespace {

constexpr int longest_alias_chain = 8;
constexpr std::string_view sub_folder_suffixes[] = {".d", ".wants", ".requires", ".upholds"};
constexpr std::size_t drop_in_suffix = 0;
constexpr std::size_t suffix_of(LinkFolder kind) { return static_cast<std::size_t>(kind) + 1; }

bool may_alias(UnitType type) {
  return type == UnitType::service || type == UnitType::socket || type == UnitType::target || type == UnitType::device ||
         type == UnitType::timer || type == UnitType::path;
}

bool may_template(UnitType type) {
  return type == UnitType::service || type == UnitType::socket || type == UnitType::target || type == UnitType::timer ||
         type == UnitType::path;
}

/// The name and the less specific ones whose drop-in folders count: a-b@i.service, a-b@.service, a-.service, a-@i.service,
/// a-@.service. COMPAT: the prefixes of a template are plain names.
void add_chain(std::string_view name, std::vector<std::string>& chain) {
  if (std::find(chain.begin(), chain.end(), name) != chain.end()) return;
  chain.emplace_back(name);
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return;  // "service": the type's own folder
  const std::string_view suffix = name.substr(dot);
  const std::string_view stem = name.substr(0, dot);
  const std::size_t at = stem.find('@');
  const std::string_view instance = at == std::string_view::npos ? std::string_view{} : stem.substr(at);
  if (instance.size() > 1) add_chain(std::string(stem.substr(0, at + 1)) + std::string(suffix), chain);
  const std::string_view prefix = trim_right(stem.substr(0, at), "-");
  const std::size_t dash = prefix.rfind('-');
  if (dash == std::string_view::npos || dash == 0) return;
  add_chain(std::string(prefix.substr(0, dash + 1)) + std::string(instance.size() > 1 ? instance : std::string_view{}) + std::string(suffix), chain);
}

bool is_hidden_or_backup(std::string_view name) { return name.starts_with('.') || name.ends_with('~'); }

}  // namespace

AliasProblem template_problem(std::string_view name) {
  if (name.find('@') == std::string_view::npos) return {};
  const Result<UnitName> unit = UnitName::parse(name);
  if (!unit || unit->form() == NameForm::plain || may_template(unit->type())) return {};
  return {EINVAL, fmt::format("unit type {} cannot be templated, ignoring.", to_name(unit->type()))};
}

AliasProblem alias_problem(std::string_view link_name, std::string_view target_name) {
  const Result<UnitName> link = UnitName::parse(link_name);
  if (!link) return {EXDEV, "not the name of a unit, rejecting."};
  if (!may_alias(link->type())) return {EINVAL, "symlinks are not allowed for units of this type, rejecting."};
  if (AliasProblem problem = template_problem(link_name)) return problem;
  const Result<UnitName> target = UnitName::parse(target_name);
  const bool instance_of_template = target && link->form() == NameForm::instance && target->form() == NameForm::templated;
  if (!target || (link->form() != target->form() && !instance_of_template))
    return {EXDEV, fmt::format("symlink target name type \"{}\" does not match source, rejecting.", target_name)};
  if (target->form() == NameForm::instance && link->instance() != target->instance())
    return {EXDEV, fmt::format("unit symlink target \"{}\" instance name doesn't match, rejecting.", target_name)};
  if (link->type() != target->type()) return {EXDEV, fmt::format("symlink target \"{}\" has incompatible suffix, rejecting.", target_name)};
  return {};
}

// --- Reading ------------------------------------------------------------------------------------------------------
bool UnitFiles::renew_search_path() {
  bool changed = false;
  if (folders_.empty()) {
    for (const std::string& path : paths_.search) folders_.push_back({path, {}, {}});
    changed = !folders_.empty();
  }
  // Generators write their folders anew at each reload, mostly with the same in them: what counts is what is there.
  for (Folder& folder : folders_) {
    const FileStamp stamp = source_->stamp(folder.path);
    if (stamp == folder.stamp) continue;
    folder.stamp = stamp;
    std::vector<Item> items = read_folder(folder);
    const auto is_same = [](const Item& a, const Item& b) { return a.name == b.name && a.kind == b.kind && a.link_target == b.link_target; };
    if (std::equal(items.begin(), items.end(), folder.items.begin(), folder.items.end(), is_same)) continue;
    folder.items = std::move(items);
    changed = true;
  }
  ++look_;
  if (changed) merge();
  return changed;
}

bool UnitFiles::refresh() {
  bool changed = renew_search_path();
  for (auto& [path, folder] : sub_folders_)
    if (renew(path, folder)) changed = true;
  std::erase_if(sub_folders_, [](const auto& entry) { return entry.second.stamp.kind == FileKind::missing; });
  if (changed) ++version_;
  return changed;
}

void UnitFiles::look_again() {
  if (renew_search_path()) ++version_;
}

std::vector<UnitFiles::Item> UnitFiles::read_folder(const Folder& folder) const {
  std::vector<Item> items;
  if (folder.stamp.kind != FileKind::directory) return items;
  for (const Folder& other : folders_) {  // /lib and /usr/lib may be one: its names were seen already
    if (&other == &folder) break;
    if (other.stamp.inode == folder.stamp.inode && other.stamp.device == folder.stamp.device && other.stamp.kind == folder.stamp.kind)
      return items;
  }
  Result<std::vector<DirectoryEntry>> entries = source_->list(folder.path);
  if (!entries) return items;
  items.reserve(entries->size());
  for (DirectoryEntry& entry : *entries) {
    if (is_hidden_or_backup(entry.name)) continue;
    Item item{std::move(entry.name), entry.kind, Meaning::nothing, {}};
    if (item.kind == FileKind::symlink && UnitName::is_valid(item.name)) {
      Result<std::string> target = source_->read_link(folder.path + "/" + item.name);
      if (!target) continue;
      item.link_target = SharedText(*target);
    }
    items.push_back(std::move(item));
  }
  // The order in which a file system lists its entries must not decide anything.
  std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.name < b.name; });
  return items;
}

std::vector<UnitFiles::SubEntry> UnitFiles::read_sub_folder(const std::string& path, FileStamp& stamp) const {
  std::vector<SubEntry> entries;
  if (stamp.kind != FileKind::directory) return entries;
  Result<std::vector<DirectoryEntry>> listed = source_->list(path);
  if (!listed) return entries;
  entries.reserve(listed->size());
  for (DirectoryEntry& entry : *listed) {
    bool masked = false;
    if (!path.ends_with(".d")) {
      const std::string place = path + "/" + entry.name;
      masked = entry.kind == FileKind::symlink ? source_->read_link(place).value_or("") == "/dev/null" : source_->stamp(place).size == 0;
      if (entry.kind != FileKind::symlink) stamp.settled = false;  // the folder does not tell when something is written to the file
    }
    entries.push_back({std::move(entry.name), entry.kind, masked});
  }
  std::sort(entries.begin(), entries.end(), [](const SubEntry& a, const SubEntry& b) { return a.name < b.name; });
  return entries;
}

void UnitFiles::merge() {
  aliases_.clear();
  sub_folder_places_.clear();
  for (std::uint32_t i = 0; i < folders_.size(); ++i)
    for (Item& item : folders_[i].items) merge_item(item, i);
  for (const Folder& folder : folders_)
    for (const Item& item : folder.items) {
      if (item.meaning != Meaning::alias || entry_of(item.name).item != &item) continue;
      const Resolved end = resolve(item.name);
      if (end.outcome == Resolved::Outcome::found) aliases_[end.name].push_back(item.name);
    }
  for (auto& [name, list] : aliases_) std::sort(list.begin(), list.end());
}

void UnitFiles::merge_item(Item& item, std::uint32_t folder) {
  const bool may_be_folder = item.kind == FileKind::directory || item.kind == FileKind::symlink;
  for (std::size_t i = 0; i < suffix_count; ++i)
    if (may_be_folder && item.name.ends_with(sub_folder_suffixes[i]))
      sub_folder_places_[item.name.substr(0, item.name.size() - sub_folder_suffixes[i].size())].push_back({i, folder});
  if (item.kind == FileKind::directory || !UnitName::is_valid(item.name))
    item.meaning = Meaning::nothing;
  else
    item.meaning = item.kind == FileKind::symlink ? meaning_of_link(item, folders_[folder]) : Meaning::unit;
}

std::string UnitFiles::target_of(const Item& link, const Folder& folder) { return resolve_path(folder.path, link.link_target.view()); }

UnitFiles::Meaning UnitFiles::meaning_of_link(const Item& item, const Folder& folder) const {
  const std::string target = target_of(item, folder);
  const bool inside = std::any_of(paths_.search.begin(), paths_.search.end(), [&target](const std::string& path) {
    return path_is_below(target, path) && target.size() > path.size();
  });
  if (!inside) return target == "/dev/null" ? Meaning::masked : Meaning::unit;
  const std::string_view name = file_name(target);
  return name == item.name || alias_problem(item.name, name) ? Meaning::nothing : Meaning::alias;  // a link to itself names no unit
}

UnitFiles::Entry UnitFiles::entry_of(std::string_view name) const {
  for (const Folder& folder : folders_) {
    const auto at = std::lower_bound(folder.items.begin(), folder.items.end(), name, [](const Item& item, std::string_view wanted) { return item.name < wanted; });
    if (at != folder.items.end() && at->name == name && at->meaning != Meaning::nothing) return {&folder, &*at};
  }
  return {};
}

bool UnitFiles::renew(const std::string& path, SubFolder& folder) const {
  folder.look = look_;
  const FileStamp stamp = source_->stamp(path);
  if (stamp == folder.stamp) return false;
  folder.stamp = stamp;
  std::vector<SubEntry> entries = read_sub_folder(path, folder.stamp);
  const bool changed = entries != folder.entries;
  folder.entries = std::move(entries);
  return changed;
}

const std::vector<UnitFiles::SubEntry>& UnitFiles::sub_folder(const std::string& path) {
  const auto [at, is_new] = sub_folders_.try_emplace(path);
  const bool is_old = is_new || at->second.look != look_;
  // What is looked into for the first time is no change.
  if (is_old && renew(path, at->second) && !is_new) ++version_;
  return at->second.entries;
}

// --- Finding ------------------------------------------------------------------------------------------------------
UnitFiles::Resolved UnitFiles::resolve(std::string_view name) const {
  std::string current(name);
  for (int hop = 0; hop < longest_alias_chain; ++hop) {
    Entry found = entry_of(current);
    if (found.item == nullptr) {
      // Instances without a file of their own come from their template.
      const Result<UnitName> parsed = UnitName::parse(current);
      if (!parsed || parsed->form() != NameForm::instance) return {};
      current = parsed->template_name().text();
      found = entry_of(current);
      if (found.item == nullptr) return {};
    }
    if (found.item->meaning != Meaning::alias) return {Resolved::Outcome::found, found, current};
    current = file_name(target_of(*found.item, *found.folder));
  }
  return {Resolved::Outcome::loop, {}, current};
}

FoundUnit UnitFiles::find(const UnitName& name) const {
  FoundUnit unit;
  unit.id = name;
  const Resolved end = resolve(name.text());
  if (end.outcome == Resolved::Outcome::loop) unit.error = Error{ErrorCode::load_failed, ELOOP, "Too many levels of symbolic links", {}};
  if (end.outcome != Resolved::Outcome::found) {
    unit.names.push_back(name.text());
    return unit;
  }
  unit.fragment_path = end.entry.folder->path + "/" + end.name;
  unit.masked = end.entry.item->meaning == Meaning::masked;
  const Result<UnitName> file = UnitName::parse(end.name);
  const std::string instance(name.instance());
  if (file) unit.id = *file;
  if (file && file->is_template() && !instance.empty())
    if (const Result<UnitName> filled = file->with_instance(instance)) unit.id = *filled;
  std::vector<std::string> others{name.text()};
  if (const auto aliases = aliases_.find(end.name); aliases != aliases_.end()) {
    for (const std::string& alias : aliases->second) {
      const Result<UnitName> parsed = UnitName::parse(alias);
      if (!parsed) continue;
      if (!parsed->is_template()) {
        // Of a template's aliases, those for other instances are other units' names.
        if (file && file->is_template() && parsed->instance() != instance) continue;
        others.push_back(alias);
      } else if (const Result<UnitName> filled = parsed->with_instance(instance); filled && !instance.empty()) {
        if (resolve(filled->text()).name == end.name) others.push_back(filled->text());
      } else if (name.is_template()) {
        others.push_back(alias);
      }
    }
  }
  std::sort(others.begin(), others.end());
  others.erase(std::unique(others.begin(), others.end()), others.end());
  unit.names.push_back(unit.id.text());
  for (std::string& other : others)
    if (other != unit.id.text()) unit.names.push_back(std::move(other));
  return unit;
}

void UnitFiles::add_folders(std::string_view name, FoldersBySuffix& folders) const {
  static_assert(std::size(sub_folder_suffixes) == suffix_count);
  std::vector<std::string> chain;
  add_chain(name, chain);
  // First by the folder of the search path, then from the most specific name to the least.
  std::map<std::pair<std::uint32_t, std::size_t>, std::vector<std::size_t>> ordered;
  for (std::size_t position = 0; position < chain.size(); ++position)
    if (const auto found = sub_folder_places_.find(chain[position]); found != sub_folder_places_.end())
      for (const SubFolderPlace& place : found->second) ordered[{place.folder, position}].push_back(place.suffix);
  for (const auto& [place, suffixes] : ordered)
    for (const std::size_t suffix : suffixes)
      folders[suffix].push_back(folders_[place.first].path + "/" + chain[place.second] + std::string(sub_folder_suffixes[suffix]));
}

UnitFiles::FoldersBySuffix UnitFiles::folders_of(std::span<const std::string> names) const {
  FoldersBySuffix folders;
  for (const std::string& name : names) add_folders(name, folders);
  if (!names.empty())
    if (const std::size_t dot = names[0].rfind('.'); dot != std::string::npos) add_folders(std::string_view(names[0]).substr(dot + 1), folders);
  return folders;
}

std::vector<std::string> UnitFiles::drop_ins(std::span<const std::string> names) {
  std::map<std::string, std::string> by_name;  // the first folder that has a name wins
  const FoldersBySuffix folders = folders_of(names);
  for (const std::string& folder : folders[drop_in_suffix])
    for (const SubEntry& entry : sub_folder(folder))
      if (entry.kind != FileKind::directory && entry.name.ends_with(".conf") && !is_hidden_or_backup(entry.name))
        by_name.emplace(entry.name, folder + "/" + entry.name);
  std::vector<std::string> paths;
  for (auto& [name, path] : by_name) paths.push_back(std::move(path));
  return paths;
}

std::vector<std::string> UnitFiles::drop_ins_on_disk(std::span<const std::string> names) {
  const FoldersBySuffix folders = folders_of(names);
  for (const std::string& folder : folders[drop_in_suffix])
    if (const auto known = sub_folders_.find(folder); known != sub_folders_.end() && renew(folder, known->second)) ++version_;
  return drop_ins(names);
}

std::vector<DependencyLink> UnitFiles::dependency_links(std::span<const std::string> names) {
  std::vector<DependencyLink> links;
  const FoldersBySuffix folders = folders_of(names);
  for (const LinkFolder kind : {LinkFolder::wants, LinkFolder::requires_, LinkFolder::upholds}) {
    std::map<std::string_view, std::pair<SharedText, const SubEntry*>> by_name;  // the first folder that has a name wins
    for (const std::string& folder : folders[suffix_of(kind)]) {
      const SharedText path_before(folder + "/");
      for (const SubEntry& entry : sub_folder(folder))
        if (!is_hidden_or_backup(entry.name)) by_name.emplace(entry.name, std::pair(path_before, &entry));
    }
    for (const auto& [name, place] : by_name) {
      const auto& [path_before, entry] = place;
      if (!entry->masked) links.push_back({kind, entry->name, path_before});
    }
  }
  return links;
}

std::vector<std::string> UnitFiles::all_names() const {
  std::vector<std::string> names;
  for (const Folder& folder : folders_)
    for (const Item& item : folder.items)
      if (item.meaning != Meaning::nothing) names.push_back(item.name);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace unitparser
