// StartTransientUnit: units made of properties that a client sends. [bus]
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "init/bus/request.h"
#include "unitparser/names/bus_name.h"

namespace init::bus {
namespace {

using namespace unitparser;

bool can_be_transient(UnitType type) {
  switch (type) {
    case UnitType::service: case UnitType::mount: case UnitType::socket: case UnitType::automount: case UnitType::timer:
    case UnitType::path: case UnitType::slice: case UnitType::scope:
      return true;
    default: return false;
  }
}

/// Which standard stream a descriptor property is for.
std::optional<std::size_t> standard_stream(std::string_view property) {
  constexpr std::array<std::string_view, 3> names{"StandardInputFileDescriptor", "StandardOutputFileDescriptor", "StandardErrorFileDescriptor"};
  const auto found = std::find(names.begin(), names.end(), property);
  return found == names.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - names.begin()));
}

/// The processes that a scope is to have; 0 is the caller.
Result<std::vector<pid_t>> pids_of(const Request& r, const Value& value) {
  const auto* list = std::get_if<ArrayValue>(&value.storage);
  if (list == nullptr || list->element_signature != "u") return fail_contents();
  std::vector<pid_t> pids;
  for (const auto& element : list->elements) {
    const auto number = std::get<std::uint32_t>(element.storage);
    const pid_t pid = number == 0 ? r.caller.pid : static_cast<pid_t>(number);
    if (pid <= 0) return fail(ErrorCode::invalid_argument, fmt::format("Process identifier {} is not valid.", pid));
    if (pid == 1 || pid == ::getpid()) return fail(ErrorCode::invalid_argument, fmt::format("Process {} is a manager process, refusing.", pid));
    if (!r.manager.process_owner(pid)) return tl::unexpected<Error>(Error{ErrorCode::io, ESRCH, fmt::format("Process with ID {} does not exist.", pid), {}});
    pids.push_back(pid);
  }
  if (pids.empty()) return refused_setting(std::string(without_words));
  return pids;
}

/// COMPAT: what is refused whatever the value.
std::optional<Error> objection_to_setting(UnitType type, std::string_view property) {
  const auto refused = [](std::string message) { return refused_setting(std::move(message)).value(); };
  if (property == "Slice" && type == UnitType::slice) return refused("Slice may not be set for slice units.");
  if (property == "Slice" && !unitparser::resource_sections.has(*section_of(type))) return refused("The slice property is only available for units with control groups.");
  if (property.starts_with("Delegate") && type != UnitType::service && type != UnitType::scope && unitparser::resource_sections.has(*section_of(type))) return refused("Delegation not available for unit type");
  if (property.starts_with("ManagedOOM") && property != "ManagedOOMPreference" && (type == UnitType::socket || type == UnitType::mount)) return refused(fmt::format("Cannot set {} for this unit type", property));
  return std::nullopt;
}

/// One unit: properties that are no settings of a file are taken out, the others become the text of its fragment.
Result<event::TransientUnit> make_unit(Request& r, const UnitName& name, const Value& properties) {
  event::TransientUnit unit;
  unit.name = name;
  std::string text = "# This is a transient unit file, created programmatically via the systemd API. Do not edit.\n";
  std::string section;
  UnitConfig config;
  const SpecifierFacts facts;
  const auto scope = r.engine.options().user_manager ? ManagerScope::user : ManagerScope::system;
  for (const auto& element : std::get<ArrayValue>(properties.storage).elements) {
    const auto& pair = std::get<StructValue>(element.storage).fields;
    const auto& property = std::get<std::string>(pair[0].storage);
    const auto& value = std::get<VariantValue>(pair[1].storage).content.front();
    if (property == "PIDs" && name.type() == UnitType::scope) {
      unit.pids = TRY(pids_of(r, value));
      continue;
    }
    if (property == "Controller" && name.type() == UnitType::scope) {
      const auto* controller = std::get_if<std::string>(&value.storage);
      if (controller == nullptr) return fail_contents();
      if (!controller->empty() && !is_bus_name(*controller)) return refused_setting(fmt::format("Controller '{}' is not a valid bus name.", *controller));
      unit.controller = *controller;
      continue;
    }
    if (const auto stream = standard_stream(property); stream && name.type() == UnitType::service) {
      const auto* handle = std::get_if<HandleValue>(&value.storage);
      if (handle == nullptr) return fail_contents();
      const int fd = ::fcntl(handle->fd, F_DUPFD_CLOEXEC, 3);
      if (fd < 0) return fail(ErrorCode::invalid_argument, "No descriptor was given for " + property + ".");
      GivenFds& given = (*r.standard_fds)[name.text()];
      given.streams[*stream].reset(fd);
      given.request = r.id;
      continue;
    }
    if (property == "Markers") {
      std::uint32_t mask = 0;
      if (auto wrong = take_markers(value, unit.markers, mask)) return tl::unexpected(std::move(*wrong));
      continue;
    }
    if (property == "AddRef") {
      if (!std::holds_alternative<bool>(value.storage)) return fail_contents();
      unit.add_ref = value == Value(true) && !r.caller.sender.empty();
      continue;
    }
    if (auto refused = objection_to_setting(name.type(), property)) return tl::unexpected(std::move(*refused));
    auto lines = set_from_bus(config, name, property, value, SetMode::transient, facts, r.manager.machine(), scope);
    if (!lines && lines.error().code == ErrorCode::not_found && from_name<DependencyKind>(property))
      return refused_setting(fmt::format("Dependency type {} may not be created transiently.", property));
    if (!lines) return tl::unexpected(std::move(lines.error()));
    append_settings(text, section, *lines);
  }
  auto loaded = TRY(r.manager.make_transient(name, text));
  if (loaded.state != LoadState::loaded) r.manager.forget_transient(name);
  if (loaded.state == LoadState::bad_setting)
    return fail(ErrorCode::bad_unit_setting, "Unit " + name.text() + " has a bad unit file setting.");
  if (loaded.state != LoadState::loaded) return tl::unexpected(std::move(loaded.error));
  unit.config = std::make_shared<UnitConfig>(std::move(loaded.config));
  unit.fragment_path = std::move(loaded.fragment_path);
  return unit;
}

