// Receiving descriptors, forking into a control group, descriptors at the places that the plan knows. [os]
#include "init/executor/serve.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <vector>

#include "init/exec/fork_request.h"
#include "init/executor/context.h"
#include "unitparser/base/fd_passing.h"

namespace executor {
namespace {

using init::ForkReply;
using init::ForkRequest;

/// Long enough for whoever starts one process after the other, too short for people to see us beside PID 1.
constexpr int longest_rest_msec = 10;

struct Order {
  UniqueFd plan;
  UniqueFd cgroup;           ///< folder of the group; none: ours
  std::vector<UniqueFd> fds;
  std::vector<int> numbers;  ///< where each of them belongs
};

/// The next request; nothing when there will be none, or it is not understood.
std::optional<Order> receive(int socket) {
  struct {
    ForkRequest header;
    std::array<int, ForkRequest::most_numbers> numbers;
  } request{};
  iovec data{&request, sizeof request};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * (ForkRequest::most_numbers + 2))> control;
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t size = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  if (size < static_cast<ssize_t>(sizeof request.header)) return std::nullopt;
  std::vector<UniqueFd> received = unitparser::take_fds(message);
  const std::size_t others = 1 + request.header.has_group;
  if (request.header.number_count > request.numbers.size() || received.size() != others + request.header.number_count) return std::nullopt;
  Order order;
  order.plan = std::move(received[0]);
  if (request.header.has_group != 0) order.cgroup = std::move(received[1]);
  std::move(received.begin() + static_cast<std::ptrdiff_t>(others), received.end(), std::back_inserter(order.fds));
  order.numbers.assign(request.numbers.begin(), request.numbers.begin() + request.header.number_count);
  return order;
}

/// Gives each descriptor the number that the plan calls it by. The plan's own afterwards; -1: impossible.
int place(Order& order) {
  int above = STDERR_FILENO;
  for (const int number : order.numbers) above = std::max(above, number);
  // Out of the way first: any may sit where another belongs.
  const auto raise = [above](UniqueFd& fd) {
    fd.reset(::fcntl(fd.get(), F_DUPFD_CLOEXEC, above + 1));
    return static_cast<bool>(fd);
  };
  if (!raise(order.plan) || !std::all_of(order.fds.begin(), order.fds.end(), raise)) return -1;
  for (std::size_t i = 0; i < order.fds.size(); ++i)
    if (::dup2(order.fds[i].get(), order.numbers[i]) < 0) return -1;
  order.fds.clear();
  order.cgroup.reset();
  ::fcntl(order.plan.get(), F_SETFD, 0);
  return order.plan.release();
}

/// Like fork(), with the parent that we have: PID 1 waits for it, and hears of its end.
pid_t fork_sibling(int cgroup) {
  clone_args clone{};
  clone.flags = CLONE_PARENT;
  if (cgroup >= 0) {
    clone.flags |= CLONE_INTO_CGROUP;
    clone.cgroup = static_cast<std::uint64_t>(cgroup);
  }
  return static_cast<pid_t>(::syscall(SYS_clone3, &clone, sizeof clone));
}

}  // namespace

void serve(int socket, const std::function<int(int plan)>& execute) {
  // Whatever PID 1 may have left open for an execve(2) of its own would stay open as long as we live.
  if (!close_all_but({socket})) return;
  pollfd wait{socket, POLLIN, 0};
  while (::poll(&wait, 1, longest_rest_msec) > 0) {
    std::optional<Order> order = receive(socket);
    if (!order) return;
    const pid_t pid = fork_sibling(order->cgroup.get());
    if (pid == 0) {
      ::close(socket);
      const int plan = place(*order);
      ::_exit(plan < 0 ? EXIT_FAILURE : execute(plan));
    }
    const ForkReply reply{std::max(pid, 0), pid < 0 ? errno : 0};
    if (::send(socket, &reply, sizeof reply, MSG_NOSIGNAL) < 0) return;
  }
}

}  // namespace executor
