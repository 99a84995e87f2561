// UniqueFd: the sole owner of a file descriptor. [os: close, fcntl]
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <climits>
#include <cstdint>
#include <utility>

namespace unitparser {

/// Owns one descriptor (or none, -1) and closes it. Move-only.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) noexcept : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
  void reset(int fd = -1) noexcept {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

/// What the image before this one left open as `number`, to be closed by the next execve(2); nothing if there is no such.
[[nodiscard]] inline UniqueFd inherit_fd(std::int64_t number) noexcept {
  const int fd = number < 0 || number > INT_MAX ? -1 : static_cast<int>(number);
  return fd < 0 || ::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ? UniqueFd() : UniqueFd(fd);
}

}  // namespace unitparser
