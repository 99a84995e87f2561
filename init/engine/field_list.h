// Lists of the fields of runtime structs: name and member for each; a field that is not listed does not compile. [pure]
#pragma once

#include <string_view>
#include <tuple>

#include "init/engine/unit.h"

namespace init {

template <class Owner, class Member>
struct Field {
  std::string_view name;
  Member Owner::* member;
};
template <class Owner, class Member>
constexpr Field<Owner, Member> field(std::string_view name, Member Owner::* member) {
  return {name, member};
}

/// Stands for a value of any type when fields are counted.
struct AnyValue {
  std::size_t ignored;
  template <class T>
  operator T() const noexcept;  // NOLINT: must be implicit
};
template <class T, std::size_t... I>
consteval bool takes_values(std::index_sequence<I...>) {
  return requires { T{AnyValue{I}...}; };
}
/// How many fields an aggregate has.
template <class T, std::size_t N = 1>
consteval std::size_t count_fields() {
  static_assert(N < 64, "too many fields, or one that cannot be counted");
  if constexpr (takes_values<T>(std::make_index_sequence<N>{}) && !takes_values<T>(std::make_index_sequence<N + 1>{}))
    return N;
  else
    return count_fields<T, N + 1>();
}

// One list for each struct that a snapshot carries.
constexpr auto fields(std::type_identity<DualTime>) {
  return std::tuple{field("realtime", &DualTime::realtime), field("monotonic", &DualTime::monotonic)};
}
constexpr auto fields(std::type_identity<ProcessSlot>) {
  using T = ProcessSlot;
  return std::tuple{field("pending", &T::pending), field("pid", &T::pid), field("alien", &T::alien)};
}
constexpr auto fields(std::type_identity<ExecStatus>) {
  using T = ExecStatus;
  return std::tuple{field("start", &T::start), field("exit", &T::exit), field("pid", &T::pid), field("code", &T::code),
                    field("status", &T::status)};
}
constexpr auto fields(std::type_identity<RateLimit>) {
  return std::tuple{field("begin", &RateLimit::begin), field("count", &RateLimit::count)};
}
constexpr auto fields(std::type_identity<IoTraffic>) {
  using T = IoTraffic;
  return std::tuple{field("read_bytes", &T::read_bytes), field("write_bytes", &T::write_bytes), field("read_operations", &T::read_operations),
                    field("write_operations", &T::write_operations)};
}
constexpr auto fields(std::type_identity<IpTraffic>) {
  using T = IpTraffic;
  return std::tuple{field("ingress_bytes", &T::ingress_bytes), field("ingress_packets", &T::ingress_packets), field("egress_bytes", &T::egress_bytes),
                    field("egress_packets", &T::egress_packets)};
}
constexpr auto fields(std::type_identity<StoredFd>) {
  using T = StoredFd;
  return std::tuple{field("fd", &T::fd), field("name", &T::name), field("poll", &T::poll), field("file", &T::file)};
}
constexpr auto fields(std::type_identity<ServiceControl>) {
  using T = ServiceControl;
  return std::tuple{field("process", &T::process), field("kind", &T::kind), field("index", &T::index),
                    field("running_list", &T::running_list)};
}
constexpr auto fields(std::type_identity<ServiceMain>) {
  using T = ServiceMain;
  return std::tuple{field("process", &T::process), field("index", &T::index), field("known", &T::known),
                    field("status", &T::status)};
}
constexpr auto fields(std::type_identity<ServiceNotify>) {
  using T = ServiceNotify;
  return std::tuple{field("state", &T::state), field("status_text", &T::status_text),
                    field("status_errno", &T::status_errno), field("access", &T::access),
                    field("watchdog_at", &T::watchdog_at), field("watchdog_realtime", &T::watchdog_realtime),
                    field("watchdog_override", &T::watchdog_override), field("extended_until", &T::extended_until)};
}
constexpr auto fields(std::type_identity<ServiceConnection>) {
  using T = ServiceConnection;
  return std::tuple{field("fd", &T::fd), field("peer", &T::peer), field("socket", &T::socket)};
}
constexpr auto fields(std::type_identity<ServiceRuntime>) {
  using T = ServiceRuntime;
  return std::tuple{field("state", &T::state), field("result", &T::result), field("reload_result", &T::reload_result),
                    field("clean_result", &T::clean_result), field("main", &T::main), field("control", &T::control),
                    field("notify", &T::notify), field("connection", &T::connection),
                    field("command_status", &T::command_status), field("fd_store", &T::fd_store),
                    field("deadline", &T::deadline), field("n_restarts", &T::n_restarts),
                    field("flush_n_restarts", &T::flush_n_restarts), field("forbid_restart", &T::forbid_restart),
                    field("will_auto_restart", &T::will_auto_restart), field("reset_accounting", &T::reset_accounting),
                    field("bus_name_owned", &T::bus_name_owned), field("pid_file_watched", &T::pid_file_watched),
                    field("stopped_by_watchdog", &T::stopped_by_watchdog), field("bus_name_owner", &T::bus_name_owner),
                    field("runtime_extra", &T::runtime_extra)};
}
constexpr auto fields(std::type_identity<SocketPort>) {
  return std::tuple{field("fd", &SocketPort::fd), field("kind", &SocketPort::kind), field("address", &SocketPort::address)};
}
constexpr auto fields(std::type_identity<SocketRuntime>) {
  using T = SocketRuntime;
  return std::tuple{field("state", &T::state), field("result", &T::result), field("clean_result", &T::clean_result),
                    field("control", &T::control), field("control_kind", &T::control_kind),
                    field("control_index", &T::control_index), field("command_status", &T::command_status),
                    field("ports", &T::ports), field("watched", &T::watched), field("opening", &T::opening),
                    field("deadline", &T::deadline), field("n_accepted", &T::n_accepted),
                    field("n_connections", &T::n_connections), field("n_refused", &T::n_refused),
                    field("connections_per_source", &T::connections_per_source), field("service", &T::service),
                    field("trigger_limit", &T::trigger_limit)};
}
constexpr auto fields(std::type_identity<TargetRuntime>) { return std::tuple{field("state", &TargetRuntime::state)}; }
constexpr auto fields(std::type_identity<SliceRuntime>) { return std::tuple{field("state", &SliceRuntime::state)}; }
constexpr auto fields(std::type_identity<ScopeRuntime>) {
  using T = ScopeRuntime;
  return std::tuple{field("state", &T::state), field("result", &T::result), field("pids", &T::pids),
                    field("controller", &T::controller), field("control", &T::control), field("was_abandoned", &T::was_abandoned),
                    field("deadline", &T::deadline), field("runtime_extra", &T::runtime_extra)};
}
constexpr auto fields(std::type_identity<MountTableEntry>) {
  using T = MountTableEntry;
  return std::tuple{field("what", &T::what), field("type", &T::type), field("options", &T::options)};
}
constexpr auto fields(std::type_identity<MountRuntime>) {
  using T = MountRuntime;
  return std::tuple{field("state", &T::state), field("result", &T::result), field("reload_result", &T::reload_result),
                    field("clean_result", &T::clean_result), field("control", &T::control),
                    field("control_kind", &T::control_kind), field("command_status", &T::command_status),
                    field("kernel", &T::kernel), field("unmount_attempts", &T::unmount_attempts),
                    field("deadline", &T::deadline)};
}
constexpr auto fields(std::type_identity<AutomountRuntime>) {
  using T = AutomountRuntime;
  return std::tuple{field("state", &T::state), field("result", &T::result), field("opened", &T::opened),
                    field("opening", &T::opening), field("tokens", &T::tokens),
                    field("expire_tokens", &T::expire_tokens), field("deadline", &T::deadline)};
}
constexpr auto fields(std::type_identity<SwapRuntime>) {
  using T = SwapRuntime;
  return std::tuple{field("state", &T::state), field("result", &T::result), field("clean_result", &T::clean_result),
                    field("control", &T::control), field("control_kind", &T::control_kind),
                    field("command_status", &T::command_status), field("kernel_priority", &T::kernel_priority),
                    field("kernel_device", &T::kernel_device), field("following", &T::following),
                    field("deadline", &T::deadline)};
}
constexpr auto fields(std::type_identity<DeviceRuntime>) {
  using T = DeviceRuntime;
  return std::tuple{field("state", &T::state), field("sysfs_path", &T::sysfs_path), field("wants", &T::wants),
                    field("by_udev", &T::by_udev), field("by_mount", &T::by_mount), field("by_swap", &T::by_swap),
                    field("bind_mounts", &T::bind_mounts), field("following", &T::following)};
}
constexpr auto fields(std::type_identity<TimerProgress>) {
  return std::tuple{field("disabled", &TimerProgress::disabled), field("next_elapse", &TimerProgress::next_elapse)};
}
constexpr auto fields(std::type_identity<TimerRuntime>) {
  using T = TimerRuntime;
  return std::tuple{field("state", &T::state), field("result", &T::result), field("progress", &T::progress),
                    field("next_monotonic", &T::next_monotonic), field("next_realtime", &T::next_realtime),
                    field("last_trigger", &T::last_trigger), field("stamp", &T::stamp),
                    field("activated", &T::activated), field("service", &T::service)};
}
constexpr auto fields(std::type_identity<PathRuntime>) {
  using T = PathRuntime;
  return std::tuple{field("state", &T::state), field("result", &T::result), field("service", &T::service),
                    field("watched", &T::watched),
                    field("trigger_limit", &T::trigger_limit)};
}
constexpr auto fields(std::type_identity<UnitTimes>) {
  using T = UnitTimes;
  return std::tuple{field("state_change", &T::state_change), field("inactive_exit", &T::inactive_exit),
                    field("active_enter", &T::active_enter), field("active_exit", &T::active_exit),
                    field("inactive_enter", &T::inactive_enter), field("condition", &T::condition),
                    field("assert", &T::assert_)};
}
constexpr auto fields(std::type_identity<Origin>) {
  return std::tuple{field("source", &Origin::source), field("line", &Origin::line)};
}
constexpr auto fields(std::type_identity<Cause>) {
  using T = Cause;
  return std::tuple{field("kind", &T::kind), field("edge", &T::edge), field("unit", &T::unit),
                    field("origin_unit", &T::origin_unit), field("origin", &T::origin), field("uid", &T::uid),
                    field("pid", &T::pid), field("detail", &T::detail)};
}
constexpr auto fields(std::type_identity<UnitRuntime>) {
  using T = UnitRuntime;
  return std::tuple{field("active_state", &T::active_state), field("times", &T::times),
                    field("condition_result", &T::condition_result), field("assert_result", &T::assert_result),
                    field("condition_verdicts", &T::condition_verdicts), field("assert_verdicts", &T::assert_verdicts),
                    field("invocation_id", &T::invocation_id), field("cgroup", &T::cgroup),
                    field("cpu_usage_nsec", &T::cpu_usage_nsec), field("io_traffic", &T::io_traffic), field("ip_traffic", &T::ip_traffic), field("freezer", &T::freezer), field("start_limit", &T::start_limit), field("start_limit_hit", &T::start_limit_hit),
                    field("auto_start_stop_limit", &T::auto_start_stop_limit), field("references", &T::references),
                    field("activation_details", &T::activation_details), field("last_cause", &T::last_cause),
                    field("markers", &T::markers)};
}
constexpr auto fields(std::type_identity<Job>) {
  using T = Job;
  return std::tuple{field("id", &T::id), field("unit", &T::unit), field("type", &T::type), field("state", &T::state),
                    field("irreversible", &T::irreversible), field("ignore_order", &T::ignore_order),
                    field("in_run_queue", &T::in_run_queue), field("reload_failed", &T::reload_failed),
                    field("blockers", &T::blockers), field("begin", &T::begin),
                    field("begin_running", &T::begin_running), field("deadline", &T::deadline),
                    field("running_deadline", &T::running_deadline), field("cause", &T::cause)};
}

template <class T>
concept Listed = requires { fields(std::type_identity<T>{}); };
template <class... T>
consteval bool all_listed() {
  return ((std::tuple_size_v<decltype(fields(std::type_identity<T>{}))> == count_fields<T>()) && ...);
}
static_assert(all_listed<DualTime, ProcessSlot, ExecStatus, RateLimit, StoredFd, ServiceControl, ServiceMain, ServiceNotify,
                         ServiceConnection, ServiceRuntime, SocketPort, SocketRuntime, TargetRuntime, SliceRuntime,
                         ScopeRuntime, MountTableEntry, MountRuntime, AutomountRuntime, SwapRuntime, DeviceRuntime,
                         TimerProgress, TimerRuntime, PathRuntime, UnitTimes, Cause, UnitRuntime, Job>());

}  // namespace init
