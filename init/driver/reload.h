// Reloads: daemon-reload without stopping to serve – generators run in a child, then all units are read again. [loop]
#pragma once

#include <deque>

#include "init/boot/generators.h"
#include "init/driver/loop.h"
#include "init/driver/post.h"
#include "unitparser/base/fd.h"
#include "unitparser/load/unit_files.h"

namespace init {

/// Serves one reload after the other, without being deaf for long: unit files are looked at part after part, and others are
/// served in between; requests that come while one runs share the next one.
class Reloads {
 public:
  struct Parts {
    Loop& loop;
    Post post;
    unitparser::UnitFiles& files;
    std::function<void()> reload_config;            ///< re-reads system.conf or user.conf
    std::function<bool()> look_at_units;            ///< Engine::prepare_reload() of a small part
    std::function<void(bool active)> announce;      ///< the Reloading signal
    std::function<void(const std::string&)> warn;
    GeneratorFolders generators;
    std::function<std::vector<std::string>()> environment;  ///< the manager's own, for the environment generators
    /// What the generators of units find, from the manager's own environment by then.
    std::function<std::vector<std::string>(std::vector<std::string>)> generator_environment;
    std::function<void(const std::vector<std::string>&)> extend_environment;  ///< takes what the environment generators said
  };
  explicit Reloads(Parts parts) : parts_(std::move(parts)) {}

  /// Asks for a reload; `request` is answered by the engine when it is done.
  void request(RequestId request);
  /// Only runs the generators, unless a reload is under way anyway: for an image that will read all units itself.
  void run_generators();
  /// All units are read again (effect::Reloaded).
  void end();
  /// A reload or the generators are under way.
  [[nodiscard]] bool active() const { return active_; }

 private:
  enum class Purpose : std::uint8_t { reload, generators };
  void begin(Purpose purpose);
  void generate(const std::vector<std::string>& environment, int said) const;
  void read_settings();
  void look_at_units();
  void hand_over();
  Parts parts_;
  std::vector<RequestId> waiting_;  ///< for the run that has not begun
  std::vector<RequestId> running_;  ///< of the run under way
  bool active_ = false;
  Purpose purpose_ = Purpose::reload;
  unitparser::UniqueFd child_;
  unitparser::UniqueFd said_;       ///< memory file for the child's new variables, each with a NUL behind it
  Source source_;
};

}  // namespace init
