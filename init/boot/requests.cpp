// Links for masked and wanted units. [os]
#include "init/boot/requests.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "unitparser/base/fd.h"

namespace init {
namespace {

std::string link(const std::string& target, const std::string& path) {
  if (::symlink(target.c_str(), path.c_str()) == 0 || errno == EEXIST) return {};
  return "Failed to link " + path + ": " + std::strerror(errno);
}

/// A drop-in that gives the debugging shell another terminal.
std::string move_debug_shell(const std::string& folder, const std::string& terminal) {
  const std::string drop_ins = folder + "/debug-shell.service.d";
  ::mkdir(drop_ins.c_str(), 0755);
  const std::string path = drop_ins + "/50-terminal.conf";
  const unitparser::UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  const std::string text = "[Service]\nTTYPath=/dev/" + terminal + "\n";
  if (fd && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size())) return {};
  return "Failed to write " + path + ": " + std::strerror(errno);
}

}  // namespace

std::vector<std::string> apply_boot_requests(const BootOptions& options, const std::string& early_folder) {
  std::vector<std::string> problems;
  std::vector<std::string> wanted = options.wanted_units;
  if (options.debug_shell) wanted.emplace_back("debug-shell.service");
  if (options.masked_units.empty() && wanted.empty()) return problems;
  ::mkdir(early_folder.c_str(), 0755);
  for (const std::string& unit : options.masked_units)
    if (std::string problem = link("/dev/null", early_folder + "/" + unit); !problem.empty()) problems.push_back(problem);
  const std::string wants = early_folder + "/" + (options.unit.empty() ? "default.target" : options.unit) + ".wants";
  if (!wanted.empty()) ::mkdir(wants.c_str(), 0755);
  for (const std::string& unit : wanted)
    if (std::string problem = link("/lib/systemd/system/" + unit, wants + "/" + unit); !problem.empty())
      problems.push_back(problem);
  if (!options.debug_terminal.empty())
    if (std::string problem = move_debug_shell(early_folder, options.debug_terminal); !problem.empty()) problems.push_back(problem);
  return problems;
}

void mark_first_boot() {
  const unitparser::UniqueFd mark(::open("/run/systemd/first-boot", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
}

}  // namespace init
