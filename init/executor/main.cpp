// The executor: reads the plan of one process from a descriptor, runs its steps, becomes the process; or waits for plans
// and forks for each. [os]
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <climits>
#include <cstdlib>

#include "init/exec/fork_request.h"
#include "init/exec/plan_codec.h"
#include "init/executor/accounts.h"
#include "init/executor/context.h"
#include "init/executor/name_services.h"
#include "init/executor/serve.h"

namespace executor {
namespace {

using init::ExecStep;
using init::ExitStatus;

/// "(nginx)": the last eight characters of the program's name, as people know it from ps.
std::string process_name(const std::string& path) {
  std::string name = path.substr(path.rfind('/') + 1);
  if (name.empty()) return "(...)";
  if (name.size() > 8) name.erase(0, name.size() - 8);
  return "(" + name + ")";
}

Result<init::SpawnPlan> read_plan(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) < 0) return failed("Failed to look at the plan");
  if (info.st_size <= 0) return unitparser::fail(unitparser::ErrorCode::protocol, "The plan is empty");
  const auto size = static_cast<std::size_t>(info.st_size);
  void* memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (memory == MAP_FAILED) return failed("Failed to read the plan");
  auto plan = init::decode_plan({static_cast<const char*>(memory), size});
  ::munmap(memory, size);
  return plan;
}

/// Plans that need shared libraries are for the sibling "executor-services"; does not return when that could be started.
void hand_over(const init::SpawnPlan& plan, int plan_fd) {
  if (has_services() || plan.identity.dynamic_user) return;
  std::vector<std::string> groups = plan.identity.supplementary_groups;
  groups.push_back(plan.identity.group);
  const bool has_pam = std::binary_search(plan.steps.begin(), plan.steps.end(), ExecStep::pam);
  if (!has_pam && !plan.mounts.has_images() && !needs_name_services(plan.identity.user, groups)) return;
  char own[PATH_MAX];
  const ssize_t size = ::readlink("/proc/self/exe", own, sizeof own - 1);
  if (size <= 0) return;
  std::string sibling = std::string(own, static_cast<std::size_t>(size)) + "-services";
  std::string number = std::to_string(plan_fd);
  char* const arguments[] = {sibling.data(), number.data(), nullptr};
  char* const environment[] = {nullptr};
  ::execve(sibling.c_str(), arguments, environment);
}

int run(Context& context) {
  for (const std::string& warning : context.plan.warnings) context.log.warning(warning);
  for (const ExecStep step : context.plan.steps) {
    const Done done = run_step(context, step);
    if (context.finish) return EXIT_SUCCESS;
    if (done) continue;
    const init::ExecStepRow& row = init::row_of(step);
    const bool own = context.failure_status != ExitStatus::success;
    const ExitStatus status = own ? context.failure_status : row.status;
    const std::string_view name = own && !context.failure_name.empty() ? context.failure_name : row.name;
    const unitparser::Error& error = done.error();
    const std::string& path = context.plan.process.path;
    context.log.error(error.message);
    context.log.error("Failed at step " + std::string(name) + " spawning " + path, error.os_errno,
                      Log::spawn_failed_fields(path));
    report(context, init::ReportRecord::Kind::failed, status, error.os_errno);
    return static_cast<int>(status);
  }
  return EXIT_FAILURE;  // the last step does not return
}

/// Returns the exit status of a process that could not become what the plan says.
int execute(int plan_fd, std::span<char> own_arguments) {
  auto plan = read_plan(plan_fd);
  if (plan) hand_over(*plan, plan_fd);
  ::close(plan_fd);
  if (!plan) {
    const init::PlanProcess nobody{.unit = "executor"};
    Log(nobody, "(executor)").error(plan.error().message);
    return static_cast<int>(ExitStatus::fds);
  }
  const std::string name = process_name(plan->process.path);
  ::prctl(PR_SET_NAME, name.c_str());
  const init::PlanProcess process = plan->process;  // the log's own copy: the context moves
  Log log(process, name);
  Context context{.plan = std::move(*plan), .log = log};
  context.own_arguments = own_arguments;
  return run(context);
}

}  // namespace
}  // namespace executor

int main(int argc, char* argv[]) {
  using namespace executor;
  const bool serves = argc == 3 && std::strcmp(argv[1], init::fork_server_word) == 0;
  if (argc != 2 && !serves) {
    ::dprintf(STDERR_FILENO, "This program is started by the service manager with a plan.\n");
    return EXIT_FAILURE;
  }
  char* const last = argv[argc - 1];
  const std::span<char> own_arguments(argv[0], static_cast<std::size_t>(last + std::strlen(last) - argv[0]));
  const int fd = std::atoi(last);
  if (!serves) return execute(fd, own_arguments);
  serve(fd, [own_arguments](int plan) { return execute(plan, own_arguments); });
  return EXIT_SUCCESS;
}
