// Sockets whose files name others than before.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/sim/sim.h"

using namespace init;

namespace {

class SocketReload : public ::testing::Test {
 protected:
  SocketReload() {
    machine.source.set("s.service", "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/run\n");
    name({"/run/a", "/run/b"});
    machine.start("s.socket");
  }
  /// Has the file name these.
  void name(const std::vector<std::string>& paths) {
    std::string text = "[Unit]\nDefaultDependencies=no\n[Socket]\n";
    for (const std::string& path : paths) text += "ListenStream=" + path + "\n";
    machine.source.set("s.socket", text);
  }
  [[nodiscard]] std::vector<std::string> open() const {
    std::vector<std::string> paths;
    for (const SocketPort& port : machine.unit("s.socket")->read<SocketRuntime>().ports) paths.push_back(port.address);
    return paths;
  }
  [[nodiscard]] auto times_said(const std::string& text) const {
    return std::count_if(machine.log().begin(), machine.log().end(), [&text](const std::string& line) { return line.find(text) != std::string::npos; });
  }
  [[nodiscard]] std::vector<int> closed() const {
    std::vector<int> fds;
    for (const Effect& effect : machine.effects())
      if (const auto* close = std::get_if<effect::CloseFds>(&effect)) fds.insert(fds.end(), close->fds.begin(), close->fds.end());
    return fds;
  }
  sim::SimMachine machine;
  using Paths = std::vector<std::string>;
};

constexpr const char* some_missing = "have not been opened yet";
constexpr const char* none_left = "no open socket file descriptor left";

TEST_F(SocketReload, WhatIsNoLongerNamedIsClosedAndWhatIsNewWaitsForARestart) {
  const int first = machine.unit("s.socket")->read<SocketRuntime>().ports.front().fd;
  name({"/run/c", "/run/b"});
  machine.post(event::Reload{});
  EXPECT_EQ(open(), (Paths{"/run/b"}));
  EXPECT_EQ(closed(), std::vector{first});
  EXPECT_EQ(times_said(some_missing), 1);
  machine.post(event::Reload{});
  EXPECT_EQ(times_said(some_missing), 2);
  machine.connect("s.socket");
  EXPECT_EQ(machine.state("s.service"), "active/running");
  machine.stop("s.service");
  machine.request("s.socket", JobType::restart);
  EXPECT_EQ(open(), (Paths{"/run/c", "/run/b"}));
  machine.post(event::Reload{});
  EXPECT_EQ(times_said(some_missing), 2);
}

TEST_F(SocketReload, NoneMayBeLeft) {
  name({"/run/c"});
  machine.post(event::Reload{});
  EXPECT_EQ(open(), Paths{});
  EXPECT_EQ(times_said(none_left), 1);
  EXPECT_EQ(machine.state("s.socket"), "active/listening");
}

TEST_F(SocketReload, AlsoWhenTheFileIsGone) {
  machine.source.remove("s.socket");
  machine.post(event::Reload{});
  EXPECT_EQ(open(), Paths{});
  EXPECT_EQ(times_said(none_left), 1);
}

TEST_F(SocketReload, ANewOrderIsTheOrderInWhichTheyArePassed) {
  name({"/run/b", "/run/a"});
  machine.post(event::Reload{});
  EXPECT_EQ(open(), (Paths{"/run/b", "/run/a"}));
  EXPECT_TRUE(closed().empty());
}

TEST_F(SocketReload, ReexecutionReadsTheFilesToo) {
  name({"/run/b"});
  machine.reexec();
  EXPECT_EQ(open(), (Paths{"/run/b"}));
  EXPECT_EQ(closed().size(), 1U);
  EXPECT_EQ(times_said(some_missing), 0);
}

TEST_F(SocketReload, AStateWithoutAddressesIsInTheOrderOfTheFile) {
  std::string state = machine.engine().snapshot();
  for (const char* address : {"7:address 6:/run/a ", "7:address 6:/run/b "}) {
    const std::size_t at = state.find(address);
    ASSERT_NE(at, std::string::npos) << state;
    state.erase(at, std::string_view(address).size());
  }
  ASSERT_TRUE(machine.resume(state));
  EXPECT_EQ(open(), (Paths{"/run/a", "/run/b"}));
  EXPECT_TRUE(closed().empty());
}

}  // namespace
