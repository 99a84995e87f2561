// Listeners of all kinds. [os]
#include "init/os/sockets.h"

#include <fcntl.h>
#include <linux/vm_sockets.h>
#include <mqueue.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "init/os/socket_options.h"
#include "unitparser/base/fd.h"
#include "unitparser/syntax/addresses.h"

namespace init {
namespace {

using unitparser::fail_errno;
using unitparser::ListenEntry;
using unitparser::ListenKind;
using unitparser::SocketAddress;
using unitparser::SocketConfig;
using unitparser::UniqueFd;

/// A kernel address of any family.
struct KernelAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  template <class T>
  T& as() {
    size = sizeof(T);
    return reinterpret_cast<T&>(storage);
  }
};

unitparser::Result<KernelAddress> to_kernel(const SocketAddress& address) {
  KernelAddress kernel;
  switch (address.kind) {
    case SocketAddress::Kind::unix_path:
    case SocketAddress::Kind::unix_abstract: {
      auto& un = kernel.as<sockaddr_un>();
      un.sun_family = AF_UNIX;
      const bool abstract = address.kind == SocketAddress::Kind::unix_abstract;
      if (address.path.size() + 1 > sizeof un.sun_path)
        return unitparser::fail(ErrorCode::too_big, "socket path is too long: " + address.path);
      std::memcpy(un.sun_path + (abstract ? 1 : 0), address.path.data(), address.path.size());
      kernel.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.path.size() + 1);
      break;
    }
    case SocketAddress::Kind::ipv4: {
      auto& in = kernel.as<sockaddr_in>();
      in.sin_family = AF_INET;
      in.sin_port = htons(static_cast<std::uint16_t>(address.port));
      std::memcpy(&in.sin_addr, address.address.data(), 4);
      break;
    }
    case SocketAddress::Kind::ipv6: {
      auto& in6 = kernel.as<sockaddr_in6>();
      in6.sin6_family = AF_INET6;
      in6.sin6_port = htons(static_cast<std::uint16_t>(address.port));
      std::memcpy(&in6.sin6_addr, address.address.data(), 16);
      if (!address.interface.empty()) in6.sin6_scope_id = ::if_nametoindex(address.interface.c_str());
      break;
    }
    case SocketAddress::Kind::vsock: {
      auto& vm = kernel.as<sockaddr_vm>();
      vm.svm_family = AF_VSOCK;
      vm.svm_cid = address.cid;
      vm.svm_port = address.port;
      break;
    }
    case SocketAddress::Kind::netlink: {
      auto& nl = reinterpret_cast<NetlinkAddress&>(kernel.storage);
      kernel.size = sizeof(NetlinkAddress);
      nl.family = AF_NETLINK;
      nl.groups = address.port;
      break;
    }
  }
  return kernel;
}

int socket_type(ListenKind kind) {
  if (kind == ListenKind::datagram) return SOCK_DGRAM;
  if (kind == ListenKind::sequential_packet) return SOCK_SEQPACKET;
  if (kind == ListenKind::netlink) return SOCK_RAW;
  return SOCK_STREAM;
}

/// Binds; a node left behind by somebody who died is replaced.
int bind_replacing(int fd, const KernelAddress& address, const SocketAddress& where) {
  if (::bind(fd, address.get(), address.size) == 0) return 0;
  if (errno != EADDRINUSE || where.kind != SocketAddress::Kind::unix_path) return -errno;
  if (::unlink(where.path.c_str()) != 0) return -errno;
  return ::bind(fd, address.get(), address.size) == 0 ? 0 : -errno;
}

