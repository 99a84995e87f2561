// Cause: why something happened; carried by every event, job and effect. [pure]
#pragma once

#include <sys/types.h>

#include <array>

#include "init/engine/ids.h"

namespace init {

enum class CauseKind : std::uint8_t {
  none, boot, client, signal, dependency, isolate, trigger_timer, trigger_path, trigger_socket, trigger_automount,
  trigger_device, bus_name, restart_rule, on_failure, on_success, upholds, unneeded, binds_to, retroactive, job_timeout,
  process, notify, kernel, condition, start_limit, reload, deadline
};
constexpr std::array<std::string_view, 27> enum_names(std::type_identity<CauseKind>) {
  return {"none", "boot", "client", "signal", "dependency", "isolate", "timer", "path", "socket", "automount", "device",
          "bus-name", "restart-rule", "on-failure", "on-success", "upholds", "unneeded", "binds-to", "retroactive",
          "job-timeout", "process", "notify", "kernel", "condition", "start-limit", "reload", "deadline"};
}

/// Who or what made it so. `unit` is the other unit of a dependency or trigger, or the one that a client is in; `edge` and
/// `origin` say which line (origin.source indexes `origin_unit`'s config.sources).
struct Cause {
  CauseKind kind = CauseKind::none;
  DependencyKind edge = DependencyKind::requires_;
  UnitId unit = UnitId::none;
  UnitId origin_unit = UnitId::none;
  Origin origin;
  uid_t uid = static_cast<uid_t>(-1);  ///< of a client
  pid_t pid = 0;                       ///< of a client or process
  std::string detail;                  ///< signal's name, bus name, path, reason in words
  bool operator==(const Cause&) const = default;

  [[nodiscard]] static Cause of(CauseKind kind, UnitId unit = UnitId::none, std::string detail = {}) {
    Cause cause;
    cause.kind = kind;
    cause.unit = unit;
    cause.detail = std::move(detail);
    return cause;
  }
};

}  // namespace init
