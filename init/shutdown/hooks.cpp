// Running of the system-shutdown programs, all at once, with one deadline. [os]
#include "init/shutdown/hooks.h"

#include <dirent.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <set>
#include <string>

extern char** environ;

namespace init::shutdown {

void run_shutdown_hooks(const std::string& verb, const Pulse& pulse) {
  std::set<pid_t> running;
  std::set<std::string> seen;
  for (const char* folder : {"/usr/lib/systemd/system-shutdown", "/lib/systemd/system-shutdown"}) {
    DIR* directory = ::opendir(folder);
    if (directory == nullptr) continue;
    while (const dirent* entry = ::readdir(directory)) {
      std::string path = std::string(folder) + "/" + entry->d_name;
      struct stat status{};
      if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) || ::access(path.c_str(), X_OK) != 0) continue;
      if (!seen.insert(entry->d_name).second) continue;
      std::string argument = verb;
      char* arguments[] = {path.data(), argument.data(), nullptr};
      pid_t pid = -1;
      if (::posix_spawn(&pid, path.c_str(), nullptr, nullptr, arguments, environ) == 0) running.insert(pid);
    }
    ::closedir(directory);
  }
  sigset_t child;
  ::sigemptyset(&child);
  ::sigaddset(&child, SIGCHLD);
  timespec start{};
  ::clock_gettime(CLOCK_MONOTONIC, &start);
  while (!running.empty()) {
    pid_t done = 0;
    while ((done = ::waitpid(-1, nullptr, WNOHANG)) > 0) running.erase(done);
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    if (running.empty() || now.tv_sec - start.tv_sec >= 90) break;
    pulse();
    const timespec pause{1, 0};
    ::sigtimedwait(&child, nullptr, &pause);
  }
  for (pid_t pid : running) ::kill(pid, SIGKILL);
}

}  // namespace init::shutdown
