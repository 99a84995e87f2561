// Calls of the autofs control device. [os]
#include "init/driver/autofs_ioctl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/auto_dev-ioctl.h>
#include <string.h>
#include <sys/ioctl.h>

static void make_request(struct autofs_dev_ioctl* request, int mount) {
  init_autofs_dev_ioctl(request);
  request->ioctlfd = mount;
}

static int call(int device, unsigned long number, struct autofs_dev_ioctl* request) {
  return ioctl(device, number, request) < 0 ? -errno : 0;
}

int autofs_open_mount(int device, const char* path, dev_t device_number) {
  union {
    struct autofs_dev_ioctl request;
    char bytes[sizeof(struct autofs_dev_ioctl) + PATH_MAX];
  } buffer;
  const size_t length = strlen(path) + 1;
  if (length > PATH_MAX) return -ENAMETOOLONG;
  init_autofs_dev_ioctl(&buffer.request);
  buffer.request.size = (uint32_t)(sizeof(struct autofs_dev_ioctl) + length);
  buffer.request.openmount.devid = (uint32_t)device_number;
  memcpy(buffer.request.path, path, length);
  const int result = call(device, AUTOFS_DEV_IOCTL_OPENMOUNT, &buffer.request);
  if (result < 0) return result;
  fcntl(buffer.request.ioctlfd, F_SETFD, FD_CLOEXEC);
  return buffer.request.ioctlfd;
}

int autofs_set_timeout(int device, int mount, uint64_t seconds) {
  struct autofs_dev_ioctl request;
  make_request(&request, mount);
  request.timeout.timeout = seconds;
  return call(device, AUTOFS_DEV_IOCTL_TIMEOUT, &request);
}

int autofs_make_inert(int device, int mount) {
  struct autofs_dev_ioctl request;
  make_request(&request, mount);
  return call(device, AUTOFS_DEV_IOCTL_CATATONIC, &request);
}

int autofs_answer_ready(int device, int mount, uint32_t token) {
  struct autofs_dev_ioctl request;
  make_request(&request, mount);
  request.ready.token = token;
  return call(device, AUTOFS_DEV_IOCTL_READY, &request);
}

int autofs_answer_failed(int device, int mount, uint32_t token, int error) {
  struct autofs_dev_ioctl request;
  make_request(&request, mount);
  request.fail.token = token;
  request.fail.status = -error;
  return call(device, AUTOFS_DEV_IOCTL_FAIL, &request);
}

int autofs_expire(int device, int mount) {
  struct autofs_dev_ioctl request;
  make_request(&request, mount);
  request.expire.how = 0;
  return call(device, AUTOFS_DEV_IOCTL_EXPIRE, &request);
}
