#include "journal/daemon/sender.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "journal/store/directory.h"
#include "journal/text/id128.h"
#include "journal/text/levels.h"
#include "unitparser/base/text.h"

namespace journal {
namespace {

constexpr std::uint64_t refresh_interval = 1'000'000;
constexpr std::size_t most_senders = 512;
constexpr std::size_t longest_command_line = 16384;
constexpr std::size_t most_extra_fields = 1024;
constexpr std::size_t longest_filter = 1024 * 1024;

std::string read_proc(pid_t pid, const char* name, std::size_t limit = 4096) {
  return read_small_file("/proc/" + std::to_string(pid) + "/" + name, limit).value_or(std::string());
}

std::string read_link(const std::string& path) {
  std::array<char, 4096> target;
  const ssize_t n = ::readlink(path.c_str(), target.data(), target.size());
  return n > 0 ? std::string(target.data(), static_cast<std::size_t>(n)) : std::string();
}

std::string without_newline(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\0')) text.pop_back();
  return text;
}

/// Value of a "Name:\tvalue" line of /proc/PID/status.
std::string_view status_value(std::string_view status, std::string_view name) {
  std::size_t at = status.find(name);
  while (at != std::string_view::npos && at != 0 && status[at - 1] != '\n') at = status.find(name, at + 1);
  if (at == std::string_view::npos) return {};
  std::string_view line = status.substr(at + name.size());
  line = line.substr(0, line.find('\n'));
  line.remove_prefix(std::min(line.find_first_not_of(" \t:"), line.size()));
  return line;
}

/// Second column (effective id) of the Uid and Gid lines.
template <class Id>
Id effective_id(std::string_view columns) {
  Id id = static_cast<Id>(-1);
  std::from_chars(columns.data(), columns.data() + columns.size(), id);
  return id;
}

std::string command_line_of(std::string_view raw) {
  while (!raw.empty() && raw.back() == '\0') raw.remove_suffix(1);
  if (raw.empty()) return {};
  std::vector<std::string> arguments;
  for (const std::string_view argument : unitparser::split_at(raw, '\0')) arguments.emplace_back(argument);
  return unitparser::quote_command_line(arguments);
}

/// Ids that the audit system has not set are all ones.
bool is_set_audit_id(std::string_view id) { return !id.empty() && id != "4294967295"; }

}  // namespace

SenderCache::SenderCache(const DaemonPaths& paths, Accounts& accounts)
    : accounts_(accounts), limits_(paths.root), units_folder_(paths.units + "/"), user_run_folder_(paths.root + "/run/user/"),
      cgroup_mount_(paths.root + "/sys/fs/cgroup") {
  // Paths are relative to where PID 1 has put itself: in a container that is not the top.
  const std::string own = read_proc(1, "cgroup");
  if (const auto path = find_cgroup_path(own)) {
    std::string_view root = *path;
    for (const std::string_view scope : {"/init.scope", "/system.slice", "/system"})
      if (root.ends_with(scope)) {
        root.remove_suffix(scope.size());
        break;
      }
    if (root != "/") cgroup_root_ = root;
  }
}

SenderCache::ProcessFacts SenderCache::read_process(pid_t pid) const {
  ProcessFacts facts;
  facts.comm = without_newline(read_proc(pid, "comm"));
  facts.exe = read_link("/proc/" + std::to_string(pid) + "/exe");
  facts.command_line = command_line_of(read_proc(pid, "cmdline", longest_command_line));
  const std::string status = read_proc(pid, "status");
  std::string_view capabilities = status_value(status, "CapEff");
  capabilities.remove_prefix(std::min(capabilities.find_first_not_of('0'), capabilities.size()));
  if (!status.empty()) facts.capabilities = capabilities.empty() ? "0" : capabilities;
  facts.uid = effective_id<uid_t>(status_value(status, "Uid"));
  facts.gid = effective_id<gid_t>(status_value(status, "Gid"));
  facts.label = read_proc(pid, "attr/current");
  facts.audit_session = without_newline(read_proc(pid, "sessionid"));
  facts.login_uid = without_newline(read_proc(pid, "loginuid"));
  const std::string cgroup = read_proc(pid, "cgroup");
  if (const auto path = find_cgroup_path(cgroup)) {
    std::string_view relative = *path;
    if (!cgroup_root_.empty() && relative.starts_with(cgroup_root_)) relative.remove_prefix(cgroup_root_.size());
    // COMPAT: the root group is nobody's place: processes are there before they are sorted, or where nothing sorts them.
    if (relative != "/") facts.cgroup = relative;
  }
  return facts;
}

void SenderCache::read_unit_settings(Sender& sender, const std::string& folder, std::vector<std::string>& fields) {
  const std::string id = read_link(folder + "invocation:" + sender.unit);
  if (parse_id(id)) fields.push_back("_SYSTEMD_INVOCATION_ID=" + id);

  sender.max_level = parse_level(read_link(folder + "log-level-max:" + sender.unit)).value_or(-1);

  sender.rate_interval = UINT64_MAX;
  sender.rate_burst = UINT32_MAX;
  const std::string interval = read_link(folder + "log-rate-limit-interval:" + sender.unit);
  const std::string burst = read_link(folder + "log-rate-limit-burst:" + sender.unit);
  std::from_chars(interval.data(), interval.data() + interval.size(), sender.rate_interval);
  std::from_chars(burst.data(), burst.data() + burst.size(), sender.rate_burst);

  const auto extra = read_small_file(folder + "log-extra-fields:" + sender.unit, 1024 * 1024);
  std::string_view rest = extra ? std::string_view(*extra) : std::string_view{};
  for (std::size_t i = 0; i < most_extra_fields && rest.size() >= sizeof(std::uint64_t); ++i) {
    std::uint64_t size = 0;
    std::memcpy(&size, rest.data(), sizeof size);
    rest.remove_prefix(sizeof size);
    if (size > rest.size()) break;
    const std::string_view field = rest.substr(0, size);
    if (field.find('=') != std::string_view::npos && field[0] != '=') fields.emplace_back(field);
    rest.remove_prefix(size);
  }
}

std::string SenderCache::filter_of_group(const std::string& group) const {
  if (group.empty()) return {};
  const std::string path = cgroup_mount_ + cgroup_root_ + group;
  const auto read = [&path](char* to, std::size_t room) { return ::getxattr(path.c_str(), LogFilter::attribute_name, to, room); };
  const ssize_t size = read(nullptr, 0);
  if (size <= 0) return {};
  struct stat st = {};
  // DIFFERS: a group that was given to a user can have patterns from that user, who could write some that keep the log busy.
  if (::stat(path.c_str(), &st) < 0 || st.st_uid != 0) return {};
  std::string attribute(static_cast<std::size_t>(size), '\0');
  if (read(attribute.data(), attribute.size()) != size) return {};  // it changes just now: the next look is in a second
  return attribute;
}

std::shared_ptr<const LogFilter> SenderCache::find_filter(const std::string& unit, const std::string& group) {
  const auto told = read_small_file(units_folder_ + "log-filter-patterns:" + unit, longest_filter);
  const std::string attribute = told ? *told : filter_of_group(group);
  if (attribute.empty()) return nullptr;
  if (filters_.size() >= most_senders) std::erase_if(filters_, [](const auto& known) { return known.second.expired(); });
  std::weak_ptr<const LogFilter>& known = filters_[attribute];
  if (auto filter = known.lock()) return filter;
  std::vector<std::string> refused;
  const auto filter = std::make_shared<const LogFilter>(attribute, refused);
  for (std::string& why : refused) refused_.push_back({unit, std::move(why)});
  known = filter;
  return filter;
}

void SenderCache::read_sender(Sender& sender, const SenderCredentials& credentials, const ProcessFacts& facts,
                              std::string_view unit_hint, std::uint64_t now) {
  sender.pid = credentials.pid;
  sender.uid = credentials.uid != static_cast<uid_t>(-1) ? credentials.uid : facts.uid;
  sender.gid = credentials.gid != static_cast<gid_t>(-1) ? credentials.gid : facts.gid;
  sender.comm = facts.comm;
  std::vector<std::string> fields;
  const auto add = [&fields](const char* name, std::string_view value) {
    if (value.empty()) return;
    fields.emplace_back(name).append("=").append(value);
  };
  add("_PID", std::to_string(sender.pid));
  if (sender.uid != static_cast<uid_t>(-1)) add("_UID", std::to_string(sender.uid));
  if (sender.gid != static_cast<gid_t>(-1)) add("_GID", std::to_string(sender.gid));
  add("_COMM", facts.comm);
  add("_EXE", facts.exe);
  add("_CMDLINE", facts.command_line);
  add("_CAP_EFFECTIVE", facts.capabilities);
  add("_SELINUX_CONTEXT", credentials.label.empty() ? std::string_view(facts.label) : credentials.label);
  if (is_set_audit_id(facts.audit_session)) add("_AUDIT_SESSION", facts.audit_session);
  if (is_set_audit_id(facts.login_uid)) add("_AUDIT_LOGINUID", facts.login_uid);

  const CgroupIdentity identity = facts.cgroup.empty() ? CgroupIdentity{} : identify_cgroup(facts.cgroup);
  sender.is_hinted = identity.unit.empty();
  sender.unit = sender.is_hinted ? std::string(unit_hint) : identity.unit;
  if (sender.unit.find('/') != std::string::npos) sender.unit.clear();
  add("_SYSTEMD_CGROUP", facts.cgroup);
  add("_SYSTEMD_SESSION", identity.session);
  add("_SYSTEMD_OWNER_UID", identity.owner_uid);
  add("_SYSTEMD_UNIT", sender.unit);
  add("_SYSTEMD_USER_UNIT", identity.user_unit);
  add("_SYSTEMD_SLICE", identity.slice);
  add("_SYSTEMD_USER_SLICE", identity.user_slice);
  if (!identity.user_unit.empty()) {
    // What the user's manager says of its unit counts for the user's unit.
    Sender of_user;
    of_user.unit = identity.user_unit;
    read_unit_settings(of_user, user_run_folder_ + std::to_string(sender.uid) + "/systemd/units/", fields);
  } else if (!sender.unit.empty()) {
    read_unit_settings(sender, units_folder_, fields);
  }

  sender.owner = sender.uid == static_cast<uid_t>(-1) ? 0 : sender.uid;
  if (sender.owner > 0 && !identity.owner_uid.empty())
    std::from_chars(identity.owner_uid.data(), identity.owner_uid.data() + identity.owner_uid.size(), sender.owner);
  sender.has_session = !identity.session.empty() && sender.owner > 0;
  sender.filter = sender.unit.empty() ? nullptr : find_filter(sender.unit, identity.unit_group);
  sender.own = sender.unit.empty() ? OwnFiles{} : limits_.find(sender.unit, now);
  sender.account = &accounts_.of(sender.unit);
  std::string fingerprint;
  for (const std::string& field : fields) fingerprint.append(field).push_back('\0');
  if (fingerprint != sender.fingerprint) {
    sender.fingerprint = std::move(fingerprint);
    sender.fields.set(std::move(fields));
  }
}

void SenderCache::evict() {
  std::vector<std::pair<std::uint64_t, pid_t>> by_age;
  by_age.reserve(senders_.size());
  for (const auto& [pid, sender] : senders_) by_age.emplace_back(sender->used_at, pid);
  const auto middle = by_age.begin() + static_cast<std::ptrdiff_t>(by_age.size() / 2);
  std::nth_element(by_age.begin(), middle, by_age.end());
  for (auto it = by_age.begin(); it != middle; ++it) senders_.erase(it->second);
}

Sender& SenderCache::find(const SenderCredentials& credentials, std::string_view unit_hint, std::uint64_t now) {
  auto found = senders_.find(credentials.pid);
  if (found == senders_.end()) {
    if (senders_.size() >= most_senders) evict();
    found = senders_.emplace(credentials.pid, std::make_unique<Sender>()).first;
  }
  Sender& sender = *found->second;
  const bool other_process = sender.read_at != 0 && credentials.uid != static_cast<uid_t>(-1) &&
                             (sender.uid != credentials.uid || sender.gid != credentials.gid);
  const bool other_stream = sender.is_hinted && sender.unit != unit_hint;
  const bool is_new = sender.read_at == 0 || other_process || other_stream;
  if (is_new || now - sender.read_at > refresh_interval) {
    const ProcessFacts facts = read_process(credentials.pid);
    // Of a process that has ended meanwhile the last that was known holds.
    if (is_new || !facts.has_ended()) read_sender(sender, credentials, facts, unit_hint, now);
    sender.read_at = now;
  }
  sender.used_at = now;
  return sender;
}

std::vector<std::string> SenderCache::object_fields(pid_t pid) {
  const ProcessFacts facts = read_process(pid);
  std::vector<std::string> fields;
  const auto add = [&fields](const char* name, std::string_view value) {
    if (value.empty()) return;
    fields.emplace_back(name).append("=").append(value);
  };
  if (facts.uid != static_cast<uid_t>(-1)) add("OBJECT_UID", std::to_string(facts.uid));
  if (facts.gid != static_cast<gid_t>(-1)) add("OBJECT_GID", std::to_string(facts.gid));
  add("OBJECT_COMM", facts.comm);
  add("OBJECT_EXE", facts.exe);
  add("OBJECT_CMDLINE", facts.command_line);
  add("OBJECT_CAP_EFFECTIVE", facts.capabilities);
  add("OBJECT_SELINUX_CONTEXT", facts.label);
  if (is_set_audit_id(facts.audit_session)) add("OBJECT_AUDIT_SESSION", facts.audit_session);
  if (is_set_audit_id(facts.login_uid)) add("OBJECT_AUDIT_LOGINUID", facts.login_uid);
  if (facts.cgroup.empty()) return fields;
  const CgroupIdentity identity = identify_cgroup(facts.cgroup);
  add("OBJECT_SYSTEMD_CGROUP", facts.cgroup);
  add("OBJECT_SYSTEMD_SESSION", identity.session);
  add("OBJECT_SYSTEMD_OWNER_UID", identity.owner_uid);
  add("OBJECT_SYSTEMD_UNIT", identity.unit);
  add("OBJECT_SYSTEMD_USER_UNIT", identity.user_unit);
  add("OBJECT_SYSTEMD_SLICE", identity.slice);
  add("OBJECT_SYSTEMD_USER_SLICE", identity.user_slice);
  const std::string id = read_link(units_folder_ + "invocation:" + identity.unit);
  if (parse_id(id)) add("OBJECT_SYSTEMD_INVOCATION_ID", id);
  return fields;
}

}  // namespace journal
