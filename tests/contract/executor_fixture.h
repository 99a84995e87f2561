// Executor: the executor on a real kernel, for tests that look at it from inside the process that it is for. Runs as root in
// mount namespaces of its own, with a /run of its own; skipped, and said so, where the machine refuses that.
#pragma once

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

#include "init/exec/plan_builder.h"
#include "init/os/processes.h"

namespace init {

using unitparser::UnitConfig;
using unitparser::UniqueFd;

inline constexpr std::string_view base_environment[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                                                 "LANG=C.UTF-8"};

class NoEnvironmentFiles : public EnvironmentFiles {
 public:
  unitparser::Result<std::vector<std::string>> read(const std::string& pattern) override {
    return unitparser::fail(unitparser::ErrorCode::not_found, pattern);
  }
};

/// What became of a process.
struct Outcome {
  std::string output;
  int status = -1;  ///< of waitpid()
  [[nodiscard]] int exit_code() const { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }
  [[nodiscard]] int signal() const { return WIFSIGNALED(status) ? WTERMSIG(status) : 0; }
};

/// Why no private world can be made; empty when it is made. Once for each test process.
inline const std::string& enter_private_world() {
  static const std::string why = []() -> std::string {
    if (::geteuid() != 0) return "not root";
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
      return "no mount namespaces here";
    // The programs may have been built below one of the places.
    const std::filesystem::path programs = std::filesystem::path(EXECUTOR).parent_path();
    const UniqueFd kept(static_cast<int>(::syscall(SYS_open_tree, AT_FDCWD, programs.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)));
    for (const char* place : {"/run", "/tmp", "/var/lib", "/var/tmp", "/home"})
      if (::mount("tmpfs", place, "tmpfs", 0, "mode=0755") != 0) return "no tmpfs here";
    ::chmod("/tmp", 01777);
    ::chmod("/var/tmp", 01777);
    if (!std::filesystem::exists(EXECUTOR)) {
      std::filesystem::create_directories(programs);
      if (::syscall(SYS_move_mount, kept.get(), "", AT_FDCWD, programs.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0) return "the programs are out of sight";
    }
    return "";
  }();
  return why;
}

class Executor : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string& why = enter_private_world();
    if (!why.empty()) GTEST_SKIP() << "the executor cannot be tested: " << why;
    request.unit = *unitparser::UnitName::parse("probe.service");
    request.command_kind = "ExecStart";
    request.invocation_id = "0123456789abcdef0123456789abcdef";
    facts.boot_id = "00000000000000000000000000000000";
    facts.environment.assign(std::begin(base_environment), std::end(base_environment));
    auto& streams = config.common.write().exec_streams.write();
    streams.standard_error = unitparser::ExecOutput::inherit;
  }

  /// Runs `program` with arguments; its standard output and error are collected.
  Outcome run(std::vector<std::string> arguments) {
    request.command.path = arguments.front();
    request.command.argv = std::move(arguments);
    int ends[2] = {-1, -1};
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    UniqueFd reader(ends[0]);
    UniqueFd writer(ends[1]);
    const bool has_own_output = config.common->exec_streams->standard_output != unitparser::ExecOutput::inherit;
    request.standard_fds = {-1, has_own_output ? -1 : writer.get(), writer.get()};
    NoEnvironmentFiles files;
    auto plan = build_spawn_plan(request, config, facts, runtime, files);
    EXPECT_TRUE(plan.has_value());
    plan->descriptors.report = report;
    const auto pid = processes->spawn(*plan);
    EXPECT_TRUE(pid.has_value()) << pid.error().message;
    writer.reset();
    Outcome outcome;
    char buffer[4096];
    ssize_t n = 0;
    while ((n = ::read(reader.get(), buffer, sizeof buffer)) > 0) outcome.output.append(buffer, static_cast<std::size_t>(n));
    EXPECT_EQ(::waitpid(*pid, &outcome.status, 0), *pid);
    return outcome;
  }
  Outcome shell(const std::string& script) {
    request.command.no_env_expand = true;  // the script's '$' are the shell's
    return run({"/bin/sh", "-c", script});
  }

  SpawnRequest request;
  UnitConfig config;
  SystemFacts facts;
  ExecRuntime runtime;
  int report = -1;
  /// Forked by a server, however long after the one before.
  std::optional<Processes> processes{std::in_place, EXECUTOR, ForkServer::Pace{unitparser::Duration::infinity(), unitparser::Duration::from_seconds(60)}};
};

}  // namespace init
