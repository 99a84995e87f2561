// Ending every process that is left at shutdown. [os]
#pragma once

namespace init::shutdown {

/// Sends SIGTERM (and SIGHUP to terminals' shells by SIGCONT first) to all processes but PID 1, kernel threads and those
/// whose argv[0] starts with '@' (storage daemons of the root file system); waits at most `timeout_seconds` for them to
/// go, then SIGKILL and at most the same again.
void end_all_processes(unsigned timeout_seconds);

}  // namespace init::shutdown
