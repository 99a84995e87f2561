// The links in which the journal finds what belongs to a unit's lines, in a folder of their own.
#include <gtest/gtest.h>

#include <filesystem>

#include "init/driver/journal_links.h"
#include "tests/sim/sim.h"

namespace init {
namespace {

class JournalLinksContract : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "incipit-links-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    std::filesystem::create_directories(folder_ + "/systemd/units");
    machine_.source.set("a.service", "[Unit]\nDefaultDependencies=no\n[Service]\nLogExtraFields=SHAPE=round\nExecStart=/bin/run\n");
    // Stays loaded when it has ended.
    machine_.source.set("keep.service", "[Unit]\nDefaultDependencies=no\nAfter=a.service\n[Service]\nExecStart=/bin/run\n");
    machine_.start("keep.service");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  JournalLinks make(Duration stay) {
    JournalLinks links(loop_, folder_, stay);
    links.set_engine(machine_.engine());
    return links;
  }
  [[nodiscard]] std::string told(const std::string& kind) const {
    const std::string path = folder_ + "/systemd/units/" + kind + ":a.service";
    if (std::filesystem::is_symlink(path)) return std::filesystem::read_symlink(path);
    return std::filesystem::exists(path) ? "a file" : "";
  }
  [[nodiscard]] UnitId id() const { return machine_.unit("a.service")->id; }
  [[nodiscard]] std::string invocation() const { return machine_.unit("a.service")->runtime->invocation_id; }
  void start(JournalLinks& links) {
    machine_.start("a.service");
    links.on_unit_changed(id());
  }
  void stop(JournalLinks& links) {
    machine_.stop("a.service");
    links.on_unit_changed(id());
  }
  void work_off_what_is_due() {
    while (loop_.run_once(Duration::from_usec(0))) {}
  }

  std::string folder_;
  Loop loop_;
  sim::SimMachine machine_;
};

TEST_F(JournalLinksContract, AUnitThatIsUpHasThem) {
  JournalLinks links = make(Duration::from_seconds(3600));
  start(links);
  EXPECT_EQ(told("invocation"), invocation());
  EXPECT_EQ(told("log-extra-fields"), "a file");
}

TEST_F(JournalLinksContract, TheyOutliveTheEndOfTheUnitForAWhile) {
  JournalLinks links = make(Duration::from_seconds(3600));
  start(links);
  const std::string first = invocation();
  stop(links);
  work_off_what_is_due();
  EXPECT_EQ(told("invocation"), first);
  EXPECT_EQ(told("log-extra-fields"), "a file");
}

TEST_F(JournalLinksContract, ThenTheyGo) {
  JournalLinks links = make(Duration::from_usec(0));
  start(links);
  stop(links);
  // The timer may come a second after it is due.
  for (int round = 0; round < 5 && !told("invocation").empty(); ++round) loop_.run_once(Duration::from_seconds(2));
  EXPECT_EQ(told("invocation"), "");
  EXPECT_EQ(told("log-extra-fields"), "");
}

TEST_F(JournalLinksContract, AUnitThatIsStartedAgainHasNoneOfItsLifeBefore) {
  JournalLinks links = make(Duration::from_seconds(3600));
  start(links);
  stop(links);
  machine_.source.set("a.service", "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/run\n");
  machine_.post(event::Reload{});
  start(links);
  EXPECT_EQ(told("invocation"), invocation());
  EXPECT_EQ(told("log-extra-fields"), "");
}

TEST_F(JournalLinksContract, ANewImageOfTheManagerRemovesThoseOfUnitsThatAreDown) {
  machine_.start("a.service");
  {
    JournalLinks before = make(Duration::from_seconds(3600));
    before.on_unit_changed(id());
  }
  std::filesystem::create_symlink("0123", folder_ + "/systemd/units/invocation:gone.service");
  JournalLinks links = make(Duration::from_usec(0));
  links.adopt();
  EXPECT_EQ(told("invocation"), invocation());
  EXPECT_FALSE(std::filesystem::is_symlink(folder_ + "/systemd/units/invocation:gone.service"));
  stop(links);
  for (int round = 0; round < 5 && !told("invocation").empty(); ++round) loop_.run_once(Duration::from_seconds(2));
  EXPECT_EQ(told("log-extra-fields"), "");
}

}  // namespace
}  // namespace init
