// Loading of units. [port]
#include "unitparser/load/unit_loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "unitparser/base/text.h"
#include "unitparser/directives/codec_unit.h"
#include "unitparser/directives/registry.h"
#include "unitparser/load/derived_settings.h"
#include "unitparser/load/disk_time_zones.h"
#include "unitparser/load/load_defaults.h"
#include "unitparser/syntax/ini_reader.h"

namespace unitparser {

LoadContext make_load_context(SpecifierFacts specifiers, MachineFacts machine, ManagerScope scope, ManagerDefaults manager,
                              std::shared_ptr<TimeZones> zones) {
  LoadDefaults defaults = make_load_defaults(manager, machine, scope, specifiers.home);
  return {std::move(specifiers), std::move(machine), scope, std::move(manager), std::move(defaults), std::move(zones)};
}

namespace {

/// Reads the assignments of one document into a config.
class DocumentReader {
 public:
  DocumentReader(const std::string& path, std::uint32_t source, const LoadContext& context, LoadedUnit& unit)
      : path_(path), source_(source), context_(context), unit_(unit), diagnostics_(unit.diagnostics) {}

  FileOutcome read(const IniDocument& document) {
    for (const IniEntry& entry : document.entries) {
      if (entry.kind == IniKind::section)
        enter(entry);
      else if (!entry.in_section)
        warn(entry, entry.key, "Assignment outside of section. Ignoring.", "put it behind a line such as [Service]");
      else if (entry.kind == IniKind::missing_equals)
        warn(entry, {}, "Missing '=', ignoring line.");
      else if (entry.kind == IniKind::missing_key)
        warn(entry, {}, "Missing key name before '=', ignoring line.");
      else if (section_ && !assign(entry))
        return failed_ ? FileOutcome::failed : FileOutcome::fatal;
    }
    if (!document.failure) return FileOutcome::complete;
    Diagnostic failure{Severity::error, {path_, document.failure->position.line, 0}, {}, document.failure->message, {}};
    diagnostics_.push_back(std::move(failure));
    return FileOutcome::malformed;
  }

 private:
  void enter(const IniEntry& entry) {
    section_ = from_name<Section>(entry.section);
    if (section_ && allows_section(unit_.id.type(), *section_)) return;
    const bool elsewhere = section_.has_value();
    section_.reset();
    if (entry.section.starts_with("X-")) return;
    warn(entry, entry.section, fmt::format("Unknown section '{}'. Ignoring.", replace_invalid_utf8(entry.section)),
         elsewhere ? fmt::format("a {} unit has no such section", to_name(unit_.id.type())) : std::string());
  }

  /// False: the unit became unusable.
  bool assign(const IniEntry& entry) {
    const FoundDirective* directive = find_directive(*section_, entry.key);
    if (directive == nullptr) {
      if (!entry.key.starts_with("X-"))
        warn(entry, entry.key, fmt::format("Unknown key '{}' in section [{}], ignoring.", replace_invalid_utf8(entry.key), entry.section), hint(entry.key));
      return true;
    }
    if (directive->effective->apply == nullptr) {
      warn(entry, entry.key, fmt::format("Support for option {}= has been removed and it is ignored", entry.key), std::string(directive->effective->description));
      return true;
    }
    Remarks remarks(diagnostics_, {path_, entry.line, entry.column}, entry.key);
    ParseContext context{.section = entry.section, .key = entry.key, .origin = {source_, entry.line},
                         .specifiers = {&context_.specifiers, unit_.id.text(), unit_.fragment_path, {}}, .machine = &context_.machine,
                         .zones = context_.zones.get(), .type = unit_.id.type(), .scope = context_.scope, .remarks = remarks};
    const std::size_t said = diagnostics_.size();
    const UnitRow& row = *directive->effective;
    const bool accepted = row.apply(context, unit_.config, entry.value);
    for (std::size_t i = said; i < diagnostics_.size(); ++i)
      if (diagnostics_[i].hint.empty() && !accepted && !row.value_word.empty()) diagnostics_[i].hint = fmt::format("expected: {}", row.value_word);
    if (context_.list_assignments)
      unit_.assignments.push_back({to_name(*section_), row.key, std::string(entry.key), std::string(entry.value), {path_, entry.line, entry.column}, row.list, accepted});
    failed_ = context.load_error != 0;
    return !context.fatal && !failed_;
  }

