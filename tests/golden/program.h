// Runs programs as a user would, and gives them folders of their own. [os: files, processes]
#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

namespace unitparser::testing {

/// A temporary folder, taken away at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = std::filesystem::temp_directory_path() / "incipit-golden-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] const std::string& path() const { return path_; }

  /// A file, or with "->target" as content a link.
  void put(const std::string& name, const std::string& content) const {
    const std::filesystem::path file = path_ + "/" + name;
    std::filesystem::create_directories(file.parent_path());
    if (content.starts_with("->")) {
      std::filesystem::create_symlink(content.substr(2), file);
    } else {
      std::ofstream(file) << content;
    }
  }

  /// Files, links with their targets, and empty folders with a slash.
  [[nodiscard]] std::set<std::string> tree() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path_)) {
      const std::string name = entry.path().string().substr(path_.size() + 1);
      if (entry.is_symlink()) names.insert(name + " -> " + std::filesystem::read_symlink(entry.path()).string());
      else if (!entry.is_directory()) names.insert(name);
      else if (std::filesystem::is_empty(entry.path())) names.insert(name + "/");
    }
    return names;
  }

 private:
  std::string path_;
};

struct ProgramOutcome {
  int status = 0;  ///< exit status; minus the signal for those that were killed
  std::string out, err;
};

/// Runs `program` as `words[0]` in the root folder, with no terminal and a bare environment in UTF-8 and UTC.
inline ProgramOutcome run_program(const std::string& program, const std::vector<std::string>& words,
                                  const std::vector<std::string>& environment = {}) {
  const TemporaryFolder captured;
  const pid_t pid = ::fork();
  if (pid == 0) {
    const auto redirect = [](const std::string& path, int flags, int to) { ::dup2(::open(path.c_str(), flags, 0600), to); };
    redirect("/dev/null", O_RDONLY, STDIN_FILENO);
    redirect(captured.path() + "/out", O_WRONLY | O_CREAT, STDOUT_FILENO);
    redirect(captured.path() + "/err", O_WRONLY | O_CREAT, STDERR_FILENO);
    std::vector<std::string> all{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC", "COLUMNS=200", "SYSTEMD_PAGER=", "SYSTEMD_COLORS=0"};
    all.insert(all.end(), environment.begin(), environment.end());
    std::vector<char*> variables, arguments;
    for (std::string& variable : all) variables.push_back(variable.data());
    std::vector<std::string> own(words);
    for (std::string& word : own) arguments.push_back(word.data());
    variables.push_back(nullptr);
    arguments.push_back(nullptr);
    if (::chdir("/") == 0) ::execve(program.c_str(), arguments.data(), variables.data());
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  const auto content = [&captured](const char* name) {
    std::ifstream file(captured.path() + name, std::ios::binary);
    return std::string{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  };
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), content("/out"), content("/err")};
}

}  // namespace unitparser::testing
