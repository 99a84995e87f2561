// The programs that packages put into system-shutdown. [os]
#pragma once

#include <string>

namespace init::shutdown {

/// Runs all programs of /usr/lib/systemd/system-shutdown (and /lib) at once with `verb`, at most 90 seconds.
void run_shutdown_hooks(const std::string& verb);

}  // namespace init::shutdown
