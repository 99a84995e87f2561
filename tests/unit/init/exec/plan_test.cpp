// Plans: what is resolved, which steps follow from it, and that bytes give back the same plan.
#include <gtest/gtest.h>

#include <linux/capability.h>

#include "init/exec/plan_builder.h"
#include "init/exec/plan_codec.h"

namespace init {
namespace {

using unitparser::UnitConfig;

class FakeFiles : public EnvironmentFiles {
 public:
  std::map<std::string, std::string> files;
  unitparser::Result<std::vector<std::string>> read(const std::string& pattern) override {
    const auto found = files.find(pattern);
    if (found == files.end()) return unitparser::fail(unitparser::ErrorCode::not_found, "No such file or directory");
    return std::vector<std::string>{found->second};
  }
};

class Plan : public ::testing::Test {
 protected:
  void SetUp() override {
    request.unit = *unitparser::UnitName::parse("nginx.service");
    request.command_kind = "ExecStart";
    request.command.path = "/usr/sbin/nginx";
    request.command.argv = {"/usr/sbin/nginx", "-g", "x"};
    facts.environment = {"PATH=/bin", "LANG=C"};
    facts.own_environment = {"HTTP_PROXY=proxy", "SECRET=1"};
  }
  SpawnPlan build() {
    auto plan = build_spawn_plan(request, config, facts, runtime, files);
    EXPECT_TRUE(plan.has_value());
    return plan ? *plan : SpawnPlan{};
  }
  static bool has(const SpawnPlan& plan, ExecStep step) {
    return std::find(plan.steps.begin(), plan.steps.end(), step) != plan.steps.end();
  }
  SpawnRequest request;
  UnitConfig config;
  SystemFacts facts;
  ExecRuntime runtime;
  FakeFiles files;
};

TEST_F(Plan, AsksBeforeAnythingIsMadeIfWantedAndIfThereCanBeATerminal) {
  EXPECT_FALSE(has(build(), ExecStep::confirm));
  facts.confirm_terminal = "/dev/tty3";
  const SpawnPlan plan = build();
  ASSERT_TRUE(has(plan, ExecStep::confirm));
  EXPECT_EQ(plan.question.terminal, "/dev/tty3");
  EXPECT_EQ(plan.question.switched_off, "/run/systemd/confirm_spawn_disabled");
  EXPECT_EQ(decode_plan(encode_plan(plan)), plan);
  request.unit = *unitparser::UnitName::parse("data.mount");  // no session of its own
  EXPECT_FALSE(has(build(), ExecStep::confirm));
}

TEST_F(Plan, StepsAreInTheTablesOrderAndEndWithExec) {
  config.common.write().exec_identity.write().user = "www-data";
  config.common.write().exec_sandbox.write().private_network = true;
  const SpawnPlan plan = build();
  EXPECT_TRUE(std::is_sorted(plan.steps.begin(), plan.steps.end()));
  EXPECT_EQ(plan.steps.back(), ExecStep::exec);
  EXPECT_TRUE(has(plan, ExecStep::change_user));
  EXPECT_TRUE(has(plan, ExecStep::network_namespace));
  EXPECT_FALSE(has(plan, ExecStep::seccomp));
  EXPECT_FALSE(has(plan, ExecStep::mount_namespace));
}

TEST_F(Plan, EnvironmentLayersOverrideEachOther) {
  request.environment = {"MAINPID=5", "LANG=run"};
  auto& environment = config.common.write().exec_environment.write();
  environment.environment = {"A=config", "B=config"};
  environment.environment_files = {{"/etc/default/nginx", false}, {"/missing", true}};
  environment.pass_environment = {"HTTP_PROXY", "UNSET"};
  files.files["/etc/default/nginx"] = "B=file\n# comment\nC='two words'\n";
  const SpawnPlan plan = build();
  EXPECT_EQ(plan.environment.base, (std::vector<std::string>{"PATH=/bin", "LANG=run", "MAINPID=5"}));
  EXPECT_EQ(plan.environment.configured, (std::vector<std::string>{"HTTP_PROXY=proxy", "A=config", "B=file", "C=two words"}));
}

TEST_F(Plan, MissingEnvironmentFileFails) {
  config.common.write().exec_environment.write().environment_files = {{"/missing", false}};
  const auto plan = build_spawn_plan(request, config, facts, runtime, files);
  ASSERT_FALSE(plan.has_value());
  EXPECT_EQ(plan.error().message, "Failed to load environment files: No such file or directory");
}

TEST_F(Plan, PrefixesTakeSandboxAndUserAway) {
  config.common.write().exec_identity.write().user = "www-data";
  config.common.write().exec_sandbox.write().protect_system = unitparser::ProtectSystem::strict;
  config.common.write().exec_privileges.write().no_new_privileges = true;
  request.command.no_setuid = true;
  SpawnPlan plan = build();
  EXPECT_FALSE(has(plan, ExecStep::change_user));
  EXPECT_TRUE(has(plan, ExecStep::mount_namespace));
  request.command.no_setuid = false;
  request.command.full_privileges = true;
  plan = build();
  EXPECT_FALSE(has(plan, ExecStep::change_user));
  EXPECT_FALSE(has(plan, ExecStep::mount_namespace));
  EXPECT_FALSE(plan.privileges.no_new_privileges);
}

TEST_F(Plan, SandboxingSwitchesDropCapabilities) {
  config.common.write().exec_sandbox.write().private_devices = true;
  config.common.write().exec_sandbox.write().protect_clock = true;
  const std::uint64_t set = build().privileges.capability_bounding_set;
  for (const int capability : {CAP_MKNOD, CAP_SYS_RAWIO, CAP_SYS_TIME, CAP_WAKE_ALARM}) EXPECT_EQ(set >> capability & 1U, 0U);
  EXPECT_EQ(set >> CAP_CHOWN & 1U, 1U);
}

TEST_F(Plan, ControlProcessesOfDelegatedGroupsGetTheirOwn) {
  request.cgroup = "/system.slice/nginx.service";
  config.common.write().resource_basics.write().delegate = true;
  EXPECT_EQ(build().process.cgroup_directory, "/sys/fs/cgroup/system.slice/nginx.service");
  request.role = SpawnRole::control;
  request.command_kind = "ExecReload";
  EXPECT_EQ(build().process.cgroup_directory, "/sys/fs/cgroup/system.slice/nginx.service/.control");
  request.command_kind = "ExecStartPre";
  EXPECT_EQ(build().process.cgroup_directory, "/sys/fs/cgroup/system.slice/nginx.service");
}

TEST_F(Plan, ProvidedFoldersAreNamedInTheEnvironment) {
  config.common.write().exec_provided.write().directories[0].directories = {{"a", {}}, {"b/c", {}}};
  const SpawnPlan plan = build();
  EXPECT_EQ(plan.directories.variables[0], "/run/a:/run/b/c");
  EXPECT_EQ(plan.directories.create.size(), 2U);
  request.apply_directories = false;
  EXPECT_TRUE(build().directories.create.empty());
}

TEST_F(Plan, DynamicUserNames) {
  const auto name = [](const char* unit) { return dynamic_user_name(*unitparser::UnitName::parse(unit)); };
  EXPECT_EQ(name("foo.service"), "foo");
  EXPECT_EQ(name("foo@bar.service"), "foo");
  EXPECT_EQ(name("9foo.service").substr(0, 3), "_du");
  EXPECT_EQ(name("9foo.service").size(), 19U);
}

TEST_F(Plan, UnsupportedDirectivesAreNamed) {
  config.common.write().exec_privileges.write().restrict_file_systems.emplace();
  const SpawnPlan plan = build();
  ASSERT_EQ(plan.warnings.size(), 1U);
  EXPECT_NE(plan.warnings[0].find("RestrictFileSystems="), std::string::npos);
}

TEST_F(Plan, ImagesAreForTheMainProcess) {
  config.common.write().exec_paths.write().root_image = "/image";
  config.common.write().exec_paths.write().mount_images = {{"/data", "/mnt", true, {{"root", "ro"}}}};
  SpawnPlan found = build();
  EXPECT_EQ(found.mounts.root_image, "/image");
  EXPECT_TRUE(found.mounts.api_file_systems);
  EXPECT_TRUE(found.mounts.has_images());
  config.common.write().service.write().root_directory_start_only = true;
  request.role = SpawnRole::control;
  found = build();
  EXPECT_FALSE(found.mounts.has_own_root());
  EXPECT_TRUE(found.mounts.has_images()) << "MountImages= are for all processes";
}

TEST_F(Plan, WhatARootImageIsCheckedWithGoesWithIt) {
  config.common.write().exec_paths.write().root_hash = "0123";
  config.common.write().exec_paths.write().root_verity = "/tree";
  EXPECT_FALSE(build().mounts.root_verity.is_set());
  config.common.write().exec_paths.write().root_image = "/image";
  EXPECT_EQ(build().mounts.root_verity, (unitparser::VeritySettings{"0123", {}, {}, {}, "/tree"}));
}

TEST_F(Plan, ServicesOfAUsersManagerKnowItAndOtherUnitsDoNot) {
  facts.user_manager = true;
  facts.manager_pid = 77;
  EXPECT_EQ(build().environment.base, (std::vector<std::string>{"PATH=/bin", "LANG=C", "MANAGERPID=77"}));
  request.unit = *unitparser::UnitName::parse("nginx.socket");
  EXPECT_EQ(build().environment.base, facts.environment);
}

TEST_F(Plan, WithoutPrivilegesTheUserNamespaceComesFirst) {
  config.common.write().exec_sandbox.write().private_users = true;
  config.common.write().exec_sandbox.write().private_network = true;
  EXPECT_TRUE(has(build(), ExecStep::user_namespace));
  EXPECT_FALSE(has(build(), ExecStep::own_user_namespace));
  facts.privileged = false;
  const SpawnPlan plan = build();
  EXPECT_FALSE(has(plan, ExecStep::user_namespace));
  const auto at = std::find(plan.steps.begin(), plan.steps.end(), ExecStep::own_user_namespace);
  ASSERT_NE(at, plan.steps.end());
  EXPECT_LT(at, std::find(plan.steps.begin(), plan.steps.end(), ExecStep::network_namespace));
}

TEST_F(Plan, TildeIsTheHomeOfTheManagersUser) {
  config.common.write().exec_identity.write().working_directory_home = true;
  facts.user_manager = true;
  facts.home = "/home/demo";
  EXPECT_EQ(build().identity.working_directory, "/home/demo");
  EXPECT_FALSE(build().identity.working_directory_home);
}

TEST_F(Plan, BytesGiveBackTheSamePlan) {
  config.common.write().exec_identity.write().user = "www-data";
  auto& privileges = config.common.write().exec_privileges.write();
  privileges.system_call_filter.emplace();
  privileges.system_call_filter->entries = {{"mount", -1}, {"chroot", 1}};
  privileges.restrict_namespaces = 0;
  config.common.write().exec_scheduling.write().nice = -5;
  config.common.write().exec_scheduling.write().limits[7] = unitparser::ResourceLimit{1, UINT64_MAX};
  config.common.write().exec_sandbox.write().protect_system = unitparser::ProtectSystem::strict;
  request.sockets = {{5, "http"}};
  const SpawnPlan plan = build();
  const std::string bytes = encode_plan(plan);
  const auto back = decode_plan(bytes);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(*back, plan);
}

TEST_F(Plan, DamagedBytesAreRefused) {
  const std::string bytes = encode_plan(build());
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode_plan(bytes.substr(0, size)).has_value()) << size;
  EXPECT_FALSE(decode_plan(bytes + "x").has_value());
  std::string other_version = bytes;
  other_version[12] = static_cast<char>(SpawnPlan::current_version + 1);
  EXPECT_FALSE(decode_plan(other_version).has_value());
  // A flipped byte is either refused or gives some plan; it never crashes or takes much memory.
  for (std::size_t at = 0; at < bytes.size(); ++at)
    for (const char flip : {'\x01', '\x80', '\xff'}) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ flip);
      static_cast<void>(decode_plan(damaged));
    }
}

}  // namespace
}  // namespace init
