#include "journal/daemon/datagram_input.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <charconv>
#include <cstring>
#include <new>

#include "journal/daemon/clock.h"
#include "journal/ingest/syslog_parser.h"
#include "unitparser/base/check.h"

namespace journal {
namespace {

using unitparser::UniqueFd;

constexpr int security_label_message = 3;  // SCM_SECURITY of linux/socket.h, which has no user-space header

/// Pages that a large message touched are given back; small messages reuse theirs.
constexpr std::size_t keep_pages = 16 * 1024;
/// The kernel's default limit of a datagram on a local socket fits in.
constexpr std::size_t smallest_slot = 256 * 1024;

int level_of(std::string_view priority) {
  return priority.size() == 1 && priority[0] >= '0' && priority[0] <= '7' ? priority[0] - '0' : 6;
}

}  // namespace

DatagramInput::DatagramInput(Dispatcher& dispatcher) : dispatcher_(dispatcher) {
  const auto reserve = [this] {
    return ::mmap(nullptr, slot_size_ * batch_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                  -1, 0);
  };
  void* arena = reserve();
  while (arena == MAP_FAILED && slot_size_ > smallest_slot) {
    slot_size_ /= 2;
    arena = reserve();
  }
  CHECK(arena != MAP_FAILED);
  arena_ = static_cast<char*>(arena);
  for (std::size_t i = 0; i < batch_size; ++i) parts_[i] = {arena_ + i * slot_size_, slot_size_};
  journal_transport_.set({"_TRANSPORT=journal"});
  syslog_transport_.set({"_TRANSPORT=syslog"});
}

DatagramInput::~DatagramInput() { ::munmap(arena_, slot_size_ * batch_size); }

DatagramInput::Ancillary DatagramInput::read_control(const msghdr& header) {
  Ancillary ancillary;
  bool too_many = false;
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(const_cast<msghdr*>(&header), c)) {
    if (c->cmsg_level != SOL_SOCKET) continue;
    const std::size_t size = c->cmsg_len - CMSG_LEN(0);
    if (c->cmsg_type == SCM_CREDENTIALS && size == sizeof(ucred)) {
      ucred credentials = {};
      std::memcpy(&credentials, CMSG_DATA(c), sizeof credentials);
      ancillary.sender.pid = credentials.pid;
      ancillary.sender.uid = credentials.uid;
      ancillary.sender.gid = credentials.gid;
    } else if (c->cmsg_type == SCM_TIMESTAMP && size == sizeof(timeval)) {
      timeval time = {};
      std::memcpy(&time, CMSG_DATA(c), sizeof time);
      ancillary.realtime =
          static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(time.tv_usec);
    } else if (c->cmsg_type == security_label_message) {
      ancillary.sender.label = {reinterpret_cast<const char*>(CMSG_DATA(c)), size};
      while (!ancillary.sender.label.empty() && ancillary.sender.label.back() == '\0')
        ancillary.sender.label.remove_suffix(1);
    } else if (c->cmsg_type == SCM_RIGHTS) {
      for (std::size_t i = 0; i + sizeof(int) <= size; i += sizeof(int)) {
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(c) + i, sizeof fd);
        if (ancillary.fd >= 0 || too_many) {
          too_many = true;
          ::close(fd);
        } else {
          ancillary.fd = fd;
        }
      }
    }
  }
  if (too_many && ancillary.fd >= 0) {  // nobody sends several: not one of our clients
    ::close(ancillary.fd);
    ancillary.fd = -1;
  }
  return ancillary;
}

bool DatagramInput::receive(int fd, DatagramKind kind, int batches) {
  for (int round = 0; round < batches; ++round) {
    for (std::size_t i = 0; i < batch_size; ++i) {
      headers_[i] = {};
      headers_[i].msg_hdr.msg_iov = &parts_[i];
      headers_[i].msg_hdr.msg_iovlen = 1;
      headers_[i].msg_hdr.msg_control = control_[i].data();
      headers_[i].msg_hdr.msg_controllen = control_size;
    }
    const int n = ::recvmmsg(fd, headers_.data(), batch_size, MSG_DONTWAIT | MSG_CMSG_CLOEXEC, nullptr);
    if (n <= 0) return false;
    for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
      const Ancillary ancillary = read_control(headers_[i].msg_hdr);
      const std::string_view message(arena_ + i * slot_size_, headers_[i].msg_len);
      try {
        if (ancillary.sender.pid > 0) take(kind, message, ancillary);
      } catch (const std::bad_alloc&) {
        dispatcher_.count_dropped(nullptr, DropReason::no_memory);
      }
      if (ancillary.fd >= 0) ::close(ancillary.fd);
      if (headers_[i].msg_len > keep_pages)
        ::madvise(arena_ + i * slot_size_ + keep_pages, slot_size_ - keep_pages, MADV_DONTNEED);
    }
    if (static_cast<std::size_t>(n) < batch_size) return false;
  }
  return true;
}

