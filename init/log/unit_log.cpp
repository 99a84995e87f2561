// Fields that every message about a unit carries. [pure]
#include "init/log/unit_log.h"

namespace init {

LogRecord to_record(const effect::Log& log, const Engine& engine) {
  LogRecord record{log.priority, log.message, log.fields};
  const bool user = engine.options().user_manager;
  if (const Unit* unit = engine.find(log.unit)) {
    record.fields.emplace_back(user ? "USER_UNIT" : "UNIT", unit->name.text());
    if (!unit->runtime.invocation_id.empty())
      record.fields.emplace_back(user ? "USER_INVOCATION_ID" : "INVOCATION_ID", unit->runtime.invocation_id);
  }
  if (log.cause.kind != CauseKind::none) {
    record.fields.emplace_back("INCIPIT_CAUSE", unitparser::to_name(log.cause.kind));
    record.fields.emplace_back("INCIPIT_CAUSE_TEXT", engine.describe(log.cause));
  }
  return record;
}

}  // namespace init
