// Small services that several steps use: files, descriptors over socket pairs, reports. [os]
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "init/executor/context.h"
#include "unitparser/base/fd_passing.h"

namespace executor {

tl::unexpected<unitparser::Error> failed(std::string_view what) { return unitparser::fail_errno(errno, what); }

Done write_file(const std::string& path, std::string_view value) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return failed("Failed to open " + path);
  if (::write(fd.get(), value.data(), value.size()) < 0) return failed("Failed to write " + path);
  return {};
}

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return failed("Failed to open " + path);
  std::string content;
  char buffer[8192];
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed("Failed to read " + path);
    if (n == 0) return content;
    content.append(buffer, static_cast<std::size_t>(n));
    if (content.size() > limit) return unitparser::fail_errno(E2BIG, "Failed to read " + path);
  }
}

Done make_parents(const std::string& path, mode_t mode) {
  for (std::size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
    const std::string part = path.substr(0, at);
    if (::mkdir(part.c_str(), mode) < 0 && errno != EEXIST && errno != EROFS) return failed("Failed to create " + part);
    if (at == std::string::npos) return {};
  }
}

Done close_all_but(std::vector<int> fds) {
  std::sort(fds.begin(), fds.end());
  unsigned next = STDERR_FILENO + 1;
  const auto close_up_to = [&next](unsigned last) { return next > last || ::close_range(next, last, 0) == 0; };
  for (const int fd : fds) {
    if (fd <= STDERR_FILENO) continue;
    const auto present = static_cast<unsigned>(fd);
    if (!close_up_to(present - 1)) return failed("Failed to close unwanted file descriptors");
    next = present + 1;
  }
  if (!close_up_to(~0U)) return failed("Failed to close unwanted file descriptors");
  return {};
}

Done send_fd(int socket, int fd) {
  char byte = 'x';
  iovec data{&byte, 1};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  const unitparser::PassedFds passed(message, {&fd, 1});
  if (::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) return failed("Failed to keep a descriptor");
  return {};
}

Result<UniqueFd> receive_fd(int socket) {
  char byte = 0;
  iovec data{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) < 0) return failed("Failed to fetch a descriptor");
  std::vector<UniqueFd> fds = unitparser::take_fds(message);
  if (fds.empty()) return unitparser::fail_errno(EIO, "No descriptor was kept");
  return std::move(fds.front());
}

PairLock::PairLock(int fd) : fd_(fd) {
  while (::lockf(fd_, F_LOCK, 0) < 0 && errno == EINTR) {
  }
}
PairLock::~PairLock() {
  if (::lockf(fd_, F_ULOCK, 0) < 0) errno = 0;
}

void announce_execution(Context& context) {
  if (!context.announced) report(context, init::ReportRecord::Kind::executing, init::ExitStatus::success, 0);
  context.announced = true;
}

void report(const Context& context, init::ReportRecord::Kind kind, init::ExitStatus status, int os_errno) {
  if (context.plan.descriptors.report < 0) return;
  const init::ReportRecord record{kind, static_cast<std::uint32_t>(status), os_errno};
  if (::write(context.plan.descriptors.report, &record, sizeof record) < 0) errno = 0;
}

}  // namespace executor
