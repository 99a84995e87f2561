// Network, IPC, user and host-name namespaces, and chroot(). [os]
#include <fcntl.h>
#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "init/executor/context.h"

namespace executor {
namespace {

/// lo up: nothing else is in a fresh network namespace.
Done raise_loopback() {
  const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  if (!fd || ::ioctl(fd.get(), SIOCGIFFLAGS, &request) < 0) return failed("Failed to look at the loopback interface");
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  if (::ioctl(fd.get(), SIOCSIFFLAGS, &request) < 0) return failed("Failed to bring up the loopback interface");
  return {};
}

/// Joins the namespace that the pair keeps; the first process makes it and leaves it there.
Done share_namespace(const std::array<int, 2>& pair, int flag, const char* link, Done (*prepare)()) {
  if (pair[0] < 0) {
    if (::unshare(flag) < 0) return failed("Failed to make a namespace");
    return prepare != nullptr ? prepare() : Done{};
  }
  const PairLock lock(pair[0]);
  if (auto kept = receive_fd(pair[0])) {
    TRY(send_fd(pair[1], kept->get()));
    if (::setns(kept->get(), flag) < 0) return failed("Failed to join the namespace");
    return {};
  }
  if (::unshare(flag) < 0) return failed("Failed to make a namespace");
  if (prepare != nullptr) TRY(prepare());
  const UniqueFd own(::open(link, O_RDONLY | O_CLOEXEC));
  if (!own) return failed("Failed to open the new namespace");
  return send_fd(pair[1], own.get());
}

Done join_path(const std::string& path, int flag) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return failed("Failed to open namespace path " + path);
  if (::setns(fd.get(), flag) < 0) return failed("Failed to join namespace " + path);
  return {};
}

/// A kernel or container that has no such namespaces: the service runs without, and that is said.
bool lacks_namespaces(const Done& done) {
  if (done) return false;
  const int why = done.error().os_errno;
  return why == EPERM || why == EINVAL || why == ENOSYS || why == EOPNOTSUPP || why == EACCES;
}

}  // namespace

Done step_network_namespace(Context& context) {
  const auto& plan = context.plan.namespaces;
  if (!plan.network_path.empty()) return join_path(plan.network_path, CLONE_NEWNET);
  const Done done = share_namespace(context.plan.descriptors.network_namespace, CLONE_NEWNET, "/proc/self/ns/net", raise_loopback);
  if (lacks_namespaces(done)) {
    context.log.warning("PrivateNetwork=yes is configured, but the kernel does not support or we lack privileges for network namespace, proceeding without");
    return {};
  }
  return done;
}

Done step_ipc_namespace(Context& context) {
  const auto& plan = context.plan.namespaces;
  if (!plan.ipc_path.empty()) return join_path(plan.ipc_path, CLONE_NEWIPC);
  const Done done = share_namespace(context.plan.descriptors.ipc_namespace, CLONE_NEWIPC, "/proc/self/ns/ipc", nullptr);
  if (lacks_namespaces(done)) {
    context.log.warning("PrivateIPC=yes is configured, but the kernel does not support or we lack privileges for IPC namespace, proceeding without");
    return {};
  }
  return done;
}

Done step_own_user_namespace(Context&) {
  const std::string uid = std::to_string(::geteuid());
  const std::string gid = std::to_string(::getegid());
  if (::unshare(CLONE_NEWUSER) < 0) return failed("Failed to set up user namespacing");
  // Without privileges one maps oneself alone, and only once no more groups can be gained or given up.
  TRY(write_file("/proc/self/setgroups", "deny"));
  TRY(write_file("/proc/self/uid_map", uid + " " + uid + " 1\n"));
  return write_file("/proc/self/gid_map", gid + " " + gid + " 1\n");
}

Done step_user_namespace(Context& context) {
  // Only we ourselves and the service's user exist inside; a helper outside writes the maps once we are in.
  const uid_t uid = context.owner_uid();
  const gid_t gid = context.owner_gid();
  const auto map = [](unsigned id) {
    std::string text = "0 0 1\n";
    if (id != 0) text += std::to_string(id) + " " + std::to_string(id) + " 1\n";
    return text;
  };
  const UniqueFd ready(::eventfd(0, EFD_CLOEXEC));
  int answer[2] = {-1, -1};
  if (!ready || ::pipe2(answer, O_CLOEXEC) < 0) return failed("Failed to prepare the user namespace");
  UniqueFd answer_read(answer[0]);
  UniqueFd answer_write(answer[1]);
  const pid_t own = ::getpid();
  const pid_t helper = ::fork();
  if (helper < 0) return failed("Failed to fork for the user namespace");
  if (helper == 0) {
    std::uint64_t count = 0;
    int why = 0;
    if (::read(ready.get(), &count, sizeof count) != sizeof count) why = EIO;
    const std::string process = "/proc/" + std::to_string(own);
    if (why == 0) {
      auto done = write_file(process + "/gid_map", map(gid));
      if (done) done = write_file(process + "/uid_map", map(uid));
      if (!done) why = done.error().os_errno;
    }
    if (::write(answer_write.get(), &why, sizeof why) != sizeof why) ::_exit(1);
    ::_exit(0);
  }
  answer_write.reset();
  const bool unshared = ::unshare(CLONE_NEWUSER) == 0;
  const int unshare_errno = errno;
  constexpr std::uint64_t go = 1;
  if (::write(ready.get(), &go, sizeof go) < 0) return failed("Failed to start the helper");
  int why = 0;
  if (::read(answer_read.get(), &why, sizeof why) != sizeof why) why = EIO;
  while (::waitpid(helper, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (!unshared) return unitparser::fail_errno(unshare_errno, "Failed to set up user namespacing");
  if (why != 0) return unitparser::fail_errno(why, "Failed to set up user namespacing");
  return {};
}

Done step_hostname_namespace(Context& context) {
  if (::unshare(CLONE_NEWUTS) == 0) return {};
  const Done done = failed("Failed to set up UTS namespacing");
  if (!lacks_namespaces(done)) return done;
  context.log.warning("ProtectHostname=yes is configured, but the kernel does not support UTS namespaces, ignoring namespace setup");
  return {};
}

Done step_chroot(Context& context) {
  if (::chroot(context.plan.identity.root_directory.c_str()) < 0) return failed("Failed to chroot");
  if (::chdir("/") < 0) return failed("Failed to enter the root directory");
  return {};
}

}  // namespace executor
