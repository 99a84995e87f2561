// Files of the cgroup v2 hierarchy. [os]
#include "init/cgroup/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <linux/magic.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <set>

#include "init/conditions/file_conditions.h"
#include "init/cgroup/group_files.h"
#include "unitparser/base/text.h"

namespace init {
namespace {

using unitparser::Controller;
using unitparser::fail_errno;
using unitparser::Result;

int write_file(const std::string& path, std::string_view value) {
  const unitparser::UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return errno;
  return ::write(fd.get(), value.data(), value.size()) < 0 ? errno : 0;
}

/// Most have no groups below them any more.
void remove_groups(const std::string& directory) {
  if (::rmdir(directory.c_str()) == 0 || errno == ENOENT) return;
  for (const std::string& child : child_groups(directory)) remove_groups(child);
  ::rmdir(directory.c_str());
}

/// Signals every process at and below `path` that is not in `done` yet; returns how many were new.
unsigned signal_all(const std::string& path, const effect::KillCgroup& order, std::set<pid_t>& done) {
  unsigned fresh = 0;
  const std::string pids = read_text_file(path + "/cgroup.procs");
  for (std::string_view word : unitparser::split_whitespace(pids)) {
    const auto pid = unitparser::parse_unsigned(word, 1U << 30);
    if (!pid || *pid <= 1) continue;
    const auto process = static_cast<pid_t>(*pid);
    if (std::find(order.except.begin(), order.except.end(), process) != order.except.end()) continue;
    if (!done.insert(process).second) continue;
    ++fresh;
    if (::kill(process, order.signal) != 0) continue;
    if (order.and_hangup) ::kill(process, SIGHUP);
    if (order.and_continue && order.signal != SIGKILL && order.signal != SIGCONT) ::kill(process, SIGCONT);
  }
  for (const std::string& child : child_groups(path)) fresh += signal_all(child, order, done);
  return fresh;
}

}  // namespace

Result<void> CgroupTree::start() {
  struct statfs status{};
  if (::statfs(root_.c_str(), &status) != 0 || status.f_type != CGROUP2_SUPER_MAGIC)
    return unitparser::fail(ErrorCode::not_supported, "there is no cgroup v2 hierarchy at " + root_);
  const std::string offered = read_text_file(directory(own_) + "/cgroup.controllers");
  for (std::string_view word : unitparser::split_whitespace(offered))
    if (auto controller = unitparser::from_name<Controller>(word)) available_ |= 1U << static_cast<unsigned>(*controller);
  struct sysinfo info{};
  ::sysinfo(&info);
  amounts_.memory = static_cast<std::uint64_t>(info.totalram) * info.mem_unit;
  amounts_.tasks = std::min(unitparser::parse_unsigned(unitparser::trim(read_text_file("/proc/sys/kernel/pid_max"))).value_or(32768),
                            unitparser::parse_unsigned(unitparser::trim(read_text_file("/proc/sys/kernel/threads-max"))).value_or(32768));
  amounts_.starting = true;

  inotify_.reset(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!inotify_) return fail_errno(errno, "cannot watch control groups");
  source_ = TRY(loop_.on_ready(inotify_.get(), EPOLLIN, Priority::cgroups, [this](std::uint32_t) { on_events(); }));

  // A group with processes of its own cannot hand controllers to its children.
  const std::string own_scope = own_ + "/init.scope";
  TRY(make(own_scope));
  const std::string procs = read_text_file(directory(own_) + "/cgroup.procs");
  for (std::string_view pid : unitparser::split_whitespace(procs)) {
    // Kernel threads cannot be moved: that is no failure.
    (void)write_file(directory(own_scope) + "/cgroup.procs", pid);
  }
  return {};
}

Result<void> CgroupTree::make(const std::string& group) {
  // Most of the time all is there above it.
  if (::mkdir(directory(group).c_str(), 0755) == 0 || errno == EEXIST) return {};
  for (std::size_t slash = group.find('/', 1);; slash = group.find('/', slash + 1)) {
    const std::string part = directory(group.substr(0, slash));
    if (::mkdir(part.c_str(), 0755) != 0 && errno != EEXIST) return fail_errno(errno, "cannot make the control group " + part);
    if (slash == std::string::npos) return {};
  }
}

void CgroupTree::enable_above(const std::string& group, std::uint32_t controllers) {
  controllers &= available_;
  // Every group from our root down to the parent has to hand them on.
  std::size_t end = own_.size();
  while (true) {
    const std::string parent = group.substr(0, end);
    std::uint32_t& enabled = enabled_[parent];
    for (unsigned i = 0; i < 32; ++i) {
      const std::uint32_t one = 1U << i;
      if ((controllers & one) == 0 || (enabled & one) != 0) continue;
      const std::string name = "+" + std::string(unitparser::to_name(static_cast<Controller>(i)));
      if (write_file(directory(parent) + "/cgroup.subtree_control", name) == 0) enabled |= one;
    }
    end = group.find('/', end + 1);
    if (end == std::string::npos) return;
  }
}

void CgroupTree::disable_below(const std::string& group, std::uint32_t controllers) {
  if (controllers == 0) return;
  std::vector<std::string> groups;
  for (const auto& [below, enabled] : enabled_)
    if ((enabled & controllers) != 0 && (below == group || below.starts_with(group + "/"))) groups.push_back(below);
  std::sort(groups.begin(), groups.end(), std::greater<>());  // the kernel wants the deepest first
  for (const std::string& below : groups) {
    std::uint32_t& enabled = enabled_[below];
    for (unsigned i = 0; i < 32; ++i) {
      const std::uint32_t one = 1U << i;
      if ((controllers & enabled & one) == 0) continue;
      const std::string name = "-" + std::string(unitparser::to_name(static_cast<Controller>(i)));
      if (write_file(directory(below) + "/cgroup.subtree_control", name) == 0) enabled &= ~one;
    }
  }
}

void CgroupTree::write_attributes(const std::string& group, const std::vector<AttributeWrite>& writes) {
  for (const AttributeWrite& write : writes) {
    const int error = write_file(directory(group) + "/" + write.file, write.value);
    if (error == 0 || !warn_) continue;
    // COMPAT: what was not delegated to us is nothing to speak of.
    if (!own_.empty() && (error == ENOENT || error == EACCES || error == EPERM || error == EROFS)) continue;
    if (error != ENOENT) {
      warn_(write.directive + " could not be applied to " + group + ": " + ::strerrordesc_np(error));
    } else if (warned_missing_.insert(write.directive).second) {
      warn_(write.directive + " has no effect: this system offers no controller \"" +
            std::string(unitparser::to_name(write.controller)) + "\".");
    }
  }
}

void CgroupTree::filter_access(const std::string& group, const unitparser::UnitConfig& config, Reset reset) {
  for (const std::string& refused : apply_access_filters(directory(group), *config.common->resource_access, config.common->resource_basics->ip_accounting, reset))
    if (warn_) warn_(refused + " (" + group + ")");
}

/// What those who are given a group, systemd-oomd and the journal read of it. A kernel without such attributes has nothing to be told.
void CgroupTree::mark(const std::string& group, const unitparser::UnitConfig& config, Reset reset) {
  using unitparser::ManagedOomPreference;
  const ManagedOomPreference preference = config.common->resource_memory->managed_oom_preference;
  const bool delegated = config.common->resource_basics->delegate;
  const auto flag = [](bool wanted) { return std::string(wanted ? "1" : ""); };
  const std::array<std::pair<const char*, std::string>, 5> marks{
      {{"trusted.delegate", flag(delegated)},
       {"user.delegate", flag(delegated)},
       {"user.oomd_avoid", flag(preference == ManagedOomPreference::avoid)},
       {"user.oomd_omit", flag(preference == ManagedOomPreference::omit)},
       {"user.journald_log_filter_patterns", log_filter_attribute(*config.common->exec_logging)}}};
  const std::string path = directory(group);
  for (const auto& [name, value] : marks) {
    if (!value.empty()) (void)::setxattr(path.c_str(), name, value.data(), value.size(), 0);
    else if (reset == Reset::yes) (void)::removexattr(path.c_str(), name);
  }
}

Result<void> CgroupTree::realise(const std::string& group, const unitparser::UnitConfig& config,
                                 unitparser::UnitType type, const std::string& invocation, const SliceRules& slices) {
  TRY(make(group));
  if (!own_.empty() && group == own_) return {};  // who delegated it says how much we may have
  enable_above(group, needed_controllers(config, type) & ~slices.disabled_controllers);
  write_attributes(group, attribute_writes(config, type, amounts_, Reset::no, slices));
  mark(group, config, Reset::no);
  if (!invocation.empty())
    for (const char* attribute : {"trusted.invocation_id", "user.invocation_id"})
      (void)::setxattr(directory(group).c_str(), attribute, invocation.data(), invocation.size(), 0);
  filter_access(group, config, Reset::no);
  if (type == unitparser::UnitType::service || type == unitparser::UnitType::scope) watch(group);
  return {};
}

Result<void> CgroupTree::apply(const std::string& group, const unitparser::UnitConfig& config,
                               unitparser::UnitType type, const SliceRules& slices) {
  disable_below(group, config.common->resource_basics->disabled_controllers);
  enable_above(group, needed_controllers(config, type) & ~slices.disabled_controllers);
  std::vector<AttributeWrite> writes = attribute_writes(config, type, amounts_, Reset::yes, slices);
  // Defaults of controllers that were never enabled have nothing to reset.
  std::erase_if(writes, [&](const AttributeWrite& write) {
    return ::access((directory(group) + "/" + write.file).c_str(), F_OK) != 0;
  });
  write_attributes(group, writes);
  mark(group, config, Reset::yes);
  filter_access(group, config, Reset::yes);
  return {};
}

std::vector<RefusedProgram> CgroupTree::attach_programs(const std::string& group, const unitparser::UnitConfig& config) const {
  return attach_pinned_programs(directory(group), *config.common->resource_access);
}

void CgroupTree::trim(const std::string& group) {
  unwatch(group);
  if (is_root(group)) return;
  remove_groups(directory(group));
  enabled_.erase(group);
}

Result<void> CgroupTree::attach(const std::string& group, const std::vector<pid_t>& pids) {
  TRY(make(group));
  int failure = 0;
  for (pid_t pid : pids) {
    const int error = write_file(directory(group) + "/cgroup.procs", std::to_string(pid));
    const bool is_refused = error == EACCES || error == EPERM;
    if (is_refused && mover_) TRY(mover_(group.substr(own_.size()), pid));
    else if (error != 0 && error != ESRCH) failure = error;
  }
  if (failure != 0) return fail_errno(failure, "cannot move processes into " + group);
  return {};
}

void CgroupTree::kill(const effect::KillCgroup& order) {
  if (is_root(order.cgroup)) return;
  const std::string path = directory(order.cgroup);
  // Not by cgroup.kill: kernels since 6.1.129 and 6.14 kill whatever is born into a group (CLONE_INTO_CGROUP) that was
  // ever killed so, ExecStopPost= first. Processes may fork while we read: look again until nobody new is found.
  constexpr int rounds_max = 16;
  std::set<pid_t> done;
  for (int round = 0; round < rounds_max && signal_all(path, order, done) > 0; ++round) {
  }
}

void CgroupTree::set_frozen(const std::string& group, bool frozen, std::function<void(bool)> done) {
  if (write_file(directory(group) + "/cgroup.freeze", frozen ? "1" : "0") != 0) return done(!frozen);
  if (keyed_value(read_record(directory(group) + "/cgroup.events"), "frozen") == (frozen ? 1U : 0U)) return done(frozen);
  freezing_[group] = std::move(done);
  watch(group);
}

void CgroupTree::watch(const std::string& group) {
  if (watches_by_group_.contains(group)) return;
  std::vector<int>& numbers = watches_by_group_[group];
  for (const bool is_memory : {false, true}) {
    const std::string file = directory(group) + (is_memory ? "/memory.events" : "/cgroup.events");
    const int number = ::inotify_add_watch(inotify_.get(), file.c_str(), IN_MODIFY);
    if (number < 0) continue;
    numbers.push_back(number);
    Watch watch{group, is_memory, 0};
    if (is_memory) watch.oom_kills = keyed_value(read_record(file), "oom_kill").value_or(0);
    watches_.insert_or_assign(number, std::move(watch));
  }
}

void CgroupTree::unwatch(const std::string& group) {
  const auto at = watches_by_group_.find(group);
  if (at == watches_by_group_.end()) return;
  for (int number : at->second) {
    ::inotify_rm_watch(inotify_.get(), number);
    watches_.erase(number);
  }
  watches_by_group_.erase(at);
  freezing_.erase(group);
}

void CgroupTree::on_events() {
  alignas(inotify_event) std::array<char, 16384> buffer{};
  const ssize_t got = ::read(inotify_.get(), buffer.data(), buffer.size());
  for (ssize_t offset = 0; offset + static_cast<ssize_t>(sizeof(inotify_event)) <= got;) {
    const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + offset);
    offset += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    if (const auto at = watches_.find(event->wd); at != watches_.end()) on_changed(at->second);
  }
}

void CgroupTree::on_changed(Watch& watch) {
  const std::string file = directory(watch.group) + (watch.is_memory ? "/memory.events" : "/cgroup.events");
  const std::string text = read_record(file);
  if (watch.is_memory) {
    const std::uint64_t kills = keyed_value(text, "oom_kill").value_or(0);
    if (kills > watch.oom_kills) post_(event::CgroupOom{watch.group, false});
    watch.oom_kills = kills;
    return;
  }
  if (const auto at = freezing_.find(watch.group); at != freezing_.end()) {
    const auto done = std::move(at->second);
    freezing_.erase(at);
    done(keyed_value(text, "frozen") == 1U);
  }
  if (keyed_value(text, "populated") == 0U) post_(event::CgroupEmpty{watch.group});
}

}  // namespace init
