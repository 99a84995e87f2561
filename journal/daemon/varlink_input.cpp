#include "journal/daemon/varlink_input.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace journal {
namespace {

using unitparser::UniqueFd;

constexpr std::size_t most_connections = 64;
constexpr std::size_t longest_request = 16 * 1024;
constexpr int deepest_nesting = 16;

/// Walks JSON just far enough to find two members of the outermost object.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool read_call(VarlinkCall& call) {
    bool has_method = false;
    if (!take('{')) return false;
    if (take('}')) return false;
    do {
      std::string key;
      if (!read_string(key) || !take(':')) return false;
      skip_space();
      if (key == "method") {
        if (!read_string(call.method)) return false;
        has_method = true;
      } else if (key == "oneway") {
        call.oneway = text_.substr(at_).starts_with("true");
        if (!skip_value(0)) return false;
      } else if (!skip_value(0)) {
        return false;
      }
    } while (take(','));
    return has_method && take('}');
  }

 private:
  void skip_space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
  }
  bool take(char c) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool read_string(std::string& value) {
    if (!take('"')) return false;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '"') {
        ++at_;
        return true;
      }
      if (text_[at_] == '\\' && ++at_ >= text_.size()) return false;
      value += text_[at_];  // no name that matters here needs an escape
    }
    return false;
  }
  bool skip_value(int depth) {
    skip_space();
    if (at_ >= text_.size() || depth > deepest_nesting) return false;
    std::string ignored;
    const char open = text_[at_];
    if (open == '"') return read_string(ignored);
    if (open == '{' || open == '[') {
      const char close = open == '{' ? '}' : ']';
      ++at_;
      if (take(close)) return true;
      do {
        if (open == '{' && (!read_string(ignored) || !take(':'))) return false;
        if (!skip_value(depth + 1)) return false;
      } while (take(','));
      return take(close);
    }
    const std::size_t start = at_;
    while (at_ < text_.size() && std::string_view(",}] \t\r\n").find(text_[at_]) == std::string_view::npos) ++at_;
    return at_ > start;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<VarlinkCall> parse_varlink_call(std::string_view json) {
  VarlinkCall call;
  if (!Scanner(json).read_call(call)) return std::nullopt;
  return call;
}

int VarlinkInput::accept(int listener) {
  UniqueFd fd(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd || connections_.size() >= most_connections) return -1;
  ucred peer = {};
  socklen_t size = sizeof peer;
  // COMPAT: systemd-journald answers root and its own user only.
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || (peer.uid != 0 && peer.uid != ::getuid()))
    return -1;
  const int number = fd.get();
  connections_[number].fd = std::move(fd);
  return number;
}

std::string VarlinkInput::answer(const VarlinkCall& call) {
  if (call.method == "org.varlink.service.GetInfo")
    return R"({"parameters":{"vendor":"incipit","product":"incipit journald","version":"252","url":"",)"
           R"("interfaces":["org.varlink.service","io.systemd.Journal"]}})";
  switch (perform_(call.method)) {
    case VarlinkOutcome::done: return R"({"parameters":{}})";
    case VarlinkOutcome::failed: return R"({"error":"io.systemd.System","parameters":{"errno":5}})";
    case VarlinkOutcome::unknown_method: break;
  }
  return R"({"error":"org.varlink.service.MethodNotFound","parameters":{}})";
}

bool VarlinkInput::receive(int fd) {
  const auto found = connections_.find(fd);
  if (found == connections_.end()) return false;
  Connection& connection = found->second;
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t n = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    if (n <= 0) break;
    connection.pending.append(buffer.data(), static_cast<std::size_t>(n));
    for (std::size_t end = connection.pending.find('\0'); end != std::string::npos;
         end = connection.pending.find('\0')) {
      const auto call = parse_varlink_call(std::string_view(connection.pending).substr(0, end));
      connection.pending.erase(0, end + 1);
      if (!call) {
        connections_.erase(found);
        return false;
      }
      std::string reply = answer(*call);
      reply.push_back('\0');
      // Replies are small; a client that does not take them has stopped listening.
      if (!call->oneway && ::send(fd, reply.data(), reply.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
        connections_.erase(found);
        return false;
      }
    }
    if (connection.pending.size() > longest_request) break;
  }
  connections_.erase(found);
  return false;
}

}  // namespace journal
