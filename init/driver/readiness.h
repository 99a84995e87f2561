// Readiness: tells whoever started this manager how far it is (sd_notify(3)), as it is told by its own services. [os]
#pragma once

#include "init/engine/engine.h"

namespace init {

/// COMPAT: a user's manager is ready with basic.target, so that sessions need not wait for everything; each is once more
/// when its first jobs are done, and after a re-execution. Without $NOTIFY_SOCKET nothing is told.
class Readiness {
 public:
  explicit Readiness(const Engine& engine) : engine_(engine) {}
  void on_unit_changed(UnitId unit);
  void on_jobs_done();

 private:
  const Engine& engine_;
  bool told_ = false;
};

}  // namespace init
