// Shared memory, semaphores and message queues of a user, System V's and POSIX's (RemoveIPC=). [os]
#pragma once

#include <sys/types.h>

namespace init {

/// Removes all that belong to the user or the group; root's are never touched. What somebody still uses goes when it is let go.
void remove_ipc_objects(uid_t user, gid_t group);

}  // namespace init
