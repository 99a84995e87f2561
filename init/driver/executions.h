// Executions: from effect::Spawn to a running executor, and what must be kept and cleaned up around a unit's runs. [port]
#pragma once

#include <array>
#include <functional>
#include <map>
#include <set>
#include <unordered_map>

#include "init/driver/loop.h"
#include "init/driver/post.h"
#include "init/engine/engine.h"
#include "init/exec/plan_builder.h"
#include "init/os/processes.h"
#include "unitparser/base/fd.h"

namespace init {

/// Starts processes and owns what outlives the single process: shared namespaces, private folders, the pipe that holds
/// Type=idle back. Every spawn is answered by event::Spawned.
class Executions {
 public:
  Executions(Loop& loop, Post post, Processes& processes, SystemFacts facts);

  /// The engine whose units are started; set once, before the first spawn.
  void set_engine(const Engine& engine) { engine_ = &engine; }
  [[nodiscard]] SystemFacts& facts() { return facts_; }
  /// Who knows the descriptors that a client gave a unit for its standard streams (-1: none); asked for main processes.
  void set_standard_fds(std::function<std::array<int, 3>(UnitId)> ask) { standard_fds_ = std::move(ask); }

  /// What ConfirmSpawn= shows of a unit, and of the jobs under way, to who asks for it.
  struct Dumps {
    std::function<std::string(const Unit&)> unit;
    std::function<std::string()> jobs;
  };
  void set_dumps(Dumps dumps) { dumps_ = std::move(dumps); }

  /// Whether processes are asked about before they run: ConfirmSpawn=, until whoever is asked has enough of it.
  [[nodiscard]] bool asks_before() const;

  void spawn(const effect::Spawn& wanted);
  void release(UnitId unit, bool keep_runtime_directories);
  /// Posts event::CleanDone.
  void clean(UnitId unit, std::uint32_t what);
  /// The boot's jobs are done: processes of Type=idle need not wait any longer.
  void release_idle();
  /// A process of Type=idle has held back for as long as it does: it shall have the console now.
  [[nodiscard]] bool idle_gave_up() const;
  void end_login_record(const effect::EndLoginRecord& record);

  /// What outlives this image, a line each: what executions share, programs that are not confirmed to run, removals under way;
  /// and the descriptors the lines speak of.
  [[nodiscard]] std::vector<std::string> hand_over() const;
  [[nodiscard]] std::vector<int> descriptors() const;
  /// Takes one such line; units are found by name in the engine. A line that makes no sense is passed over.
  void take_over(const std::string& line);

 private:
  struct Held {
    ExecRuntime runtime;
    std::set<UnitId> users;
  };
  struct Confirmation {
    unitparser::UniqueFd report;  ///< closed by the child's execve(), or told its failure
    Source source;
  };
  struct Removal {
    unitparser::UniqueFd child;   ///< pidfd
    UnitId unit = UnitId::none;
    Source source;
  };
  std::shared_ptr<Held> held_for(const Unit& unit);
  [[nodiscard]] bool user_is_free(const Unit& unit) const;
  void watch_confirmation(unitparser::UniqueFd report, pid_t pid);
  void watch_removal(pid_t pid, UnitId unit);
  void take_over_held(const std::vector<std::string_view>& words);
  void release_terminal(const Unit& unit);
  [[nodiscard]] bool journal_runs() const;
  /// Read end that is closed when the terminal is in order; -1: it is.
  [[nodiscard]] int terminal_busy(const std::string& path);

  Loop& loop_;
  Post post_;
  Processes& processes_;
  SystemFacts facts_;
  const Engine* engine_ = nullptr;
  std::function<std::array<int, 3>(UnitId)> standard_fds_;
  Dumps dumps_;
  unitparser::UniqueFd idle_read_;
  unitparser::UniqueFd idle_write_;
  MonotonicTime idle_since_;    ///< the first such process was started
  std::unordered_map<std::uint32_t, std::shared_ptr<Held>> held_;
  std::map<pid_t, Confirmation> confirmations_;
  std::map<pid_t, Removal> removals_;
  std::map<std::string, unitparser::UniqueFd> terminals_;  ///< put in order by a process that holds the other end of the pipe
};

}  // namespace init
