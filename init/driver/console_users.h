// ConsoleUsers: which units have the console as their terminal: while one runs, status lines would be in its way. [os: read]
#pragma once

#include <set>
#include <string>

#include "init/engine/engine.h"

namespace init {

/// Whether processes with this config have a terminal of their own that may be the console. `active` is the terminal behind
/// /dev/console ("ttyS0"), empty when it is not known.
[[nodiscard]] bool may_use_console(const unitparser::ExecStreams& streams, std::string_view active);

class ConsoleUsers {
 public:
  explicit ConsoleUsers(const Engine& engine);
  void on_unit_changed(UnitId unit);
  [[nodiscard]] bool any() const { return !users_.empty(); }

 private:
  const Engine& engine_;
  std::string active_;
  std::set<UnitId> users_;
};

}  // namespace init
