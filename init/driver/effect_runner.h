// EffectRunner: performs what a turn of the engine decided, in order. The only caller of ports with side effects. [port]
#pragma once

#include <functional>

#include "init/cgroup/tree.h"
#include "init/driver/automounts.h"
#include "init/driver/executions.h"
#include "init/driver/journal_links.h"
#include "init/driver/objective.h"
#include "init/driver/path_watches.h"
#include "init/driver/post.h"
#include "init/driver/socket_traffic.h"
#include "init/driver/stored_fds.h"
#include "init/driver/timers.h"
#include "init/engine/engine.h"
#include "init/log/console_status.h"
#include "init/log/log_sink.h"

namespace init {

/// Everything that effects are carried out with. All must outlive the runner.
struct RunnerParts {
  Engine& engine;
  Post post;
  Timers& timers;
  SocketTraffic& traffic;
  PathWatches& paths;
  StoredFds& stored_fds;
  Automounts& automounts;
  Executions& executions;
  JournalLinks& journal_links;
  CgroupTree& cgroups;
  LogSink& log;
  StatusConsole& console;
  std::function<std::string(const UnitName&)> timer_stamp_path;
  std::function<void(const Effect&)> tell_bus;         ///< replies, units, jobs, bus names, scopes
  std::function<void()> end_of_turns;                  ///< the queue is empty: send what was collected
  std::function<void()> end_of_round;                  ///< the loop's: clients are to hear what was told
  std::function<void()> before_sleep;                  ///< they hear it now
  std::function<void(RunEnd)> end_run;
  std::function<void(std::uint8_t)> set_exit_code;     ///< of the run, whenever it ends
  std::function<void()> reloaded;                      ///< a reload is over
  std::function<void()> jobs_done;                     ///< nothing is left to be done
};

class EffectRunner {
 public:
  explicit EffectRunner(RunnerParts parts) : parts_(std::move(parts)) {}

  /// Sends what the journal could not take before; returns whether something is left.
  bool flush_log() { return parts_.log.flush(); }
  /// Performs all effects of one turn. A failure becomes an event where the engine waits for one, else a log line.
  void run(Effects effects);
  /// After the last turn before the loop sleeps.
  void flush() { parts_.end_of_turns(); }
  /// After each round of the loop.
  void end_round() { parts_.end_of_round(); }
  /// Nothing is left to do until something happens.
  void rest() { parts_.before_sleep(); }

 private:
  struct Visitor;
  void warn(UnitId unit, const unitparser::Error& error, int priority = 4);
  RunnerParts parts_;
};

/// The target that an orderly emergency action starts; empty for those that end the run at once.
[[nodiscard]] std::string_view target_of_emergency(EmergencyAction action);
/// What an emergency action that ends the run at once means for it.
[[nodiscard]] RunEnd end_of_emergency(const effect::Emergency& emergency);

}  // namespace init
