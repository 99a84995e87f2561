// World: the questions that the engine asks synchronously; it changes nothing through it. [port]
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "init/engine/ids.h"
#include "init/engine/io_traffic.h"
#include "init/engine/ip_traffic.h"
#include "unitparser/config/unit_config.h"

namespace init {

/// Answers about the machine, read at the moment of asking. Implemented on Linux by the driver, in tests by SimWorld.
class World {
 public:
  virtual ~World() = default;

  /// Whether the fact holds that the condition names, negation not applied. An Error counts as "does not hold".
  [[nodiscard]] virtual Result<bool> condition_holds(const unitparser::Condition& condition) = 0;
  /// Content of a small file (PIDFile=), at most 4 KiB; must not block on FIFOs and the like.
  [[nodiscard]] virtual Result<std::string> read_small_file(const std::string& path) = 0;
  /// Whether a PIDFile= may be believed about processes outside the unit: owned by root, no unsafe symlink on the way.
  [[nodiscard]] virtual bool is_trusted_file(const std::string& path) = 0;
  /// Whether the process runs (is neither gone nor a zombie).
  [[nodiscard]] virtual bool process_alive(pid_t pid) = 0;
  /// Whether we will be told of its exit.
  [[nodiscard]] virtual bool process_is_child(pid_t pid) = 0;
  /// Control group of a process, as in SpawnRequest::cgroup; error when it is gone.
  [[nodiscard]] virtual Result<std::string> process_cgroup(pid_t pid) = 0;
  struct NamedProcess {
    pid_t pid = 0;
    std::string name;  ///< comm; "" when it is gone
  };
  /// Processes in a control group and below.
  [[nodiscard]] virtual std::vector<NamedProcess> processes_below(const std::string& cgroup) = 0;
  /// Name (comm) of a process; "" when it is gone.
  [[nodiscard]] virtual std::string process_name(pid_t pid) = 0;
  /// Processes directly in a control group.
  [[nodiscard]] virtual std::vector<pid_t> cgroup_processes(const std::string& cgroup) = 0;
  /// CPU time that the control group used so far, in nanoseconds; nothing when there is no such group.
  [[nodiscard]] virtual std::optional<std::uint64_t> cpu_usage_nsec(const std::string& cgroup) = 0;
  /// Reads and writes of block devices by the control group so far; nothing when they are not counted.
  [[nodiscard]] virtual std::optional<IoTraffic> io_traffic(const std::string& cgroup) = 0;
  /// IP traffic of the control group so far; nothing when it is not counted.
  [[nodiscard]] virtual std::optional<IpTraffic> ip_traffic(const std::string& cgroup) = 0;
  /// Whether a process lives in the control group or below.
  [[nodiscard]] virtual bool cgroup_populated(const std::string& cgroup) = 0;
  /// For path units, PathExists=, PathExistsGlob=, DirectoryNotEmpty=: the path for which it holds; nothing when it does not.
  [[nodiscard]] virtual std::optional<std::string> path_match(unitparser::PathKind kind, const std::string& path) = 0;
  /// Whether no part of the path that is there is a link.
  [[nodiscard]] virtual bool is_canonical(const std::string& path) = 0;
  /// Time of the last run of a Persistent= timer; nothing if it never ran.
  [[nodiscard]] virtual std::optional<RealTime> timer_stamp(const UnitName& timer) = 0;
  /// An OnCalendar= expression's next elapse strictly after `after`; nothing if there is none.
  [[nodiscard]] virtual std::optional<RealTime> next_elapse(const std::string& calendar, RealTime after) = 0;
  /// Equal for all descriptors of a file (fstat(2)), so that few have to be compared; 0: it has none.
  [[nodiscard]] virtual std::uint64_t file_number(int fd) = 0;
  /// Whether two descriptors of ours are one open file (kcmp(2)).
  [[nodiscard]] virtual bool is_same_open_file(int fd, int other) = 0;
  /// Whether a name on the bus has an owner now.
  [[nodiscard]] virtual bool bus_name_owned(const std::string& name) = 0;
  /// Any 64 bits; seeds invocation IDs and random delays.
  [[nodiscard]] virtual std::uint64_t random() = 0;
  /// A number that is the same on every call for this machine, user and unit (FixedRandomDelay=).
  [[nodiscard]] virtual std::uint64_t stable_random(const UnitName& unit) = 0;
};

}  // namespace init
