// The ioctls of /dev/autofs, in C because the kernel's header is not C++. Each returns 0 (or a descriptor) or -errno. [os]
#pragma once

#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Opens the autofs mount at `path` on `device_number` without triggering it; the descriptor is the caller's.
int autofs_open_mount(int device, const char* path, dev_t device_number);
int autofs_set_timeout(int device, int mount, uint64_t seconds);
/// Makes the mount point inert: no more requests.
int autofs_make_inert(int device, int mount);
int autofs_answer_ready(int device, int mount, uint32_t token);
/// `error` is a positive errno given to whoever waits.
int autofs_answer_failed(int device, int mount, uint32_t token, int error);
/// Expires one idle mount below; blocks until it is unmounted. -EAGAIN when there is none.
int autofs_expire(int device, int mount);

#ifdef __cplusplus
}
#endif
