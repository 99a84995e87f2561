#include "journal/daemon/server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <new>

#include "journal/daemon/clock.h"
#include "journal/ingest/audit_parser.h"
#include "journal/store/directory.h"
#include "journal/text/id128.h"
#include "unitparser/base/diagnostic_log.h"
#include "unitparser/base/text.h"

namespace journal {
namespace {

using unitparser::ErrorCode;
using unitparser::fail;
using unitparser::fail_errno;
using unitparser::Result;
using unitparser::UniqueFd;

constexpr int first_passed_fd = 3;
constexpr int batches_each_turn = 16;
constexpr int stream_reads_each_turn = 8;
constexpr int kernel_records_each_turn = 512;
constexpr int receive_buffer = 8 * 1024 * 1024;
constexpr std::uint64_t manager_retry = 50'000;  ///< until a manager that was busy is told again

/// Start-up reads the whole ring buffer; the kernel's is at most a few ten thousand records.
constexpr int kernel_records_at_start = 200'000;

Result<Id128> read_id(const std::string& path) {
  const std::string text = TRY(read_small_file(path));
  const auto id = parse_id(unitparser::trim(text));
  if (!id) return fail(ErrorCode::invalid_argument, path + ": not an id");
  return *id;
}

std::string socket_path(int fd) {
  sockaddr_un address = {};
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) < 0 || address.sun_family != AF_UNIX) return {};
  const std::size_t length = size > offsetof(sockaddr_un, sun_path) ? size - offsetof(sockaddr_un, sun_path) : 0;
  return {address.sun_path, ::strnlen(address.sun_path, length)};
}

int socket_option(int fd, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

void set_options(int fd) {
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_PASSSEC, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof on);
}

Result<UniqueFd> bind_socket(int type, const std::string& path, mode_t mode) {
  UniqueFd fd(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail_errno(errno, path);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return fail(ErrorCode::too_big, path + ": too long for a socket");
  std::memcpy(address.sun_path, path.c_str(), path.size());
  ::unlink(path.c_str());
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) return fail_errno(errno, path);
  ::chmod(path.c_str(), mode);
  if (type == SOCK_DGRAM) {
    if (::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer) < 0)
      ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    set_options(fd.get());
  } else if (::listen(fd.get(), SOMAXCONN) < 0) {
    return fail_errno(errno, path);
  }
  return fd;
}

/// Turns kernel auditing on or off as Audit= says.
void set_audit(int fd, bool enabled) {
  struct {
    nlmsghdr header;
    audit_status status;
  } request = {};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = AUDIT_SET;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.status.mask = AUDIT_STATUS_ENABLED;
  request.status.enabled = enabled ? 1 : 0;
  sockaddr_nl kernel = {};
  kernel.nl_family = AF_NETLINK;
  ::sendto(fd, &request, sizeof request, MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel);
}

/// A way to the log of the machine for the daemon of a namespace; none when nobody listens there.
UniqueFd connect_main_log(const std::string& path) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return {};
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const timeval patience{5, 0};  // it may be restarting, and must not hold us up for ever
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) return {};
  return fd;
}

}  // namespace

Result<std::unique_ptr<Server>> Server::create(const ServerOptions& options) {
  const Id128 boot_id = TRY(read_id("/proc/sys/kernel/random/boot_id"));
  auto machine_id = read_id(options.root + "/etc/machine-id");
  if (!machine_id && options.root.empty()) return tl::unexpected(machine_id.error());
  unitparser::Diagnostics findings;
  DaemonConfig config = load_config(options.root, options.instance, findings);
  std::unique_ptr<Server> server(new Server(options, machine_id ? *machine_id : boot_id, boot_id, std::move(config)));
  TRY(server->start());
  server->say_findings(findings);
  return server;
}

