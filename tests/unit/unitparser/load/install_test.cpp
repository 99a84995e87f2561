// Plans of enablement; the recorded cases are run with the program itself, in tests/golden/enable_test.cpp, and random ones
// beside the genuine systemctl in tests/parity/enablement/run.
#include "unitparser/load/install.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "tests/unit/unitparser/memory_files.h"
#include "unitparser/load/install_messages.h"
#include "unitparser/load/unit_file_state.h"

namespace unitparser {
namespace {

using Strings = std::vector<std::string>;

class Install : public ::testing::Test {
 protected:
  UnitFileState state_of(const std::string& name) { return UnitFileStates(files, paths, facts).state(name).value_or(UnitFileState::bad); }

  testing::MemoryFiles files;
  UnitPaths paths = make_unit_paths(UnitScope::system);
  SpecifierFacts facts;
  Installer installer{files, paths, facts};
};

/// Files that a plan links or unlinks.
Strings touched(const InstallPlan& plan) {
  Strings links;
  for (const InstallChange& change : plan.changes)
    if (!change.link.empty()) links.push_back(change.link);
  return links;
}

TEST_F(Install, PlansChangeNothing) {
  files.write("/lib/systemd/system/a.service", "[Install]\nWantedBy=x.target\n");
  const InstallPlan plan = installer.enable(Strings{"a.service"}, {});
  ASSERT_EQ(plan.changes.size(), 2U);
  EXPECT_EQ(plan.changes[0].link, "/etc/systemd/system/x.target.wants/a.service");
  EXPECT_FALSE(files.exists("/etc/systemd/system/x.target.wants/a.service"));
  EXPECT_EQ(state_of("a.service"), UnitFileState::disabled);
}

TEST_F(Install, AddsDependenciesOfBothKinds) {
  files.write("/lib/systemd/system/a.service", "[Unit]\n");
  files.write("/lib/systemd/system/x.target", "[Unit]\n");
  for (const auto& [kind, folder] : {std::pair{DependencyLinkKind::wants, ".wants"}, std::pair{DependencyLinkKind::requires_, ".requires"}}) {
    const InstallPlan plan = installer.add_dependency(Strings{"a.service"}, "x.target", kind, {});
    ASSERT_EQ(plan.changes.size(), 1U);
    EXPECT_EQ(plan.changes[0].link, std::string("/etc/systemd/system/x.target") + folder + "/a.service");
  }
}

TEST_F(Install, ABadDefaultInstanceSpoilsEnablingButNotDisabling) {
  files.write("/lib/systemd/system/t@.service", "[Install]\nDefaultInstance=a b\nWantedBy=x.target\n");
  files.write("/lib/systemd/system/a.service", "[Install]\nWantedBy=x.target\n");
  files.link("/etc/systemd/system/x.target.wants/a.service", "/lib/systemd/system/a.service");
  const InstallPlan enabled = installer.enable(Strings{"t@.service"}, {});
  EXPECT_EQ(enabled.error, EINVAL);
  EXPECT_EQ(describe_plan(enabled, "enable"), (Strings{"/lib/systemd/system/t@.service:2: Invalid DefaultInstance= value \"a b\".",
                                                       "Failed to enable unit, file \"t@.service\": Invalid argument"}));
  const InstallPlan disabled = installer.disable(Strings{"t@.service", "a.service"}, {});
  EXPECT_EQ(disabled.error, 0);
  EXPECT_EQ(touched(disabled), Strings{"/etc/systemd/system/x.target.wants/a.service"});
}

TEST_F(Install, DisablingATemplateRemovesLinksNamedAfterItsInstancesWhereverTheyLead) {
  files.write("/lib/systemd/system/t@.service", "[Unit]\n");
  files.write("/lib/systemd/system/a.service", "[Unit]\n");
  files.link("/etc/systemd/system/x.target.wants/t@1.service", "/lib/systemd/system/a.service");
  files.link("/etc/systemd/system/x.target.wants/u@1.service", "/lib/systemd/system/a.service");
  EXPECT_EQ(touched(installer.disable(Strings{"t@.service"}, {})), Strings{"/etc/systemd/system/x.target.wants/t@1.service"});
}

TEST_F(Install, TellsOfACircleOfLinksAndRemovesTheRest) {
  files.write("/lib/systemd/system/a.service", "[Unit]\n");
  files.link("/etc/systemd/system/x.target.wants/a.service", "/lib/systemd/system/a.service");
  files.link("/etc/systemd/system/c.service", "/etc/systemd/system/c.service");
  const InstallPlan plan = installer.disable(Strings{"a.service"}, {});
  EXPECT_EQ(plan.error, ELOOP);
  EXPECT_EQ(touched(plan), Strings{"/etc/systemd/system/x.target.wants/a.service"});
}

TEST_F(Install, TheFirstKindOfSettingWithAnOutcomeDecides) {
  files.write("/lib/systemd/system/a.service", "[Install]\nAlias=b.service\nWantedBy=bad\n");
  files.write("/lib/systemd/system/c.service", "[Install]\nWantedBy=x.target bad\n");
  EXPECT_EQ(installer.enable(Strings{"a.service"}, {}).error, 0);
  EXPECT_EQ(installer.enable(Strings{"c.service"}, {}).error, EUCLEAN);
}

TEST_F(Install, AnyFileOfThatNameInTheSearchPathIsAGoodTarget) {
  files.write("/lib/systemd/system/a.service", "[Install]\nWantedBy=x.target\n");
  files.link("/etc/systemd/system/x.target.wants/a.service", "../a.service");
  EXPECT_TRUE(touched(installer.enable(Strings{"a.service"}, {})).empty());
}

TEST_F(Install, LinksInWantsCountByNameAlone) {
  files.write("/etc/systemd/system/a.service", "[Install]\nWantedBy=x.target\n");
  files.link("/run/systemd/system/x.target.wants/a.service", "/nonexistent");
  EXPECT_EQ(state_of("a.service"), UnitFileState::enabled_runtime);
  files.write("/lib/systemd/system/t@.service", "[Install]\nWantedBy=x.target\n");
  EXPECT_EQ(state_of("t@.service"), UnitFileState::disabled);
  files.link("/etc/systemd/system/x.target.wants/y@1.service", "/lib/systemd/system/t@.service");
  EXPECT_EQ(state_of("t@.service"), UnitFileState::disabled);
  files.link("/etc/systemd/system/x.target.wants/t@1.service", "/nonexistent");
  EXPECT_EQ(state_of("t@.service"), UnitFileState::indirect);
}

TEST_F(Install, SaysWhyALinkIsNoAlias) {
  for (const char* name : {"a.service", "t@.service", "t@1.service", "b.socket", "m.mount"}) files.write("/lib/systemd/system/" + std::string(name), "[Unit]\n");
  const auto problem = [this](const std::string& link, const std::string& target) {
    files.link("/etc/systemd/system/" + link, "/lib/systemd/system/" + target);
    std::vector<std::string> warnings;
    const auto found = installer.exists(link, &warnings);
    return std::pair{found ? 0 : found.error().os_errno, warnings.empty() ? std::string() : warnings[0]};
  };
  EXPECT_EQ(problem("n.service", "b.socket"), std::pair(EXDEV, std::string("n.service: symlink target \"b.socket\" has incompatible suffix, rejecting.")));
  EXPECT_EQ(problem("n@.service", "a.service"), std::pair(EXDEV, std::string("n@.service: symlink target name type \"a.service\" does not match source, rejecting.")));
  EXPECT_EQ(problem("n@2.service", "t@1.service"),
            std::pair(EXDEV, std::string("n@2.service: unit symlink target \"t@1.service\" instance name doesn't match, rejecting.")));
  EXPECT_EQ(problem("n.mount", "m.mount"), std::pair(EINVAL, std::string("n.mount: symlinks are not allowed for units of this type, rejecting.")));
}

TEST_F(Install, ListsOnlyWhatFitsAPattern) {
  for (const char* name : {"a.service", "b.service", "b.socket"}) files.write("/lib/systemd/system/" + std::string(name), "[Unit]\n");
  UnitFileStates look(files, paths, facts);
  EXPECT_EQ(look.list().size(), 3U);
  const Strings patterns{"b.*", "x*"};
  const auto fitting = look.list(patterns);
  ASSERT_EQ(fitting.size(), 2U);
  EXPECT_EQ(fitting[0].path, "/lib/systemd/system/b.service");
}

}  // namespace
}  // namespace unitparser
