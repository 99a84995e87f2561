// Answers for the bus about the manager, control groups and processes. [os]
#include "init/system_port.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "init/cgroup/group_files.h"
#include "init/compatible_version.h"
#include "init/conditions/file_conditions.h"
#include "init/conditions/virtualization.h"
#include "unitparser/base/text.h"
#include "unitparser/directives/registry.h"
#include "unitparser/syntax/kernel_names.h"

namespace init {
namespace {

using unitparser::Value;


std::string command_line_of(pid_t pid) {
  std::string text = read_text_file("/proc/" + std::to_string(pid) + "/cmdline");
  if (text.empty()) {
    std::string name = read_text_file("/proc/" + std::to_string(pid) + "/comm");
    name.erase(name.find_last_not_of('\n') + 1);
    return "[" + name + "]";
  }
  std::vector<std::string> words;
  for (std::string_view word : unitparser::split_at(text, '\0')) words.emplace_back(word);
  while (!words.empty() && words.back().empty()) words.pop_back();
  return unitparser::quote_command_line(words);
}

void add_processes(const std::string& root, const std::string& group, std::vector<bus::ProcessEntry>& entries) {
  const std::string pids = read_text_file(root + group + "/cgroup.procs");
  for (std::string_view word : unitparser::split_whitespace(pids))
    if (const auto pid = unitparser::parse_unsigned(word, 1U << 30); pid && *pid > 0)
      entries.push_back({group, static_cast<pid_t>(*pid), command_line_of(static_cast<pid_t>(*pid))});
  DIR* directory = ::opendir((root + group).c_str());
  if (directory == nullptr) return;
  while (const dirent* entry = ::readdir(directory))
    if (entry->d_type == DT_DIR && entry->d_name[0] != '.') add_processes(root, group + "/" + entry->d_name, entries);
  ::closedir(directory);
}

}  // namespace

SystemPort::SystemPort(System& system) : system_(system) {
  facts_.version = compatible_version;
  facts_.features = compatible_features;
  facts_.virtualization = virtualization_name();
  facts_.architecture = std::string(unitparser::native_architecture());
  facts_.control_group = system.kind().cgroup;
  facts_.unit_path = system.unit_files().paths().search;
}

const unitparser::MachineFacts& SystemPort::machine() { return system_.loader().context().machine; }
void SystemPort::reload(RequestId request) { system_.reload(request); }

void SystemPort::end(bus::EndRequest request) {
  constexpr std::array objectives{Objective::exit,  Objective::reboot,    Objective::poweroff,   Objective::halt,
                                  Objective::kexec, Objective::reexecute, Objective::switch_root};
  RunEnd end;
  end.objective = objectives[static_cast<std::size_t>(request.kind)];
  end.new_root = std::move(request.new_root);
  end.new_init = std::move(request.new_init);
  system_.end(std::move(end));
}

Result<bool> SystemPort::set_exit_code(std::uint8_t code) {
  system_.set_exit_code(code);
  return true;
}

std::vector<std::string> SystemPort::environment() { return system_.environment(); }
void SystemPort::change_environment(const std::vector<std::string>& unset, const std::vector<std::string>& set) {
  system_.change_environment(unset, set);
}

std::string SystemPort::log_level() {
  return std::string(unitparser::name_of(unitparser::syslog_levels(), system_.log().max_priority()));
}
Result<bool> SystemPort::set_log_level(const std::string& level) {
  const auto number = unitparser::name_or_number(unitparser::syslog_levels(), level, 7);
  if (!number) return fail(ErrorCode::invalid_argument, "Invalid log level '" + level + "'");
  system_.log().override_max_priority(*number);
  return true;
}
std::string SystemPort::log_target() { return std::string(unitparser::to_name(system_.log().target())); }
Result<bool> SystemPort::set_log_target(const std::string& target) {
  const auto known = unitparser::from_name<LogTarget>(target);
  if (!known) return fail(ErrorCode::invalid_argument, "Invalid log target '" + target + "'");
  system_.log().override_target(*known);
  return true;
}

Result<bool> SystemPort::set_show_status(const std::string& mode) {
  const auto known = unitparser::from_name<ShowStatus>(mode);
  const auto on = unitparser::parse_boolean(mode);
  if (mode.empty()) system_.console().set_mode(system_.config().behaviour.show_status);
  else if (known) system_.console().set_mode(*known);
  else if (on) system_.console().set_mode(*on ? ShowStatus::yes : ShowStatus::no);
  else return fail(ErrorCode::invalid_argument, "Invalid show status '" + mode + "'");
  return true;
}

Result<void> SystemPort::find_init(const std::string& new_root, const std::string& new_init) {
  const unitparser::UniqueFd root(::open(new_root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const auto is_there = [&root](const std::string& path) {
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT;
    return root && unitparser::UniqueFd(static_cast<int>(::syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof how))).get() >= 0;
  };
  if (!new_init.empty()) {
    if (is_there(new_init)) return {};
    return unitparser::fail_errno(errno, "Could not resolve init executable " + new_init);
  }
  if (!root) return unitparser::fail_errno(errno, "Failed to determine whether root path '" + new_root + "' contains an OS tree");
  if (is_there("/etc/os-release") || is_there("/usr/lib/os-release")) return {};
  return unitparser::fail(unitparser::ErrorCode::invalid_argument,
                          "Specified switch root path '" + new_root + "' does not seem to be an OS tree. os-release file is missing.");
}

std::string SystemPort::system_state() {
  const Engine& engine = system_.engine();
  const auto has_job = [&](std::string_view name, JobType type) {
    const Unit* unit = engine.find(name);
    const Job* job = unit != nullptr ? engine.find_job(unit->job) : nullptr;
    return job != nullptr && job->type == type;
  };
  const auto is_up = [&](std::string_view name) {
    const Unit* unit = engine.find(name);
    return unit != nullptr && is_active_or_activating(unit->active_state());
  };
  if (!system_.boot_done()) return is_up("basic.target") ? "starting" : "initializing";
  if (has_job("shutdown.target", JobType::start)) return "stopping";
  if (is_up("rescue.target") || is_up("emergency.target")) return "maintenance";
  return engine.counts().failed_units > 0 ? "degraded" : "running";
}

std::optional<Value> SystemPort::setting(std::string_view property) { return system_.setting(property); }
Result<bool> SystemPort::set_setting(std::string_view property, const Value& value) {
  struct Settable {
    std::string_view property;
    std::string_view key;
  };
  constexpr std::array settable{
      Settable{"RuntimeWatchdogUSec", "RuntimeWatchdogSec"}, Settable{"RuntimeWatchdogPreUSec", "RuntimeWatchdogPreSec"},
      Settable{"RuntimeWatchdogPreGovernor", "RuntimeWatchdogPreGovernor"}, Settable{"RebootWatchdogUSec", "RebootWatchdogSec"},
      Settable{"KExecWatchdogUSec", "KExecWatchdogSec"}};
  for (const Settable& row : settable) {
    if (row.property != property) continue;
    std::string text;
    if (const auto* word = std::get_if<std::string>(&value.storage)) text = *word;
    else if (const auto* usec = std::get_if<std::uint64_t>(&value.storage))
      text = *usec == 0 ? "off" : *usec == Duration::infinity().usec() ? "default" : std::to_string(*usec) + "us";
    if (text.find('\n') != std::string::npos) break;
    system_.override_setting(row.key, text);
    return true;
  }
  return fail(ErrorCode::invalid_argument, "Property '" + std::string(property) + "' cannot be set to that.");
}

std::string SystemPort::dump() { return system_.engine().snapshot(); }

Result<unitparser::UniqueFd> SystemPort::readable_text(const std::string& text) {
  unitparser::UniqueFd fd(::memfd_create("dump", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd || ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) || ::lseek(fd.get(), 0, SEEK_SET) < 0 ||
      ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
    return unitparser::fail_errno(errno, "Failed to keep the text in memory");
  return fd;
}

std::vector<bus::ProcessEntry> SystemPort::processes(const std::string& cgroup) {
  std::vector<bus::ProcessEntry> entries;
  add_processes(system_.cgroups().root(), cgroup, entries);
  return entries;
}

Result<std::string> SystemPort::cgroup_of(pid_t pid) { return system_.world().process_cgroup(pid); }

bool SystemPort::has_own_mounts(pid_t pid) {
  struct stat ours{};
  struct stat theirs{};
  return ::stat("/proc/self/ns/mnt", &ours) == 0 && ::stat(("/proc/" + std::to_string(pid) + "/ns/mnt").c_str(), &theirs) == 0 &&
         (ours.st_ino != theirs.st_ino || ours.st_dev != theirs.st_dev);
}

Result<void> SystemPort::insert_mount(RequestId request, MountInsertion wanted) { return system_.insertions().start(request, std::move(wanted)); }

static std::optional<uid_t> owner_of(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 ? std::optional(status.st_uid) : std::nullopt;
}
std::optional<uid_t> SystemPort::cgroup_owner(const std::string& cgroup) { return owner_of(system_.cgroups().root() + cgroup); }
std::optional<uid_t> SystemPort::process_owner(pid_t pid) { return owner_of("/proc/" + std::to_string(pid)); }

std::uint64_t SystemPort::cgroup_id(const std::string& cgroup) {
  struct stat status{};
  return ::stat((system_.cgroups().root() + cgroup).c_str(), &status) == 0 ? status.st_ino : 0;
}

std::optional<std::string> SystemPort::cgroup_attribute(const std::string& cgroup, const char* attribute) {
  return read_group_file(system_.cgroups().root() + cgroup, attribute);
}

}  // namespace init
