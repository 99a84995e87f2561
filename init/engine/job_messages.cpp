// Words for the beginning and end of jobs, as people know them. [pure]
#include "init/engine/job_messages.h"

#include <fmt/format.h>

#include <algorithm>

#include "init/engine/implicit_dependencies.h"
#include "init/machines/machine_types.h"
#include "unitparser/base/text.h"

namespace init {
namespace {

struct Words {
  std::string_view starting;  ///< empty: says nothing when it begins
  std::string_view stopping;
  std::string_view started;
  std::string_view stopped;
};

Words words_of(const Unit& unit) {
  switch (unit.type()) {
    case UnitType::service:
      return {"Starting", "Stopping",
              unit.config.common->service->type == unitparser::ServiceType::oneshot ? "Finished" : "Started", "Stopped"};
    case UnitType::mount: return {"Mounting", "Unmounting", "Mounted", "Unmounted"};
    case UnitType::swap: return {"Activating swap", "Deactivating swap", "Activated swap", "Deactivated swap"};
    case UnitType::socket: return {"Starting", "Stopping", "Listening on", "Closed"};
    case UnitType::target: return {"", "Stopping", "Reached target", "Stopped target"};
    case UnitType::device: return {"Expecting device", "", "Found device", "Stopped"};
    case UnitType::automount: return {"", "Stopping", "Set up automount", "Unset automount"};
    case UnitType::slice: return {"", "Stopping", "Created slice", "Removed slice"};
    case UnitType::scope: return {"Starting", "Stopping", "Started", "Stopped"};
    case UnitType::timer:
    case UnitType::path: return {"", "Stopping", "Started", "Stopped"};
  }
  return {};
}

std::string_view stopping_verb(const Unit& unit) {
  return unit.type() == UnitType::mount ? "unmounting" : unit.type() == UnitType::swap ? "deactivating swap" : "stopping";
}

constexpr std::string_view id_starting = "7d4958e842da4a758f6c1cdc7b36dcc5";
constexpr std::string_view id_stopping = "de5b426a63be47a7b6ac3eaac82e2f6f";
constexpr std::string_view id_reloading = "d34d037fff1847e6ae669a370e694725";
constexpr std::string_view id_started = "39f53479d3a045ac8e11786248231fbf";
constexpr std::string_view id_stopped = "9d1aaa27d60140bd96365438aad20286";
constexpr std::string_view id_failed = "be02cf6855d2428ba40df7e9d022f03d";
constexpr std::string_view id_reloaded = "7b05ebc668384222baa8881179cfda54";

effect::LogFields fields_of(const Job& job, JobType type, std::string_view message_id) {
  effect::LogFields fields;
  fields.reserve(12);  // with those of the result, the unit and the cause
  fields.emplace_back("JOB_ID", std::to_string(static_cast<std::uint32_t>(job.id)));
  fields.emplace_back("JOB_TYPE", unitparser::to_name(type));
  fields.emplace_back("MESSAGE_ID", message_id);
  return fields;
}

std::string condition_text(const Unit& unit) {
  const auto& conditions = unit.config.common->unit_needs->conditions;
  const auto& verdicts = unit.runtime->condition_verdicts;
  for (std::size_t i = 0; i < conditions.size() && i < verdicts.size(); ++i)
    if (verdicts[i] < 0 && !conditions[i].triggering)
      return fmt::format("Condition{}={}{}", unitparser::to_name(conditions[i].kind), conditions[i].negated ? "!" : "",
                         conditions[i].parameter);
  return {};
}

/// What begins has no mark on the console yet. COMPAT: that something is reloaded is not told there.
void say_begin(Core& core, const Unit& unit, effect::UnitSentence sentence, std::string_view message_id, const Job& job, JobType type) {
  std::string text = sentence.text;
  if (type != JobType::reload) core.emit(effect::ConsoleStatus{effect::StatusKind::none, unit.id, std::move(sentence)});
  log_unit(core, unit, 6, std::move(text), fields_of(job, type, message_id), &job.cause);
}

struct EndText {
  int priority = 6;
  effect::StatusKind kind = effect::StatusKind::none;
  effect::UnitSentence sentence;
};

std::string_view starting_verb(const Unit& unit) {
  switch (unit.type()) {
    case UnitType::mount: return "mount";
    case UnitType::swap: return "activate swap";
    case UnitType::socket: return "listen on";
    case UnitType::automount: return "set up automount";
    default: return "start";
  }
}

EndText start_end(const Core& core, const Unit& unit, JobResult result) {
  const auto say = [&](std::string before, std::string_view after) { return sentence_about(core, unit, std::move(before), after); };
  using effect::StatusKind;
  switch (result) {
    case JobResult::done: return {6, StatusKind::ok, say(fmt::format("{} ", words_of(unit).started), ".")};
    case JobResult::timeout: return {3, StatusKind::timeout, say(unit.type() == UnitType::device ? "Timed out waiting for device " : "Timed out starting ", ".")};
    case JobResult::failed: return {3, StatusKind::failed, say(fmt::format("Failed to {} ", starting_verb(unit)), ".")};
    case JobResult::dependency: return {4, StatusKind::depend, say("Dependency failed for ", ".")};
    case JobResult::assert_: return {4, StatusKind::assert_, say("Assertion failed for ", ".")};
    case JobResult::unsupported: return {4, StatusKind::unsupported, say("Starting of ", " unsupported.")};
    case JobResult::collected: return {4, StatusKind::none, say("Unnecessary job was removed for ", ".")};
    case JobResult::once: return {3, StatusKind::once, say("Unit ", " has been started before and cannot be started again.")};
    case JobResult::skipped:
    case JobResult::invalid:
    case JobResult::canceled: break;
  }
  return {};
}

EndText stop_end(const Core& core, const Unit& unit, JobResult result) {
  const auto say = [&](std::string before, std::string_view after) { return sentence_about(core, unit, std::move(before), after); };
  using effect::StatusKind;
  const bool is_storage = unit.type() == UnitType::mount || unit.type() == UnitType::swap;
  switch (result) {
    case JobResult::done: return {6, StatusKind::ok, say(fmt::format("{} ", words_of(unit).stopped), ".")};
    case JobResult::timeout: return {3, StatusKind::timeout, say(fmt::format("Timed out {} ", stopping_verb(unit)), ".")};
    case JobResult::failed: return {3, StatusKind::failed, is_storage ? say(fmt::format("Failed {} ", stopping_verb(unit)), ".") : say("Stopping ", " failed.")};
    default: return {};
  }
}

EndText reload_end(const Core& core, const Unit& unit, JobResult result) {
  switch (result) {
    case JobResult::done: return {6, effect::StatusKind::none, sentence_about(core, unit, "Reloaded ", ".")};
    case JobResult::failed: return {3, effect::StatusKind::none, sentence_about(core, unit, "Reload failed for ", ".")};
    case JobResult::timeout: return {3, effect::StatusKind::none, sentence_about(core, unit, "Timed out reloading ", ".")};
    default: return {};
  }
}

/// What did nothing is not told on the console.
EndText skipped_start(const Core& core, const Unit& unit) {
  const auto say = [&](std::string before, std::string_view after) { return EndText{6, effect::StatusKind::none, sentence_about(core, unit, std::move(before), after)}; };
  const std::string unmet = condition_text(unit);
  if (!unmet.empty()) return say({}, fmt::format(" was skipped because of an unmet condition check ({}).", unmet));
  const auto& all = unit.config.common->unit_needs->conditions;
  const bool has_trigger = std::any_of(all.begin(), all.end(), [](const auto& condition) { return condition.triggering; });
  if (has_trigger) return say({}, " was skipped because no trigger condition checks were met.");
  return say("Condition check resulted in ", " being skipped.");
}

/// COMPAT: what is up as soon as its process was started is only said to have started.
bool comes_up_at_once(const Unit& unit) {
  if (unit.type() == UnitType::socket) {
    const unitparser::SocketConfig& socket = *unit.config.common->socket;
    return socket.exec_start_pre.empty() && socket.exec_start_post.empty() && socket.socket_user.empty() && socket.socket_group.empty();
  }
  if (unit.type() == UnitType::scope) return unit.config.common->scope->user.empty() || !unit.config.common->resource_basics->delegate;
  if (unit.type() != UnitType::service) return false;
  const unitparser::ServiceType type = unit.config.common->service->type;
  const auto& commands = *unit.config.service_commands;
  return (type == unitparser::ServiceType::simple || type == unitparser::ServiceType::idle) && commands.exec_condition.empty() &&
         commands.exec_start_pre.empty() && commands.exec_start_post.empty();
}

}  // namespace

std::string_view short_name(unitparser::StatusUnitFormat format, const Unit& unit) {
  return format == unitparser::StatusUnitFormat::description ? unit.description() : std::string_view(unit.name.text());
}

effect::UnitSentence sentence_about(const Core& core, const Unit& unit, std::string before, std::string_view after, NameLength length) {
  using unitparser::StatusUnitFormat;
  const StatusUnitFormat format = core.options.status_unit_format;
  effect::UnitSentence sentence{std::move(before), 0, 0};
  sentence.name_at = sentence.text.size();
  const std::string_view name = short_name(format, unit);
  sentence.name_size = name.size();
  sentence.text.append(name);
  if (const std::string_view description = unit.description(); format == StatusUnitFormat::combined && length == NameLength::long_ && description != name)
    sentence.text.append(" - ").append(description);
  sentence.text.append(after);
  return sentence;
}

void announce_job_begin(Core& core, const Unit& unit, const Job& job, JobType type, ActiveState before) {
  if (unit.type() == UnitType::device) return;
  const Words words = words_of(unit);
  const bool start = type == JobType::start;
  if (type == JobType::reload) return say_begin(core, unit, sentence_about(core, unit, "Reloading ", "..."), id_reloading, job, type);
  if (start && (!is_inactive_or_failed(before) || comes_up_at_once(unit))) return;
  if (!start && ((type != JobType::stop && type != JobType::restart) || before != ActiveState::active)) return;
  const std::string_view verb = start ? words.starting : words.stopping;
  if (!verb.empty()) say_begin(core, unit, sentence_about(core, unit, fmt::format("{} ", verb), "..."), start ? id_starting : id_stopping, job,
                               start ? type : JobType::stop);  // a restart begins with a stop
}

void announce_job_end(Core& core, Unit& unit, const Job& job, JobResult result, bool already) {
  using effect::StatusKind;
  EndText end;
  std::string_view id = id_failed;
  switch (job.type) {
    case JobType::start:
      if (result == JobResult::done) id = id_started;
      if (already && result == JobResult::done) return;
      end = result == JobResult::done && !unit.runtime->condition_result && is_inactive_or_failed(unit.active_state()) ? skipped_start(core, unit)
                                                                                                                    : start_end(core, unit, result);
      break;
    case JobType::stop:
    case JobType::restart:
      if (already) return;
      id = id_stopped;
      end = stop_end(core, unit, result);
      break;
    case JobType::reload:
      id = id_reloaded;
      end = reload_end(core, unit, result);
      break;
    default: return;
  }
  std::string text = end.sentence.text;
  if (text.empty()) return;
  auto fields = fields_of(job, job.type, id);
  fields.emplace_back("JOB_RESULT", unitparser::to_name(result));
  if (end.kind != StatusKind::none) core.emit(effect::ConsoleStatus{end.kind, unit.id, std::move(end.sentence)});
  if (end.kind == StatusKind::failed && job.type == JobType::start)
    core.emit(effect::ConsoleStatus{StatusKind::advice, unit.id, {fmt::format("See 'systemctl status {}' for details.", unitparser::quote_if_needed(unit.name.text())), 0, 0}});
  log_unit(core, unit, end.priority, std::move(text), std::move(fields), &job.cause);
  if (result == JobResult::timeout || result == JobResult::dependency)
    log_unit(core, unit, 5,
             fmt::format("{}: Job {}/{} failed with result '{}'.", unit.name.text(), unit.name.text(),
                         unitparser::to_name(job.type), unitparser::to_name(result)),
             {{"JOB_TYPE", std::string(unitparser::to_name(job.type))}, {"JOB_RESULT", std::string(unitparser::to_name(result))}});
}

}  // namespace init
