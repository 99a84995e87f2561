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

}  // namespace

std::vector<std::string> apply_boot_requests(const BootOptions& options, const std::string& early_folder) {
  std::vector<std::string> problems;
  if (options.masked_units.empty() && options.wanted_units.empty()) return problems;
  ::mkdir(early_folder.c_str(), 0755);
  for (const std::string& unit : options.masked_units)
    if (std::string problem = link("/dev/null", early_folder + "/" + unit); !problem.empty()) problems.push_back(problem);
  const std::string wants = early_folder + "/" + (options.unit.empty() ? "default.target" : options.unit) + ".wants";
  if (!options.wanted_units.empty()) ::mkdir(wants.c_str(), 0755);
  for (const std::string& unit : options.wanted_units)
    if (std::string problem = link("/lib/systemd/system/" + unit, wants + "/" + unit); !problem.empty())
      problems.push_back(problem);
  return problems;
}

void mark_first_boot() {
  const unitparser::UniqueFd mark(::open("/run/systemd/first-boot", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
}

}  // namespace init