  [[nodiscard]] std::string hint(std::string_view key) const {
    if (const std::string_view near = nearest(key, keys_of(*section_)); !near.empty()) return fmt::format("did you mean {}=?", near);
    for (const Section other : {Section::unit, Section::install, section_of(unit_.id.type()).value_or(Section::unit)})
      if (other != *section_ && find_directive(other, key) != nullptr) return fmt::format("it belongs into section [{}]", to_name(other));
    return {};
  }

  void warn(const IniEntry& entry, std::string_view key, std::string message, std::string why = {}) {
    diagnostics_.push_back({Severity::warning, {path_, entry.line, entry.column}, std::string(key), std::move(message), std::move(why)});
  }

  const std::string& path_;
  std::uint32_t source_;
  const LoadContext& context_;
  LoadedUnit& unit_;
  Diagnostics& diagnostics_;
  std::optional<Section> section_;
  bool failed_ = false;
};

std::uint64_t hash_of(std::string_view text) { return std::hash<std::string_view>{}(text); }
/// One more number in a sum that their order counts in.
std::uint64_t mix(std::uint64_t sum, std::uint64_t number) {
  sum = (sum ^ number) * 0x9e3779b97f4a7c15U;
  return sum ^ (sum >> 32U);
}

RealTime modified(const FileStamp& stamp) { return RealTime::from_usec(stamp.modified_nsec / 1000); }

/// Units of these types exist without a file.
bool exists_without_file(const UnitName& name) {
  return name.type() == UnitType::slice || name.type() == UnitType::device || name.type() == UnitType::scope || name.text() == "-.mount";
}
bool is_blank(std::string_view text) { return text.empty(); }

void set_bad_setting(LoadedUnit& unit) {
  unit.state = LoadState::bad_setting;
  unit.error = {ErrorCode::bad_unit_setting, ENOEXEC, fmt::format("Unit {} has a bad unit file setting.", unit.id.text()), {}};
}
/// The fragment has a line that makes the unit unusable.
void set_fatal(LoadedUnit& unit) {
  unit.diagnostics.push_back({Severity::info, {unit.fragment_path, 0, 0}, {}, fmt::format("{}: Unit configuration has fatal error, unit will not be started.", unit.id.text()), {}, {}, {}, ENOEXEC});
  set_bad_setting(unit);
}
void set_error(LoadedUnit& unit, int os_errno, const std::string& path) {
  unit.state = LoadState::error;
  unit.error = {ErrorCode::load_failed, os_errno, fmt::format("Unit {} failed to load properly, please adjust/correct and reload service manager: {}", unit.id.text(), std::strerror(os_errno)), {path, 0, 0}};
}

void finish(LoadedUnit& unit, const LoadContext& context) {
  const UnitType type = unit.id.type();
  // COMPAT: of what is not there nothing is derived; but a mount or swap without a file may be the kernel's.
  if (unit.state == LoadState::loaded || type == UnitType::mount || type == UnitType::swap || exists_without_file(unit.id))
    derive_settings(unit.config, unit.id, context.manager, context.defaults, context.scope);
  if (unit.state != LoadState::loaded) {
    if (type == UnitType::mount) unit.config.common.write().mount.write().where.clear();
    return;
  }
  if (unit.id.type() == UnitType::automount && unit.config.common->automount->where == "/") {
    set_error(unit, EADDRNOTAVAIL, unit.fragment_path);  // COMPAT: the root folder has no folder to be mounted in
    return;
  }
  derive_description(unit.config, unit.id, context.scope);
  unit.is_whole = true;
  Remarks remarks(unit.diagnostics, {unit.fragment_path, 0, 0}, {});
  if (unit.fragment_path.empty() && exists_without_file(unit.id) && unit.id.type() != UnitType::slice) return;
  const std::string refusal = verify_settings(unit.config, unit.id, remarks);
  if (refusal.empty()) return;
  remarks.add(Severity::error, fmt::format("{}: {}", unit.id.text(), refusal));
  // COMPAT: of slices the name alone is looked at
  if (unit.id.type() == UnitType::slice) set_error(unit, EINVAL, unit.fragment_path);
  else set_bad_setting(unit);
}

/// The source's place among them, at the end if it is new.
std::uint32_t number_of_source(std::vector<SharedText>& sources, const SharedText& source) {
  const auto known = std::find(sources.rbegin(), sources.rend(), source);
  if (known != sources.rend()) return static_cast<std::uint32_t>(sources.rend() - known) - 1;
  sources.push_back(source);
  return static_cast<std::uint32_t>(sources.size()) - 1;
}

DependencyKind kind_of(LinkFolder folder) {
  switch (folder) {
    case LinkFolder::wants: return DependencyKind::wants;
    case LinkFolder::requires_: return DependencyKind::requires_;
    case LinkFolder::upholds: return DependencyKind::upholds;
  }
  return DependencyKind::wants;
}

}  // namespace

FileOutcome parse_unit_text(std::string_view text, const std::string& path, const LoadContext& context, LoadedUnit& unit) {
  const auto source = static_cast<std::uint32_t>(unit.config.sources.size());
  unit.config.sources.emplace_back(path);
  const IniDocument document = read_ini(text);
  return DocumentReader(path, source, context, unit).read(document);
}

void StampSum::add(const FileStamp& stamp) {
  settled_ = settled_ && stamp.settled;
  for (const std::uint64_t number : {static_cast<std::uint64_t>(stamp.kind), stamp.device, stamp.inode, stamp.size, stamp.modified_nsec, stamp.changed_nsec})
    sum_ = mix(sum_, number);
}

UnitLoader::UnitLoader(FileSource& source, UnitFiles& files, LoadContext context) : source_(&source), files_(&files) { set_context(std::move(context)); }
void UnitLoader::set_context(LoadContext context) {
  const bool is_same = context_number_ != 0 && context.specifiers == context_.specifiers && context.machine == context_.machine &&
                       context.scope == context_.scope && context.manager == context_.manager;
  if (!is_same) ++context_number_;
  context_ = std::move(context);
  if (!context_.zones) context_.zones = std::make_shared<DiskTimeZones>(*source_);
}

UnitLoader::Sources UnitLoader::find_sources(const UnitName& name) {
  Sources sources{files_->find(name), {}, {}};
  sources.drop_ins = files_->drop_ins(sources.unit.names);
  sources.links = files_->dependency_links(sources.unit.names);
  return sources;
}

std::uint64_t UnitLoader::mark_of(const Sources& sources) {
  std::uint64_t sum = static_cast<std::uint64_t>(sources.unit.masked);
  for (const std::string& name : sources.unit.names) sum = mix(sum, hash_of(name));
  sum = mix(sum, hash_of(sources.unit.fragment_path));
  for (const std::string& path : sources.drop_ins) sum = mix(sum, hash_of(path));
  for (const DependencyLink& link : sources.links) sum = mix(mix(sum, hash_of(link.path_before.view())), hash_of(link.unit));
  return sum;
}

bool UnitLoader::is_unchanged(const UnitName& name, const std::string& fragment_path, const std::vector<std::string>& drop_in_paths,
                              const std::string& source_path, FilesMark& mark) {
  if (mark.context != context_number_) return false;
  if (mark.index != files_->version()) {
    if (mark_of(find_sources(name)) != mark.found) return false;
    mark.index = files_->version();
  }
  StampSum stamps;
  stamps.add(source_->stamp(fragment_path));
  for (const std::string& path : drop_in_paths) stamps.add(source_->stamp(path));
  if (!source_path.empty()) stamps.add(source_->stamp(source_path));
  return stamps.sum() == mark.content;
}

LoadedUnit UnitLoader::load(const UnitName& name) {
  const Sources sources = find_sources(name);
  const FoundUnit& found = sources.unit;
  LoadedUnit unit;
  unit.id = found.id.empty() ? name : found.id;
  unit.config = context_.defaults.of(unit.id.type());
  for (const std::string& other : found.names)
    if (other != unit.id.text())
      if (Result<UnitName> alias = UnitName::parse(other)) unit.aliases.push_back(std::move(*alias));
  if (found.error) {
    set_error(unit, found.error->os_errno, found.fragment_path);
    return unit;
  }
  unit.fragment_path = found.fragment_path;
  unit.transient = is_in_transient_directory(files_->paths(), unit.fragment_path);
  unit.generated = is_in_generator_directory(files_->paths(), unit.fragment_path);
  if (found.masked) {
    unit.state = LoadState::masked;
    unit.error = {ErrorCode::masked, ERFKILL, fmt::format("Unit {} is masked.", unit.id.text()), {}};
    return unit;
  }
  if (unit.id.is_template()) {
    unit.state = LoadState::error;
    unit.error = {ErrorCode::invalid_argument, EINVAL, fmt::format("Unit name {} is missing the instance name.", unit.id.text()), {}};
    return unit;
  }
  StampSum stamps;
  read_unit(found, unit, stamps);
  if (unit.state == LoadState::masked || unit.state == LoadState::error) return unit;
  if (unit.state != LoadState::bad_setting) read_drop_ins(sources.drop_ins, unit, stamps);
  add_links(sources.links, unit);
  finish(unit, context_);
  if (const std::string& source = unit.config.unit_documents->source_path; !source.empty()) {
    const FileStamp stamp = source_->stamp(source);
    stamps.add(stamp);
    unit.times.source = modified(stamp);
  }
  // What was said about a unit is said again by each reload; and a timer depends on the time zones too.
  const bool follows_from_files = unit.state == LoadState::loaded && unit.diagnostics.empty() && unit.id.type() != UnitType::timer;
  if (const auto content = stamps.sum(); content && follows_from_files)
    unit.mark = {mark_of(sources), *content, files_->version(), context_number_};
  recent_.share(unit.config);
  unit.config.sources.shrink_to_fit();
  return unit;
}

void UnitLoader::read_unit(const FoundUnit& found, LoadedUnit& unit, StampSum& stamps) {
  FileStamp stamp;
  const Result<std::string> text = found.fragment_path.empty() ? unitparser::fail_errno(ENOENT, "") : source_->read(found.fragment_path, longest_unit_file, &stamp);
  stamps.add(stamp);
  unit.times.fragment = modified(stamp);
  if (!text && text.error().os_errno == ENOENT) {  // none, or it went since its folder was looked at
    unit.fragment_path.clear();
    unit.transient = false;
    unit.state = exists_without_file(unit.id) ? LoadState::loaded : LoadState::not_found;
    if (unit.state == LoadState::not_found)
      unit.error = {ErrorCode::no_such_unit, ENOENT, fmt::format("Unit {} not found.", unit.id.text()), {}};
    return;
  }
  if (!text) {
    unit.config.sources.emplace_back(found.fragment_path);
    set_error(unit, text.error().os_errno != 0 ? text.error().os_errno : EIO, found.fragment_path);
    unit.diagnostics.push_back({Severity::error, {found.fragment_path, 0, 0}, {}, text.error().message, {}});
    return;
  }
  if (is_blank(*text)) {
    unit.config.sources.emplace_back(found.fragment_path);
    unit.state = LoadState::masked;
    unit.error = {ErrorCode::masked, ERFKILL, fmt::format("Unit {} is masked.", unit.id.text()), {}};
    return;
  }
  unit.state = LoadState::loaded;
  switch (parse_unit_text(*text, found.fragment_path, context_, unit)) {
    case FileOutcome::complete: break;
    case FileOutcome::malformed: set_error(unit, EBADMSG, found.fragment_path); break;
    case FileOutcome::failed: set_error(unit, EINVAL, found.fragment_path); break;
    case FileOutcome::fatal: set_fatal(unit); break;
  }
}

void UnitLoader::read_drop_ins(const std::vector<std::string>& paths, LoadedUnit& unit, StampSum& stamps) {
  // A name without a file has no use for drop-ins unless the kernel makes the unit.
  const UnitType type = unit.id.type();
  if (unit.state == LoadState::not_found && type != UnitType::mount && type != UnitType::swap) return;
  for (const std::string& path : paths) {
    FileStamp stamp;
    const Result<std::string> text = source_->read(path, longest_unit_file, &stamp);
    stamps.add(stamp);
    unit.times.drop_ins = std::max(unit.times.drop_ins, modified(stamp));
    if (!text) {
      unit.diagnostics.push_back({Severity::error, {path, 0, 0}, {}, fmt::format("Failed to read drop-in, ignoring: {}", text.error().message), {}});
      continue;
    }
    unit.drop_in_paths.push_back(path);
    // COMPAT: systemd reads on after a drop-in with a fatal line; only the rest of that drop-in is lost.
    (void)parse_unit_text(*text, path, context_, unit);
  }
}

void UnitLoader::add_links(const std::vector<DependencyLink>& links, LoadedUnit& unit) {
  if (links.empty()) return;
  auto& dependencies = unit.config.unit.write().dependencies;
  dependencies.reserve(dependencies.size() + links.size());
  for (const DependencyLink& link : links) {
    Diagnostics unused;
    Remarks remarks(unused, {link.path(), 0, 0}, {});
    const ParseContext context{.section = {}, .key = {}, .origin = {}, .specifiers = {&context_.specifiers, unit.id.text(), {}, {}}, .remarks = remarks};
    const Result<UnitName> other = resolve_unit_name(context, link.unit);
    if (!other) {
      unit.diagnostics.push_back({Severity::warning, {link.path(), 0, 0}, {}, fmt::format("{}: Dependency \"{}\" is not a valid unit name, ignoring.", unit.id.text(), link.unit), {}});
      continue;
    }
    // The link's path follows from its folder's, unless a template was filled in.
    const SharedText source = other->text() == link.unit ? link.path_before : SharedText(link.path());
    dependencies.push_back({kind_of(link.folder), other->text(), {number_of_source(unit.config.sources, source), 0}});
  }
}

LoadedUnit load_from_texts(const UnitName& name, const std::vector<std::pair<std::string, std::string>>& files, const LoadContext& context) {
  LoadedUnit unit;
  unit.id = name;
  unit.state = LoadState::loaded;
  unit.config = context.defaults.of(name.type());
  for (const auto& [path, text] : files) {
    const bool is_fragment = unit.config.sources.empty();
    if (is_fragment)
      unit.fragment_path = path;
    else
      unit.drop_in_paths.push_back(path);
    const FileOutcome outcome = parse_unit_text(text, path, context, unit);
    if (!is_fragment) continue;
    if (outcome == FileOutcome::malformed) set_error(unit, EBADMSG, path);
    if (outcome == FileOutcome::failed) set_error(unit, EINVAL, path);
    if (outcome == FileOutcome::fatal) set_fatal(unit);
  }
  finish(unit, context);
  return unit;
}

}  // namespace unitparser
