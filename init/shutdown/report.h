// What the last program of a boot has to say: to the kernel's log, where there is nobody else to take it. [os]
#pragma once

#include <string_view>

#include "unitparser/base/fd.h"

namespace init::shutdown {

class Report {
 public:
  /// Messages less urgent than `max_priority`, as in syslog(3), are dropped. Without a kernel's log, as in a container, or
  /// when `to_console`, lines go to the console.
  Report(bool to_console, int max_priority);
  void info(std::string_view message) const { write(6, message); }
  void error(std::string_view message) const { write(3, message); }

 private:
  void write(int priority, std::string_view message) const;
  unitparser::UniqueFd kernel_log_;
  unitparser::UniqueFd console_;
  int max_priority_;
};

}  // namespace init::shutdown