unitparser::Result<int> open_network(const ListenEntry& entry, const SocketConfig& config,
                                     const unitparser::SocketOptions& options, const SocketSurroundings& around) {
  const SocketAddress address = entry.kind == ListenKind::netlink ? TRY(unitparser::parse_netlink_address(entry.address))
                                                                  : TRY(unitparser::parse_socket_address(entry.address));
  const KernelAddress kernel = TRY(to_kernel(address));
  const int family = kernel.storage.ss_family;
  const int type = socket_type(entry.kind);
  int protocol = options.socket_protocol;
  if (entry.kind == ListenKind::netlink) protocol = address.netlink_family;
  UniqueFd fd(::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
  if (!fd) return fail_errno(errno, "Failed to create listening socket (" + entry.address + ")");
  apply_options_before_bind(fd.get(), family, options, around.warn);
  const std::string& device = options.bind_to_device;
  const bool is_bound = device.empty() || (family != AF_INET && family != AF_INET6) ||
                        ::setsockopt(fd.get(), SOL_SOCKET, SO_BINDTODEVICE, device.c_str(), static_cast<socklen_t>(device.size() + 1)) == 0;
  if (!is_bound) return fail_errno(errno, "Failed to create listening socket (" + entry.address + ")");

  const bool has_node = address.kind == SocketAddress::Kind::unix_path;
  if (has_node) make_parent_folders(address.path, config.directory_mode);
  const mode_t umask_before = ::umask(static_cast<mode_t>(~config.socket_mode & 0777));
  const int bound = bind_replacing(fd.get(), kernel, address);
  ::umask(umask_before);
  if (bound < 0) return fail_errno(-bound, "Failed to create listening socket (" + entry.address + ")");
  if (type == SOCK_STREAM || type == SOCK_SEQPACKET) {
    const int backlog = static_cast<int>(std::min<std::uint32_t>(options.backlog, 2147483647U));
    if (::listen(fd.get(), backlog) != 0) return fail_errno(errno, "cannot listen on " + entry.address);
  }
  apply_options(fd.get(), family, options, around.warn);
  return fd.release();
}

unitparser::Result<int> open_fifo(const ListenEntry& entry, const SocketConfig& config,
                                  const unitparser::SocketOptions& options, const SocketSurroundings& around) {
  make_parent_folders(entry.address, config.directory_mode);
  const mode_t umask_before = ::umask(0);
  const int made = ::mkfifo(entry.address.c_str(), config.socket_mode);
  const int error = errno;
  ::umask(umask_before);
  const std::string failure = "Failed to open FIFO " + entry.address;
  if (made != 0 && error != EEXIST) return fail_errno(error, failure);
  UniqueFd fd(::open(entry.address.c_str(), O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW));
  if (!fd) return fail_errno(errno == ENXIO || errno == EINVAL ? EEXIST : errno, failure);
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0 || !S_ISFIFO(status.st_mode) || (status.st_mode & 0777) != (config.socket_mode & 0777))
    return fail_errno(EEXIST, failure);
  if (options.pipe_size > 0 && ::fcntl(fd.get(), F_SETPIPE_SZ, static_cast<int>(options.pipe_size)) < 0)
    around.warn(fail_errno(errno, "Setting pipe size failed, ignoring").value());
  return fd.release();
}

unitparser::Result<int> open_special(const ListenEntry& entry, const SocketConfig& config) {
  const int access = config.writable ? O_RDWR : O_RDONLY;
  UniqueFd fd(::open(entry.address.c_str(), access | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW));
  const std::string failure = "Failed to open special file " + entry.address;
  if (!fd) return fail_errno(errno, failure);
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0 || (!S_ISREG(status.st_mode) && !S_ISCHR(status.st_mode)))
    return fail_errno(EEXIST, failure);
  // A plain file and /dev/null are always ready: there is nothing to wait for.
  const UniqueFd watch(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{};
  if (watch && ::epoll_ctl(watch.get(), EPOLL_CTL_ADD, fd.get(), &event) != 0) return fail_errno(errno, "Failed to watch listening fds");
  return fd.release();
}

unitparser::Result<int> open_message_queue(const ListenEntry& entry, const SocketConfig& config,
                                           const unitparser::SocketOptions& options) {
  mq_attr attributes{};
  attributes.mq_maxmsg = options.message_queue_max_messages;
  attributes.mq_msgsize = options.message_queue_message_size;
  const bool sized = attributes.mq_maxmsg > 0 && attributes.mq_msgsize > 0;
  const mode_t umask_before = ::umask(static_cast<mode_t>(~config.socket_mode & 0777));
  UniqueFd fd(::mq_open(entry.address.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_CREAT, config.socket_mode,
                        sized ? &attributes : nullptr));
  const int error = errno;
  ::umask(umask_before);
  if (!fd) return fail_errno(error, "Failed to open message queue " + entry.address);
  return fd.release();
}

