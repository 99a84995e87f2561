// Reading answers from the system. [os]
#include "init/driver/linux_world.h"

#include <fcntl.h>
#include <linux/kcmp.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <functional>

#include "init/cgroup/access_filters.h"
#include "init/cgroup/group_files.h"
#include "init/conditions/file_conditions.h"
#include "unitparser/base/fd.h"
#include "unitparser/base/text.h"
#include "unitparser/syntax/calendar.h"

namespace init {
namespace {

/// State letter and parent of a process from /proc/PID/stat; the name in it may hold anything, even parentheses.
struct ProcessStat {
  char state = 0;
  pid_t parent = 0;
};
std::optional<ProcessStat> read_process_stat(pid_t pid) {
  const std::string text = read_record("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t end_of_name = text.rfind(')');
  if (end_of_name == std::string::npos || end_of_name + 4 > text.size()) return std::nullopt;
  return ProcessStat{text[end_of_name + 2], static_cast<pid_t>(std::strtol(text.c_str() + end_of_name + 4, nullptr, 10))};
}

}  // namespace

Result<bool> LinuxWorld::condition_holds(const unitparser::Condition& condition) {
  return init::condition_holds(condition, options_.facts);
}

Result<std::string> LinuxWorld::read_small_file(const std::string& path) {
  const unitparser::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd) return unitparser::fail_errno(errno, path);
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return unitparser::fail_errno(errno, path);
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::invalid_argument, path + ": not a regular file");
  std::array<char, 4096> buffer{};
  const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
  if (got < 0) return unitparser::fail_errno(errno, path);
  return std::string(buffer.data(), static_cast<std::size_t>(got));
}

bool LinuxWorld::is_trusted_file(const std::string& path) {
  // Every component up to the file must belong to root (or to who owns the one above), no link may leave that chain.
  std::string part;
  std::size_t begin = 1;
  uid_t above = 0;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    part = path.substr(0, end);
    struct stat status{};
    if (::lstat(part.c_str(), &status) != 0) return false;
    if (S_ISLNK(status.st_mode) && status.st_uid != 0) return false;
    if (above != 0 && status.st_uid != above) return false;
    above = status.st_uid;
    begin = end + 1;
  }
  return above == 0;
}

bool LinuxWorld::process_alive(pid_t pid) {
  const auto stat = read_process_stat(pid);
  return stat && stat->state != 'Z' && stat->state != 'X';
}

bool LinuxWorld::process_is_child(pid_t pid) {
  const auto stat = read_process_stat(pid);
  return stat && stat->parent == ::getpid();
}

Result<std::string> LinuxWorld::process_cgroup(pid_t pid) {
  const std::string text = read_text_file("/proc/" + std::to_string(pid) + "/cgroup");
  for (std::string_view line : unitparser::split_at(text, '\n'))
    if (auto path = unitparser::after_prefix(line, "0::")) return std::string(*path);
  return fail(ErrorCode::not_found, "process " + std::to_string(pid) + " has no control group");
}

std::vector<pid_t> LinuxWorld::cgroup_processes(const std::string& cgroup) {
  std::vector<pid_t> pids;
  const std::string text = read_text_file(options_.cgroup_root + cgroup + "/cgroup.procs");
  for (std::string_view word : unitparser::split_whitespace(text))
    if (const auto pid = unitparser::parse_unsigned(word, 1U << 30); pid && *pid > 0)
      pids.push_back(static_cast<pid_t>(*pid));
  return pids;
}

std::string LinuxWorld::process_name(pid_t pid) {
  return std::string(unitparser::trim(read_record("/proc/" + std::to_string(pid) + "/comm")));
}

std::vector<LinuxWorld::NamedProcess> LinuxWorld::processes_below(const std::string& cgroup) {
  std::vector<NamedProcess> all;
  for (const pid_t pid : cgroup_processes(cgroup)) all.push_back({pid, process_name(pid)});
  for (const std::string& child : child_groups(options_.cgroup_root + cgroup))
    for (auto& process : processes_below(child.substr(options_.cgroup_root.size()))) all.push_back(std::move(process));
  return all;
}

