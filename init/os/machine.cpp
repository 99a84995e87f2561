// Reading machine facts from /proc, /sys and /etc. [os]
#include "init/os/machine.h"

#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>

#include "init/conditions/file_conditions.h"
#include "unitparser/base/text.h"
#include "unitparser/syntax/cpu_set.h"
#include "unitparser/syntax/kernel_names.h"

namespace init {
namespace {

std::uint64_t read_number(const char* path, std::uint64_t otherwise) {
  const std::string text = read_text_file(path);
  return unitparser::parse_unsigned(unitparser::trim(text)).value_or(otherwise);
}

/// Value of a key in os-release(5) or machine-info(5), quotes and escapes resolved.
std::string assignment(const std::string& text, std::string_view key) {
  for (std::string_view line : unitparser::split_at(text, '\n')) {
    const auto value = unitparser::after_prefix(unitparser::trim(line), std::string(key) + "=");
    if (!value) continue;
    const auto words = unitparser::split_words(*value, {.unquote = true, .relax = true});
    return words && !words->empty() ? words->front() : std::string();
  }
  return {};
}

}  // namespace

unitparser::MachineFacts read_machine_facts() {
  unitparser::MachineFacts facts;
  struct sysinfo info{};
  ::sysinfo(&info);
  facts.physical_memory = static_cast<std::uint64_t>(info.totalram) * info.mem_unit;
  facts.page_size = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  facts.tasks_max = std::min(read_number("/proc/sys/kernel/pid_max", 32768), read_number("/proc/sys/kernel/threads-max", 32768));
  facts.tasks_max = std::min(facts.tasks_max, read_number("/sys/fs/cgroup/pids.max", UINT64_MAX));
  facts.cpus = static_cast<std::uint32_t>(std::max(1L, ::sysconf(_SC_NPROCESSORS_CONF)));
  const std::string nodes = read_text_file("/sys/devices/system/node/online");
  if (auto mask = unitparser::parse_cpu_set(unitparser::trim(nodes))) facts.numa_nodes = *mask;
  for (int resource = 0; resource < static_cast<int>(facts.own_limits.size()); ++resource) {
    rlimit limit{};
    if (::getrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0) continue;
    facts.own_limits[static_cast<std::size_t>(resource)] = {limit.rlim_cur, limit.rlim_max};
  }
  return facts;
}

unitparser::SpecifierFacts read_specifier_facts(const std::string& machine_id, const std::string& boot_id) {
  unitparser::SpecifierFacts facts;
  facts.machine_id = machine_id;
  facts.boot_id = boot_id;
  utsname name{};
  ::uname(&name);
  facts.kernel_release = name.release;
  facts.architecture = std::string(unitparser::architecture_of_machine(name.machine));
  facts.host_name = name.nodename;
  facts.short_host_name = facts.host_name.substr(0, facts.host_name.find('.'));
  const std::string pretty = assignment(read_text_file("/etc/machine-info"), "PRETTY_HOSTNAME");
  facts.pretty_host_name = pretty.empty() ? facts.host_name : pretty;
  std::string release = read_text_file("/etc/os-release");
  if (release.empty()) release = read_text_file("/usr/lib/os-release");
  facts.os_id = assignment(release, "ID");
  if (facts.os_id.empty()) facts.os_id = "linux";
  facts.os_version_id = assignment(release, "VERSION_ID");
  facts.os_variant_id = assignment(release, "VARIANT_ID");
  facts.os_build_id = assignment(release, "BUILD_ID");
  facts.os_image_id = assignment(release, "IMAGE_ID");
  facts.os_image_version = assignment(release, "IMAGE_VERSION");
  return facts;
}

}  // namespace init
