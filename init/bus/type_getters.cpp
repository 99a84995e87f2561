// Properties of the interfaces of unit types that are true now, not said in files. [bus]
#include "init/bus/property_values.h"
#include "init/machines/mount.h"
#include "unitparser/directives/registry.h"

namespace init::bus {
namespace {

using namespace unitparser;

constexpr auto no_id = static_cast<std::uint32_t>(-1);

template <class T>
const T& runtime(const PropertyContext& c) {
  const auto* own = std::get_if<Shared<T>>(&c.unit.type_runtime);
  return own == nullptr ? Shared<T>::default_value() : own->read();
}

Value config_value(const PropertyContext& c, const Member& m) {
  const auto* property = find_property(type_interface(c.unit.type()), m.name);
  return property == nullptr ? empty_value(m.output) : bus_value(c.unit.config, c.unit.name, c.manager.machine(), *property);
}

/// Commands from config with what is known of their last runs.
template <class Find>
Value commands(const PropertyContext& c, const Member& m, Find find) {
  Value value = config_value(c, m);
  auto* list = std::get_if<ArrayValue>(&value.storage);
  if (list == nullptr) return value;
  for (std::size_t i = 0; i < list->elements.size(); ++i) {
    auto* f = std::get_if<StructValue>(&list->elements[i].storage);
    const ExecStatus* status = find(static_cast<std::uint32_t>(i));
    if (f == nullptr || f->fields.size() != 10 || status == nullptr) continue;
    f->fields[3] = status->start.realtime.usec();
    f->fields[4] = status->start.monotonic.usec();
    f->fields[5] = status->exit.realtime.usec();
    f->fields[6] = status->exit.monotonic.usec();
    f->fields[7] = static_cast<std::uint32_t>(status->pid);
    f->fields[8] = std::int32_t{status->code};
    f->fields[9] = std::int32_t{status->status};
  }
  return value;
}

const ExecStatus* find_status(const std::map<std::uint32_t, ExecStatus>& all, std::uint32_t kind, std::uint32_t index) {
  const auto found = all.find(kind << 16U | index);
  return found == all.end() ? nullptr : &found->second;
}

/// Which list a property shows: its name without "Ex".
template <class Kind>
std::optional<std::uint32_t> command_kind(std::string_view property) {
  if (property.ends_with("Ex")) property.remove_suffix(2);
  const auto kind = from_name<Kind>(property);
  return kind ? std::optional(static_cast<std::uint32_t>(*kind)) : std::nullopt;
}

/// The command that the manager makes itself, once it has run.
template <class Runtime, class Kind, auto Make>
Value own_command(const PropertyContext& c, const Member& m) {
  ArrayValue list{std::string(m.output.substr(1)), {}};
  const auto& all = runtime<Runtime>(c).command_status;
  const auto kind = from_name<Kind>(m.name);
  const ExecStatus* status = kind ? find_status(all, static_cast<std::uint32_t>(*kind), 0) : nullptr;
  if (status != nullptr) {
    const ExecCommand command = Make(c.engine.options(), c.unit, *kind);
    list.elements.push_back(struct_of(command.path, string_array(command.argv), false, status->start.realtime.usec(), status->start.monotonic.usec(),
                                      status->exit.realtime.usec(), status->exit.monotonic.usec(), static_cast<std::uint32_t>(status->pid),
                                      std::int32_t{status->code}, std::int32_t{status->status}));
  }
  return list;
}

template <class Runtime, class Kind>
Value command_list(const PropertyContext& c, const Member& m) {
  const auto& r = runtime<Runtime>(c);
  const auto kind = command_kind<Kind>(m.name);
  return commands(c, m, [&](std::uint32_t index) { return kind ? find_status(r.command_status, *kind, index) : nullptr; });
}

template <class Runtime, auto Member_>
Value result_word(const PropertyContext& c, const Member&) {
  return std::string(to_name(runtime<Runtime>(c).*Member_));
}
template <class Runtime, auto Member_>
Value count_of(const PropertyContext& c, const Member&) {
  return std::uint32_t{runtime<Runtime>(c).*Member_};
}
Value main_pid(const PropertyContext& c, const Member&) { return static_cast<std::uint32_t>(c.engine.main_pid(c.unit.id)); }
Value control_pid(const PropertyContext& c, const Member&) { return static_cast<std::uint32_t>(c.engine.control_pid(c.unit.id)); }
Value unset_id(const PropertyContext&, const Member&) { return no_id; }

Value exec_main(const PropertyContext& c, const Member& m) {
  const auto& status = runtime<ServiceRuntime>(c).main.status;
  const auto name = m.name;
  if (name == "ExecMainStartTimestamp") return status.start.realtime.usec();
  if (name == "ExecMainStartTimestampMonotonic") return status.start.monotonic.usec();
  if (name == "ExecMainExitTimestamp") return status.exit.realtime.usec();
  if (name == "ExecMainExitTimestampMonotonic") return status.exit.monotonic.usec();
  if (name == "ExecMainPID") return static_cast<std::uint32_t>(status.pid);
  if (name == "ExecMainCode") return std::int32_t{status.code};
  return std::int32_t{status.status};
}

Value watchdog(const PropertyContext& c, const Member& m) {
  const auto& r = runtime<ServiceRuntime>(c);
  if (m.name == "WatchdogTimestamp") return r.notify.watchdog_realtime.usec();
  if (m.name == "WatchdogTimestampMonotonic") return r.notify.watchdog_at.usec();
  if (r.notify.watchdog_override) return r.notify.watchdog_override->usec();
  const bool never_ran = r.main.status.pid == 0 && c.unit.config.common->service_timeouts->watchdog.is_zero();
  return never_ran ? Duration::infinity().usec() : c.unit.config.common->service_timeouts->watchdog.usec();
}

Value oom_policy(const PropertyContext& c, const Member& m) {
  if (!c.unit.origin.is_whole && c.unit.type() == UnitType::service) return std::string();  // COMPAT: not known without files
  auto said = config_value(c, m);
  return said == Value("") ? Value(std::string(to_name(c.engine.options().default_oom_policy))) : said;
}

Value service_type(const PropertyContext& c, const Member& m) { return c.unit.origin.is_whole ? config_value(c, m) : Value(std::string()); }

constexpr auto service_commands = command_list<ServiceRuntime, ServiceCommandKind>;

constexpr std::array service_rows{
    UnitGetterRow{"Type", service_type},
    UnitGetterRow{"MainPID", main_pid},
    UnitGetterRow{"ControlPID", control_pid},
    UnitGetterRow{"NFileDescriptorStore", [](const PropertyContext& c, const Member&) -> Value { return static_cast<std::uint32_t>(runtime<ServiceRuntime>(c).fd_store.size()); }},
    UnitGetterRow{"StatusText", [](const PropertyContext& c, const Member&) -> Value { return runtime<ServiceRuntime>(c).notify.status_text; }},
    UnitGetterRow{"StatusErrno", [](const PropertyContext& c, const Member&) -> Value { return std::int32_t{runtime<ServiceRuntime>(c).notify.status_errno}; }},
    UnitGetterRow{"Result", result_word<ServiceRuntime, &ServiceRuntime::result>},
    UnitGetterRow{"ReloadResult", result_word<ServiceRuntime, &ServiceRuntime::reload_result>},
    UnitGetterRow{"CleanResult", result_word<ServiceRuntime, &ServiceRuntime::clean_result>},
    UnitGetterRow{"UID", unset_id}, UnitGetterRow{"GID", unset_id},
    UnitGetterRow{"NRestarts", count_of<ServiceRuntime, &ServiceRuntime::n_restarts>},
    UnitGetterRow{"ExecMainStartTimestamp", exec_main}, UnitGetterRow{"ExecMainStartTimestampMonotonic", exec_main},
    UnitGetterRow{"ExecMainExitTimestamp", exec_main}, UnitGetterRow{"ExecMainExitTimestampMonotonic", exec_main},
    UnitGetterRow{"ExecMainPID", exec_main}, UnitGetterRow{"ExecMainCode", exec_main}, UnitGetterRow{"ExecMainStatus", exec_main},
    UnitGetterRow{"WatchdogUSec", watchdog}, UnitGetterRow{"WatchdogTimestamp", watchdog}, UnitGetterRow{"WatchdogTimestampMonotonic", watchdog},
    UnitGetterRow{"OOMPolicy", oom_policy},
    UnitGetterRow{"ExecCondition", service_commands}, UnitGetterRow{"ExecConditionEx", service_commands},
    UnitGetterRow{"ExecStartPre", service_commands}, UnitGetterRow{"ExecStartPreEx", service_commands},
    UnitGetterRow{"ExecStart", service_commands}, UnitGetterRow{"ExecStartEx", service_commands},
    UnitGetterRow{"ExecStartPost", service_commands}, UnitGetterRow{"ExecStartPostEx", service_commands},
    UnitGetterRow{"ExecReload", service_commands}, UnitGetterRow{"ExecReloadEx", service_commands},
    UnitGetterRow{"ExecStop", service_commands}, UnitGetterRow{"ExecStopEx", service_commands},
    UnitGetterRow{"ExecStopPost", service_commands}, UnitGetterRow{"ExecStopPostEx", service_commands},
};

Value fd_name(const PropertyContext& c, const Member&) { return c.unit.config.common->socket->fd_name.value_or(c.unit.name.text()); }

constexpr std::array socket_rows{
    UnitGetterRow{"ControlPID", control_pid},
    UnitGetterRow{"Result", result_word<SocketRuntime, &SocketRuntime::result>},
    UnitGetterRow{"CleanResult", result_word<SocketRuntime, &SocketRuntime::clean_result>},
    UnitGetterRow{"NConnections", count_of<SocketRuntime, &SocketRuntime::n_connections>},
    UnitGetterRow{"NAccepted", count_of<SocketRuntime, &SocketRuntime::n_accepted>},
    UnitGetterRow{"NRefused", count_of<SocketRuntime, &SocketRuntime::n_refused>},
    UnitGetterRow{"UID", unset_id}, UnitGetterRow{"GID", unset_id},
    UnitGetterRow{"FileDescriptorName", fd_name},
    UnitGetterRow{"ExecStartPre", command_list<SocketRuntime, SocketCommandKind>},
    UnitGetterRow{"ExecStartPost", command_list<SocketRuntime, SocketCommandKind>},
    UnitGetterRow{"ExecStopPre", command_list<SocketRuntime, SocketCommandKind>},
    UnitGetterRow{"ExecStopPost", command_list<SocketRuntime, SocketCommandKind>},
};

/// What the kernel says of a mount, as long as it is mounted; else what files say.
Value mount_text(const PropertyContext& c, const Member& m) {
  const auto& kernel = runtime<MountRuntime>(c).kernel;
  if (!kernel) return config_value(c, m);
  return m.name == "What" ? kernel->what : m.name == "Type" ? kernel->type : kernel->options;
}
Value mount_where(const PropertyContext& c, const Member&) {
  if (!c.unit.config.common->mount->where.empty()) return c.unit.config.common->mount->where;
  const bool is_known = c.unit.origin.is_whole || runtime<MountRuntime>(c).kernel;  // COMPAT: not without files or a mount
  return is_known ? path_from_name(c.unit.name).value_or("") : std::string();
}

constexpr std::array mount_rows{
    UnitGetterRow{"ControlPID", control_pid},
    UnitGetterRow{"Where", mount_where}, UnitGetterRow{"What", mount_text}, UnitGetterRow{"Type", mount_text}, UnitGetterRow{"Options", mount_text},
    UnitGetterRow{"Result", result_word<MountRuntime, &MountRuntime::result>},
    UnitGetterRow{"ReloadResult", result_word<MountRuntime, &MountRuntime::reload_result>},
    UnitGetterRow{"CleanResult", result_word<MountRuntime, &MountRuntime::clean_result>},
    UnitGetterRow{"UID", unset_id}, UnitGetterRow{"GID", unset_id},
    UnitGetterRow{"ExecMount", own_command<MountRuntime, MountCommandKind, mount_command>},
    UnitGetterRow{"ExecUnmount", own_command<MountRuntime, MountCommandKind, mount_command>},
    UnitGetterRow{"ExecRemount", own_command<MountRuntime, MountCommandKind, mount_command>},
};

Value swap_priority(const PropertyContext& c, const Member&) {
  const auto kernel = runtime<SwapRuntime>(c).kernel_priority;
  return std::int32_t{kernel ? *kernel : c.unit.config.common->swap->priority.value_or(-1)};
}
Value swap_what(const PropertyContext& c, const Member& m) {
  const auto& r = runtime<SwapRuntime>(c);
  return r.kernel_device.empty() ? config_value(c, m) : Value(r.kernel_device);
}

constexpr std::array swap_rows{
    UnitGetterRow{"ControlPID", control_pid}, UnitGetterRow{"What", swap_what}, UnitGetterRow{"Priority", swap_priority},
    UnitGetterRow{"Result", result_word<SwapRuntime, &SwapRuntime::result>},
    UnitGetterRow{"CleanResult", result_word<SwapRuntime, &SwapRuntime::clean_result>},
    UnitGetterRow{"UID", unset_id}, UnitGetterRow{"GID", unset_id},
    UnitGetterRow{"ExecActivate", own_command<SwapRuntime, SwapCommandKind, swap_command>},
    UnitGetterRow{"ExecDeactivate", own_command<SwapRuntime, SwapCommandKind, swap_command>},
};

/// The unit that a timer, path or socket starts.
Value triggered_unit(const PropertyContext& c, const Member&) {
  const Unit* unit = c.engine.find(c.engine.graph().first(c.unit.id, Atom::triggers));
  return unit == nullptr ? std::string() : unit->name.text();
}

/// COMPAT: the last line of the file comes first.
Value monotonic_timers(const PropertyContext& c, const Member&) {
  ArrayValue list{"(stt)", {}};
  const auto& timers = c.unit.config.common->timer->timers;
  const auto& progress = runtime<TimerRuntime>(c).progress;
  for (std::size_t i = timers.size(); i-- > 0;)  // COMPAT: the last one first
    if (timers[i].base != TimerBase::calendar)
      list.elements.push_back(struct_of(std::string(to_name(timers[i].base)), timers[i].delay.usec(),
                                        i < progress.size() ? progress[i].next_elapse : std::uint64_t{0}));
  return list;
}
Value calendar_timers(const PropertyContext& c, const Member&) {
  ArrayValue list{"(sst)", {}};
  const auto& timers = c.unit.config.common->timer->timers;
  const auto& progress = runtime<TimerRuntime>(c).progress;
  for (std::size_t i = timers.size(); i-- > 0;)
    if (timers[i].base == TimerBase::calendar)
      list.elements.push_back(struct_of(std::string(to_name(timers[i].base)), timers[i].calendar,
                                        i < progress.size() ? progress[i].next_elapse : std::uint64_t{0}));
  return list;
}

/// COMPAT: of a timer that never counted, infinity.
std::uint64_t next_elapse(const TimerRuntime& timer, std::uint64_t when) { return when == 0 && timer.progress.empty() ? UINT64_MAX : when; }
Value next_realtime(const PropertyContext& c, const Member&) { return next_elapse(runtime<TimerRuntime>(c), runtime<TimerRuntime>(c).next_realtime); }
Value next_monotonic(const PropertyContext& c, const Member&) { return next_elapse(runtime<TimerRuntime>(c), runtime<TimerRuntime>(c).next_monotonic); }

constexpr std::array timer_rows{
    UnitGetterRow{"Unit", triggered_unit}, UnitGetterRow{"TimersMonotonic", monotonic_timers}, UnitGetterRow{"TimersCalendar", calendar_timers},
    UnitGetterRow{"NextElapseUSecRealtime", next_realtime},
    UnitGetterRow{"NextElapseUSecMonotonic", next_monotonic},
    UnitGetterRow{"LastTriggerUSec", [](const PropertyContext& c, const Member&) -> Value { return runtime<TimerRuntime>(c).last_trigger.realtime.usec(); }},
    UnitGetterRow{"LastTriggerUSecMonotonic", [](const PropertyContext& c, const Member&) -> Value { return runtime<TimerRuntime>(c).last_trigger.monotonic.usec(); }},
    UnitGetterRow{"Result", result_word<TimerRuntime, &TimerRuntime::result>},
};
constexpr std::array path_rows{UnitGetterRow{"Unit", triggered_unit}, UnitGetterRow{"Result", result_word<PathRuntime, &PathRuntime::result>}};
constexpr std::array automount_rows{UnitGetterRow{"Result", result_word<AutomountRuntime, &AutomountRuntime::result>}};
constexpr std::array scope_rows{
    UnitGetterRow{"Result", result_word<ScopeRuntime, &ScopeRuntime::result>},
    UnitGetterRow{"Controller", [](const PropertyContext& c, const Member&) -> Value { return runtime<ScopeRuntime>(c).controller; }},
    UnitGetterRow{"OOMPolicy", oom_policy},
};
constexpr std::array device_rows{
    UnitGetterRow{"SysFSPath", [](const PropertyContext& c, const Member&) -> Value { return runtime<DeviceRuntime>(c).sysfs_path; }}};

// --- Control groups ----------------------------------------------------------------------------------------------

constexpr auto unknown = static_cast<std::uint64_t>(-1);

std::uint64_t cgroup_number(const PropertyContext& c, const char* attribute) {
  const auto text = c.unit.runtime->cgroup.empty() ? std::nullopt : c.manager.cgroup_attribute(c.unit.runtime->cgroup, attribute);
  if (!text) return unknown;
  std::uint64_t number = 0;
  bool any = false;
  for (const char ch : *text) {
    if (ch < '0' || ch > '9') break;
    number = number * 10 + static_cast<std::uint64_t>(ch - '0');
    any = true;
  }
  return any ? number : unknown;
}

Value cpu_usage(const PropertyContext& c, const Member&) { return c.engine.cpu_usage_nsec(c.unit.id).value_or(unknown); }

Value slice_name(const PropertyContext& c, const Member&) {
  const Unit* slice = c.engine.find(c.unit.slice);
  return slice == nullptr ? std::string() : slice->name.text();
}

Value control_group(const PropertyContext& c, const Member&) {
  std::string group = c.unit.runtime->cgroup;
  // COMPAT: a socket that is up has its path, though there is no group as long as it runs no command.
  if (group.empty() && c.unit.type() == UnitType::socket && !is_inactive_or_failed(c.unit.active_state())) group = c.engine.cgroup_path(c.unit.id);
  return !group.empty() && group.front() != '/' ? "/" + group : group;
}

/// One counter of what accounting found out of a unit.
template <auto traffic_of, auto counter>
Value counted(const PropertyContext& c, const Member&) {
  const auto traffic = (c.engine.*traffic_of)(c.unit.id);
  return traffic ? (*traffic).*counter : unknown;
}
Value no_data(const PropertyContext&, const Member&) { return unknown; }

constexpr std::array resource_rows{
    UnitGetterRow{"Slice", slice_name},
    UnitGetterRow{"ControlGroup", control_group},
    UnitGetterRow{"ControlGroupId", [](const PropertyContext& c, const Member&) -> Value { return c.unit.runtime->cgroup.empty() ? std::uint64_t{0} : c.manager.cgroup_id(c.unit.runtime->cgroup); }},
    UnitGetterRow{"MemoryCurrent", [](const PropertyContext& c, const Member&) -> Value { return cgroup_number(c, "memory.current"); }},
    UnitGetterRow{"MemoryAvailable", no_data},
    UnitGetterRow{"CPUUsageNSec", cpu_usage},
    UnitGetterRow{"TasksCurrent", [](const PropertyContext& c, const Member&) -> Value { return cgroup_number(c, "pids.current"); }},
    UnitGetterRow{"IPIngressBytes", counted<&Engine::ip_traffic, &IpTraffic::ingress_bytes>}, UnitGetterRow{"IPIngressPackets", counted<&Engine::ip_traffic, &IpTraffic::ingress_packets>},
    UnitGetterRow{"IPEgressBytes", counted<&Engine::ip_traffic, &IpTraffic::egress_bytes>}, UnitGetterRow{"IPEgressPackets", counted<&Engine::ip_traffic, &IpTraffic::egress_packets>},
    UnitGetterRow{"IOReadBytes", counted<&Engine::io_traffic, &IoTraffic::read_bytes>}, UnitGetterRow{"IOReadOperations", counted<&Engine::io_traffic, &IoTraffic::read_operations>},
    UnitGetterRow{"IOWriteBytes", counted<&Engine::io_traffic, &IoTraffic::write_bytes>}, UnitGetterRow{"IOWriteOperations", counted<&Engine::io_traffic, &IoTraffic::write_operations>},
};

}  // namespace

std::span<const UnitGetterRow> resource_getters() { return resource_rows; }

std::span<const UnitGetterRow> type_getters(UnitType type) {
  switch (type) {
    case UnitType::service: return service_rows;
    case UnitType::socket: return socket_rows;
    case UnitType::mount: return mount_rows;
    case UnitType::swap: return swap_rows;
    case UnitType::timer: return timer_rows;
    case UnitType::path: return path_rows;
    case UnitType::automount: return automount_rows;
    case UnitType::scope: return scope_rows;
    case UnitType::device: return device_rows;
    case UnitType::target:
    case UnitType::slice: return {};
  }
  return {};
}

}  // namespace init::bus