std::optional<std::uint64_t> LinuxWorld::cpu_usage_nsec(const std::string& cgroup) {
  constexpr std::uint64_t nsec_per_usec = 1000;
  const auto usec = keyed_value(read_record(options_.cgroup_root + cgroup + "/cpu.stat"), "usage_usec");
  return usec ? std::optional(*usec * nsec_per_usec) : std::nullopt;
}

std::optional<IoTraffic> LinuxWorld::io_traffic(const std::string& cgroup) {
  const auto text = read_group_file(options_.cgroup_root + cgroup, "io.stat");  // empty as long as nothing was read or written
  if (!text) return std::nullopt;
  return IoTraffic{.read_bytes = sum_of_values(*text, "rbytes"), .write_bytes = sum_of_values(*text, "wbytes"),
                   .read_operations = sum_of_values(*text, "rios"), .write_operations = sum_of_values(*text, "wios")};
}

std::optional<IpTraffic> LinuxWorld::ip_traffic(const std::string& cgroup) { return init::ip_traffic(options_.cgroup_root + cgroup); }

bool LinuxWorld::cgroup_populated(const std::string& cgroup) {
  return read_record(options_.cgroup_root + cgroup + "/cgroup.events").find("populated 1") != std::string::npos;
}

std::optional<std::string> LinuxWorld::path_match(unitparser::PathKind kind, const std::string& path) {
  const auto when = [&path](bool holds) { return holds ? std::optional(path) : std::nullopt; };
  switch (kind) {
    case unitparser::PathKind::exists: return when(::access(path.c_str(), F_OK) == 0);
    case unitparser::PathKind::exists_glob: return first_match_of_glob(path);
    case unitparser::PathKind::directory_not_empty: return when(is_directory_not_empty(path));
    case unitparser::PathKind::changed:
    case unitparser::PathKind::modified: break;
  }
  return std::nullopt;
}

std::string LinuxWorld::stamp_path(const UnitName& timer) const {
  return options_.stamp_directory + "/stamp-" + timer.text();
}

bool LinuxWorld::is_canonical(const std::string& path) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    struct stat status{};
    if (::lstat(path.substr(0, end).c_str(), &status) != 0) return true;
    if (S_ISLNK(status.st_mode)) return false;
    if (end == std::string::npos) return true;
  }
}

std::optional<RealTime> LinuxWorld::timer_stamp(const UnitName& timer) {
  struct stat status{};
  if (::stat(stamp_path(timer).c_str(), &status) != 0) return std::nullopt;
  return RealTime::from_usec(static_cast<std::uint64_t>(status.st_mtim.tv_sec) * 1'000'000 +
                             static_cast<std::uint64_t>(status.st_mtim.tv_nsec) / 1000);
}

std::optional<RealTime> LinuxWorld::next_elapse(const std::string& calendar, RealTime after) {
  const auto spec = unitparser::parse_calendar(calendar, zones_);
  if (!spec) return std::nullopt;
  const auto next = unitparser::next_elapse(*spec, after, unitparser::zone_of(*spec, zones_));
  return next ? std::optional(*next) : std::nullopt;
}

std::uint64_t LinuxWorld::file_number(int fd) {
  struct stat status{};
  // Inodes rarely reach 2^48, and numbers of devices beyond 2^16 may coincide: a pair more is compared then.
  return ::fstat(fd, &status) == 0 ? std::uint64_t{status.st_dev} << 48U ^ std::uint64_t{status.st_ino} : 0;
}

bool LinuxWorld::is_same_open_file(int fd, int other) {
  const pid_t self = ::getpid();
  return ::syscall(SYS_kcmp, self, self, KCMP_FILE, fd, other) == 0;
}

bool LinuxWorld::bus_name_owned(const std::string& name) {
  return options_.bus_name_owned && options_.bus_name_owned(name);
}

std::uint64_t LinuxWorld::random() {
  // Never waits for the pool at boot: these numbers name and spread things, they keep no secret.
  if (next_random_ == random_.size()) {
    (void)::getrandom(random_.data(), sizeof random_, GRND_INSECURE);
    next_random_ = 0;
  }
  return random_[next_random_++];
}

std::uint64_t LinuxWorld::stable_random(const UnitName& unit) {
  return std::hash<std::string>{}(options_.facts.machine_id + '\0' + std::to_string(::getuid()) + '\0' + unit.text());
}

}  // namespace init
