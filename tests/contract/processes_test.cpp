// How PID 1 starts processes: by an executor that forks for each, and what happens when it cannot be had.
#include <sys/socket.h>

#include <csignal>
#include <fstream>

#include "tests/contract/executor_fixture.h"

namespace init {
namespace {

int status_of(pid_t pid, int options = 0) {
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, options), pid);
  return status;
}

/// Our children while no process of a unit runs: fork servers.
std::vector<pid_t> servers() {
  std::ifstream file("/proc/thread-self/children");
  std::vector<pid_t> pids;
  for (pid_t pid = 0; file >> pid;) pids.push_back(pid);
  return pids;
}

class StartedProcess : public Executor {
 protected:
  void TearDown() override {
    for (const pid_t pid : servers()) {
      ::kill(pid, SIGKILL);
      status_of(pid);
    }
  }
  /// A fork server that is there and stopped. It may end by itself until then.
  pid_t stopped_server() {
    while (true) {
      EXPECT_EQ(shell("echo works").output, "works\n");
      const pid_t server = servers().at(0);
      ::kill(server, SIGSTOP);
      if (WIFSTOPPED(status_of(server, WUNTRACED))) return server;
    }
  }
};

TEST_F(StartedProcess, IsOurChild) { EXPECT_EQ(shell("echo $PPID").output, std::to_string(::getpid()) + "\n"); }

TEST_F(StartedProcess, HasItsDescriptorsWhereThePlanSays) {
  // The server knows them by low numbers, in the order of the plan: here each belongs where another is.
  constexpr int count = 6;  // the shell knows descriptors of one digit
  constexpr int highest = 20;
  std::vector<UniqueFd> readers;
  std::vector<UniqueFd> writers;
  for (int i = 0; i < count; ++i) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    readers.emplace_back(::fcntl(ends[0], F_DUPFD_CLOEXEC, highest + 1));
    writers.emplace_back(::fcntl(ends[1], F_DUPFD_CLOEXEC, highest + 1));
    ::close(ends[0]);
    ::close(ends[1]);
  }
  std::string script;
  for (int i = 0; i < count; ++i) {
    request.sockets.push_back({::dup3(writers[static_cast<std::size_t>(i)].get(), highest - i, O_CLOEXEC), "s"});
    script += "echo " + std::to_string(i) + " >&" + std::to_string(3 + i) + "; ";
  }
  EXPECT_EQ(shell(script + "echo $LISTEN_FDS").output, "6\n");
  for (int i = 0; i < count; ++i) {
    char got[8] = {};
    EXPECT_EQ(::read(readers[static_cast<std::size_t>(i)].get(), got, sizeof got), 2);
    EXPECT_EQ(got, std::to_string(i) + "\n");
    ::close(highest - i);
  }
}

TEST_F(StartedProcess, MayHaveMoreDescriptorsThanARequestHolds) {
  std::vector<UniqueFd> many;
  for (int i = 0; i < 300; ++i) {
    many.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    request.sockets.push_back({many.back().get(), "null"});
  }
  // Three are its streams, and one it has open while it lists them.
  EXPECT_EQ(shell("echo $LISTEN_FDS; set -- /proc/$$/fd/*; echo $#").output, "300\n304\n");
}

TEST_F(StartedProcess, ComesFromAnotherServerWhenTheFirstIsGone) {
  EXPECT_EQ(shell("echo one").output, "one\n");
  const pid_t first = servers().at(0);
  ::kill(first, SIGKILL);
  status_of(first);
  EXPECT_EQ(shell("echo two").output, "two\n");
}

TEST_F(StartedProcess, ComesFromNoServerWhenItIsTheOnlyOne) {
  processes.emplace(EXECUTOR);
  EXPECT_EQ(shell("echo $PPID").output, std::to_string(::getpid()) + "\n");
  EXPECT_TRUE(servers().empty());
}

TEST_F(StartedProcess, ComesFromAServerThatHoldsNothingOpen) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);  // not close-on-exec
  const UniqueFd reader(ends[0]);
  const pid_t server = stopped_server();
  ::close(ends[1]);
  char byte = 0;
  EXPECT_EQ(::read(reader.get(), &byte, 1), 0);
  ::kill(server, SIGCONT);
}

TEST_F(StartedProcess, LeavesNoServerBehind) {
  EXPECT_EQ(shell("echo one").output, "one\n");
  EXPECT_EQ(status_of(servers().at(0)), 0);
}

TEST_F(StartedProcess, IsGivenUpWhenTheServerDoesNotAnswer) {
  processes.emplace(EXECUTOR, ForkServer::Pace{unitparser::Duration::infinity(), unitparser::Duration::from_seconds(2)});
  const pid_t server = stopped_server();
  request.command.path = "/bin/true";
  request.command.argv = {"/bin/true"};
  request.standard_fds = {-1, -1, -1};
  NoEnvironmentFiles files;
  const auto pid = processes->spawn(*build_spawn_plan(request, config, facts, runtime, files));
  ASSERT_FALSE(pid.has_value());
  EXPECT_EQ(pid.error().os_errno, EAGAIN);
  EXPECT_EQ(WTERMSIG(status_of(server)), SIGKILL);
  EXPECT_EQ(shell("echo again").output, "again\n");
}

}  // namespace
}  // namespace init
