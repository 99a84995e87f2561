// The file descriptor store of a service: what comes in, what is too much or there already, and what leaves by itself.
#include <gtest/gtest.h>

#include "init/machines/service_runtime.h"
#include "tests/sim/sim.h"

namespace {

class FdStore : public ::testing::Test {
 protected:
  void SetUp() override {
    machine.source.set("a.service", "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/a\nNotifyAccess=main\nFileDescriptorStoreMax=2\n");
    machine.start("a.service");
    ASSERT_EQ(machine.state("a.service"), "active/running");
    machine.forget_effects();
  }
  void store(int fd, std::vector<std::pair<std::string, std::string>> more = {}) {
    more.emplace_back("FDSTORE", "1");
    machine.notify(machine.main_pid("a.service"), std::move(more), {fd});
  }
  [[nodiscard]] std::vector<int> stored() const {
    std::vector<int> fds;
    for (const auto& entry : machine.unit("a.service")->read<init::ServiceRuntime>().fd_store) fds.push_back(entry.fd);
    return fds;
  }
  [[nodiscard]] std::vector<int> closed() const {
    std::vector<int> fds;
    for (const init::Effect& effect : machine.effects())
      if (const auto* close = std::get_if<init::effect::CloseFds>(&effect)) fds.insert(fds.end(), close->fds.begin(), close->fds.end());
    return fds;
  }
  [[nodiscard]] std::vector<int> watched() const {
    std::vector<int> fds;
    for (const init::Effect& effect : machine.effects())
      if (const auto* watch = std::get_if<init::effect::WatchStoredFd>(&effect)) fds.push_back(watch->fd);
    return fds;
  }
  using Fds = std::vector<int>;
  sim::SimMachine machine;
};

TEST_F(FdStore, a_descriptor_whose_other_end_goes_leaves_the_store) {
  store(100);
  EXPECT_EQ(watched(), Fds{100});
  machine.post(init::event::StoredFdClosed{machine.unit("a.service")->id, 100});
  EXPECT_EQ(stored(), Fds{});
  EXPECT_EQ(closed(), Fds{100});
}

TEST_F(FdStore, one_with_FDPOLL_0_stays) {
  store(100, {{"FDPOLL", "0"}});
  EXPECT_EQ(watched(), Fds{});
  machine.post(init::event::StoredFdClosed{machine.unit("a.service")->id, 100});
  EXPECT_EQ(stored(), Fds{100});
}

TEST_F(FdStore, what_is_there_already_is_closed_without_a_word) {
  store(100);
  machine.same_open_files.insert({100, 101});
  store(101);
  EXPECT_EQ(stored(), Fds{100});
  EXPECT_EQ(closed(), Fds{101});
  for (const std::string& line : machine.log()) EXPECT_EQ(line.find("FileDescriptorStoreMax"), std::string::npos);
}

TEST_F(FdStore, what_is_too_much_is_closed_and_told) {
  store(100);
  store(101);
  store(102);
  EXPECT_EQ(stored(), (Fds{100, 101}));
  EXPECT_EQ(closed(), Fds{102});
  EXPECT_NE(machine.log().back().find("Cannot store more fds than FileDescriptorStoreMax=2"), std::string::npos);
}

TEST_F(FdStore, a_new_image_of_the_manager_watches_on) {
  store(100);
  store(101, {{"FDPOLL", "0"}});
  machine.forget_effects();
  machine.reexec();
  EXPECT_EQ(stored(), (Fds{100, 101}));
  EXPECT_EQ(watched(), Fds{100});
}

TEST_F(FdStore, FDSTOREREMOVE_closes_those_of_the_name) {
  store(100, {{"FDNAME", "one"}});
  store(101, {{"FDNAME", "two"}});
  machine.notify(machine.main_pid("a.service"), {{"FDSTOREREMOVE", "1"}, {"FDNAME", "one"}});
  EXPECT_EQ(stored(), Fds{101});
  EXPECT_EQ(closed(), Fds{100});
}

}  // namespace