/// A FunctionFS folder: its control endpoint is the listener.
unitparser::Result<int> open_usb_function(const ListenEntry& entry) {
  UniqueFd fd(::open((entry.address + "/ep0").c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return fail_errno(errno, "cannot open " + entry.address + "/ep0");
  return fd.release();
}

unitparser::Result<int> open_one(const ListenEntry& entry, const SocketConfig& config,
                                 const unitparser::SocketOptions& options, const SocketSurroundings& around) {
  switch (entry.kind) {
    case ListenKind::stream:
    case ListenKind::datagram:
    case ListenKind::sequential_packet:
    case ListenKind::netlink: return open_network(entry, config, options, around);
    case ListenKind::fifo: return open_fifo(entry, config, options, around);
    case ListenKind::special: return open_special(entry, config);
    case ListenKind::message_queue: return open_message_queue(entry, config, options);
    case ListenKind::usb_function: return open_usb_function(entry);
  }
  return unitparser::fail(ErrorCode::invalid_argument, "listener of an unknown kind");
}

/// Enters a network namespace for as long as it lives.
class InNetworkNamespace {
 public:
  explicit InNetworkNamespace(const std::string& path) {
    if (path.empty()) return;
    own_.reset(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
    const UniqueFd other(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!own_ || !other || ::setns(other.get(), CLONE_NEWNET) != 0) error_ = errno;
  }
  ~InNetworkNamespace() {
    if (own_ && error_ == 0) (void)::setns(own_.get(), CLONE_NEWNET);
  }
  [[nodiscard]] int error() const { return error_; }

 private:
  UniqueFd own_;
  int error_ = 0;
};

/// Keeps a descriptor from blocking for as long as it lives. Whether it blocks is a matter of all who have it, and a service
/// that was started with it wants it blocking.
class NonBlocking {
 public:
  explicit NonBlocking(int fd) : fd_(fd), flags_(::fcntl(fd, F_GETFL)) {
    if (changes()) (void)::fcntl(fd_, F_SETFL, flags_ | O_NONBLOCK);
  }
  NonBlocking(const NonBlocking&) = delete;
  NonBlocking& operator=(const NonBlocking&) = delete;
  ~NonBlocking() {
    if (changes()) (void)::fcntl(fd_, F_SETFL, flags_);
  }

 private:
  [[nodiscard]] bool changes() const { return flags_ >= 0 && (flags_ & O_NONBLOCK) == 0; }
  int fd_;
  int flags_;
};

void label_node(const ListenEntry& entry, const std::string& label, const SocketSurroundings& around) {
  const std::string node = entry.node();
  if (label.empty() || node.empty()) return;
  if (::lsetxattr(node.c_str(), "security.SMACK64", label.data(), label.size(), 0) != 0)
    around.warn(fail_errno(errno, "SmackLabel= could not be applied to " + node).value());
}

/// Makes a link if it is not there already. 0, or why not.
int link_to(const std::string& target, const std::string& link) {
  if (::symlink(target.c_str(), link.c_str()) == 0) return 0;
  const int error = errno;
  std::string present(target.size() + 1, '\0');
  const ssize_t size = ::readlink(link.c_str(), present.data(), present.size());
  return size >= 0 && present.substr(0, static_cast<std::size_t>(size)) == target ? 0 : error;
}

void make_links(const SocketConfig& config, const SocketSurroundings& around) {
  std::string target;
  for (const ListenEntry& entry : config.listen)
    if (target.empty()) target = entry.node();
  if (target.empty()) return;
  for (const std::string& link : config.symlinks) {
    make_parent_folders(link, config.directory_mode);
    // COMPAT: what is there already is only replaced by who would remove it in the end anyway.
    int error = link_to(target, link);
    if (error == EEXIST && config.remove_on_stop && ::unlink(link.c_str()) == 0) error = link_to(target, link);
    if (error != 0) around.warn(fail_errno(error, "Failed to create symlink " + target + " → " + link + ", ignoring").value());
  }
}

}  // namespace

void make_parent_folders(const std::string& path, std::uint32_t mode) {
  const mode_t umask_before = ::umask(0);
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1))
    ::mkdir(path.substr(0, slash).c_str(), mode);
  ::umask(umask_before);
}

unitparser::Result<std::vector<SocketPort>> open_sockets(const SocketConfig& config, const unitparser::SocketOptions& options,
                                                         const SocketSurroundings& surroundings) {
  const InNetworkNamespace inside(surroundings.network_namespace);
  if (inside.error() != 0) return fail_errno(inside.error(), "cannot enter " + surroundings.network_namespace);
  std::vector<SocketPort> opened;
  for (const ListenEntry& entry : config.listen) {
    auto fd = open_one(entry, config, options, surroundings);
    if (!fd) {
      for (const SocketPort& other : opened) ::close(other.fd);
      return tl::unexpected(std::move(fd.error()));
    }
    opened.push_back({*fd, entry.kind, entry.address});
    label_node(entry, options.smack_label, surroundings);
  }
  make_links(config, surroundings);
  return opened;
}

void remove_socket_files(const SocketConfig& config) {
  for (const ListenEntry& entry : config.listen) {
    if (const std::string node = entry.node(); !node.empty()) ::unlink(node.c_str());
    if (entry.kind == ListenKind::message_queue) ::mq_unlink(entry.address.c_str());
  }
  for (const std::string& link : config.symlinks) ::unlink(link.c_str());
}

int accept_connection(int listener) {
  const NonBlocking meanwhile(listener);
  return ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

void flush_sockets(const std::vector<int>& fds) {
  constexpr int most = 1024;
  char buffer[2048];
  for (const int fd : fds) {
    pollfd ready{fd, POLLIN, 0};
    if (::poll(&ready, 1, 0) != 1) continue;
    const NonBlocking meanwhile(fd);
    for (int i = 0; i < most; ++i) {
      const UniqueFd connection(::accept4(fd, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (connection) continue;
      if (errno != EINVAL && errno != EOPNOTSUPP && errno != ENOTSOCK) break;
      if (::read(fd, buffer, sizeof buffer) <= 0) break;
    }
  }
}

}  // namespace init
