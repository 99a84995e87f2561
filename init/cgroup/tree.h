// CgroupTree: the control groups of all units, below one root of a cgroup v2 hierarchy. [os]
#pragma once

#include <functional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "init/cgroup/access_filters.h"
#include "init/cgroup/attributes.h"
#include "init/driver/loop.h"
#include "init/driver/post.h"
#include "init/engine/effect.h"
#include "unitparser/base/fd.h"
#include "unitparser/base/result.h"

namespace init {

/// Makes, fills, watches and removes groups. Paths are those of the engine: "" is the root, else "/system.slice/…".
class CgroupTree {
 public:
  /// `root`: where the hierarchy is mounted; `own`: the group that was delegated to us, "" for all of it.
  CgroupTree(Loop& loop, Post post, std::string root, std::string own)
      : loop_(loop), post_(std::move(post)), root_(std::move(root)), own_(std::move(own)) {}

  /// Finds out what the kernel offers, moves ourselves into init.scope and begins to watch. Error: no cgroup v2 here.
  [[nodiscard]] unitparser::Result<void> start();
  /// Bits by Controller of what can be enabled below the root.
  [[nodiscard]] std::uint32_t controllers() const { return available_; }
  [[nodiscard]] const std::string& root() const { return root_; }

  /// Makes the group and those above, enables what it needs, writes its attributes, watches those of services and scopes.
  /// `invocation`, if it is not empty, is written onto the group for systemd-cgls(1) and journals to read.
  /// Fails when the group cannot be made; attributes that the kernel refuses are named through `warn`.
  [[nodiscard]] unitparser::Result<void> realise(const std::string& group, const unitparser::UnitConfig& config,
                                                 unitparser::UnitType type, const std::string& invocation, const SliceRules& slices);
  /// Writes the attributes of an existing group again; defaults too.
  [[nodiscard]] unitparser::Result<void> apply(const std::string& group, const unitparser::UnitConfig& config,
                                               unitparser::UnitType type, const SliceRules& slices);
  /// attach_pinned_programs() for an existing group.
  [[nodiscard]] std::vector<RefusedProgram> attach_programs(const std::string& group, const unitparser::UnitConfig& config) const;
  /// Stops watching and removes the group with all empty groups below; busy ones stay.
  void trim(const std::string& group);
  [[nodiscard]] unitparser::Result<void> attach(const std::string& group, const std::vector<pid_t>& pids);
  /// Who moves a process that we may not move ourselves, into a group below ours ("/app.slice/a.scope").
  using Mover = std::function<unitparser::Result<void>(const std::string& group, pid_t pid)>;
  void set_mover(Mover mover) { mover_ = std::move(mover); }
  void kill(const effect::KillCgroup& order);
  /// Calls `done(frozen)` once the kernel says so.
  void set_frozen(const std::string& group, bool frozen, std::function<void(bool)> done);

  /// Amounts for percentages; `starting` until the boot is done.
  [[nodiscard]] MachineAmounts& amounts() { return amounts_; }
  /// Where refused attributes are named; a missing controller once for each directive.
  void set_warn(std::function<void(const std::string&)> warn) { warn_ = std::move(warn); }
  /// Directives whose lack of a controller was said already: once in the life of the machine.
  [[nodiscard]] std::set<std::string>& warned_missing() { return warned_missing_; }
  [[nodiscard]] const std::set<std::string>& warned_missing() const { return warned_missing_; }

 private:
  struct Watch {
    std::string group;
    bool is_memory = false;           ///< memory.events, else cgroup.events
    std::uint64_t oom_kills = 0;
  };
  [[nodiscard]] std::string directory(const std::string& group) const { return root_ + group; }
  /// Whether all of a group, not only what lies below, is somebody else's.
  [[nodiscard]] bool is_root(const std::string& group) const { return group.size() < 2 || group == own_; }
  unitparser::Result<void> make(const std::string& group);
  void enable_above(const std::string& group, std::uint32_t controllers);
  /// Takes controllers back from the children of a group and of those below; those who use one keep it (the kernel refuses).
  void disable_below(const std::string& group, std::uint32_t controllers);
  void write_attributes(const std::string& group, const std::vector<AttributeWrite>& writes);
  void mark(const std::string& group, const unitparser::UnitConfig& config, Reset reset);
  void filter_access(const std::string& group, const unitparser::UnitConfig& config, Reset reset);
  void watch(const std::string& group);
  void unwatch(const std::string& group);
  void on_events();
  void on_changed(Watch& watch);

  Loop& loop_;
  Post post_;
  std::string root_;
  std::string own_;
  std::uint32_t available_ = 0;
  MachineAmounts amounts_;
  std::function<void(const std::string&)> warn_;
  Mover mover_;
  std::set<std::string> warned_missing_;
  unitparser::UniqueFd inotify_;
  Source source_;
  std::unordered_map<int, Watch> watches_;
  std::unordered_map<std::string, std::vector<int>> watches_by_group_;
  std::unordered_map<std::string, std::uint32_t> enabled_;  ///< controllers enabled for the children of a group
  std::unordered_map<std::string, std::function<void(bool)>> freezing_;
};

}  // namespace init