/// What stands in the way of making a unit of that name.
std::optional<BusFailure> objection(Request& r, const std::string& text) {
  const auto name = UnitName::parse(text);
  if (!name) return invalid_arguments("Invalid unit name or type.");
  if (!can_be_transient(name->type())) return invalid_arguments("Unit type " + std::string(to_name(name->type())) + " does not support transient units.");
  const Unit* present = r.engine.find(text);
  // A scope or slice counts as loaded even when no file and no request has made it yet.
  const bool made_of_nothing = present != nullptr && (name->type() == UnitType::scope || name->type() == UnitType::slice) &&
                               present->origin.fragment_path.empty() && !present->origin.perpetual &&
                               present->active_state() == ActiveState::inactive;
  if (present != nullptr && !made_of_nothing &&
      (present->origin.load_state == LoadState::loaded || present->origin.load_state == LoadState::masked))
    return BusFailure{"org.freedesktop.systemd1.UnitExists", "Unit " + text + " was already loaded or has a fragment file."};
  return std::nullopt;
}

Outcome start_transient(Request& r) {
  const auto mode = from_name<JobMode>(r.text(1));
  if (!mode) return invalid_arguments("Job mode " + r.text(1) + " is invalid.");
  if (!r.authorised) return NeedsAuthorisation{};
  if (auto refused = objection(r, r.text(0))) return std::move(*refused);
  if (r.engine.find(r.text(0)) == nullptr && !r.unit_was_loaded) return NeedsUnit{r.text(0)};  // a file of that name may exist
  event::StartTransient event;
  event.request = r.id;
  event.mode = *mode;
  event.client = r.caller.sender;
  event.cause = cause_of(r);
  auto main = make_unit(r, *UnitName::parse(r.text(0)), r.arguments[2]);
  if (!main) return failure_of_setting(main.error());
  event.units.push_back(std::move(*main));
  for (const auto& element : r.argument<ArrayValue>(3).elements) {
    const auto& pair = std::get<StructValue>(element.storage).fields;
    const auto& name = std::get<std::string>(pair[0].storage);
    auto refused = objection(r, name);
    if (!refused) {
      auto unit = make_unit(r, *UnitName::parse(name), pair[1]);
      if (!unit) refused = failure_of_setting(unit.error());
      else event.units.push_back(std::move(*unit));
    }
    if (refused) {
      for (const auto& made : event.units) r.manager.forget_transient(made.name);
      return std::move(*refused);
    }
  }
  return Posted{std::move(event), ReplyShape::job_path};
}

constexpr std::array rows{MethodRow{"StartTransientUnit", start_transient, Action::manage_units, Asks::within}};

}  // namespace

void append_settings(std::string& text, std::string& section, std::span<const SettingLine> lines) {
  for (const SettingLine& line : lines) {
    if (line.section != section) text += fmt::format("{}[{}]\n", section.empty() ? "" : "\n", line.section);
    section = line.section;
    text += fmt::format("{}={}\n", line.key, line.value);
  }
}

std::span<const MethodRow> transient_methods() { return rows; }

}  // namespace init::bus
