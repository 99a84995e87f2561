// A conversation over D-Bus goes on when one of its ends is replaced by a new object on the same socket.
#include "init/bus/resumption.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>

namespace init::bus {
namespace {

struct Ends {
  BusPtr ours, other;
};

/// Two buses that talk to each other over a pair of sockets.
enum class Server { ours, other };
Ends connect(Server server, sd_bus_message_handler_t on_call) {
  std::array<int, 2> pair{};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair.data()), 0);
  Ends ends;
  for (BusPtr* bus : {&ends.ours, &ends.other}) {
    sd_bus* raw = nullptr;
    EXPECT_GE(sd_bus_new(&raw), 0);
    bus->reset(raw);
    const int fd = bus == &ends.ours ? pair[0] : pair[1];
    EXPECT_GE(sd_bus_set_fd(raw, fd, fd), 0);
    EXPECT_GE(sd_bus_negotiate_fds(raw, 1), 0);
  }
  sd_bus* serving = server == Server::ours ? ends.ours.get() : ends.other.get();
  EXPECT_GE(sd_bus_set_server(serving, 1, {}), 0);
  if (server == Server::other) {
    EXPECT_GE(sd_bus_set_bus_client(ends.ours.get(), 1), 0);
    EXPECT_GE(sd_bus_add_filter(ends.other.get(), nullptr, on_call, nullptr), 0);
  }
  EXPECT_GE(sd_bus_start(ends.ours.get()), 0);
  EXPECT_GE(sd_bus_start(ends.other.get()), 0);
  return ends;
}

void talk(const Ends& ends, const std::function<bool()>& done) {
  for (int round = 0; round < 1000 && !done(); ++round)
    for (sd_bus* bus : {ends.ours.get(), ends.other.get()}) ASSERT_GE(sd_bus_process(bus, nullptr), 0);
  EXPECT_TRUE(done());
}

unitparser::UniqueFd keep_socket(Ends& ends) {
  unitparser::UniqueFd kept(::fcntl(sd_bus_get_fd(ends.ours.get()), F_DUPFD_CLOEXEC, 3));
  // As an execve() does it: nothing is said, nothing flushed.
  ends.ours.reset();
  return kept;
}

int echo(sd_bus_message* message, void*, sd_bus_error*) {
  if (sd_bus_message_is_method_call(message, nullptr, "Echo") <= 0) return 0;
  const char* text = nullptr;
  int fd = -1;
  if (sd_bus_message_read(message, "sh", &text, &fd) < 0) return -EINVAL;
  return sd_bus_reply_method_return(message, "sh", text, fd);
}

struct Heard {
  std::string text;
  bool has_fd = false;
};

int hear(sd_bus_message* reply, void* userdata, sd_bus_error*) {
  auto* heard = static_cast<Heard*>(userdata);
  const char* text = nullptr;
  int fd = -1;
  if (sd_bus_message_read(reply, "sh", &text, &fd) > 0) *heard = {text, fd >= 0};
  else heard->text = "an error";
  return 0;
}

TEST(Resumption, PrivateClientNoticesNothing) {
  Ends ends = connect(Server::ours, nullptr);
  talk(ends, [&] { return sd_bus_is_ready(ends.ours.get()) > 0 && sd_bus_is_ready(ends.other.get()) > 0; });
  for (const char* word : {"first", "second"}) {
    auto resumed = resume_private_client(keep_socket(ends));
    ASSERT_TRUE(resumed) << resumed.error().message;
    ends.ours = std::move(*resumed);
    ASSERT_GE(sd_bus_add_filter(ends.ours.get(), nullptr, echo, nullptr), 0);
    Heard heard;
    ASSERT_GE(sd_bus_call_method_async(ends.other.get(), nullptr, own_name, "/", "a.b", "Echo", hear, &heard, "sh", word, 0), 0);
    talk(ends, [&] { return !heard.text.empty(); });
    EXPECT_EQ(heard.text, word);
    EXPECT_TRUE(heard.has_fd);
  }
}

TEST(Resumption, CallsSentInBetweenAreAnswered) {
  Ends ends = connect(Server::ours, nullptr);
  talk(ends, [&] { return sd_bus_is_ready(ends.ours.get()) > 0 && sd_bus_is_ready(ends.other.get()) > 0; });
  auto socket = keep_socket(ends);
  Heard heard;
  ASSERT_GE(sd_bus_call_method_async(ends.other.get(), nullptr, own_name, "/", "a.b", "Echo", hear, &heard, "sh", "meanwhile", 0), 0);
  auto resumed = resume_private_client(std::move(socket));
  ASSERT_TRUE(resumed) << resumed.error().message;
  ends.ours = std::move(*resumed);
  ASSERT_GE(sd_bus_add_filter(ends.ours.get(), nullptr, echo, nullptr), 0);
  talk(ends, [&] { return !heard.text.empty(); });
  EXPECT_EQ(heard.text, "meanwhile");
}

int play_bus(sd_bus_message* message, void*, sd_bus_error*) {
  if (sd_bus_message_is_method_call(message, nullptr, "Hello") > 0) return sd_bus_reply_method_return(message, "s", ":1.7");
  return echo(message, nullptr, nullptr);
}

TEST(Resumption, TheBusKnowsUsByTheSameName) {
  Ends ends = connect(Server::other, play_bus);
  talk(ends, [&] { return sd_bus_is_ready(ends.ours.get()) > 0; });
  const char* name = nullptr;
  ASSERT_GE(sd_bus_get_unique_name(ends.ours.get(), &name), 0);
  const std::string unique_name = name;
  auto resumed = resume_bus(keep_socket(ends), unique_name);
  ASSERT_TRUE(resumed) << resumed.error().message;
  ends.ours = std::move(*resumed);
  ASSERT_GE(sd_bus_get_unique_name(ends.ours.get(), &name), 0);
  EXPECT_EQ(name, unique_name);
  Heard heard;
  ASSERT_GE(sd_bus_call_method_async(ends.ours.get(), nullptr, "a.b", "/", "a.b", "Echo", hear, &heard, "sh", "again", 0), 0);
  talk(ends, [&] { return !heard.text.empty(); });
  EXPECT_EQ(heard.text, "again");
}

TEST(Resumption, WhatIsNoSocketIsRefused) {
  EXPECT_FALSE(resume_private_client(unitparser::UniqueFd()));
  EXPECT_FALSE(resume_bus(unitparser::UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)), "no unique name"));
}

}  // namespace
}  // namespace init::bus
