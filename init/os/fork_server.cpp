// Requests with descriptors, answers with a deadline. [os]
#include "init/os/fork_server.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>
#include <vector>

#include "init/exec/fork_request.h"
#include "init/os/execution_files.h"
#include "unitparser/base/clock.h"
#include "unitparser/base/fd_passing.h"

namespace init {
namespace {

using unitparser::fail_errno;
using unitparser::MonotonicTime;
using unitparser::Result;
using unitparser::UniqueFd;

bool send_request(int socket, int plan, int cgroup, std::span<const int> fds) {
  ForkRequest request{cgroup >= 0 ? 1U : 0U, static_cast<std::uint32_t>(fds.size())};
  std::array<iovec, 2> parts{iovec{&request, sizeof request}, iovec{const_cast<int*>(fds.data()), fds.size_bytes()}};
  std::vector<int> sent{plan};
  if (cgroup >= 0) sent.push_back(cgroup);
  sent.insert(sent.end(), fds.begin(), fds.end());
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  const unitparser::PassedFds passed(message, sent);
  return ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

}  // namespace

bool ForkServer::is_quick() {
  const auto now = MonotonicTime::from_usec(unitparser::clock_usec(CLOCK_MONOTONIC));
  return now - std::exchange(last_, now) < pace_.quick;
}

bool ForkServer::launch() {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return false;
  UniqueFd ours(ends[0]);
  const UniqueFd theirs(ends[1]);
  const timeval limit{static_cast<time_t>(pace_.patience.usec() / 1'000'000), static_cast<suseconds_t>(pace_.patience.usec() % 1'000'000)};
  if (::setsockopt(ours.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0) return false;
  const auto pid = program_.start({fork_server_word, std::to_string(theirs.get())}, -1, std::array{theirs.get()});
  if (!pid) return false;
  process_ = open_pidfd(*pid);
  socket_ = std::move(ours);
  return true;
}

void ForkServer::kill() {
  ::syscall(SYS_pidfd_send_signal, process_.get(), SIGKILL, nullptr, 0);
  socket_.reset();
}

std::optional<Result<pid_t>> ForkServer::fork(int plan, int cgroup, std::span<const int> fds) {
  const bool is_worth_a_server = is_quick();
  if (fds.size() > ForkRequest::most_numbers) return std::nullopt;
  // Twice, since it may have ended a moment ago for want of work.
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (!socket_ && (!is_worth_a_server || !launch())) return std::nullopt;
    if (!send_request(socket_.get(), plan, cgroup, fds)) {
      socket_.reset();
      continue;
    }
    ForkReply reply;
    ssize_t size = 0;
    while ((size = ::recv(socket_.get(), &reply, sizeof reply, 0)) < 0 && errno == EINTR) {
    }
    if (size == sizeof reply) return reply.pid > 0 ? std::optional<Result<pid_t>>(reply.pid) : std::nullopt;
    // ECONNRESET: it ended, and the request had not been read.
    const int reason = size < 0 ? errno : EPIPE;
    if (reason != ECONNRESET) {
      kill();
      return fail_errno(reason, "the executor did not say whether it started a process");
    }
    socket_.reset();
  }
  return std::nullopt;
}

}  // namespace init
