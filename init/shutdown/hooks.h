// The programs that packages put into system-shutdown. [os]
#pragma once

#include <string>

#include "init/shutdown/processes.h"

namespace init::shutdown {

/// Runs all programs of /usr/lib/systemd/system-shutdown (and /lib) at once with `verb`, at most 90 seconds.
void run_shutdown_hooks(const std::string& verb, const Pulse& pulse);

}  // namespace init::shutdown
