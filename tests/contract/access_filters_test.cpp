// Device, address and port filters on a real control group, made and removed here; skipped where none can be made.
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "init/cgroup/access_filters.h"
#include "unitparser/base/fd.h"

namespace init {
namespace {

using unitparser::UniqueFd;

class AccessFilters : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* root : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
      if (::access((std::string(root) + "/cgroup.procs").c_str(), W_OK) != 0) continue;
      const std::string candidate = std::string(root) + "/incipit-filters-" + std::to_string(::getpid());
      if (::mkdir(candidate.c_str(), 0755) == 0) group_ = candidate;
      if (!group_.empty()) return;
    }
    GTEST_SKIP() << "no control group can be made here";
  }
  void TearDown() override {
    if (group_.empty()) return;
    EXPECT_EQ(::rmdir(group_.c_str()), 0);
  }

  void apply() {
    const auto refused = apply_access_filters(group_, config, ip_accounting, Reset::yes);
    if (!refused.empty()) GTEST_SKIP() << refused.front();
  }

  /// The errno that `attempt` ends with in a process of the group.
  int inside(int (*attempt)()) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      const UniqueFd procs(::open((group_ + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
      if (::write(procs.get(), "0", 1) != 1) ::_exit(255);
      ::_exit(attempt());
    }
    int status = 0;
    EXPECT_EQ(::waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  static int open_device(const char* path, int flags) {
    const UniqueFd fd(::open(path, flags | O_CLOEXEC));
    return fd ? 0 : errno;
  }
  static int send_to_loopback() {
    const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(9);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::sendto(fd.get(), "x", 1, 0, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 1 ? 0 : errno;
  }
  static int bind_port(std::uint16_t port) {
    const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
  }

  std::string group_;
  unitparser::ResourceAccess config;
  bool ip_accounting = false;
};

TEST_F(AccessFilters, ClosedLeavesTheHarmlessDevices) {
  config.device_policy = unitparser::DevicePolicy::closed;
  config.device_allow = {{"/dev/kmsg", "r"}};
  apply();
  EXPECT_EQ(inside([] { return open_device("/dev/null", O_RDWR); }), 0);
  EXPECT_EQ(inside([] { return open_device("/dev/kmsg", O_RDONLY); }), 0);
  EXPECT_EQ(inside([] { return open_device("/dev/kmsg", O_WRONLY); }), EPERM);
  EXPECT_EQ(inside([] { return open_device("/dev/mem", O_RDONLY) == 0 ? 0 : EPERM; }), EPERM);
}

TEST_F(AccessFilters, StrictAllowsOnlyWhatIsNamed) {
  config.device_policy = unitparser::DevicePolicy::strict;
  config.device_allow = {{"/dev/zero", "rw"}};
  apply();
  EXPECT_EQ(inside([] { return open_device("/dev/zero", O_RDWR); }), 0);
  EXPECT_EQ(inside([] { return open_device("/dev/full", O_RDWR); }), EPERM);
  // Applying again replaces the former filter.
  config.device_allow = {{"/dev/full", "rw"}};
  apply();
  EXPECT_EQ(inside([] { return open_device("/dev/zero", O_RDWR); }), EPERM);
  EXPECT_EQ(inside([] { return open_device("/dev/full", O_RDWR); }), 0);
}

TEST_F(AccessFilters, DeniedAddressesAreUnreachableUnlessAllowed) {
  config.ip_address_deny = {{AF_INET, {}, 0}, {AF_INET6, {}, 0}};
  apply();
  EXPECT_EQ(inside(send_to_loopback), EPERM);
  config.ip_address_allow = {{AF_INET, {127}, 8}};
  apply();
  EXPECT_EQ(inside(send_to_loopback), 0);
}

TEST_F(AccessFilters, PacketsThatPassAreCountedAndStayCounted) {
  EXPECT_FALSE(ip_traffic(group_));
  ip_accounting = true;
  apply();
  EXPECT_EQ(inside(send_to_loopback), 0);
  constexpr std::uint64_t datagram = 20 + 8 + 1;  // headers of IP and UDP, one byte
  const auto counted = ip_traffic(group_);
  ASSERT_TRUE(counted);
  EXPECT_EQ(counted->egress_packets, 1U);
  EXPECT_EQ(counted->egress_bytes, datagram);
  config.ip_address_deny = {{AF_INET, {}, 0}};
  apply();
  EXPECT_EQ(inside(send_to_loopback), EPERM);
  EXPECT_EQ(ip_traffic(group_)->egress_packets, 1U) << "what was denied is not counted, what was counted is kept";
  config.ip_address_deny.clear();
  ip_accounting = false;
  apply();
  EXPECT_FALSE(ip_traffic(group_));
  EXPECT_EQ(inside(send_to_loopback), 0) << "a filter that is no longer asked for is gone";
}

TEST_F(AccessFilters, PortsCanBeDenied) {
  config.socket_bind_allow = {{AF_INET, IPPROTO_TCP, 11, 45670}};
  config.socket_bind_deny = {{0, 0, 0, 0}};
  apply();
  EXPECT_EQ(inside([] { return bind_port(45669); }), EPERM);
  EXPECT_EQ(inside([] { return bind_port(45675); }), 0);
  EXPECT_EQ(inside([] { return bind_port(45681); }), EPERM);
}

TEST(DeviceRules, ClassesAreLookedUpInTheTable) {
  unitparser::ResourceAccess config;
  config.device_policy = unitparser::DevicePolicy::strict;
  config.device_allow = {{"char-pts", "rw"}, {"block-sd*", "r"}, {"char-*", "m"}, {"/dev/char/10:200", "rwm"}};
  const std::string table = "Character devices:\n  1 mem\n136 pts\n137 pts\n\nBlock devices:\n  8 sd\n 65 sd\n253 virtblk\n";
  const auto rules = device_rules(config, table);
  const std::vector<DeviceRule> expected{{false, false, 136, -1, 6}, {false, false, 137, -1, 6}, {true, false, 8, -1, 2},
                                         {true, false, 65, -1, 2},   {false, false, -1, -1, 1},  {false, false, 10, 200, 7}};
  EXPECT_EQ(rules, expected);
}

}  // namespace
}  // namespace init
