// UpperManager: what a user's manager has to ask PID 1 for. [bus]
#pragma once

#include <sys/types.h>

#include <string>

#include "unitparser/base/result.h"

namespace init {

/// Moves a process into a group of our own unit, which PID 1 delegated to us: a move from outside of it is not ours to make.
/// Waits for the answer, at most for five seconds.
[[nodiscard]] unitparser::Result<void> ask_to_attach(const std::string& group, pid_t pid);

}  // namespace init
