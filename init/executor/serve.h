// The executor as a fork server: one process for each plan that comes. [os]
#pragma once

#include <functional>

namespace executor {

/// Answers the requests (init/exec/fork_request.h) that come over `socket`, until its other end is closed or none comes for a
/// while. `execute` is called in each new process, a sibling of this one, with a descriptor of the plan; the process has the
/// plan's descriptors at the numbers that the plan says, and ends with what `execute` returns.
void serve(int socket, const std::function<int(int plan)>& execute);

}  // namespace executor
