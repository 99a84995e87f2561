// What is true of a service now (systemd.service(5), org.freedesktop.systemd1.Service). [pure]
#pragma once

#include <map>
#include <optional>

#include "init/machines/process_runtime.h"
#include "unitparser/config/service_config.h"

namespace init {

enum class ServiceState : std::uint8_t {
  dead, condition, start_pre, start, start_post, running, exited, reload, stop, stop_watchdog, stop_sigterm, stop_sigkill,
  stop_post, final_watchdog, final_sigterm, final_sigkill, failed, auto_restart, cleaning
};
constexpr std::array<std::string_view, 19> enum_names(std::type_identity<ServiceState>) {
  return {"dead", "condition", "start-pre", "start", "start-post", "running", "exited", "reload", "stop", "stop-watchdog",
          "stop-sigterm", "stop-sigkill", "stop-post", "final-watchdog", "final-sigterm", "final-sigkill", "failed",
          "auto-restart", "cleaning"};
}
enum class ServiceResult : std::uint8_t {
  success, resources, protocol, timeout, exit_code, signal, core_dump, watchdog, start_limit_hit, oom_kill, exec_condition
};
constexpr std::array<std::string_view, 11> enum_names(std::type_identity<ServiceResult>) {
  return {"success", "resources", "protocol", "timeout", "exit-code", "signal", "core-dump", "watchdog",
          "start-limit-hit", "oom-kill", "exec-condition"};
}
enum class NotifyState : std::uint8_t { unknown, ready, reloading, stopping };
constexpr std::array<std::string_view, 4> enum_names(std::type_identity<NotifyState>) {
  return {"unknown", "ready", "reloading", "stopping"};
}
/// The command lists of a service, in the order of ServiceCommands.
enum class ServiceCommandKind : std::uint8_t { condition, start_pre, start, start_post, reload, stop, stop_post };
constexpr std::array<std::string_view, 7> enum_names(std::type_identity<ServiceCommandKind>) {
  return {"ExecCondition", "ExecStartPre", "ExecStart", "ExecStartPost", "ExecReload", "ExecStop", "ExecStopPost"};
}

struct StoredFd {
  int fd = -1;
  std::string name;
  bool poll = true;
  std::uint64_t file = 0;  ///< World::file_number()
  bool operator==(const StoredFd&) const = default;
};

/// Sub-structures keep the parts of ServiceRuntime together that live and die together.
struct ServiceControl {
  ProcessSlot process;
  ServiceCommandKind kind{};
  std::uint32_t index = 0;  ///< which command of the list runs or ran
  bool running_list = false;
  bool operator==(const ServiceControl&) const = default;
};
struct ServiceMain {
  ProcessSlot process;
  std::uint32_t index = 0;  ///< which ExecStart= line
  bool known = false;       ///< the main process was told or guessed (forking), or spawned
  ExecStatus status;
  bool operator==(const ServiceMain&) const = default;
};
struct ServiceNotify {
  NotifyState state = NotifyState::unknown;
  std::string status_text;
  int status_errno = 0;
  std::optional<unitparser::NotifyAccess> access;  ///< raised by use, e.g. main for watchdogs
  MonotonicTime watchdog_at;                       ///< last keep-alive
  RealTime watchdog_realtime;
  std::optional<Duration> watchdog_override;       ///< WATCHDOG_USEC=
  MonotonicTime extended_until;                    ///< EXTEND_TIMEOUT_USEC=
  bool operator==(const ServiceNotify&) const = default;
};
struct ServiceConnection {
  int fd = -1;
  std::string peer;
  UnitId socket = UnitId::none;  ///< the Accept=yes socket it came from
  bool operator==(const ServiceConnection&) const = default;
};

struct ServiceRuntime {
  ServiceState state = ServiceState::dead;
  ServiceResult result = ServiceResult::success;
  ServiceResult reload_result = ServiceResult::success;
  ServiceResult clean_result = ServiceResult::success;
  ServiceMain main;
  ServiceControl control;
  ServiceNotify notify;
  ServiceConnection connection;
  std::map<std::uint32_t, ExecStatus> command_status;  ///< key: kind << 16 | index
  std::vector<StoredFd> fd_store;
  MonotonicTime deadline;          ///< of the state; infinity or unset: none
  std::uint32_t n_restarts = 0;
  bool flush_n_restarts = false;
  bool forbid_restart = false;     ///< a stop was asked for
  bool will_auto_restart = false;
  bool reset_accounting = false;
  bool bus_name_owned = false;
  bool pid_file_watched = false;
  bool stopped_by_watchdog = false;
  std::string bus_name_owner;
  Duration runtime_extra;          ///< RuntimeRandomizedExtraSec= drawn for this run
  bool operator==(const ServiceRuntime&) const = default;
};

}  // namespace init
