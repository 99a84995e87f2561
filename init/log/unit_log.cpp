// Fields that every message about a unit carries. [pure]
#include "init/log/unit_log.h"

namespace init {

LogRecord to_record(effect::Log log, const Engine& engine) {
  LogRecord record{log.priority, std::move(log.message), std::move(log.fields)};
  const bool user = engine.options().user_manager;
  if (const Unit* unit = engine.find(log.unit)) {
    record.fields.emplace_back(user ? "USER_UNIT" : "UNIT", unit->name.text());
    if (!unit->runtime->invocation_id.empty())
      record.fields.emplace_back(user ? "USER_INVOCATION_ID" : "INVOCATION_ID", unit->runtime->invocation_id);
  }
  if (log.cause.kind != CauseKind::none) {
    record.fields.emplace_back("INCIPIT_CAUSE", unitparser::to_name(log.cause.kind));
    record.fields.emplace_back("INCIPIT_CAUSE_TEXT", engine.describe(log.cause, log.unit));
    if (const Unit* other = engine.find(log.cause.unit)) record.fields.emplace_back("INCIPIT_CAUSE_UNIT", other->name.text());
    if (log.cause.uid != static_cast<uid_t>(-1)) record.fields.emplace_back("INCIPIT_CAUSE_UID", std::to_string(log.cause.uid));
    if (log.cause.pid > 0) record.fields.emplace_back("INCIPIT_CAUSE_PID", std::to_string(log.cause.pid));
    if (std::string place = engine.place_of(log.cause, log.unit); !place.empty()) record.fields.emplace_back("INCIPIT_CAUSE_PLACE", std::move(place));
  }
  return record;
}

}  // namespace init
