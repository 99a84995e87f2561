// Descriptors that go with messages.
#include "unitparser/base/fd_passing.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>

using namespace unitparser;  // NOLINT

namespace {

/// The numbers of the files that arrive with a message that `fds` go with.
std::vector<ino_t> arriving(std::span<const int> fds) {
  int ends[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
  const UniqueFd from(ends[0]), to(ends[1]);
  char byte = 'x';
  iovec data{&byte, 1};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  {
    const PassedFds passed(message, fds);
    EXPECT_EQ(::sendmsg(from.get(), &message, 0), 1);
  }
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * 4)> control{};
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  EXPECT_EQ(::recvmsg(to.get(), &message, MSG_CMSG_CLOEXEC), 1);
  std::vector<ino_t> files;
  for (const UniqueFd& fd : take_fds(message)) {
    struct stat status{};
    EXPECT_EQ(::fstat(fd.get(), &status), 0);
    files.push_back(status.st_ino);
  }
  return files;
}

ino_t file_of(const UniqueFd& fd) {
  struct stat status{};
  EXPECT_EQ(::fstat(fd.get(), &status), 0);
  return status.st_ino;
}

}  // namespace

TEST(FdPassing, TheyArriveInTheirOrder) {
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC)), zero(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(arriving(std::array{zero.get(), null.get(), zero.get()}), (std::vector{file_of(zero), file_of(null), file_of(zero)}));
}

TEST(FdPassing, AMessageMayHaveNone) { EXPECT_TRUE(arriving({}).empty()); }
