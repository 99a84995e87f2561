// Mounts: what directives wish for, and how wishes are put in order.
#include <gtest/gtest.h>

#include <algorithm>

#include "init/exec/mount_plan.h"

namespace init {
namespace {

PlannedMount attributes(const char* path, Switch read_only, bool implied = false) {
  PlannedMount mount;
  mount.path = path;
  mount.read_only = read_only;
  mount.implied = implied;
  return mount;
}
PlannedMount of_kind(MountKind kind, const char* path) {
  PlannedMount mount;
  mount.kind = kind;
  mount.path = path;
  return mount;
}
std::vector<std::string> paths(const std::vector<PlannedMount>& mounts) {
  std::vector<std::string> result;
  for (const PlannedMount& mount : mounts) result.push_back(mount.path);
  return result;
}
using Paths = std::vector<std::string>;

TEST(ArrangeMounts, ParentsComeFirstByComponents) {
  const auto arranged = arrange_mounts({of_kind(MountKind::tmpfs, "/a/b"), of_kind(MountKind::tmpfs, "/a-b"), of_kind(MountKind::tmpfs, "/a")});
  EXPECT_EQ(paths(arranged), (Paths{"/a", "/a/b", "/a-b"}));
}

TEST(ArrangeMounts, DropsWhatChangesNothing) {
  const auto arranged = arrange_mounts({attributes("/usr", Switch::on), attributes("/usr/lib", Switch::on), attributes("/var", Switch::off)});
  EXPECT_EQ(paths(arranged), (Paths{"/usr"}));
}

TEST(ArrangeMounts, KeepsExceptions) {
  const auto arranged = arrange_mounts({attributes("/", Switch::on), attributes("/var/lib", Switch::off), attributes("/var/lib/x", Switch::on)});
  EXPECT_EQ(paths(arranged), (Paths{"/", "/var/lib", "/var/lib/x"}));
}

TEST(ArrangeMounts, ExplicitWishesBeatImpliedOnes) {
  const auto arranged = arrange_mounts({attributes("/", Switch::on), attributes("/home", Switch::off, true), attributes("/home", Switch::on)});
  EXPECT_EQ(paths(arranged), (Paths{"/"}));
}

TEST(ArrangeMounts, NothingIsDoneBelowTheInaccessible) {
  const auto arranged = arrange_mounts({of_kind(MountKind::inaccessible, "/home"), attributes("/home/user", Switch::off)});
  EXPECT_EQ(paths(arranged), (Paths{"/home"}));
}

TEST(ArrangeMounts, NoAccessBeatsAllElseAtOnePlace) {
  const auto arranged = arrange_mounts({of_kind(MountKind::tmpfs, "/x"), of_kind(MountKind::inaccessible, "/x"), attributes("/x", Switch::on)});
  ASSERT_EQ(arranged.size(), 1U);
  EXPECT_EQ(arranged[0].kind, MountKind::inaccessible);
}

TEST(ArrangeMounts, AttributesAreInherited) {
  PlannedMount no_exec = attributes("/", Switch::unset);
  no_exec.no_exec = Switch::on;
  const auto arranged = arrange_mounts({no_exec, attributes("/usr", Switch::on), of_kind(MountKind::tmpfs, "/usr/share")});
  ASSERT_EQ(arranged.size(), 3U);
  EXPECT_EQ(arranged[1].no_exec, Switch::on);
  EXPECT_EQ(arranged[2].read_only, Switch::off);  // what is new starts afresh
  EXPECT_EQ(arranged[2].no_exec, Switch::off);
}

class PlanMounts : public ::testing::Test {
 protected:
  MountPlan plan() { return plan_mounts(MountWishes{.sandbox = sandbox, .paths = file_paths, .unit = "a.service"}); }
  static const PlannedMount* find(const MountPlan& plan, const std::string& path) {
    const auto found = std::find_if(plan.mounts.begin(), plan.mounts.end(), [&](const PlannedMount& m) { return m.path == path; });
    return found != plan.mounts.end() ? &*found : nullptr;
  }
  unitparser::ExecSandbox sandbox;
  unitparser::ExecPaths file_paths;
};

TEST_F(PlanMounts, NothingWantedNothingDone) { EXPECT_FALSE(plan().wanted); }

TEST_F(PlanMounts, EverySwitchWantsANamespace) {
  const auto wants = [this](auto change) {
    sandbox = {};
    change(sandbox);
    return plan().wanted;
  };
  EXPECT_TRUE(wants([](auto& s) { s.private_devices = true; }));
  EXPECT_TRUE(wants([](auto& s) { s.private_mounts = true; }));
  EXPECT_TRUE(wants([](auto& s) { s.protect_kernel_tunables = true; }));
  EXPECT_TRUE(wants([](auto& s) { s.protect_kernel_modules = true; }));
  EXPECT_TRUE(wants([](auto& s) { s.protect_kernel_logs = true; }));
  EXPECT_TRUE(wants([](auto& s) { s.protect_control_groups = true; }));
  EXPECT_TRUE(wants([](auto& s) { s.protect_proc = unitparser::ProtectProc::invisible; }));
  EXPECT_TRUE(wants([](auto& s) { s.private_ipc = true; }));
  EXPECT_FALSE(wants([](auto& s) { s.private_network = true; }));
  EXPECT_FALSE(wants([](auto& s) { s.protect_clock = true; }));
}

TEST_F(PlanMounts, OptionsOfTemporaryFileSystemsAreSplit) {
  file_paths.temporary_file_systems = {{"/x", "ro,size=1M"}};
  const MountPlan result = plan();
  const PlannedMount* mount = find(result, "/x");
  ASSERT_NE(mount, nullptr);
  EXPECT_EQ(mount->read_only, Switch::on);
  EXPECT_EQ(mount->options, "mode=0755,size=10%,nr_inodes=400k,size=1M");
}

TEST_F(PlanMounts, CredentialsOfOthersAreHidden) {
  sandbox.protect_control_groups = true;
  const MountPlan result = plan();
  const PlannedMount* mount = find(result, "/run/credentials");
  ASSERT_NE(mount, nullptr);
  EXPECT_EQ(mount->kind, MountKind::inaccessible);
}

}  // namespace
}  // namespace init
