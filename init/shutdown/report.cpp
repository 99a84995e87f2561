// Lines of the last program. [os]
#include "init/shutdown/report.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace init::shutdown {

Report::Report(bool to_console, int max_priority)
    : kernel_log_(to_console ? -1 : ::open("/dev/kmsg", O_WRONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)), max_priority_(max_priority) {
  if (!kernel_log_) console_.reset(::open("/dev/console", O_WRONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
}

void Report::write(int priority, std::string_view message) const {
  if (priority > max_priority_) return;
  constexpr int daemon = 3 << 3;
  std::string line = kernel_log_ ? "<" + std::to_string(daemon | priority) + ">systemd-shutdown[1]: " : std::string();
  line.append(message).append(kernel_log_ ? "\n" : "\r\n");
  const int fd = kernel_log_ ? kernel_log_.get() : console_.get();
  if (fd >= 0 && ::write(fd, line.data(), line.size()) < 0) errno = 0;  // nobody is left to be told
}

}  // namespace init::shutdown
