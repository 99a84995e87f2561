// Finding, starting and waiting for generators with one deadline for all. [os: fork, exec, poll, waitid]
#include "init/boot/generators.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <map>

#include "init/program/run_program.h"
#include "unitparser/base/clock.h"
#include "unitparser/base/fd.h"
#include "unitparser/base/text.h"

namespace init {
namespace {

using unitparser::Duration;
using unitparser::UniqueFd;

std::uint64_t monotonic_msec() { return unitparser::clock_usec(CLOCK_MONOTONIC) / 1000; }

/// Executable of each generator by its name, masked ones left out.
std::map<std::string, std::string> find_executables(const std::vector<std::string>& folders) {
  std::map<std::string, std::string> found;
  for (const std::string& folder : folders) {
    DIR* directory = ::opendir(folder.c_str());
    if (directory == nullptr) continue;
    while (const dirent* entry = ::readdir(directory)) {
      const std::string name = entry->d_name;
      if (name.starts_with(".")) continue;
      found.emplace(name, folder + "/" + name);
    }
    ::closedir(directory);
  }
  std::erase_if(found, [](const auto& item) {
    struct stat status{};
    if (::stat(item.second.c_str(), &status) != 0) return true;
    return !S_ISREG(status.st_mode) || status.st_size == 0 || ::access(item.second.c_str(), X_OK) != 0;
  });
  return found;
}

void remove_tree(int parent, const char* name) {
  const int fd = ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd >= 0) {
    DIR* directory = ::fdopendir(fd);
    if (directory != nullptr) {
      while (const dirent* entry = ::readdir(directory)) {
        const std::string_view child = entry->d_name;
        if (child != "." && child != "..") remove_tree(fd, entry->d_name);
      }
      ::closedir(directory);
    } else {
      ::close(fd);
    }
    ::unlinkat(parent, name, AT_REMOVEDIR);
  } else {
    ::unlinkat(parent, name, 0);
  }
}

void empty_folder(const std::string& path) {
  remove_tree(AT_FDCWD, path.c_str());
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1))
    ::mkdir(path.substr(0, slash).c_str(), 0755);
  ::mkdir(path.c_str(), 0755);
}

struct Running {
  std::string name;
  StartedProgram program;
};

/// Starts `path` with nothing to read, its standard output `stdout_fd`, or ours when that is -1.
unitparser::Result<Running> start(const std::string& path, std::vector<std::string> arguments, std::vector<std::string> environment, int stdout_fd) {
  arguments.insert(arguments.begin(), path);
  const UniqueFd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  return Running{path, TRY(start_program(std::move(arguments), std::move(environment), {nothing.get(), stdout_fd, -1}))};
}

std::string describe_exit(const std::string& path, const siginfo_t& info) {
  if (info.si_code == CLD_EXITED)
    return info.si_status == 0 ? std::string()
                               : path + " failed with exit status " + std::to_string(info.si_status) + ".";
  return path + " terminated by signal " + ::sigabbrev_np(info.si_status) + ".";
}

/// Waits until all have ended or the deadline (monotonic, milliseconds) is there, then kills the rest.
void wait_for(std::vector<Running>& all, std::uint64_t deadline, GeneratorReport& report) {
  while (!all.empty()) {
    std::vector<pollfd> polls;
    for (const Running& running : all) polls.push_back({running.program.pidfd.get(), POLLIN, 0});
    const std::uint64_t now = monotonic_msec();
    const bool late = now >= deadline;
    if (!late) ::poll(polls.data(), polls.size(), static_cast<int>(std::min<std::uint64_t>(deadline - now, 60'000)));
    std::erase_if(all, [&](Running& running) {
      if (late) ::kill(-running.program.pid, SIGKILL);
      siginfo_t info{};
      const int flags = WEXITED | (late ? 0 : WNOHANG);
      if (::waitid(P_PID, static_cast<id_t>(running.program.pid), &info, flags) != 0) return true;
      if (info.si_pid == 0) return false;
      if (late) report.problems.push_back(running.name + " ran too long and was killed.");
      else if (auto problem = describe_exit(running.name, info); !problem.empty()) report.problems.push_back(problem);
      return true;
    });
  }
}

std::vector<std::string> folders_named(const std::string& name) {
  std::vector<std::string> folders;
  for (const char* base : {"/run/systemd/", "/etc/systemd/", "/usr/local/lib/systemd/", "/usr/lib/systemd/", "/lib/systemd/"})
    folders.push_back(base + name);
  return folders;
}

}  // namespace

GeneratorFolders system_generator_folders() {
  return {folders_named("system-generators"), folders_named("system-environment-generators"), "/run/systemd/generator.early",
          "/run/systemd/generator", "/run/systemd/generator.late"};
}

GeneratorFolders user_generator_folders(const std::string& runtime_directory) {
  const std::string base = runtime_directory + "/systemd/generator";
  return {folders_named("user-generators"), folders_named("user-environment-generators"), base + ".early", base, base + ".late"};
}

GeneratorReport run_generators(const GeneratorFolders& folders, const std::vector<std::string>& environment,
                               Duration limit) {
  GeneratorReport report;
  for (const std::string& folder : {folders.early, folders.normal, folders.late}) empty_folder(folder);
  std::vector<Running> all;
  for (const auto& [name, path] : find_executables(folders.generators)) {
    auto running = start(path, {folders.normal, folders.early, folders.late}, environment, -1);
    if (running) all.push_back(std::move(*running));
    else report.problems.push_back("Failed to execute " + path + ": " + std::strerror(running.error().os_errno));
  }
  wait_for(all, monotonic_msec() + limit.usec() / 1000, report);
  // Generators make many folders they then leave empty; a folder without entries costs each later reading.
  for (const std::string& folder : {folders.early, folders.normal, folders.late}) ::rmdir(folder.c_str());
  return report;
}

std::vector<std::string> run_environment_generators(const std::vector<std::string>& folders,
                                                    std::vector<std::string> environment, Duration limit,
                                                    GeneratorReport& report) {
  constexpr std::size_t output_max = 64 * 1024;
  const std::uint64_t deadline = monotonic_msec() + limit.usec() / 1000;
  std::vector<std::string> result;
  for (const auto& [name, path] : find_executables(folders)) {
    const UniqueFd output(static_cast<int>(::memfd_create("environment-generator", MFD_CLOEXEC)));
    auto running = output ? start(path, {}, environment, output.get()) : unitparser::fail_errno(errno, path);
    if (!running) {
      report.problems.push_back("Failed to execute " + path + ".");
      continue;
    }
    std::vector<Running> one;
    one.push_back(std::move(*running));
    wait_for(one, deadline, report);
    std::string text(output_max, '\0');
    const ssize_t got = ::pread(output.get(), text.data(), text.size(), 0);
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    std::size_t begin = 0;
    while (begin < text.size()) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      const std::string line = text.substr(begin, end - begin);
      const std::size_t equals = line.find('=');
      if (equals != std::string::npos && equals > 0 && line[0] != '#') {
        const std::string key = line.substr(0, equals + 1);
        for (auto* list : {&environment, &result}) {
          std::erase_if(*list, [&](const std::string& entry) { return entry.starts_with(key); });
          list->push_back(line);
        }
      }
      begin = end + 1;
    }
  }
  return result;
}

}  // namespace init
