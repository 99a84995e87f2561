// Plans of enablement; the recorded cases are run with the program itself, in tests/golden/enable_test.cpp.
#include "unitparser/load/install.h"

#include <gtest/gtest.h>

#include "tests/unit/unitparser/memory_files.h"
#include "unitparser/load/unit_file_state.h"

namespace unitparser {
namespace {

using Strings = std::vector<std::string>;

TEST(Install, PlansChangeNothing) {
  testing::MemoryFiles files;
  files.write("/lib/systemd/system/a.service", "[Install]\nWantedBy=x.target\n");
  const UnitPaths paths = make_unit_paths(UnitScope::system);
  const SpecifierFacts facts;
  Installer installer(files, paths, facts);
  const InstallPlan plan = installer.enable(Strings{"a.service"}, {});
  ASSERT_EQ(plan.changes.size(), 2U);
  EXPECT_EQ(plan.changes[0].link, "/etc/systemd/system/x.target.wants/a.service");
  EXPECT_FALSE(files.exists("/etc/systemd/system/x.target.wants/a.service"));
  EXPECT_EQ(UnitFileStates(files, paths, facts).state("a.service").value(), UnitFileState::disabled);
}

TEST(Install, AddsDependenciesOfBothKinds) {
  testing::MemoryFiles files;
  files.write("/lib/systemd/system/a.service", "[Unit]\n");
  files.write("/lib/systemd/system/x.target", "[Unit]\n");
  const UnitPaths paths = make_unit_paths(UnitScope::system);
  const SpecifierFacts facts;
  Installer installer(files, paths, facts);
  for (const auto& [kind, folder] : {std::pair{DependencyLinkKind::wants, ".wants"}, std::pair{DependencyLinkKind::requires_, ".requires"}}) {
    const InstallPlan plan = installer.add_dependency(Strings{"a.service"}, "x.target", kind, {});
    ASSERT_EQ(plan.changes.size(), 1U);
    EXPECT_EQ(plan.changes[0].link, std::string("/etc/systemd/system/x.target") + folder + "/a.service");
  }
}

}  // namespace
}  // namespace unitparser