void Server::say_findings(const unitparser::Diagnostics& findings) {
  if (findings.empty()) return;
  // COMPAT: of a namespace in the log of the machine, where who wrote the file will look.
  const UniqueFd main_log = options_.instance.empty() ? UniqueFd() : connect_main_log(options_.root + "/run/systemd/journal/socket");
  for (const unitparser::Diagnostic& finding : findings) {
    const unitparser::DiagnosticLog log = unitparser::log_of(finding);
    std::vector<std::string> fields;
    for (const auto& [key, value] : log.fields) fields.push_back(std::string(key) + "=" + value);
    std::string datagram;
    for (const std::string& field : fields) datagram.append(field).append("\n");
    datagram += fmt::format("PRIORITY={}\nSYSLOG_FACILITY={}\nSYSLOG_IDENTIFIER=systemd-journald\nMESSAGE={}\n", log.priority, LOG_FAC(LOG_SYSLOG), log.text);
    if (!main_log || ::send(main_log.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL) < 0) dispatcher_.say(log.priority, {}, log.text, fields);
  }
}

Server::Server(const ServerOptions& options, const Id128& machine_id, const Id128& boot_id, DaemonConfig config)
    : options_(options),
      machine_id_(machine_id),
      boot_id_(boot_id),
      config_(std::move(config)),
      paths_(DaemonPaths::of(options.root, options.instance, machine_id)),
      storage_(config_, paths_, machine_id, boot_id),
      senders_(paths_, accounts_),
      forwarder_(config_, paths_),
      dispatcher_(config_, paths_, storage_, senders_, forwarder_, accounts_, machine_id, boot_id),
      datagrams_(dispatcher_),
      streams_(dispatcher_, notifier_, paths_.run + "/streams", config_.line_max,
               [this](int fd) { ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }),
      kernel_(dispatcher_, paths_.run + "/kernel-seqnum"),
      varlink_([this](std::string_view method) { return on_varlink(method); }) {}

void Server::watch(int fd, Source source, std::uint32_t events) {
  epoll_event event = {};
  event.events = events;
  event.data.u64 = (static_cast<std::uint64_t>(source) << 32) | static_cast<std::uint32_t>(fd);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
}

Result<void> Server::adopt_descriptors() {
  const char* pid = std::getenv("LISTEN_PID");
  const char* count = std::getenv("LISTEN_FDS");
  if (pid == nullptr || count == nullptr || std::atol(pid) != ::getpid()) return {};
  std::vector<UniqueFd> kept;
  for (int fd = first_passed_fd; fd < first_passed_fd + std::atoi(count); ++fd) {
    UniqueFd passed(fd);
    struct stat st = {};
    if (::fstat(fd, &st) < 0) {
      [[maybe_unused]] const int gone = passed.release();
      continue;
    }
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    if (!S_ISSOCK(st.st_mode)) continue;
    const std::string path = socket_path(fd);
    const bool is_listener = socket_option(fd, SO_ACCEPTCONN) == 1;
    if (socket_option(fd, SO_DOMAIN) == AF_NETLINK) audit_ = std::move(passed);
    else if (path.ends_with("/stdout") && is_listener) stream_listener_ = std::move(passed);
    else if (path.ends_with("/io.systemd.journal") && is_listener) varlink_listener_ = std::move(passed);
    else if (path.ends_with("/dev-log") && socket_option(fd, SO_TYPE) == SOCK_DGRAM) syslog_ = std::move(passed);
    else if (path.ends_with("/socket") && socket_option(fd, SO_TYPE) == SOCK_DGRAM) native_ = std::move(passed);
    else if (socket_option(fd, SO_DOMAIN) == AF_UNIX) kept.push_back(std::move(passed));
  }
  // Streams that the manager kept while no daemon was running.
  for (UniqueFd& fd : kept) {
    const int stream = streams_.restore(std::move(fd));
    if (stream >= 0) watch(stream, Source::stream, EPOLLIN);
  }
  return {};
}

