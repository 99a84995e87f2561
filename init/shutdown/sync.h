// Writing out what is not on disk yet, before a machine ends. [os]
#pragma once

#include "init/shutdown/processes.h"
#include "init/shutdown/report.h"

namespace init::shutdown {

/// sync(2) in a child that is given up when in half a minute nothing was written: a server that is gone must not keep the
/// machine from ending.
void sync_disks(const Report& report, const Pulse& pulse);

}  // namespace init::shutdown
