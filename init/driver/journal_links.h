// JournalLinks: what the journal is told of units in /run/systemd/units. [port]
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>

#include "init/driver/loop.h"
#include "init/engine/engine.h"

namespace init {

/// Keeps the links in step with the units: a unit that is up has them. Those of a unit that has ended stay for some seconds, since
/// the last lines of its processes may still be waiting to be read.
class JournalLinks {
 public:
  /// `runtime_directory`: "/run", or that of a user; `stay`: how long links outlive their unit's end.
  JournalLinks(Loop& loop, std::string runtime_directory, unitparser::Duration stay = unitparser::Duration::from_seconds(5))
      : loop_(loop), runtime_directory_(std::move(runtime_directory)), stay_(stay) {}

  void set_engine(const Engine& engine) { engine_ = &engine; }
  void on_unit_changed(UnitId unit);
  /// Goes on with the links of the image before: those of units that are up stay, the others go.
  void adopt();

 private:
  struct Told {
    std::string invocation;
    bool has_more = false;     ///< than the invocation
    std::uint64_t due = 0;     ///< when it goes (monotonic, microseconds); 0: the unit is up
  };
  void withdraw_due();
  void arm();

  Loop& loop_;
  std::string runtime_directory_;
  unitparser::Duration stay_;
  const Engine* engine_ = nullptr;
  std::unordered_map<std::string, Told> told_;                  ///< by the name of the unit, which may be unloaded
  std::deque<std::pair<std::uint64_t, std::string>> ended_;     ///< when which may be due, the first first
  Source timer_;
};

}  // namespace init
