// Ending every process that is left at shutdown. [os]
#pragma once

#include <functional>

#include "init/shutdown/report.h"

namespace init::shutdown {

/// Called at least once a second while something is waited for.
using Pulse = std::function<void()>;

/// Sends SIGTERM (and SIGHUP to terminals' shells by SIGCONT first) to all processes but PID 1, kernel threads and those
/// whose argv[0] starts with '@' (storage daemons of the root file system); waits at most `timeout_seconds` for them to
/// go, saying whom it waits for, then SIGKILL and at most the same again.
void end_all_processes(unsigned timeout_seconds, const Report& report, const Pulse& pulse);

}  // namespace init::shutdown
