// Answers for the bus about unit files, and the changes it asks for. [os]
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "init/os/sockets.h"
#include "init/system_port.h"
#include "unitparser/base/text.h"
#include "unitparser/load/install.h"
#include "unitparser/load/install_apply.h"
#include "unitparser/load/unit_file_state.h"

namespace init {
namespace {

using unitparser::InstallChange;
using unitparser::InstallPlan;

unitparser::Installer installer(System& system) {
  return {system.files(), system.unit_files().paths(), system.loader().context().specifiers};
}

std::unique_ptr<unitparser::UnitFileStates> fresh_look(System& system) {
  return std::make_unique<unitparser::UnitFileStates>(system.files(), system.unit_files().paths(), system.loader().context().specifiers);
}

/// The words of the bus for one change, as clients know them.
std::string kind_of(const InstallChange& change) {
  switch (change.kind) {
    case InstallChange::Kind::symlink: return "symlink";
    case InstallChange::Kind::unlink: return "unlink";
    case InstallChange::Kind::is_masked: return "masked";
    case InstallChange::Kind::is_dangling: return "dangling";
    case InstallChange::Kind::destination_not_present: return "destination not present";
    case InstallChange::Kind::auxiliary_failed: return "auxiliary unit failed";
    case InstallChange::Kind::failure: break;
  }
  return {};
}

/// A failed change as the bus tells it.
Error failure_of_change(const InstallChange& change) {
  const auto error = [&change](ErrorCode code, std::string text) { return Error{code, change.error, std::move(text), {}}; };
  switch (change.error) {
    case EEXIST:
      return error(ErrorCode::unit_exists, "File " + change.path + " already exists" + (change.source.empty() ? "." : " and is a symlink to " + change.source + "."));
    case ERFKILL: return error(ErrorCode::masked, "Unit file " + change.path + " is masked.");
    case EADDRNOTAVAIL: return error(ErrorCode::unit_generated, "Unit " + change.path + " is transient or generated.");
    case ETXTBSY: return error(ErrorCode::unit_bad_path, "File " + change.path + " is under the systemd unit hierarchy already.");
    case ELOOP: return error(ErrorCode::unit_linked, "Refusing to operate on linked unit file " + change.path + ".");
    case EUCLEAN: return error(ErrorCode::bad_unit_setting, "\"" + change.path + "\" is not a valid unit name.");
    case ENOENT: return error(ErrorCode::no_such_unit, "Unit file " + change.path + " does not exist.");
    default: return unitparser::fail_errno(change.error, "File " + change.path).value();
  }
}

Result<bus::UnitFileChanges> to_changes(const InstallPlan& plan) {
  bus::UnitFileChanges result;
  result.carries_install_info = plan.rules > 0;
  const InstallChange* failure = nullptr;
  for (const InstallChange& change : plan.changes)
    if (change.kind != InstallChange::Kind::failure)
      result.changes.push_back({kind_of(change), change.path, change.source});
    else if (failure == nullptr)
      failure = &change;
  // What failed beside something that was done is not told.
  if (plan.error == 0 && (failure == nullptr || !result.changes.empty())) return result;
  if (failure != nullptr) return tl::unexpected(failure_of_change(*failure));
  return unitparser::fail_errno(plan.error, "");
}

/// Writes a whole file in one step.
Result<bool> write_whole(const std::string& path, const std::string& text) {
  make_parent_folders(path, 0755);
  const std::string next = path + ".new";
  const unitparser::UniqueFd fd(::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0644));
  if (!fd) return unitparser::fail_errno(errno, "Failed to write " + path);
  if (::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::rename(next.c_str(), path.c_str()) != 0)
    return unitparser::fail_errno(errno, "Failed to write " + path);
  return true;
}

/// Whether that is what stands for a masked unit: the null device, or a file that is empty.
bool is_masked(const unitparser::FileStamp& stamp) {
  return stamp.kind == unitparser::FileKind::other || (stamp.kind == unitparser::FileKind::regular && stamp.size == 0);
}

InstallPlan plan_of(unitparser::Installer& installer, const bus::UnitFileRequest& request,
                    const unitparser::InstallOptions& options) {
  using bus::UnitFileVerb;
  switch (request.verb) {
    case UnitFileVerb::enable: return installer.enable(request.names, options);
    case UnitFileVerb::disable: return installer.disable(request.names, options);
    case UnitFileVerb::reenable: return installer.reenable(request.names, options);
    case UnitFileVerb::link: return installer.link(request.names, options);
    case UnitFileVerb::preset: return installer.preset(request.names, options);
    case UnitFileVerb::preset_all: return installer.preset_all(options);
    case UnitFileVerb::mask: return installer.mask(request.names, options);
    case UnitFileVerb::unmask: return installer.unmask(request.names, options);
    case UnitFileVerb::revert: return installer.revert(request.names);
    case UnitFileVerb::set_default:
      return installer.set_default(request.names.empty() ? std::string() : request.names[0], options);
    case UnitFileVerb::add_wants:
      return installer.add_dependency(request.names, request.target, unitparser::DependencyLinkKind::wants, options);
    case UnitFileVerb::add_requires:
      return installer.add_dependency(request.names, request.target, unitparser::DependencyLinkKind::requires_, options);
  }
  return {};
}

}  // namespace

