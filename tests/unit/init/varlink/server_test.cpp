#include "init/varlink/server.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

namespace init::varlink {
namespace {

using unitparser::Duration;
using unitparser::UniqueFd;

class VarlinkServer : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = ::testing::TempDir() + "varlink-" + std::to_string(::getpid());
    ASSERT_TRUE(server_.listen(path_));
  }
  void TearDown() override { ::unlink(path_.c_str()); }

  UniqueFd connect() {
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, path_.c_str());
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    loop_.run_once(Duration::from_seconds(5));  // accepts
    return fd;
  }
  /// Sends, lets the server work, and returns what came back: up to the first NUL, or "closed".
  std::string exchange(const UniqueFd& fd, const std::string& bytes) {
    std::size_t sent = 0;
    std::string got;
    for (int round = 0; round < 10'000; ++round) {
      if (sent < bytes.size()) {
        const ssize_t n = ::send(fd.get(), bytes.data() + sent, bytes.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0) sent += static_cast<std::size_t>(n);
      }
      loop_.run_once(Duration());
      char buffer[4096];
      const ssize_t n = ::recv(fd.get(), buffer, sizeof buffer, MSG_DONTWAIT);
      if (n == 0 || (n < 0 && errno == ECONNRESET)) return "closed";
      if (n > 0) got.append(buffer, static_cast<std::size_t>(n));
      if (const std::size_t end = got.find('\0'); end != std::string::npos) return got.substr(0, end);
    }
    return "silence";
  }
  static std::string call(const std::string& method) { return R"({"method":")" + method + "\"}" + '\0'; }

  Loop loop_;
  std::uint64_t last_connection_ = 0;
  Server server_{loop_, [this](const Peer& peer, const Call& call) {
                   last_connection_ = peer.connection;
                   EXPECT_EQ(peer.pid, ::getpid());
                   Answer answer;
                   answer.replies.push_back(JsonObject{{"method", call.method}});
                   answer.keeps_open = call.more;
                   return answer;
                 }};
  std::string path_;
};

TEST_F(VarlinkServer, AnswersCallsThatComeInPieces) {
  const UniqueFd fd = connect();
  EXPECT_EQ(exchange(fd, R"({"meth)"), "silence");
  EXPECT_EQ(exchange(fd, std::string(R"(od":"a.B"})") + '\0'), R"({"parameters":{"method":"a.B"}})");
  EXPECT_EQ(exchange(fd, call("c.D")), R"({"parameters":{"method":"c.D"}})");
}

TEST_F(VarlinkServer, GarbageCostsTheConnectionAndNothingElse) {
  const UniqueFd good = connect();
  const UniqueFd bad = connect();
  EXPECT_EQ(exchange(bad, std::string("garbage") + '\0'), "closed");
  EXPECT_EQ(exchange(good, call("a.B")), R"({"parameters":{"method":"a.B"}})");
}

TEST_F(VarlinkServer, AMessageWithoutEndIsNotCollectedForEver) {
  const UniqueFd fd = connect();
  EXPECT_EQ(exchange(fd, std::string(1'000'000, ' ')), "closed");
}

TEST_F(VarlinkServer, MoreRepliesFollowUntilTheClientGoes) {
  UniqueFd fd = connect();
  EXPECT_EQ(exchange(fd, std::string(R"({"method":"a.B","more":true})") + '\0'), R"({"parameters":{"method":"a.B"},"continues":true})");
  EXPECT_TRUE(server_.send(last_connection_, JsonObject{{"n", std::int64_t{1}}}));
  EXPECT_EQ(exchange(fd, ""), R"({"parameters":{"n":1},"continues":true})");
  fd.reset();
  loop_.run_once(Duration::from_seconds(5));
  EXPECT_FALSE(server_.send(last_connection_, JsonObject{}));
}

TEST_F(VarlinkServer, AClientThatReadsNothingIsDropped) {
  const UniqueFd fd = connect();
  ASSERT_EQ(exchange(fd, call("a.B")), R"({"parameters":{"method":"a.B"}})");
  const Json big = JsonObject{{"text", std::string(100'000, 'x')}};
  int sent = 0;
  while (server_.send(last_connection_, big)) ASSERT_LT(++sent, 1000);
  EXPECT_GT(sent, 0);
}

}  // namespace
}  // namespace init::varlink
