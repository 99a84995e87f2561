// What the executor has to say: to the journal's native socket, else to the kernel's log. [os]
#pragma once

#include <string>
#include <string_view>

#include "init/exec/spawn_plan.h"
#include "unitparser/base/fd.h"

namespace executor {

/// Writes messages with the fields by which `journal -u UNIT` finds them. Never fails; a message that nobody takes is
/// lost, as the process that it is about is not to be held up.
class Log {
 public:
  /// `name` is the process's name as shown by ps. `plan` must outlive the log.
  Log(const init::PlanProcess& plan, std::string name) : plan_(plan), name_(std::move(name)) {}

  /// "UNIT: message", with ": reason" when os_errno is not 0.
  void error(std::string_view message, int os_errno = 0, std::string_view extra_fields = {});
  void warning(std::string_view message, int os_errno = 0);
  void info(std::string_view message, int os_errno = 0, std::string_view extra_fields = {});

  /// Opens the sockets now, while their paths can still be reached.
  void open();
  void close();
  /// Moves the log's descriptor to `lowest` or above.
  void move_above(int lowest);

  /// Fields that mark a failed start: MESSAGE_ID= and EXECUTABLE=.
  [[nodiscard]] static std::string spawn_failed_fields(std::string_view executable);

 private:
  void write(int priority, std::string_view message, int os_errno, std::string_view extra_fields);
  const init::PlanProcess& plan_;
  std::string name_;
  unitparser::UniqueFd journal_;
  unitparser::UniqueFd kernel_;
};

}  // namespace executor
