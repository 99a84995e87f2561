// What [Service] says besides execution, resources and killing (systemd.service(5)). [pure]
#pragma once

#include "unitparser/config/values.h"

namespace unitparser {

enum class ServiceType : std::uint8_t { simple, exec, forking, oneshot, dbus, notify, notify_reload, idle };
constexpr std::array<std::string_view, 8> enum_names(std::type_identity<ServiceType>) {
  return {"simple", "exec", "forking", "oneshot", "dbus", "notify", "notify-reload", "idle"};
}
enum class ServiceExitType : std::uint8_t { main, cgroup };
constexpr std::array<std::string_view, 2> enum_names(std::type_identity<ServiceExitType>) { return {"main", "cgroup"}; }
enum class ServiceRestart : std::uint8_t { no, on_success, on_failure, on_abnormal, on_watchdog, on_abort, always };
constexpr std::array<std::string_view, 7> enum_names(std::type_identity<ServiceRestart>) {
  return {"no", "on-success", "on-failure", "on-abnormal", "on-watchdog", "on-abort", "always"};
}
enum class NotifyAccess : std::uint8_t { none, main, exec, all };
constexpr std::array<std::string_view, 4> enum_names(std::type_identity<NotifyAccess>) {
  return {"none", "main", "exec", "all"};
}
enum class TimeoutFailureMode : std::uint8_t { terminate, abort, kill };
constexpr std::array<std::string_view, 3> enum_names(std::type_identity<TimeoutFailureMode>) {
  return {"terminate", "abort", "kill"};
}

struct ServiceCommands {
  ExecCommands exec_condition;
  ExecCommands exec_start_pre;
  ExecCommands exec_start;
  ExecCommands exec_start_post;
  ExecCommands exec_reload;
  ExecCommands exec_stop;
  ExecCommands exec_stop_post;
  bool operator==(const ServiceCommands&) const = default;
};

struct ServiceTimeouts {
  Duration timeout_start = Duration::from_seconds(90);
  bool timeout_start_set = false;  ///< a oneshot that says nothing has none
  Duration timeout_stop = Duration::from_seconds(90);
  Duration timeout_abort = Duration::from_seconds(90);  ///< meaningful with timeout_abort_set, else timeout_stop
  bool timeout_abort_set = false;
  TimeoutFailureMode timeout_start_failure_mode = TimeoutFailureMode::terminate;
  TimeoutFailureMode timeout_stop_failure_mode = TimeoutFailureMode::terminate;
  Duration runtime_max = Duration::infinity();
  Duration runtime_randomized_extra;
  Duration watchdog;  ///< zero: off
  Duration restart_delay = Duration::from_msec(100);
  bool operator==(const ServiceTimeouts&) const = default;
};

struct ServiceConfig {
  ServiceType type = ServiceType::simple;
  bool type_set = false;  ///< said by a file; else dbus when BusName= is set, oneshot when there is no ExecStart=
  ServiceExitType exit_type = ServiceExitType::main;
  ServiceRestart restart = ServiceRestart::no;
  std::string pid_file;
  std::string bus_name;
  bool remain_after_exit = false;
  bool guess_main_pid = true;
  bool root_directory_start_only = false;
  bool permissions_start_only = false;
  bool non_blocking = false;
  NotifyAccess notify_access = NotifyAccess::none;
  std::uint32_t fd_store_max = 0;
  ExitStatusSet restart_prevent_exit_status;
  ExitStatusSet restart_force_exit_status;
  ExitStatusSet success_exit_status;
  std::vector<std::string> sockets;
  std::optional<OomPolicy> oom_policy;  ///< unset: the manager's default (continue with delegation)
  std::string usb_function_descriptors;
  std::string usb_function_strings;
  bool operator==(const ServiceConfig&) const = default;
};

}  // namespace unitparser
