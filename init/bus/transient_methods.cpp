// StartTransientUnit: units made of properties that a client sends. [bus]
#include <fcntl.h>

#include <algorithm>
#include <array>

#include "init/bus/request.h"
#include "unitparser/directives/registry.h"

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

/// One unit: properties that are no settings of a file are taken out, the others become the text of its fragment.
Result<event::TransientUnit> make_unit(Request& r, const UnitName& name, const Value& properties) {
  event::TransientUnit unit;
  unit.name = name;
  std::string text = "# This is a transient unit file, created programmatically via the systemd API. Do not edit.\n";
  std::string section;
  for (const auto& element : std::get<ArrayValue>(properties.storage).elements) {
    const auto& pair = std::get<StructValue>(element.storage).fields;
    const auto& property = std::get<std::string>(pair[0].storage);
    const auto& value = std::get<VariantValue>(pair[1].storage).content.front();
    if (property == "PIDs" && name.type() == UnitType::scope) {
      if (const auto* pids = std::get_if<ArrayValue>(&value.storage))
        for (const auto& pid : pids->elements)
          if (const auto* number = std::get_if<std::uint32_t>(&pid.storage)) unit.pids.push_back(*number == 0 ? r.caller.pid : static_cast<pid_t>(*number));
      continue;
    }
    if (property == "Controller" && name.type() == UnitType::scope) {
      if (const auto* controller = std::get_if<std::string>(&value.storage)) unit.controller = *controller;
      continue;
    }
    if (const auto stream = standard_stream(property); stream && name.type() == UnitType::service) {
      const auto* handle = std::get_if<HandleValue>(&value.storage);
      const int fd = handle == nullptr ? -1 : ::fcntl(handle->fd, F_DUPFD_CLOEXEC, 3);
      if (fd < 0) return fail(ErrorCode::invalid_argument, "No descriptor was given for " + property + ".");
      (*r.standard_fds)[name.text()][*stream].reset(fd);
      continue;
    }
    if (property == "AddRef") {
      unit.add_ref = value == Value(true) && !r.caller.sender.empty();
      continue;
    }
    auto lines = setting_lines(name.type(), property, value, SetMode::transient);
    if (!lines) {
      if (lines.error().code == ErrorCode::not_found || lines.error().code == ErrorCode::not_supported)
        return fail(ErrorCode::not_supported, "Cannot set property " + property + ", or unknown property.");
      return tl::unexpected(std::move(lines.error()));
    }
    for (const auto& line : *lines) {
      if (line.section != section) text += "\n[" + (section = line.section) + "]\n";
      text += line.key + "=" + line.value + "\n";
    }
  }
  auto loaded = TRY(r.manager.make_transient(name, text));
  if (loaded.state == LoadState::bad_setting)
    return fail(ErrorCode::bad_unit_setting, "Unit " + name.text() + " has a bad unit file setting.");
  if (loaded.state != LoadState::loaded) return tl::unexpected(std::move(loaded.error));
  unit.config = std::make_shared<UnitConfig>(std::move(loaded.config));
  return unit;
}

BusFailure transient_failure(const Error& error) {
  if (error.code == ErrorCode::not_supported && error.message.starts_with("Cannot set property"))
    return {"org.freedesktop.DBus.Error.PropertyReadOnly", error.message};
  return failure_of(error);
}

/// What stands in the way of making a unit of that name.
std::optional<BusFailure> objection(Request& r, const std::string& text) {
  const auto name = UnitName::parse(text);
  if (!name) return invalid_arguments("Unit name " + text + " is not valid.");
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
  if (auto refused = objection(r, r.text(0))) return std::move(*refused);
  if (!mode) return invalid_arguments("Job mode " + r.text(1) + " is invalid.");
  if (r.engine.find(r.text(0)) == nullptr && !r.unit_was_loaded) return NeedsUnit{r.text(0)};  // a file of that name may exist
  event::StartTransient event;
  event.request = r.id;
  event.mode = *mode;
  event.client = r.caller.sender;
  event.cause = cause_of(r);
  auto main = make_unit(r, *UnitName::parse(r.text(0)), r.arguments[2]);
  if (!main) {
    r.standard_fds->erase(r.text(0));
    return transient_failure(main.error());
  }
  if (main->name.type() == UnitType::scope && main->pids.empty() && main->controller.empty())
    return BusFailure{"org.freedesktop.DBus.Error.FileNotFound",
                      "Unit " + r.text(0) + " failed to load properly, please adjust/correct and reload service manager: No such file or directory"};
  event.units.push_back(std::move(*main));
  for (const auto& element : r.argument<ArrayValue>(3).elements) {
    const auto& pair = std::get<StructValue>(element.storage).fields;
    const auto& name = std::get<std::string>(pair[0].storage);
    if (auto refused = objection(r, name)) return std::move(*refused);
    auto unit = make_unit(r, *UnitName::parse(name), pair[1]);
    if (!unit) return transient_failure(unit.error());
    event.units.push_back(std::move(*unit));
  }
  return Posted{std::move(event), ReplyShape::job_path};
}

constexpr std::array rows{MethodRow{"StartTransientUnit", start_transient, Action::manage_units}};

}  // namespace

std::span<const MethodRow> transient_methods() { return rows; }

}  // namespace init::bus
