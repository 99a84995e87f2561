// Messages to the service manager above. [os]
#include "init/driver/readiness.h"

#include <systemd/sd-daemon.h>

namespace init {

void Readiness::on_unit_changed(UnitId unit) {
  if (told_ || !engine_.options().user_manager) return;
  const Unit* changed = engine_.find(unit);
  if (changed == nullptr || changed->name.text() != "basic.target" || changed->active_state() != ActiveState::active) return;
  told_ = true;
  (void)::sd_notify(0, "READY=1\nSTATUS=Reached basic.target.");
}

void Readiness::on_jobs_done() {
  told_ = true;
  (void)::sd_notify(0, "READY=1\nSTATUS=Ready.");
}

}  // namespace init