bool SystemPort::needs_reload(const Unit& unit) {
  const UnitOrigin& origin = unit.origin;
  if (origin.transient) return false;
  const auto changed = [this](const std::string& path, RealTime since) {
    if (path.empty() || path.starts_with("/proc/")) return false;
    const unitparser::FileStamp stamp = system_.files().stamp(path);
    return stamp.kind == unitparser::FileKind::missing || stamp.modified_nsec / 1000 > since.usec();
  };
  const std::string fragment_path = origin.fragment_path.str();
  if (origin.load_state == LoadState::masked) return !is_masked(system_.files().stamp(fragment_path));
  if (changed(fragment_path, origin.file_times.fragment) || changed(unit.config.unit_documents->source_path, origin.file_times.source)) return true;
  if (origin.load_state != LoadState::loaded) return false;
  if (system_.unit_files().drop_ins_on_disk(system_.unit_files().find(unit.name).names) != *origin.drop_in_paths) return true;
  return std::any_of(origin.drop_in_paths->begin(), origin.drop_in_paths->end(),
                     [&](const std::string& path) { return changed(path, origin.file_times.drop_ins); });
}

unitparser::UnitFileStates& SystemPort::look_at_unit_files() {
  if (!shown_files_.look) shown_files_.look = fresh_look(system_);
  return *shown_files_.look;
}

std::string SystemPort::unit_file_state(const Unit& unit) {
  if (unit.origin.fragment_path.empty()) return {};
  if (unitparser::is_in_transient_directory(system_.unit_files().paths(), unit.origin.fragment_path.view()))
    return std::string(unitparser::to_name(unitparser::UnitFileState::transient));
  std::string& known = shown_files_.states[unit.name.text()];
  if (known.empty())
    if (const auto state = look_at_unit_files().state(unit.name.text())) known = unitparser::to_name(*state);
  return known;
}

std::string SystemPort::unit_file_preset(const Unit& unit) {
  if (unit.origin.fragment_path.empty()) return {};
  return look_at_unit_files().preset(unit.name.text()) ? "enabled" : "disabled";
}

Result<std::string> SystemPort::unit_file_state(const std::string& name) {
  const auto state = TRY(fresh_look(system_)->state(name));
  return std::string(unitparser::to_name(state));
}

Result<std::vector<bus::UnitFileEntry>> SystemPort::list_unit_files(std::span<const std::string> patterns) {
  std::vector<bus::UnitFileEntry> entries;
  for (unitparser::UnitFileEntry& entry : fresh_look(system_)->list(patterns))
    entries.push_back({std::move(entry.path), std::string(unitparser::to_name(entry.state))});
  return entries;
}

Result<std::vector<std::string>> SystemPort::unit_file_links(const std::string& name, bool runtime) {
  // What disabling would remove are the links that enabling made.
  const std::vector<std::string> names{name};
  const InstallPlan plan = installer(system_).disable(names, {.runtime = runtime});
  if (plan.error != 0) return unitparser::fail_errno(plan.error, "");
  std::vector<std::string> links;
  for (const InstallChange& change : plan.changes)
    if (change.kind == InstallChange::Kind::unlink) links.push_back(change.path);
  return links;
}

Result<bus::UnitFileChanges> SystemPort::change_unit_files(const bus::UnitFileRequest& request) {
  unitparser::InstallOptions options{.runtime = request.runtime, .force = request.force};
  if (!request.preset_mode.empty()) {
    const auto mode = unitparser::from_name<unitparser::PresetMode>(request.preset_mode);
    if (!mode) return fail(ErrorCode::invalid_argument, "Invalid argument");
    options.preset_mode = *mode;
  }
  auto planner = installer(system_);
  InstallPlan plan = plan_of(planner, request, options);
  unitparser::apply_install(plan, {});
  forget_unit_files();
  return to_changes(plan);
}

Result<std::string> SystemPort::default_target() { return installer(system_).get_default(); }

Result<std::string> SystemPort::write_control_drop_in(const Unit& unit, const std::string& property, const std::string& text, bool runtime) {
  const unitparser::UnitPaths& paths = system_.unit_files().paths();
  // What is said of a transient unit goes when the unit goes.
  const std::string& folder = unit.origin.transient ? paths.transient : runtime ? paths.runtime_control : paths.persistent_control;
  const std::string remark =
      "# This is a drop-in unit file extension, created via \"systemctl set-property\"\n# or an equivalent operation. Do not "
      "edit.\n";
  std::string path = folder + "/" + unit.name.text() + ".d/50-" + property + ".conf";
  TRY(write_whole(path, remark + text));
  system_.unit_files().refresh();
  return path;
}

Result<unitparser::LoadedUnit> SystemPort::make_transient(const UnitName& name, const std::string& text) {
  const std::string path = system_.unit_files().paths().transient + "/" + name.text();
  TRY(write_whole(path, text));
  system_.unit_files().refresh();
  return system_.loader().load(name);
}

void SystemPort::forget_transient(const UnitName& name) {
  ::unlink((system_.unit_files().paths().transient + "/" + name.text()).c_str());
  system_.unit_files().refresh();
}

}  // namespace init
