// Looking at units as they change. [os: read]
#include "init/driver/console_users.h"

#include "init/conditions/file_conditions.h"
#include "init/exec/plan_builder.h"
#include "init/machines/service_runtime.h"
#include "unitparser/base/text.h"

namespace init {
namespace {

bool runs(const Unit& unit) {
  if (is_inactive_or_failed(unit.active_state())) return false;
  return unit.type() != UnitType::service || unit.read<ServiceRuntime>().state != ServiceState::exited;
}

}  // namespace

bool may_use_console(const unitparser::ExecStreams& streams, std::string_view active) {
  if (!touches_terminal(streams)) return false;
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
  if (unit != nullptr && unitparser::type_has_exec(unit->type()) && runs(*unit) && may_use_console(*unit->config.common->exec_streams, active_))
    users_.insert(id);
  else
    users_.erase(id);
}

}  // namespace init
