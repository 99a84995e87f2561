// Looking at units as they change. [os: read]
#include "init/driver/console_users.h"

#include "init/conditions/file_conditions.h"
#include "init/machines/service_runtime.h"
#include "unitparser/base/text.h"

namespace init {
namespace {

using unitparser::ExecInput;
using unitparser::ExecOutput;

bool is_terminal(ExecInput input) { return input == ExecInput::tty || input == ExecInput::tty_force || input == ExecInput::tty_fail; }
bool is_terminal(ExecOutput output) {
  return output == ExecOutput::tty || output == ExecOutput::kmsg_and_console || output == ExecOutput::journal_and_console;
}

bool runs(const Unit& unit) {
  if (is_inactive_or_failed(unit.active_state())) return false;
  return unit.type() != UnitType::service || unit.read<ServiceRuntime>().state != ServiceState::exited;
}

}  // namespace

bool may_use_console(const unitparser::ExecStreams& streams, std::string_view active) {
  const bool touches = streams.tty_reset || streams.tty_vhangup || streams.tty_vt_disallocate || is_terminal(streams.standard_input) ||
                       is_terminal(streams.standard_output) || is_terminal(streams.standard_error);
  if (!touches) return false;
  const std::string_view terminal = unitparser::after_prefix(std::string_view(streams.tty_path), "/dev/").value_or(streams.tty_path);
  return terminal.empty() || terminal == "console" || active.empty() || terminal == active ||
         (active == "tty0" && terminal.starts_with("tty") && terminal.size() > 3 && unitparser::is_digit(terminal[3]));
}

ConsoleUsers::ConsoleUsers(const Engine& engine) : engine_(engine) {
  // Of several consoles the last one named is /dev/console.
  const std::string consoles = read_text_file("/sys/class/tty/console/active");
  const auto words = unitparser::split_whitespace(consoles);
  if (!words.empty()) active_ = std::string(words.back());
}

void ConsoleUsers::on_unit_changed(UnitId id) {
  const Unit* unit = engine_.find(id);
  if (unit != nullptr && unitparser::type_has_exec(unit->type()) && runs(*unit) && may_use_console(*unit->config.exec_streams, active_))
    users_.insert(id);
  else
    users_.erase(id);
}

}  // namespace init
