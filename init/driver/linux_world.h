// LinuxWorld: the engine's questions, answered from /proc, /sys and the disk. [os]
#pragma once

#include <array>
#include <functional>
#include <string>

#include "init/conditions/conditions.h"
#include "init/engine/world.h"
#include "unitparser/load/disk_time_zones.h"

namespace init {

/// Reads what is asked at the moment of asking; every read is bounded and opens without blocking.
class LinuxWorld : public World {
 public:
  struct Options {
    ConditionFacts facts;
    std::string cgroup_root = "/sys/fs/cgroup";          ///< where the paths of the engine begin
    std::string stamp_directory = "/var/lib/systemd/timers";
    std::function<bool(const std::string&)> bus_name_owned;
  };
  /// `files` must outlive this.
  LinuxWorld(unitparser::FileSource& files, Options options) : options_(std::move(options)), zones_(files) {}

  /// For what changes while the manager runs: environment, controllers.
  [[nodiscard]] ConditionFacts& facts() { return options_.facts; }

  [[nodiscard]] Result<bool> condition_holds(const unitparser::Condition& condition) override;
  [[nodiscard]] Result<std::string> read_small_file(const std::string& path) override;
  [[nodiscard]] bool is_trusted_file(const std::string& path) override;
  [[nodiscard]] bool process_alive(pid_t pid) override;
  [[nodiscard]] bool process_is_child(pid_t pid) override;
  [[nodiscard]] Result<std::string> process_cgroup(pid_t pid) override;
  [[nodiscard]] std::vector<NamedProcess> processes_below(const std::string& cgroup) override;
  [[nodiscard]] std::string process_name(pid_t pid) override;
  [[nodiscard]] std::vector<pid_t> cgroup_processes(const std::string& cgroup) override;
  [[nodiscard]] std::optional<std::uint64_t> cpu_usage_nsec(const std::string& cgroup) override;
  [[nodiscard]] std::optional<IoTraffic> io_traffic(const std::string& cgroup) override;
  [[nodiscard]] std::optional<IpTraffic> ip_traffic(const std::string& cgroup) override;
  [[nodiscard]] bool cgroup_populated(const std::string& cgroup) override;
  [[nodiscard]] std::optional<std::string> path_match(unitparser::PathKind kind, const std::string& path) override;
  [[nodiscard]] bool is_canonical(const std::string& path) override;
  [[nodiscard]] std::optional<RealTime> timer_stamp(const UnitName& timer) override;
  [[nodiscard]] std::optional<RealTime> next_elapse(const std::string& calendar, RealTime after) override;
  [[nodiscard]] std::uint64_t file_number(int fd) override;
  [[nodiscard]] bool is_same_open_file(int fd, int other) override;
  [[nodiscard]] bool bus_name_owned(const std::string& name) override;
  [[nodiscard]] std::uint64_t random() override;
  [[nodiscard]] std::uint64_t stable_random(const UnitName& unit) override;

  /// The machine is in another time zone now.
  void forget_time_zones() { zones_.forget(); }
  /// Path of the stamp file of a Persistent= timer.
  [[nodiscard]] std::string stamp_path(const UnitName& timer) const;

 private:
  Options options_;
  std::array<std::uint64_t, 32> random_{};  ///< from the kernel, for the next calls: as much as it gives without a break
  std::size_t next_random_ = random_.size();
  unitparser::DiskTimeZones zones_;
};

}  // namespace init