void DatagramInput::take(DatagramKind kind, std::string_view message, const Ancillary& ancillary) {
  if (kind == DatagramKind::syslog) take_syslog(message, ancillary);
  else if (!message.empty() && ancillary.fd < 0) take_native(message, ancillary);
  else if (message.empty() && ancillary.fd >= 0) take_native_file(ancillary);
}

void DatagramInput::take_native(std::string_view message, const Ancillary& ancillary) {
  Sender& sender = dispatcher_.senders().find(ancillary.sender, {}, monotonic_now());
  NativeParser parser(message);
  NativeEntry entry;
  while (parser.next(entry)) store_native(entry, sender, ancillary);
  if (parser.dropped() > 0) dispatcher_.count_dropped(&sender, DropReason::too_large, parser.dropped());
}

void DatagramInput::store_native(const NativeEntry& entry, Sender& sender, const Ancillary& ancillary) {
  int priority = level_of(entry.priority);
  int facility = 0;
  if (std::from_chars(entry.facility.data(), entry.facility.data() + entry.facility.size(), facility).ec ==
          std::errc{} && facility >= 0 && facility < 128)
    priority |= facility << 3;
  if (Dispatcher::is_unwanted(sender, priority, entry.message)) return;
  if (!entry.message.empty())
    dispatcher_.forwarder().forward({priority, entry.identifier, entry.message, ancillary.sender, {}}, {});
  fields_.assign(entry.fields.begin(), entry.fields.end());
  SharedFields* const shared[] = {&journal_transport_};
  IncomingMessage incoming;
  incoming.fields = fields_;
  incoming.shared = shared;
  incoming.priority = priority;
  incoming.source_realtime = ancillary.realtime;
  // Only root and the same user may log on behalf of a process.
  pid_t object = 0;
  if (std::from_chars(entry.object_pid.data(), entry.object_pid.data() + entry.object_pid.size(), object).ec ==
          std::errc{} && object > 0 && ancillary.sender.uid == 0)
    incoming.object_pid = object;
  dispatcher_.dispatch(&sender, incoming);
}

void DatagramInput::take_native_file(const Ancillary& ancillary) {
  struct stat st = {};
  if (::fstat(ancillary.fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 0) return;
  const auto size = static_cast<std::size_t>(st.st_size);
  if (size > entry_size_limit) return;
  constexpr int all_seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  const int seals = ::fcntl(ancillary.fd, F_GET_SEALS);
  if (seals >= 0 && (seals & all_seals) == all_seals) {
    // Nobody can change it any more: read it where it is.
    void* base = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, ancillary.fd, 0);
    if (base == MAP_FAILED) return;
    take_native({static_cast<const char*>(base), size}, ancillary);
    ::munmap(base, size);
    return;
  }
  // A file that may still change is copied. A reader of it could block on odd file systems: only deleted or temporary
  // ones of the usual places are taken, as the protocol says.
  char path[4096];
  const ssize_t n = ::readlink(("/proc/self/fd/" + std::to_string(ancillary.fd)).c_str(), path, sizeof path);
  const std::string_view place(path, n > 0 ? static_cast<std::size_t>(n) : 0);
  if (!place.starts_with("/memfd:") && !place.starts_with("/dev/shm/") && !place.starts_with("/tmp/") &&
      !place.starts_with("/var/tmp/"))
    return;
  std::string copy(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::pread(ancillary.fd, copy.data() + done, size - done, static_cast<off_t>(done));
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  copy.resize(done);
  if (!copy.empty()) take_native(copy, ancillary);
}

void DatagramInput::take_syslog(std::string_view datagram, const Ancillary& ancillary) {
  SyslogMessage message;
  if (!parse_syslog(datagram, message)) return;
  Sender& sender = dispatcher_.senders().find(ancillary.sender, {}, monotonic_now());
  if (Dispatcher::is_unwanted(sender, message.priority, message.message)) return;
  dispatcher_.forwarder().forward(
      {message.priority, message.identifier, message.message, ancillary.sender, datagram}, {});
  std::string owned[7];
  std::size_t n = 0;
  const auto add = [&](const char* name, std::string_view value) {
    owned[n].reserve(std::strlen(name) + value.size());
    owned[n++].append(name).append(value);
  };
  add("PRIORITY=", std::to_string(message.priority & 7));
  if ((message.priority >> 3) != 0) add("SYSLOG_FACILITY=", std::to_string(message.priority >> 3));
  if (!message.identifier.empty()) add("SYSLOG_IDENTIFIER=", message.identifier);
  if (!message.pid.empty()) add("SYSLOG_PID=", message.pid);
  if (!message.timestamp.empty()) add("SYSLOG_TIMESTAMP=", message.timestamp);
  add("MESSAGE=", message.message);
  if (!message.raw.empty()) add("SYSLOG_RAW=", message.raw);
  fields_.assign(owned, owned + n);
  SharedFields* const shared[] = {&syslog_transport_};
  IncomingMessage incoming;
  incoming.fields = fields_;
  incoming.shared = shared;
  incoming.priority = message.priority;
  incoming.source_realtime = ancillary.realtime;
  dispatcher_.dispatch(&sender, incoming);
}

}  // namespace journal
