// Errors as clients see them: names from org.freedesktop.systemd1(5), texts as the original's. [pure]
#include <array>
#include <cerrno>
#include <cstring>

#include "init/bus/request.h"

namespace init::bus {

BusFailure failure_of(const Error& error) {
  struct Row {
    ErrorCode code;
    std::string_view name;
  };
  constexpr std::array rows{
      Row{ErrorCode::invalid_argument, "org.freedesktop.DBus.Error.InvalidArgs"},
      Row{ErrorCode::not_found, "org.freedesktop.DBus.Error.FileNotFound"},
      Row{ErrorCode::already_exists, "org.freedesktop.DBus.Error.FileExists"},
      Row{ErrorCode::permission_denied, "org.freedesktop.DBus.Error.AccessDenied"},
      Row{ErrorCode::not_supported, "org.freedesktop.DBus.Error.NotSupported"},
      Row{ErrorCode::timed_out, "org.freedesktop.DBus.Error.Timeout"},
      Row{ErrorCode::too_big, "org.freedesktop.DBus.Error.LimitsExceeded"},
      Row{ErrorCode::busy, "org.freedesktop.systemd1.UnitBusy"},
      Row{ErrorCode::load_failed, "org.freedesktop.systemd1.LoadFailed"},
      Row{ErrorCode::masked, "org.freedesktop.systemd1.UnitMasked"},
      Row{ErrorCode::no_such_unit, "org.freedesktop.systemd1.NoSuchUnit"},
      Row{ErrorCode::unit_exists, "org.freedesktop.systemd1.UnitExists"},
      Row{ErrorCode::bad_unit_setting, "org.freedesktop.systemd1.BadUnitSetting"},
      Row{ErrorCode::job_type_not_applicable, "org.freedesktop.systemd1.JobTypeNotApplicable"},
      Row{ErrorCode::transaction_destructive, "org.freedesktop.systemd1.TransactionIsDestructive"},
      Row{ErrorCode::transaction_conflicting, "org.freedesktop.systemd1.TransactionJobsConflicting"},
      Row{ErrorCode::transaction_cyclic, "org.freedesktop.systemd1.TransactionOrderIsCyclic"},
      Row{ErrorCode::only_by_dependency, "org.freedesktop.systemd1.OnlyByDependency"},
      Row{ErrorCode::no_isolation, "org.freedesktop.systemd1.NoIsolation"},
      Row{ErrorCode::shutting_down, "org.freedesktop.systemd1.ShuttingDown"},
      Row{ErrorCode::protocol, "org.freedesktop.DBus.Error.InvalidArgs"},
      Row{ErrorCode::no_such_process, "org.freedesktop.systemd1.NoSuchProcess"},
      Row{ErrorCode::not_referenced, "org.freedesktop.systemd1.NotReferenced"},
      Row{ErrorCode::nothing_to_clean, "org.freedesktop.systemd1.NothingToClean"},
      Row{ErrorCode::scope_not_running, "org.freedesktop.systemd1.ScopeNotRunning"},
      Row{ErrorCode::unit_inactive, "org.freedesktop.systemd1.UnitInactive"},
      Row{ErrorCode::unit_bad_path, "org.freedesktop.systemd1.UnitBadPath"},
      Row{ErrorCode::unit_generated, "org.freedesktop.systemd1.UnitGenerated"},
      Row{ErrorCode::unit_linked, "org.freedesktop.systemd1.UnitLinked"},
  };
  // COMPAT: a number that says "invalid argument" goes before what we call the failure.
  if (error.os_errno == EINVAL) return invalid_arguments(error.message);
  for (const auto& row : rows)
    if (row.code == error.code) return {std::string(row.name), error.message};
  if (error.code != ErrorCode::io) return {"org.freedesktop.DBus.Error.Failed", error.message};
  if (error.os_errno == ESRCH) return {"org.freedesktop.DBus.Error.UnixProcessIdUnknown", error.message};
  // COMPAT: numbers that D-Bus has no name for, as sd-bus-errors(3) has it.
  const char* number = error.os_errno == 0 || error.os_errno == EIO ? nullptr : ::strerrorname_np(error.os_errno);
  return {number == nullptr ? "org.freedesktop.DBus.Error.IOError" : "System.Error." + std::string(number), error.message};
}

BusFailure failure_of_setting(const Error& error) {
  return error.code == ErrorCode::not_found ? BusFailure{"org.freedesktop.DBus.Error.PropertyReadOnly", error.message} : failure_of(error);
}

BusFailure invalid_arguments(std::string text) { return {"org.freedesktop.DBus.Error.InvalidArgs", std::move(text)}; }

BusFailure access_denied() { return {"org.freedesktop.DBus.Error.AccessDenied", "Access denied"}; }
BusFailure too_many_requests() { return {"org.freedesktop.DBus.Error.LimitsExceeded", "Too many requests are under way."}; }

BusFailure client_of_no_unit() { return {"org.freedesktop.systemd1.NoSuchUnit", "Client not member of any unit."}; }

BusFailure no_such_job(JobId job) {
  return {"org.freedesktop.systemd1.NoSuchJob", "Job " + std::to_string(static_cast<std::uint32_t>(job)) + " does not exist."};
}

std::optional<BusFailure> bad_unit_name(const std::string& name) {
  const auto parsed = UnitName::parse(name);
  if (!parsed) return invalid_arguments("Unit name " + name + " is not valid.");
  if (parsed->is_template()) return invalid_arguments("Unit name " + name + " is missing the instance name.");
  return std::nullopt;
}

std::optional<BusFailure> not_found(const Unit& unit) {
  if (unit.origin.load_state != LoadState::not_found) return std::nullopt;
  return BusFailure{"org.freedesktop.systemd1.NoSuchUnit", "Unit " + unit.name.text() + " not found."};
}

BusFailure not_loaded(std::string_view unit) {
  return {"org.freedesktop.systemd1.NoSuchUnit", "Unit " + std::string(unit) + " not loaded."};
}

}  // namespace init::bus
