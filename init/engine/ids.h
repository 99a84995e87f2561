// The small handles of the engine and the names it borrows from the language of units. [pure]
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "unitparser/base/enum_names.h"
#include "unitparser/base/result.h"
#include "unitparser/base/time.h"
#include "unitparser/config/values.h"
#include "unitparser/names/dependency.h"
#include "unitparser/names/unit_name.h"
#include "unitparser/names/unit_type.h"

namespace init {

using unitparser::ActiveState;
using unitparser::Atom;
using unitparser::AtomSet;
using unitparser::BootTime;
using unitparser::DependencyKind;
using unitparser::Duration;
using unitparser::EmergencyAction;
using unitparser::Error;
using unitparser::ErrorCode;
using unitparser::fail;
using unitparser::JobMode;
using unitparser::LoadState;
using unitparser::MonotonicTime;
using unitparser::Now;
using unitparser::Origin;
using unitparser::Position;
using unitparser::RealTime;
using unitparser::Result;
using unitparser::UnitName;
using unitparser::UnitType;

/// Handle of a unit in the UnitTable; valid while the unit is loaded.
enum class UnitId : std::uint32_t { none = 0xFFFFFFFF };
/// Number of a job as on the bus; never 0, not reused while the manager lives.
enum class JobId : std::uint32_t { none = 0 };
/// One asked-for process; chosen by the engine, given back with the outcome.
enum class SpawnId : std::uint64_t { none = 0 };
/// Chosen by whoever posts a request; 0: wants no reply.
enum class RequestId : std::uint64_t { none = 0 };

constexpr std::size_t index_of(UnitId id) { return static_cast<std::size_t>(id); }

/// What a timer of a unit is for; a unit has at most one of each.
enum class TimerPurpose : std::uint8_t {
  state,        ///< deadline of the machine's present state
  watchdog,     ///< WatchdogSec=
  job,          ///< JobTimeoutSec=
  job_running,  ///< JobRunningTimeoutSec=
  monotonic,    ///< next elapse of a timer unit, CLOCK_MONOTONIC or CLOCK_BOOTTIME
  realtime,     ///< next elapse of a timer unit, CLOCK_REALTIME
  expire,       ///< TimeoutIdleSec= of an automount
  recheck,      ///< what was put off for having been tried too often
};

/// Names one timer: arming it again replaces it.
struct TimerId {
  UnitId unit = UnitId::none;
  TimerPurpose purpose = TimerPurpose::state;
  bool operator==(const TimerId&) const = default;
  /// One number for maps of the driver.
  [[nodiscard]] std::uint64_t key() const {
    return (static_cast<std::uint64_t>(unit) << 8U) | static_cast<std::uint64_t>(purpose);
  }
};

/// Names one inotify watch of a unit: `index` counts the unit's paths.
struct WatchId {
  UnitId unit = UnitId::none;
  std::uint32_t index = 0;
  bool operator==(const WatchId&) const = default;
  [[nodiscard]] std::uint64_t key() const { return (static_cast<std::uint64_t>(unit) << 32U) | index; }
};

}  // namespace init
