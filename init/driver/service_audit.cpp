// From states to records. [port]
#include "init/driver/service_audit.h"

namespace init {

void ServiceAudit::on_unit_changed(UnitId id) {
  const Unit* unit = engine_.find(id);
  if (unit == nullptr) {
    known_.erase(id);
    return;
  }
  if (unit->type() != UnitType::service) return;
  Known& known = known_[id];
  const std::string name = unit->name.text().substr(0, unit->name.text().rfind('.'));
  const ActiveState state = unit->active_state();
  if (is_active_or_reloading(state)) {
    if (known != Known::up) record_(AuditEvent::service_start, name, true);
    known = Known::up;
  } else if (is_inactive_or_failed(state)) {
    const bool well = state == ActiveState::inactive;
    if (known == Known::starting) record_(AuditEvent::service_start, name, well);
    if (known == Known::up || (known == Known::starting && well)) record_(AuditEvent::service_stop, name, well);
    known_.erase(id);
  } else if (state == ActiveState::activating && known == Known::down) {
    known = Known::starting;
  }
}

void ServiceAudit::adopt() {
  for (const UnitId id : engine_.units()) {
    const Unit* unit = engine_.find(id);
    if (unit->type() != UnitType::service || is_inactive_or_failed(unit->active_state())) continue;
    known_[id] = is_active_or_reloading(unit->active_state()) ? Known::up : Known::starting;
  }
}

}  // namespace init
