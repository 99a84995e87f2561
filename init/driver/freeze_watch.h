// FreezeWatch: a manager that stopped coming round is taken for one that crashed. [os: timer_create, signals]
#pragma once

#include <ctime>

#include "unitparser/base/time.h"

namespace init {

/// Raises SIGABRT, for which there are crash handlers, when beat() was not called for two to three periods of running time:
/// the manager waits for something that never comes, or goes round in circles. A manager that was stopped or frozen by
/// others for as long as they like is not taken for stuck. One at a time; it uses SIGVTALRM.
class FreezeWatch {
 public:
  /// `period` must be longer than any sleep between two beats. Without a timer (no memory) there is no watch.
  explicit FreezeWatch(unitparser::Duration period);
  FreezeWatch(const FreezeWatch&) = delete;
  FreezeWatch& operator=(const FreezeWatch&) = delete;
  ~FreezeWatch();

  void beat();

 private:
  timer_t timer_{};
  bool armed_ = false;
};

}  // namespace init