Result<void> Server::open_missing_sockets() {
  TRY(make_folders(paths_.run, 0755));
  if (!native_) native_ = TRY(bind_socket(SOCK_DGRAM, paths_.run + "/socket", 0666));
  if (!syslog_) syslog_ = TRY(bind_socket(SOCK_DGRAM, paths_.run + "/dev-log", 0666));
  if (!stream_listener_) stream_listener_ = TRY(bind_socket(SOCK_STREAM, paths_.run + "/stdout", 0666));
  if (!varlink_listener_) varlink_listener_ = TRY(bind_socket(SOCK_STREAM, paths_.run + "/io.systemd.journal", 0600));
  set_options(native_.get());
  set_options(syslog_.get());
  return {};
}

Result<void> Server::start() {
  epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_) return fail_errno(errno, "epoll_create1");
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1, SIGUSR2, SIGRTMIN + 1}) ::sigaddset(&set, signal);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  signals_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals_) return fail_errno(errno, "signalfd");

  TRY(make_folders(paths_.run, 0755));
  on_hostname();
  storage_.open();
  TRY(adopt_descriptors());
  TRY(open_missing_sockets());
  streams_.forget_unclaimed();
  storage_.vacuum();
  if (::access((paths_.run + "/flushed").c_str(), F_OK) == 0) storage_.flush_to_var();

  // Kernel messages come first in every boot: they are older than anything else there is.
  if (options_.read_kernel && config_.read_kmsg) {
    const int fd = kernel_.open();
    if (fd >= 0) {
      if (kernel_.receive(kernel_records_at_start)) watch(fd, Source::kernel, EPOLLIN);
    }
  }
  dispatcher_.say(6, "f77379a8490b408bbe5f6940505a777b", "Journal started");
  storage_.describe_space();
  dispatcher_.say_notices();

  watch(native_.get(), Source::native, EPOLLIN);
  watch(syslog_.get(), Source::syslog, EPOLLIN);
  watch(stream_listener_.get(), Source::stream_listener, EPOLLIN);
  watch(varlink_listener_.get(), Source::varlink_listener, EPOLLIN);
  watch(signals_.get(), Source::signals, EPOLLIN);
  if (audit_) {
    if (config_.set_audit) set_audit(audit_.get(), *config_.set_audit);
    watch(audit_.get(), Source::audit, EPOLLIN);
  }
  hostname_.reset(::open("/proc/sys/kernel/hostname", O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (hostname_) watch(hostname_.get(), Source::hostname, 0);

  constexpr int long_queue = 128;  // the kernel's default of 10 would make senders wait for us
  if (const auto length = read_small_file("/proc/sys/net/unix/max_dgram_qlen")) has_long_queues_ = std::atoi(length->c_str()) >= long_queue;

  const char* watchdog = std::getenv("WATCHDOG_USEC");
  const char* watchdog_pid = std::getenv("WATCHDOG_PID");
  if (watchdog != nullptr && (watchdog_pid == nullptr || std::atol(watchdog_pid) == ::getpid())) {
    watchdog_interval_ = std::strtoull(watchdog, nullptr, 10) / 2;
    watchdog_due_ = monotonic_now() + watchdog_interval_;
  }
  storage_.notify_followers();
  storage_.give_back_pages();
  tell_ready();
  return {};
}

void Server::on_hostname() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) == 0) dispatcher_.set_hostname(name.data());
}

void Server::on_signal() {
  signalfd_siginfo info = {};
  while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    const int signal = static_cast<int>(info.ssi_signo);
    if (signal == SIGTERM || signal == SIGINT) {
      stopping_ = true;
    } else if (signal == SIGUSR1) {
      dispatcher_.say(6, {}, "Received request to flush runtime journal from PID " + std::to_string(info.ssi_pid));
      storage_.flush_to_var();
      [[maybe_unused]] const bool synced = synchronize();
      storage_.vacuum();
    } else if (signal == SIGUSR2) {
      dispatcher_.say(6, {}, "Received request to rotate journal from PID " + std::to_string(info.ssi_pid));
      storage_.rotate();
      storage_.vacuum();
      write_stamp("rotated");
    } else if (signal == SIGRTMIN + 1) {
      if (synchronize()) write_stamp("synced");
    }
  }
}

