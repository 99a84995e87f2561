// The driver's sources against the real kernel, in a folder of their own. No root needed, no waiting beyond what is due.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "init/driver/notify_socket.h"
#include "init/driver/path_watches.h"
#include "init/driver/socket_traffic.h"
#include "init/driver/stored_fds.h"
#include "init/driver/timers.h"
#include "init/os/sockets.h"

namespace init {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using unitparser::UniqueFd;

class DriverContract : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "incipit-contract-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  /// Serves the loop until an event has come; fails the test when none comes within ten seconds.
  Event next_event() {
    for (int round = 0; events_.empty() && round < 10; ++round) loop_.run_once(Duration::from_seconds(1));
    EXPECT_FALSE(events_.empty()) << "no event came";
    if (events_.empty()) return event::ClockChanged{};
    Event event = std::move(events_.front());
    events_.erase(events_.begin());
    return event;
  }
  template <class T>
  T next() {
    Event event = next_event();
    EXPECT_TRUE(std::holds_alternative<T>(event));
    return std::holds_alternative<T>(event) ? std::get<T>(std::move(event)) : T{};
  }

  std::string folder_;
  Loop loop_;
  std::vector<Event> events_;
  Post post_ = [this](Event event) { events_.push_back(std::move(event)); };
};

void send_datagram(const std::string& path, std::string_view text) {
  const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, path.c_str());
  ASSERT_GE(::sendto(fd.get(), text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
}

TEST_F(DriverContract, NotificationsComeWithTheirSender) {
  NotifySocket notify(loop_, post_);
  ASSERT_TRUE(notify.start(folder_ + "/notify"));
  send_datagram(folder_ + "/notify", "READY=1\nSTATUS=fine");
  const auto message = next<event::Notify>();
  EXPECT_EQ(message.pid, ::getpid());
  EXPECT_EQ(message.uid, ::getuid());
  EXPECT_THAT(message.fields, ElementsAre(Pair("READY", "1"), Pair("STATUS", "fine")));
}

TEST_F(DriverContract, EmptyAndOverlongNotificationsAreRefusedAndHurtNobody) {
  NotifySocket notify(loop_, post_);
  ASSERT_TRUE(notify.start(folder_ + "/notify"));
  send_datagram(folder_ + "/notify", "");
  send_datagram(folder_ + "/notify", std::string(10000, 'x'));
  send_datagram(folder_ + "/notify", "READY=1");
  EXPECT_THAT(next<event::Notify>().fields, ElementsAre(Pair("READY", "1")));
  EXPECT_EQ(notify.refused(), 2U);
}

TEST_F(DriverContract, AnElapsedTimerIsToldOnce) {
  Timers timers(loop_, post_);
  const TimerId id{UnitId{7}, TimerPurpose::watchdog};
  effect::ArmTimer wanted;
  wanted.timer = id;
  wanted.when = read_clocks().monotonic.usec() + 1000;
  ASSERT_TRUE(timers.arm(wanted));
  EXPECT_EQ(next<event::TimerElapsed>().timer, id);
  loop_.run_once(Duration());
  EXPECT_TRUE(events_.empty());
}

TEST_F(DriverContract, ADisarmedTimerStaysSilent) {
  Timers timers(loop_, post_);
  effect::ArmTimer first;
  first.timer = {UnitId{1}, TimerPurpose::state};
  first.when = 1;
  effect::ArmTimer second = first;
  second.timer = {UnitId{2}, TimerPurpose::state};
  ASSERT_TRUE(timers.arm(first));
  ASSERT_TRUE(timers.arm(second));
  timers.disarm(first.timer);
  EXPECT_EQ(next<event::TimerElapsed>().timer, second.timer);
}

effect::WatchPath watch_of(unitparser::PathKind kind, const std::string& path) {
  return {WatchId{UnitId{3}, 0}, unitparser::PathEntry{kind, path, {}}};
}

TEST_F(DriverContract, APathThatComesIntoBeingIsSeenFromAnyFolderAbove) {
  PathWatches watches(loop_, post_);
  ASSERT_TRUE(watches.watch(watch_of(unitparser::PathKind::exists, folder_ + "/a/b/c")));
  std::filesystem::create_directories(folder_ + "/a/b");
  (void)next<event::PathChanged>();
  std::ofstream(folder_ + "/a/b/c") << "x";
  (void)next<event::PathChanged>();
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/a/b/c"));
}

TEST_F(DriverContract, ChangedTellsOfTheFileOnlyAndNotOfItsNeighbours) {
  std::ofstream(folder_ + "/watched") << "1";
  PathWatches watches(loop_, post_);
  ASSERT_TRUE(watches.watch(watch_of(unitparser::PathKind::changed, folder_ + "/watched")));
  std::ofstream(folder_ + "/neighbour") << "1";
  loop_.run_once(Duration());
  EXPECT_TRUE(events_.empty());
  std::ofstream(folder_ + "/watched") << "2";
  (void)next<event::PathChanged>();
}

unitparser::SocketConfig listening_on(unitparser::ListenKind kind, const std::string& address) {
  unitparser::SocketConfig config;
  config.listen.push_back({kind, address, {}});
  return config;
}

/// A client of a stream socket; the test fails when nobody listens.
UniqueFd connect_to(const std::string& path) {
  UniqueFd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, path.c_str());
  EXPECT_EQ(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  return client;
}

TEST_F(DriverContract, ALocalSocketHasItsModeAndAcceptsUnderTheClientsName) {
  unitparser::SocketConfig config = listening_on(unitparser::ListenKind::stream, folder_ + "/deep/socket");
  config.socket_mode = 0600;
  config.symlinks = {folder_ + "/link"};
  auto opened = open_sockets(config, {}, {});
  ASSERT_TRUE(opened) << opened.error().message;
  struct stat status{};
  ASSERT_EQ(::stat((folder_ + "/link").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);

  SocketTraffic traffic(loop_, post_);
  traffic.watch({UnitId{9}, {opened->front().fd}, true});
  const UniqueFd client = connect_to(folder_ + "/deep/socket");
  const auto ready = next<event::SocketReady>();
  const UniqueFd connection(ready.connection);
  EXPECT_TRUE(connection);
  EXPECT_EQ(ready.instance, std::to_string(::getpid()) + "-" + std::to_string(::getuid()));
  traffic.unwatch(UnitId{9});
  ::close(opened->front().fd);
  remove_socket_files(config);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/deep/socket"));
}

/// A listener that blocks, as a service that was started with it leaves it.
UniqueFd blocking_listener(const std::string& path) {
  auto opened = open_sockets(listening_on(unitparser::ListenKind::stream, path), {}, {});
  EXPECT_TRUE(opened);
  if (!opened) return {};
  EXPECT_EQ(::fcntl(opened->front().fd, F_SETFL, 0), 0);
  return UniqueFd(opened->front().fd);
}

TEST_F(DriverContract, NothingIsWaitedForAtAListenerThatAServiceMadeBlocking) {
  const UniqueFd listener = blocking_listener(folder_ + "/socket");
  ::alarm(20);  // the death of who waits
  EXPECT_EQ(accept_connection(listener.get()), -1);
  flush_sockets({listener.get()});
  const UniqueFd client = connect_to(folder_ + "/socket");
  flush_sockets({listener.get()});
  ::alarm(0);
  char byte = 0;
  EXPECT_EQ(::read(client.get(), &byte, 1), 0);  // thrown away
  EXPECT_EQ(::fcntl(listener.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(DriverContract, TheOtherEndsCloseOfAStoredDescriptorIsTold) {
  int pair[2] = {-1, -1};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  const UniqueFd stored(pair[0]);
  UniqueFd other(pair[1]);
  const UniqueFd file(::open((folder_ + "/file").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
  StoredFds fds(loop_, post_);
  fds.watch({UnitId{7}, stored.get()});
  fds.watch({UnitId{7}, file.get()});  // cannot be polled, stays
  ASSERT_EQ(::write(other.get(), "x", 1), 1);
  loop_.run_once({});
  EXPECT_TRUE(events_.empty());  // something to read is no reason
  other.reset();
  const auto closed = next<event::StoredFdClosed>();
  EXPECT_EQ(closed.unit, UnitId{7});
  EXPECT_EQ(closed.fd, stored.get());
  loop_.run_once({});
  EXPECT_TRUE(events_.empty());
}

TEST_F(DriverContract, AStaleSocketNodeIsReplaced) {
  const unitparser::SocketConfig config = listening_on(unitparser::ListenKind::datagram, folder_ + "/socket");
  auto first = open_sockets(config, {}, {});
  ASSERT_TRUE(first);
  ::close(first->front().fd);
  auto second = open_sockets(config, {}, {});
  ASSERT_TRUE(second) << second.error().message;
  ::close(second->front().fd);
}

TEST_F(DriverContract, AnotherKindOfFileInTheWayOfAFifoIsAnError) {
  std::ofstream(folder_ + "/fifo") << "x";
  auto opened = open_sockets(listening_on(unitparser::ListenKind::fifo, folder_ + "/fifo"), {}, {});
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr(folder_ + "/fifo"));
}

TEST_F(DriverContract, OneBadListenerClosesTheOthers) {
  unitparser::SocketConfig config = listening_on(unitparser::ListenKind::stream, folder_ + "/good");
  config.listen.push_back({unitparser::ListenKind::special, folder_ + "/missing", {}});
  EXPECT_FALSE(open_sockets(config, {}, {}));
}

}  // namespace
}  // namespace init
