// What clients set lies over what the manager has of its own, and goes again.
#include "init/exec/manager_environment.h"

#include <gtest/gtest.h>

namespace init {
namespace {

using Strings = std::vector<std::string>;

TEST(ManagerEnvironment, ClientsOverrideInPlaceAndAddBehindInOrder) {
  ManagerEnvironment environment({"HOME=/h", "PATH=/bin"});
  environment.change({}, {"Z=1", "PATH=/x"});
  environment.change({}, {"A=2"});
  EXPECT_EQ(environment.all(), (Strings{"HOME=/h", "PATH=/x", "A=2", "Z=1"}));
}

TEST(ManagerEnvironment, UnsettingShowsTheManagersOwnAgain) {
  ManagerEnvironment environment({"PATH=/bin"});
  environment.change({}, {"PATH=/x", "A=1", "B=1"});
  environment.change({"PATH", "A=2", "B=1"}, {});
  EXPECT_EQ(environment.all(), (Strings{"PATH=/bin", "A=1"}));
}

TEST(ManagerEnvironment, GeneratorsSpeakForTheManager) {
  ManagerEnvironment environment({"A=1"});
  environment.set_own({"A=2", "B=1"});
  environment.change({}, {"B=client"});
  EXPECT_EQ(environment.all(), (Strings{"A=2", "B=client"}));
  environment.reset_own({"A=1"});
  EXPECT_EQ(environment.all(), (Strings{"A=1", "B=client"}));
}

}  // namespace
}  // namespace init
