// The last steps: the program, its descriptors, its folder, execve(). [os]
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "init/executor/context.h"
#include "unitparser/base/text.h"
#include "unitparser/syntax/exec_line.h"

namespace executor {
namespace {

constexpr std::array<std::string_view, 6> default_search_path{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
                                                             "/usr/bin", "/sbin", "/bin"};

/// 0 when a regular file that may be executed lies there, else the errno.
int check_program(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) < 0) return errno;
  if (S_ISDIR(info.st_mode)) return EISDIR;
  if (!S_ISREG(info.st_mode) || ::access(path.c_str(), X_OK) < 0) return EACCES;
  return 0;
}

int find_program(Context& context) {
  const std::string& path = context.plan.process.path;
  if (path.find('/') != std::string::npos) {
    context.executable = path;
    return check_program(path);
  }
  int result = ENOENT;
  const auto try_folder = [&](std::string_view folder) {
    const std::string candidate = std::string(folder) + "/" + path;
    const int why = check_program(candidate);
    if (why == 0)
      context.executable = candidate;
    else if (why != ENOENT && why != ENOTDIR)
      result = why;
    return why == 0;
  };
  const auto& own = context.plan.process.search_path;
  const bool found = own.empty() ? std::any_of(default_search_path.begin(), default_search_path.end(), try_folder)
                                 : std::any_of(own.begin(), own.end(), try_folder);
  return found ? 0 : result;
}

}  // namespace

Done step_find_program(Context& context) {
  context.argv = context.plan.process.expand_variables
                     ? unitparser::expand_environment(context.plan.process.argv, context.environment)
                     : context.plan.process.argv;
  const std::string& path = context.plan.process.path;
  const int why = find_program(context);
  if (why == 0) return {};
  if (why == ENOENT && context.plan.process.ignore_failure) {
    context.log.info("Executable " + path + " missing, skipping", why, Log::spawn_failed_fields(path));
    context.finish = true;
    return {};
  }
  return unitparser::fail_errno(why, "Failed to locate executable " + path);
}

Done step_working_directory(Context& context) {
  const auto& identity = context.plan.identity;
  std::string directory = identity.working_directory_home ? context.user.home : identity.working_directory;
  if (identity.working_directory_home && directory.empty()) {
    if (context.user.uid == 0 || !context.user.known)
      directory = "/root";
    else
      return unitparser::fail_errno(ENXIO, "Changing to the requested working directory failed");
  }
  if (directory.empty()) directory = "/";
  if (::chdir(directory.c_str()) < 0 && !identity.working_directory_missing_ok)
    return failed("Changing to the requested working directory failed");
  return {};
}

Done step_pass_descriptors(Context& context) {
  auto& descriptors = context.plan.descriptors;
  const int count = static_cast<int>(descriptors.passed.size());
  const int end = 3 + count;
  for (auto* pair : {&descriptors.network_namespace, &descriptors.ipc_namespace, &descriptors.dynamic_user})
    for (int& fd : *pair) {
      if (fd >= 0) ::close(fd);
      fd = -1;
    }
  for (int* place : {&descriptors.standard[0], &descriptors.standard[1], &descriptors.standard[2], &descriptors.socket}) {
    int& fd = *place;
    if (fd > 2 && std::find(descriptors.passed.begin(), descriptors.passed.end(), fd) == descriptors.passed.end()) ::close(fd);
    fd = -1;
  }
  context.log.move_above(end);
  if (descriptors.report >= 0 && descriptors.report < end) {
    descriptors.report = ::fcntl(descriptors.report, F_DUPFD_CLOEXEC, end);
    if (descriptors.report < 0) return failed("Failed to move a file descriptor");
  }
  // First out of the way, then into place: sources and targets may overlap.
  for (int& fd : descriptors.passed) {
    const int moved = ::fcntl(fd, F_DUPFD_CLOEXEC, end);
    if (moved < 0) return failed("Failed to shift passed file descriptors");
    ::close(fd);
    fd = moved;
  }
  for (int i = 0; i < count; ++i) {
    const int fd = descriptors.passed[static_cast<std::size_t>(i)];
    if (::dup2(fd, 3 + i) < 0) return failed("Failed to shift passed file descriptors");
    ::close(fd);
    if (i + static_cast<int>(descriptors.stored) >= count) continue;  // the store keeps the flags its owner set
    const int flags = ::fcntl(3 + i, F_GETFL);
    const int wanted = descriptors.non_blocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
    if (flags < 0 || (wanted != flags && ::fcntl(3 + i, F_SETFL, wanted) < 0))
      return failed("Failed to adjust passed file descriptors");
  }
  return {};
}

Done step_exec(Context& context) {
  std::vector<char*> argv = unitparser::argument_vector(context.argv);
  std::vector<char*> environment = unitparser::argument_vector(context.environment);
  if (context.argv.empty()) argv.insert(argv.begin(), context.executable.data());
  announce_execution(context);
  ::execve(context.executable.c_str(), argv.data(), environment.data());
  const int why = errno;
  return unitparser::fail_errno(why, "Failed to execute " + context.executable);
}

}  // namespace executor
