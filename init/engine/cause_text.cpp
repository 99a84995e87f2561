// Causes in words, for the log and for whoever asks why. [pure]
#include <fmt/format.h>

#include "init/engine/core.h"
#include "init/engine/engine.h"

namespace init {
namespace {

struct Phrase {
  CauseKind kind;
  std::string_view text;  ///< {unit}: the other unit; {detail}, {pid}, {uid}, {edge}, {subject}: the unit that it happened to
};
constexpr std::array phrases{
    Phrase{CauseKind::none, ""},
    Phrase{CauseKind::boot, "the boot"},
    Phrase{CauseKind::client, "a request of uid {uid}, process {pid}"},
    Phrase{CauseKind::signal, "signal {detail}"},
    Phrase{CauseKind::dependency, "{edge}={subject} of {unit}"},
    Phrase{CauseKind::isolate, "isolating {unit}"},
    Phrase{CauseKind::trigger_timer, "timer {unit}"},
    Phrase{CauseKind::trigger_path, "{unit}"},
    Phrase{CauseKind::trigger_socket, "traffic on {unit}"},
    Phrase{CauseKind::trigger_automount, "{unit}"},
    Phrase{CauseKind::trigger_device, "device {unit}"},
    Phrase{CauseKind::bus_name, "bus name {detail}"},
    Phrase{CauseKind::restart_rule, "Restart= of {unit}"},
    Phrase{CauseKind::on_failure, "OnFailure= of {unit}"},
    Phrase{CauseKind::on_success, "OnSuccess= of {unit}"},
    Phrase{CauseKind::upholds, "Upholds= of {unit}"},
    Phrase{CauseKind::unneeded, "StopWhenUnneeded=: nothing needs {unit}"},
    Phrase{CauseKind::binds_to, "BindsTo={unit}, which is not active"},
    Phrase{CauseKind::retroactive, "a change of {unit} that no job asked for"},
    Phrase{CauseKind::job_timeout, "JobTimeoutSec= of {unit}"},
    Phrase{CauseKind::process, "the end of process {pid} of {unit}"},
    Phrase{CauseKind::notify, "a notification of process {pid} of {unit}"},
    Phrase{CauseKind::kernel, "{unit}: {detail}"},
    Phrase{CauseKind::condition, "a condition of {unit}"},
    Phrase{CauseKind::start_limit, "StartLimitBurst= of {unit}"},
    Phrase{CauseKind::reload, "daemon-reload"},
    Phrase{CauseKind::deadline, "a time limit of {unit}"},
};
static_assert([] {
  if (phrases.size() != enum_names(std::type_identity<CauseKind>{}).size()) return false;
  for (std::size_t i = 0; i < phrases.size(); ++i)
    if (phrases[i].kind != static_cast<CauseKind>(i)) return false;
  return true;
}(), "one phrase for each kind, in their order");

}  // namespace

std::string Engine::place_of(const Cause& cause, UnitId subject) const {
  if (cause.kind != CauseKind::dependency) return {};
  const Unit* said_by = core_->units.find(cause.origin_unit);
  const Unit* other = core_->units.find(cause.origin_unit == cause.unit ? subject : cause.unit);
  return said_by == nullptr || other == nullptr ? std::string() : init::place_of(*said_by, cause.origin, *other);
}

std::string Engine::describe(const Cause& cause, UnitId subject) const {
  const std::string_view phrase = phrases[static_cast<std::size_t>(cause.kind)].text;
  const auto name_of = [&](UnitId id) -> std::string_view {
    const Unit* unit = core_->units.find(id);
    return unit == nullptr ? std::string_view("an unknown unit") : unit->name.text();
  };
  std::string text = fmt::format(fmt::runtime(phrase), fmt::arg("unit", name_of(cause.unit)), fmt::arg("subject", name_of(subject)),
                                 fmt::arg("edge", unitparser::to_name(cause.edge)), fmt::arg("detail", cause.detail),
                                 fmt::arg("pid", cause.pid), fmt::arg("uid", cause.uid));
  std::string aside = cause.kind == CauseKind::dependency ? place_of(cause, subject) : cause.detail;
  if (cause.kind == CauseKind::client && core_->units.find(cause.unit) != nullptr) aside = name_of(cause.unit);
  if (!aside.empty() && phrase.find("{detail}") == std::string_view::npos) text += fmt::format(" ({})", aside);
  return text;
}

}  // namespace init
