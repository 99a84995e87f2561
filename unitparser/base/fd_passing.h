// Descriptors that go with a message over a local socket (unix(7), SCM_RIGHTS). [pure]
#pragma once

#include <sys/socket.h>

#include <cstring>
#include <span>
#include <vector>

#include "unitparser/base/fd.h"

namespace unitparser {

/// Has `fds` go with `message`; none: it stays as it is. Must live until the message is sent.
class PassedFds {
 public:
  PassedFds(msghdr& message, std::span<const int> fds) {
    if (fds.empty()) return;
    control_.resize(CMSG_SPACE(fds.size_bytes()));
    message.msg_control = control_.data();
    message.msg_controllen = control_.size();
    cmsghdr* rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(fds.size_bytes());
    std::memcpy(CMSG_DATA(rights), fds.data(), fds.size_bytes());
  }
  PassedFds(const PassedFds&) = delete;
  PassedFds& operator=(const PassedFds&) = delete;

 private:
  std::vector<char> control_;
};

/// Those that came with a message that was received; to be taken once.
[[nodiscard]] inline std::vector<UniqueFd> take_fds(msghdr& message) {
  std::vector<UniqueFd> fds;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    for (std::size_t at = 0; at + CMSG_LEN(sizeof(int)) <= header->cmsg_len; at += sizeof(int)) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + at, sizeof fd);
      fds.emplace_back(fd);
    }
  }
  return fds;
}

}  // namespace unitparser