void Server::on_audit(int fd) {
  constexpr int records_each_turn = 256;
  alignas(nlmsghdr) std::array<char, 16384> buffer;
  for (int i = 0; i < records_each_turn; ++i) {
    sockaddr_nl from = {};
    socklen_t from_size = sizeof from;
    const ssize_t n =
        ::recvfrom(fd, buffer.data(), buffer.size(), MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&from), &from_size);
    if (n < static_cast<ssize_t>(sizeof(nlmsghdr))) return;
    const auto* header = reinterpret_cast<const nlmsghdr*>(buffer.data());
    // Only the kernel speaks here, and its message lengths are not to be trusted in all versions: the datagram's counts.
    if (from.nl_pid != 0 || header->nlmsg_type < AUDIT_FIRST_USER_MSG) continue;
    AuditRecord record;
    const std::string_view text(buffer.data() + sizeof(nlmsghdr), static_cast<std::size_t>(n) - sizeof(nlmsghdr));
    if (!parse_audit(header->nlmsg_type, text, record)) continue;
    const std::vector<std::string_view> fields(record.fields.begin(), record.fields.end());
    IncomingMessage incoming;
    incoming.fields = fields;
    incoming.priority = (4 << 3) | 5;
    incoming.source_realtime = record.realtime;
    dispatcher_.dispatch(nullptr, incoming);
  }
}

void Server::write_stamp(const char* name) const {
  [[maybe_unused]] const bool written = write_whole_file(paths_.run + "/" + name, std::to_string(monotonic_now()) + "\n");
}

void Server::drain() {
  // Everything that was sent before the call is in the sockets by now; the bound is for senders that never stop.
  constexpr int most_batches = 4096;
  datagrams_.receive(native_.get(), DatagramKind::native, most_batches);
  datagrams_.receive(syslog_.get(), DatagramKind::syslog, most_batches);
  for (int fd = streams_.accept(stream_listener_.get()); fd >= 0; fd = streams_.accept(stream_listener_.get()))
    watch(fd, Source::stream, EPOLLIN);
  streams_.drain_all();
}

bool Server::synchronize() {
  drain();
  dispatcher_.publish_accounts();
  storage_.notify_followers();
  return storage_.sync();
}

VarlinkOutcome Server::on_varlink(std::string_view method) {
  if (method == "io.systemd.Journal.Synchronize") {
    return synchronize() ? VarlinkOutcome::done : VarlinkOutcome::failed;
  } else if (method == "io.systemd.Journal.Rotate") {
    dispatcher_.say(6, {}, "Received client request to rotate journal, rotating.");
    storage_.rotate();
    storage_.vacuum();
    write_stamp("rotated");
  } else if (method == "io.systemd.Journal.FlushToVar") {
    dispatcher_.say(6, {}, "Received client request to flush runtime journal.");
    storage_.flush_to_var();
    const bool synced = synchronize();
    storage_.vacuum();
    return synced ? VarlinkOutcome::done : VarlinkOutcome::failed;
  } else if (method == "io.systemd.Journal.RelinquishVar") {
    dispatcher_.say(6, {}, "Received client request to relinquish " + paths_.system_store + " access.");
    storage_.relinquish_var();
  } else {
    return VarlinkOutcome::unknown_method;
  }
  return VarlinkOutcome::done;
}

