// Facts of the running machine. [os: reads files, uname, getrlimit]
#include "unitparser/load/host_facts.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "unitparser/base/text.h"
#include "unitparser/load/file_source.h"
#include "unitparser/directives/codec_process.h"
#include "unitparser/syntax/cpu_set.h"
#include "unitparser/syntax/environment.h"
#include "unitparser/syntax/kernel_names.h"

namespace unitparser {
namespace {

std::string read_file(const char* path) {
  constexpr std::size_t longest = 1024UL * 1024;
  Result<std::string> text = make_disk_file_source()->read(path, longest);
  return text ? std::move(*text) : std::string();
}
std::string read_word(const char* path) { return std::string(trim(read_file(path))); }
std::string environment(const char* name, std::string otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr && *value == '/' ? std::string(value) : std::move(otherwise);
}

/// The user database's entry of whoever runs us, as far as it is asked: root's is known, and PID 1 must not ask name services.
template <typename Take>
void with_passwd_entry(Take take) {
  std::string buffer(65536, '\0');
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(getuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) take(*found);
}

void add_user(SpecifierFacts& facts) {
  const uid_t uid = getuid();
  const gid_t gid = getgid();
  facts.uid = std::to_string(uid);
  facts.gid = std::to_string(gid);
  facts.shell = environment("SHELL", access("/bin/bash", F_OK) == 0 ? "/bin/bash" : "/bin/sh");  // COMPAT: bash for root where it exists
  if (uid == 0) {
    facts.home = environment("HOME", facts.home);
    return;  // root's entries are the defaults; name services must not be asked by PID 1
  }
  facts.user = facts.uid, facts.group = facts.gid;
  with_passwd_entry([&facts](const passwd& own) {
    facts.user = own.pw_name, facts.home = own.pw_dir, facts.shell = environment("SHELL", own.pw_shell);
  });
  std::string buffer(65536, '\0');
  group group_entry{};
  group* found_group = nullptr;
  if (getgrgid_r(gid, &group_entry, buffer.data(), buffer.size(), &found_group) == 0 && found_group != nullptr) facts.group = found_group->gr_name;
  facts.home = environment("HOME", facts.home);
}

void add_user_directories(SpecifierFacts& facts) {
  facts.runtime_directory = environment("XDG_RUNTIME_DIR", "/run/user/" + facts.uid);
  facts.configuration_directory = environment("XDG_CONFIG_HOME", facts.home + "/.config");
  facts.state_directory = facts.configuration_directory;  // as 252: %S is the configuration folder of a user's manager
  facts.cache_directory = environment("XDG_CACHE_HOME", facts.home + "/.cache");
  facts.logs_directory = facts.configuration_directory + "/log";
}

void add_os_release(SpecifierFacts& facts) {
  auto release = os_release_of({}, [](const std::string& path) { return read_file(path.c_str()); });
  facts.os_id = release["ID"];
  facts.os_version_id = release["VERSION_ID"];
  facts.os_variant_id = release["VARIANT_ID"];
  facts.os_build_id = release["BUILD_ID"];
  facts.os_image_id = release["IMAGE_ID"];
  facts.os_image_version = release["IMAGE_VERSION"];
}

std::uint64_t number_in(const char* path, std::uint64_t otherwise) {
  const Result<std::uint64_t> number = parse_unsigned(read_word(path), UINT64_MAX, 10);
  return number ? *number : otherwise;
}

}  // namespace

SpecifierFacts read_specifier_facts(ManagerScope scope) {
  SpecifierFacts facts;
  add_user(facts);
  if (scope == ManagerScope::user) add_user_directories(facts);
  facts.temporary_directory = environment("TMPDIR", "/tmp");
  facts.persistent_temporary_directory = environment("TMPDIR", "/var/tmp");
  const std::string machine_id = read_word("/etc/machine-id");
  if (machine_id.size() == 32) facts.machine_id = machine_id;
  std::string boot_id = read_word("/proc/sys/kernel/random/boot_id");
  std::erase(boot_id, '-');
  facts.boot_id = std::move(boot_id);
  utsname names{};
  if (uname(&names) == 0) {
    facts.host_name = names.nodename;
    facts.short_host_name = facts.host_name.substr(0, facts.host_name.find('.'));
    facts.kernel_release = names.release;
    facts.architecture = architecture_of_machine(names.machine);
  }
  for (const auto& [name, value] : parse_variables(read_file("/etc/machine-info")))
    if (name == "PRETTY_HOSTNAME") facts.pretty_host_name = value;
  add_os_release(facts);
  return facts;
}

MachineFacts read_machine_facts() {
  MachineFacts facts;
  facts.page_size = static_cast<std::uint64_t>(std::max(1L, sysconf(_SC_PAGESIZE)));
  const long pages = sysconf(_SC_PHYS_PAGES);
  facts.physical_memory = pages > 0 ? static_cast<std::uint64_t>(pages) * facts.page_size : 0;
  // A limit of the root group counts where we run inside a container.
  facts.physical_memory = std::min(facts.physical_memory, number_in("/sys/fs/cgroup/memory.max", UINT64_MAX));
  const std::uint64_t processes = number_in("/proc/sys/kernel/pid_max", 32768);
  const std::uint64_t threads = number_in("/proc/sys/kernel/threads-max", processes);
  facts.tasks_max = std::min({processes, threads, number_in("/sys/fs/cgroup/pids.max", UINT64_MAX)});
  facts.cpus = static_cast<std::uint32_t>(std::max(1, get_nprocs_conf()));
  if (const Result<CpuMask> nodes = parse_cpu_set(read_word("/sys/devices/system/node/online"))) facts.numa_nodes = *nodes;
  for (std::size_t node = 0; node < facts.numa_nodes.size() * 8; ++node)
    if (has_cpu(facts.numa_nodes, node)) {
      facts.node_cpus.resize(node + 1);
      if (Result<CpuMask> cpus = parse_cpu_set(read_word(fmt::format("/sys/devices/system/node/node{}/cpulist", node).c_str()))) facts.node_cpus[node] = std::move(*cpus);
    }
  if (const auto score = parse_signed(read_word("/proc/self/oom_score_adj"), -1000, 1000)) facts.own_oom_score_adjust = static_cast<int>(*score);
  if (const int slack = ::prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0); slack >= 0) facts.own_timer_slack_nsec = static_cast<std::uint64_t>(slack);
  for (std::size_t i = 0; i < facts.own_limits.size(); ++i) {
    rlimit limit{};
    if (getrlimit(static_cast<__rlimit_resource>(i), &limit) == 0) facts.own_limits[i] = {limit.rlim_cur, limit.rlim_max};
  }
  return facts;
}

UnitPathEnvironment read_unit_path_environment() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
  };
  UnitPathEnvironment environment;
  environment.unit_path = variable("SYSTEMD_UNIT_PATH");
  environment.home = variable("HOME");
  if (environment.home.empty() && getuid() == 0) environment.home = "/root";
  if (environment.home.empty()) with_passwd_entry([&environment](const passwd& own) { environment.home = own.pw_dir; });
  environment.runtime_dir = variable("XDG_RUNTIME_DIR");
  environment.config_home = variable("XDG_CONFIG_HOME");
  environment.data_home = variable("XDG_DATA_HOME");
  environment.config_dirs = variable("XDG_CONFIG_DIRS");
  environment.data_dirs = variable("XDG_DATA_DIRS");
  return environment;
}

}  // namespace unitparser
