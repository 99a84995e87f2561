#include "journal/journalctl/http_client.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <memory>

namespace journal {
namespace {

using unitparser::ErrorCode;
using unitparser::fail;
using unitparser::fail_errno;
using unitparser::Result;
using unitparser::UniqueFd;

constexpr long answer_seconds = 30;
constexpr std::size_t longest_answer = 1024 * 1024;

bool same_letters(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) { return lower(x) == lower(y); });
}

/// Value of a header; empty when it is not there.
std::string_view header_value(std::string_view head, std::string_view name) {
  while (!head.empty()) {
    const std::size_t end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !same_letters(line.substr(0, colon), name)) continue;
    std::string_view value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    return value;
  }
  return {};
}

}  // namespace

void wait_milliseconds(int milliseconds) { ::poll(nullptr, 0, milliseconds); }

Result<HttpClient> HttpClient::to(std::string_view url, std::string_view default_path) {
  constexpr std::string_view scheme = "http://";
  if (url.starts_with("https://"))
    return fail(ErrorCode::not_supported, "https is not spoken here: send to a local proxy that encrypts");
  if (!url.starts_with(scheme)) return fail(ErrorCode::invalid_argument, "the address must be http://HOST[:PORT][/PATH]");
  url.remove_prefix(scheme.size());
  const std::size_t slash = std::min(url.find('/'), url.size());
  std::string_view authority = url.substr(0, slash);
  HttpClient client;
  client.path_ = slash < url.size() ? url.substr(slash) : default_path;
  client.port_ = "80";
  const std::size_t colon = authority.rfind(':');
  if (colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos) {
    client.port_ = authority.substr(colon + 1);
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[') && authority.ends_with(']')) authority = authority.substr(1, authority.size() - 2);
  client.host_ = authority;
  const auto is_odd = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7F; };
  if (client.host_.empty() || client.port_.empty() || std::any_of(url.begin(), url.end(), is_odd))
    return fail(ErrorCode::invalid_argument, "the address must be http://HOST[:PORT][/PATH]");
  return client;
}

Result<void> HttpClient::connect() {
  addrinfo wanted = {};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host_.c_str(), port_.c_str(), &wanted, &found); error != 0)
    return fail(ErrorCode::io, host_ + ": " + ::gai_strerror(error));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, ::freeaddrinfo);
  int last_error = ENOENT;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    UniqueFd fd(::socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC, address->ai_protocol));
    const timeval deadline{answer_seconds, 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline);
    ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &deadline, sizeof deadline);
    if (fd && ::connect(fd.get(), address->ai_addr, address->ai_addrlen) == 0) {
      fd_ = std::move(fd);
      return {};
    }
    last_error = errno;
  }
  return fail_errno(last_error, host_ + ":" + port_);
}

Result<int> HttpClient::exchange(std::string_view body, std::string_view content_type) {
  std::string request = "POST " + path_ + " HTTP/1.1\r\nHost: " + host_ + ":" + port_ + "\r\nContent-Type: " + std::string(content_type) +
                        "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  request.append(body);
  std::string_view rest = request;
  while (!rest.empty()) {
    const ssize_t n = ::send(fd_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return fail_errno(n < 0 ? errno : EPIPE, host_);
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  std::string answer;
  std::array<char, 4096> buffer;
  const auto receive = [&]() -> Result<void> {
    const ssize_t n = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (n < 0 && errno == EINTR) return {};
    if (n <= 0) return fail_errno(n < 0 ? errno : ECONNRESET, host_);
    answer.append(buffer.data(), static_cast<std::size_t>(n));
    if (answer.size() > longest_answer) return fail(ErrorCode::protocol, host_ + ": its answer does not end");
    return {};
  };
  for (;;) {
    std::size_t head_end = answer.find("\r\n\r\n");
    while (head_end == std::string::npos) {
      TRY(receive());
      head_end = answer.find("\r\n\r\n");
    }
    int status = 0;
    const std::size_t space = answer.find(' ');
    if (!answer.starts_with("HTTP/1.") || space == std::string::npos ||
        std::from_chars(answer.data() + space + 1, answer.data() + answer.size(), status).ec != std::errc{})
      return fail(ErrorCode::protocol, host_ + ": no HTTP answer");
    if (status / 100 == 1) {  // "continue" and its kin come before the answer
      answer.erase(0, head_end + 4);
      continue;
    }
    const std::string head = answer.substr(0, head_end);
    const std::string_view length = header_value(head, "Content-Length");
    std::size_t size = 0;
    const bool has_length = std::from_chars(length.data(), length.data() + length.size(), size).ec == std::errc{} && !length.empty();
    while (has_length && size <= longest_answer && answer.size() < head_end + 4 + size) TRY(receive());
    // Where the end of the answer cannot be told, or the server closes, the next request needs a new connection.
    if ((!has_length && status != 204) || size > longest_answer || same_letters(header_value(head, "Connection"), "close")) fd_.reset();
    return status;
  }
}

Result<int> HttpClient::post(std::string_view body, std::string_view content_type) {
  if (!fd_) TRY(connect());
  auto status = exchange(body, content_type);
  if (!status) fd_.reset();
  return status;
}

}  // namespace journal
