// What clients must not be able to do to the daemon: every way of the list of bad inputs, then an ordinary line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <string>

#include "journal/daemon/accounts.h"
#include "tests/unit/journal/daemon_process.h"

namespace journal::test {
namespace {

std::string with_size(const std::string& name, std::uint64_t size, std::string_view value) {
  std::string field = name + "\n";
  field.append(reinterpret_cast<const char*>(&size), sizeof size);
  return field.append(value).append("\n");
}

UniqueFd memory_file(std::string_view content, unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING) {
  UniqueFd fd(::memfd_create("entry", flags));
  if (fd && ::write(fd.get(), content.data(), content.size()) != static_cast<ssize_t>(content.size())) fd.reset();
  return fd;
}

class HostileClients : public ::testing::Test {
 protected:
  /// An ordinary line is still taken after what was done.
  void expect_alive(const std::string& after) {
    SCOPED_TRACE(after);
    const UniqueFd fd = daemon_.native();
    ASSERT_TRUE(fd);
    ASSERT_TRUE(send_datagram(fd.get(), "MESSAGE=alive after " + after + "\n"));
    const std::vector<std::string> messages = daemon_.messages();
    EXPECT_THAT(messages, ::testing::Contains("alive after " + after));
    EXPECT_EQ(std::count(messages.begin(), messages.end(), "evil"), 0) << "was taken";
  }
  DaemonProcess daemon_;
};

TEST_F(HostileClients, NativeDatagrams) {
  const UniqueFd fd = daemon_.native();
  std::string many = "MESSAGE=evil\n";
  for (int i = 0; i < 1024; ++i) many += "FIELD" + std::to_string(i) + "=x\n";
  ASSERT_TRUE(send_datagram(fd.get(), many));
  expect_alive("1025 fields");
  ASSERT_TRUE(send_datagram(fd.get(), std::string(65, 'A') + "=x\n"));
  expect_alive("a name of 65 bytes");
  ASSERT_TRUE(send_datagram(fd.get(), ""));
  expect_alive("no bytes at all");
  ASSERT_TRUE(send_datagram(fd.get(), with_size("MESSAGE", UINT64_MAX, "evil")));
  ASSERT_TRUE(send_datagram(fd.get(), with_size("MESSAGE", UINT64_MAX - 8, "evil")));
  ASSERT_TRUE(send_datagram(fd.get(), with_size("MESSAGE", 5, "evil")));
  ASSERT_TRUE(send_datagram(fd.get(), "MESSAGE\nevil"));
  expect_alive("sizes that lie");
  ASSERT_TRUE(send_datagram(fd.get(), "_PID=1\n__CURSOR=x\n_HOSTNAME=evil\nlower=evil\n=evil\n1A=evil\n"));
  expect_alive("fields that are the daemon's own");
  ASSERT_TRUE(send_datagram(fd.get(), std::string("MESSAGE=bytes \xff\xfe\x1b]0;title\a\x1b[2J\0end\n", 34)));
  expect_alive("bytes that are no text");
  std::vector<std::string> accounts_lines;
  const auto accounts = parse_accounts(read_file(daemon_.run() + "/accounts"));
  std::uint64_t too_large = 0;
  for (const UnitAccount& account : accounts) too_large += account.dropped[static_cast<std::size_t>(DropReason::too_large)];
  EXPECT_EQ(too_large, 1U) << "the entry of 1,025 fields is counted";
}

TEST_F(HostileClients, Descriptors) {
  const UniqueFd fd = daemon_.native();
  const std::string entry = "MESSAGE=from a file\n";
  const UniqueFd sealed = memory_file(entry);
  ASSERT_EQ(::fcntl(sealed.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL), 0);
  ASSERT_TRUE(send_datagram(fd.get(), "", {sealed.get()}));
  expect_alive("a sealed file");
  const UniqueFd unsealed = memory_file("MESSAGE=from an unsealed file\n");
  ASSERT_TRUE(send_datagram(fd.get(), "", {unsealed.get()}));
  expect_alive("an unsealed file");
  const UniqueFd growing = memory_file("MESSAGE=grows\n");
  ASSERT_TRUE(send_datagram(fd.get(), "", {growing.get()}));
  ASSERT_EQ(::ftruncate(growing.get(), 1LL << 40), 0);
  expect_alive("a file that grows");
  ASSERT_TRUE(send_datagram(fd.get(), "", {growing.get()}));
  expect_alive("a file of a tebibyte");
  if (const UniqueFd huge(::memfd_create("huge", MFD_CLOEXEC | MFD_HUGETLB)); huge) {
    ASSERT_EQ(::ftruncate(huge.get(), 2 * 1024 * 1024), 0);
    ASSERT_TRUE(send_datagram(fd.get(), "", {huge.get()}));
    expect_alive("a file of huge pages");
  }
  const std::string fifo = daemon_.root() + "/fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const UniqueFd reader(::open(fifo.c_str(), O_RDWR | O_CLOEXEC));
  const UniqueFd zero(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
  const UniqueFd folder(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (const int odd : {reader.get(), zero.get(), folder.get(), fd.get()}) ASSERT_TRUE(send_datagram(fd.get(), "", {odd}));
  expect_alive("descriptors of no file");
  ASSERT_TRUE(send_datagram(fd.get(), "", {unsealed.get(), sealed.get(), zero.get(), zero.get()}));
  ASSERT_TRUE(send_datagram(fd.get(), "MESSAGE=evil\n", {sealed.get()}));
  expect_alive("more descriptors than one");
  const std::vector<std::string> messages = daemon_.messages();
  EXPECT_EQ(std::count(messages.begin(), messages.end(), "from a file"), 1);
  EXPECT_EQ(std::count(messages.begin(), messages.end(), "from an unsealed file"), 1);
}

TEST_F(HostileClients, SyslogDatagrams) {
  const UniqueFd fd = daemon_.syslog();
  for (const std::string& datagram :
       {std::string("<999>evil:"), std::string(":"), std::string("<>:"), std::string("<13>tag:"), std::string("<13>[]: x"),
        std::string("<13>a[: x"), std::string("\0\0\0", 3), std::string("<13>\xff\xfe\x80"), std::string("<13>\x1b[2Jx"),
        "<13>" + std::string(150'000, 'x'), std::string("<13>Nov 22 06:28:13"), std::string("<13>1 2003-10-11T22:14:15.003Z h a p m -")})
    send_datagram(fd.get(), datagram);
  expect_alive("odd syslog lines");
}

TEST_F(HostileClients, Streams) {
  // Without its header a stream is nobody's.
  for (const char* header : {"evil", "\n\n\n\n\n\n\n", "a\nb\n999\n1\n0\n0\n0\n", "a\nb\n6\nmaybe\n0\n0\n0\n"}) {
    const UniqueFd fd = daemon_.stream();
    ::send(fd.get(), header, std::strlen(header), MSG_NOSIGNAL);
  }
  expect_alive("streams that say nothing of themselves");
  {
    const UniqueFd fd = daemon_.stream();
    const std::string garbage(1024 * 1024, 'g');
    for (int i = 0; i < 4; ++i)
      if (::send(fd.get(), garbage.data(), garbage.size(), MSG_NOSIGNAL) < 0) break;
  }
  expect_alive("a header without end");
  const std::uint64_t before = daemon_.resident();
  {
    const UniqueFd fd = daemon_.stream();
    const std::string header = "flood\n\n6\n0\n0\n0\n0\n";
    ASSERT_GT(::send(fd.get(), header.data(), header.size(), MSG_NOSIGNAL), 0);
    const std::string text(1024 * 1024, 'l');
    for (int i = 0; i < 64; ++i) ASSERT_GT(::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL), 0);
  }
  expect_alive("a line of 64 MiB");
  EXPECT_LT(daemon_.resident(), before + 48ULL * 1024 * 1024);
}

TEST_F(HostileClients, VarlinkClientsThatNeverRead) {
  std::vector<UniqueFd> clients;
  const std::string request = std::string(R"({"method":"io.systemd.Journal.NoSuchMethod","parameters":{}})") + '\0';
  for (int i = 0; i < 8; ++i) {
    clients.push_back(connect_to(daemon_.run() + "/io.systemd.journal", SOCK_STREAM));
    for (int n = 0; n < 2000; ++n)
      if (::send(clients.back().get(), request.data(), request.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) break;
  }
  expect_alive("clients that never read");
  for (const std::string& bad : {std::string("{"), std::string("\0\0\0", 3), std::string(200'000, '['), std::string("{\"method\":1}\0", 13)}) {
    const UniqueFd fd = connect_to(daemon_.run() + "/io.systemd.journal", SOCK_STREAM);
    ::send(fd.get(), bad.data(), bad.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  expect_alive("requests that are none");
}

TEST_F(HostileClients, ADaemonThatGetsNoMemoryGoesOn) {
#ifdef __SANITIZE_ADDRESS__
  if (std::getenv("INCIPIT_JOURNALD") == nullptr) GTEST_SKIP() << "AddressSanitizer itself gives up without memory";
#endif
  // Less address space than it has: nothing more can be had.
  const rlimit none{1, RLIM_INFINITY};
  ASSERT_EQ(::prlimit(daemon_.pid(), RLIMIT_AS, &none, nullptr), 0);
  const UniqueFd fd = daemon_.native();
  const UniqueFd large = memory_file("MESSAGE=" + std::string(64 * 1024 * 1024, 'x') + "\n");
  ASSERT_TRUE(send_datagram(fd.get(), "", {large.get()}));
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(send_datagram(fd.get(), "MESSAGE=" + std::string(100'000, 'y') + "\nN=" + std::to_string(i) + "\n"));
  EXPECT_NE(daemon_.call("Synchronize"), "not sent");
  const rlimit enough{RLIM_INFINITY, RLIM_INFINITY};
  ASSERT_EQ(::prlimit(daemon_.pid(), RLIMIT_AS, &enough, nullptr), 0);
  expect_alive("no memory");
}

TEST_F(HostileClients, AManagerThatIsBusyIsToldLater) {
  daemon_.stop(SIGTERM);
  daemon_.start(DaemonProcess::Manager::busy);
  expect_alive("a full notify socket");
}

TEST_F(HostileClients, AKilledDaemonLosesNothingThatItTook) {
  const UniqueFd fd = daemon_.native();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(send_datagram(fd.get(), "MESSAGE=line " + std::to_string(i) + "\n"));
  ASSERT_EQ(daemon_.call("Synchronize"), R"({"parameters":{}})");
  daemon_.stop(SIGKILL);
  daemon_.start();
  expect_alive("SIGKILL");
  const std::vector<std::string> messages = daemon_.messages();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(std::count(messages.begin(), messages.end(), "line " + std::to_string(i)), 1);
}

}  // namespace
}  // namespace journal::test