void Server::on_ready(Source source, int fd) {
  switch (source) {
    case Source::native: datagrams_.receive(fd, DatagramKind::native, batches_each_turn); break;
    case Source::syslog: datagrams_.receive(fd, DatagramKind::syslog, batches_each_turn); break;
    case Source::stream_listener:
      if (const int stream = streams_.accept(fd); stream >= 0) {
        watch(stream, Source::stream, EPOLLIN);
        streams_.receive(stream, stream_reads_each_turn);
      }
      break;
    case Source::stream: streams_.receive(fd, stream_reads_each_turn); break;
    case Source::varlink_listener:
      if (const int connection = varlink_.accept(fd); connection >= 0) watch(connection, Source::varlink, EPOLLIN);
      break;
    case Source::varlink: varlink_.receive(fd); break;
    case Source::kernel: kernel_.receive(kernel_records_each_turn); break;
    case Source::audit: on_audit(fd); break;
    case Source::signals: on_signal(); break;
    case Source::hostname: on_hostname(); break;
  }
}

int Server::timeout() const {
  std::uint64_t due = UINT64_MAX;
  if (storage_.sync_due() != 0) due = storage_.sync_due();
  if (dispatcher_.next_notice() != 0) due = std::min(due, dispatcher_.next_notice());
  if (watchdog_interval_ != 0) due = std::min(due, watchdog_due_);
  const std::uint64_t now = monotonic_now();
  if (descriptors_waiting_ || !ready_told_) due = std::min(due, now + manager_retry);
  if (due == UINT64_MAX) return -1;
  return due <= now ? 0 : static_cast<int>(std::min<std::uint64_t>((due - now + 999) / 1000, 60'000));
}

void Server::tell_ready() {
  if (!ready_told_) ready_told_ = notifier_.send("READY=1\nSTATUS=Processing requests...");
}

void Server::after_events() {
  storage_.notify_followers();
  dispatcher_.say_notices();
  const std::uint64_t now = monotonic_now();
  if (storage_.sync_due() != 0 && now >= storage_.sync_due()) storage_.sync_in_background();
  tell_ready();
  if (watchdog_interval_ != 0 && now >= watchdog_due_) watchdog_due_ = now + (notifier_.send("WATCHDOG=1") ? watchdog_interval_ : manager_retry);
  descriptors_waiting_ = !streams_.store_descriptors();
}

bool Server::is_flooded() {
  constexpr std::uint64_t window = 10'000;
  constexpr std::uint64_t flood = 200;
  const std::uint64_t now = monotonic_now();
  if (now - window_begin_ > window) {
    window_begin_ = now;
    window_count_ = 0;
  }
  window_count_ += dispatcher_.take_count();
  return window_count_ > flood;
}

/// In a flood each message would wake us on its own. A moment's sleep lets dozens of them gather, which then cost one wake-up and one
/// system call; followers see them a fifth of a millisecond later. Else every message is read at once: /proc forgets its sender.
void Server::gather() const {
  constexpr timespec moment{0, 200'000};
  ::clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, nullptr);
}

/// Without memory one turn of one source fails, and the daemon goes on with the next.
void Server::serve(Source source, int fd) {
  try {
    on_ready(source, fd);
  } catch (const std::bad_alloc&) {
    dispatcher_.count_dropped(nullptr, DropReason::no_memory);
  }
}

int Server::run() {
  std::array<epoll_event, 64> events;
  while (!stopping_) {
    const int n = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout());
    if (n < 0 && errno != EINTR) return EXIT_FAILURE;
    for (int i = 0; i < n; ++i) {
      const std::uint64_t data = events[static_cast<std::size_t>(i)].data.u64;
      serve(static_cast<Source>(data >> 32), static_cast<int>(data & 0xFFFFFFFF));
    }
    const bool is_flood = is_flooded();
    try {
      after_events();
    } catch (const std::bad_alloc&) {
      dispatcher_.count_dropped(nullptr, DropReason::no_memory);  // notices: they are tried again
    }
    if (is_flood && has_long_queues_ && !stopping_) gather();
  }
  (void)notifier_.send("STOPPING=1\nSTATUS=Shutting down...");
  drain();
  dispatcher_.say(6, "d93fb3c9c24d451a97cea615ce59c00b", "Journal stopped");
  storage_.notify_followers();
  storage_.close();
  return EXIT_SUCCESS;
}

}  // namespace journal
