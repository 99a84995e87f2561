// Properties of org.freedesktop.systemd1.Manager and .Job. [bus]

#include <algorithm>

#include "init/bus/property_values.h"

namespace init::bus {
namespace {

using namespace unitparser;

/// The milestone that a timestamp property tells of.
std::optional<Milestone> milestone(std::string_view name) {
  constexpr std::string_view clock = "Monotonic";
  if (name.ends_with(clock)) name.remove_suffix(clock.size());
  return from_name<Milestone>(name);
}

Value count(const Engine& engine, std::string_view name) {
  const auto counts = engine.counts();
  if (name == "NNames") return static_cast<std::uint32_t>(counts.names);
  if (name == "NFailedUnits") return static_cast<std::uint32_t>(counts.failed_units);
  if (name == "NJobs") return static_cast<std::uint32_t>(counts.jobs);
  if (name == "NInstalledJobs") return static_cast<std::uint32_t>(counts.installed_jobs);
  return static_cast<std::uint32_t>(counts.failed_jobs);
}

/// Share of the jobs of the boot that are done.
double progress(const Engine& engine, const BootTimes& times) {
  const auto counts = engine.counts();
  const bool finished = times.at(Milestone::finish).is_set();
  if (finished || counts.installed_jobs == 0) return 1.0;
  return 1.0 - static_cast<double>(counts.jobs) / static_cast<double>(counts.installed_jobs);
}

}  // namespace

Value manager_value(const Engine& engine, ManagerPort& manager, const Member& property) {
  const auto name = property.name;
  const auto& facts = manager.facts();
  if (const auto passed = milestone(name)) {
    const DualTime& time = manager.boot_times().at(*passed);
    return name.ends_with("Monotonic") ? time.monotonic.usec() : time.realtime.usec();
  }
  if (name == "Version") return facts.version;
  if (name == "Features") return facts.features;
  if (name == "Virtualization") return facts.virtualization;
  if (name == "ConfidentialVirtualization") return facts.confidential_virtualization;
  if (name == "Architecture") return facts.architecture;
  if (name == "ControlGroup") return facts.control_group;
  if (name == "UnitPath") return string_array(facts.unit_path);
  if (name == "LogLevel") return manager.log_level();
  if (name == "LogTarget") return manager.log_target();
  if (name == "Environment") return string_array(manager.environment());
  if (name == "SystemState") return manager.system_state();
  if (name == "ServiceWatchdogs") return engine.options().service_watchdogs;
  if (name == "Progress") return progress(engine, manager.boot_times());
  if (name == "NNames" || name == "NFailedUnits" || name == "NJobs" || name == "NInstalledJobs" || name == "NFailedJobs")
    return count(engine, name);
  if (name.starts_with("WatchdogLastPingTimestamp")) {
    const DualTime ping = manager.last_watchdog_ping();
    if (!ping.is_set()) return std::uint64_t{UINT64_MAX};  // COMPAT: not 0, as other times that never were
    return name.ends_with("Monotonic") ? ping.monotonic.usec() : ping.realtime.usec();
  }
  if (auto value = manager.setting(name)) return std::move(*value);
  return empty_value(property.output);
}

Value job_value(const Engine& engine, const Job& job, const Member& property) {
  const auto name = property.name;
  if (name == "Id") return static_cast<std::uint32_t>(job.id);
  if (name == "JobType") return std::string(to_name(job.type));
  if (name == "State") return std::string(to_name(job.state));
  if (name == "Unit") {
    const Unit* unit = engine.find(job.unit);
    const std::string id = unit == nullptr ? "" : unit->name.text();
    return struct_of(id, ObjectPath{unit_path(id)});
  }
  return empty_value(property.output);
}

}  // namespace init::bus
