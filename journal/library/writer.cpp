// Writer: entries in the native protocol, as datagrams or memory files. [os: a socket]
#include "journal/library/incipit-journal/writer.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

namespace incipit::journal {
namespace {

constexpr std::size_t longest_name = 64;

std::error_code last_error() { return {errno, std::generic_category()}; }

/// Fields before which clients put '_' are the daemon's own.
bool is_client_field(std::string_view name) {
  if (name.empty() || name.size() > longest_name || name[0] == '_' || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; });
}

/// "NAME=value\n", or for values of several lines "NAME\n", their size in eight bytes, lowest first, value and "\n".
void append_field(std::string& out, const Field& field) {
  out += field.name;
  if (field.value.find('\n') == std::string_view::npos) {
    out += '=';
  } else {
    out += '\n';
    for (std::uint64_t size = field.value.size(), byte = 0; byte < sizeof size; ++byte) out += static_cast<char>(size >> (8 * byte));
  }
  out += field.value;
  out += '\n';
}

/// A descriptor for one call.
struct MemoryFile {
  int fd = ::memfd_create("journal-entry", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  ~MemoryFile() {
    if (fd >= 0) ::close(fd);
  }
};

}  // namespace

Writer::~Writer() {
  if (fd_ >= 0) ::close(fd_);
}
Writer::Writer(Writer&& other) noexcept
    : socket_(std::move(other.socket_)), fd_(std::exchange(other.fd_, -1)), buffer_(std::move(other.buffer_)) {}
Writer& Writer::operator=(Writer&& other) noexcept {
  std::swap(socket_, other.socket_);
  std::swap(fd_, other.fd_);
  std::swap(buffer_, other.buffer_);
  return *this;
}

std::error_code Writer::connect() {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (socket_.size() >= sizeof address.sun_path) return std::make_error_code(std::errc::filename_too_long);
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return last_error();
  constexpr int wanted = 8 * 1024 * 1024;  // most entries then need no file; what the system's limit cuts off does
  ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &wanted, sizeof wanted);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
    const std::error_code error = last_error();
    ::close(fd);
    return error;
  }
  fd_ = fd;
  return {};
}

std::error_code Writer::send(std::span<const Field> fields) {
  if (fields.empty() || !std::all_of(fields.begin(), fields.end(), [](const Field& field) { return is_client_field(field.name); }))
    return std::make_error_code(std::errc::invalid_argument);
  buffer_.clear();
  for (const Field& field : fields) append_field(buffer_, field);
  // A daemon that was started anew has a new socket behind the same name.
  for (int attempt = 0;; ++attempt) {
    if (fd_ < 0)
      if (const std::error_code error = connect()) return error;
    if (::send(fd_, buffer_.data(), buffer_.size(), MSG_NOSIGNAL) >= 0) return {};
    if (errno == EMSGSIZE || errno == ENOBUFS) return send_as_file();
    if (errno == EINTR) continue;
    if (attempt > 0 || (errno != ECONNREFUSED && errno != ENOTCONN && errno != ECONNRESET)) return last_error();
    ::close(std::exchange(fd_, -1));
  }
}

std::error_code Writer::send_as_file() {
  const MemoryFile file;
  if (file.fd < 0) return last_error();
  for (std::string_view rest = buffer_; !rest.empty();) {
    const ssize_t n = ::write(file.fd, rest.data(), rest.size());
    if (n < 0) return last_error();
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  if (::fcntl(file.fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0) return last_error();
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message = {};
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &file.fd, sizeof(int));
  while (::sendmsg(fd_, &message, MSG_NOSIGNAL) < 0)
    if (errno != EINTR) return last_error();
  return {};
}

std::error_code Writer::print(int priority, std::string_view message) {
  if (priority < 0 || priority > 7) return std::make_error_code(std::errc::invalid_argument);
  const char level = static_cast<char>('0' + priority);
  return send({{"MESSAGE", message}, {"PRIORITY", {&level, 1}}});
}

}  // namespace incipit::journal
