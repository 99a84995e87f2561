// A reader of /etc/passwd and /etc/group that spares loading name-service modules in the common case. [os]
#include "init/executor/accounts.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <string_view>

#include "init/executor/name_services.h"
#include "unitparser/base/fd.h"
#include "unitparser/base/text.h"

namespace executor {
namespace {

using unitparser::split_at;

constexpr std::size_t accounts_bytes_max = 32U << 20U;

std::string read_whole(const char* path) {
  const unitparser::UniqueFd fd(::open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) < 0 || !S_ISREG(info.st_mode)) return {};
  std::string content(std::min(static_cast<std::size_t>(info.st_size), accounts_bytes_max), '\0');
  std::size_t size = 0;
  while (size < content.size()) {
    const ssize_t n = ::read(fd.get(), content.data() + size, content.size() - size);
    if (n <= 0) break;
    size += static_cast<std::size_t>(n);
  }
  content.resize(size);
  return content;
}

/// Read once: a process asks several times.
const std::string& content_of(const char* path) {
  static std::map<std::string, std::string> contents;
  const auto [at, is_new] = contents.try_emplace(path);
  if (is_new) at->second = read_whole(path);
  return at->second;
}

/// Calls f(fields) for each line of a colon-separated file until it returns true.
template <class F>
bool any_line(const char* path, F f) {
  const std::string& content = content_of(path);
  std::string_view rest = content;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.empty() || line.front() == '#' || line.front() == '+' || line.front() == '-') continue;
    if (f(split_at(line, ':'))) return true;
  }
  return false;
}

template <class Id>
std::optional<Id> parse_id(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), unitparser::is_digit)) return std::nullopt;
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  const auto number = unitparser::parse_unsigned(text, 0xFFFFFFFE, 10);
  if (!number || *number == 0xFFFF) return std::nullopt;
  return static_cast<Id>(*number);
}

/// Membership comes from /etc/group alone: nothing but files and systemd's own synthesised users answers.
bool only_local_groups() {
  const std::string& content = content_of("/etc/nsswitch.conf");
  std::string_view rest = content;
  while (!rest.empty()) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    line = line.substr(0, line.find('#'));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view database = unitparser::trim(line.substr(0, colon));
    if (database != "group" && database != "initgroups") continue;
    for (const std::string_view source : unitparser::split_whitespace(line.substr(colon + 1)))
      if (source != "files" && source != "systemd" && source.front() != '[') return false;
  }
  return true;
}

std::optional<Account> from_line(const std::vector<std::string_view>& fields) {
  if (fields.size() < 7) return std::nullopt;
  const auto uid = parse_id<uid_t>(fields[2]);
  const auto gid = parse_id<gid_t>(fields[3]);
  if (!uid || !gid) return std::nullopt;
  return Account{std::string(fields[0]), *uid, *gid, std::string(fields[5]), std::string(fields[6])};
}

}  // namespace

std::optional<Account> find_account(const std::string& name_or_uid) {
  const auto number = parse_id<uid_t>(name_or_uid);
  if (name_or_uid == "root" || number == uid_t{0})
    return Account{"root", 0, 0, "/root", ::access("/bin/bash", X_OK) == 0 ? "/bin/bash" : "/bin/sh"};
  if (name_or_uid == "nobody" || number == uid_t{65534}) return Account{"nobody", 65534, 65534, "/", "/usr/sbin/nologin"};
  std::optional<Account> result;
  any_line("/etc/passwd", [&](const std::vector<std::string_view>& fields) {
    const bool match = number ? fields.size() > 2 && fields[2] == name_or_uid : fields[0] == name_or_uid;
    if (match) result = from_line(fields);
    return result.has_value();
  });
  if (result) return result;
  return number ? ask_for_uid(*number) : ask_for_user(name_or_uid);
}

std::optional<gid_t> find_group(const std::string& name_or_gid) {
  if (const auto number = parse_id<gid_t>(name_or_gid)) return number;
  if (name_or_gid == "root") return gid_t{0};
  std::optional<gid_t> result;
  any_line("/etc/group", [&](const std::vector<std::string_view>& fields) {
    if (fields.size() > 2 && fields[0] == name_or_gid) result = parse_id<gid_t>(fields[2]);
    return result.has_value();
  });
  if (result) return result;
  return ask_for_group(name_or_gid);
}

std::vector<gid_t> groups_of(const std::string& user, gid_t gid) {
  std::vector<gid_t> groups{gid};
  if (only_local_groups()) {
    any_line("/etc/group", [&](const std::vector<std::string_view>& fields) {
      if (fields.size() < 4) return false;
      const auto members = split_at(fields[3], ',');
      if (std::find(members.begin(), members.end(), user) == members.end()) return false;
      const auto id = parse_id<gid_t>(fields[2]);
      if (id && std::find(groups.begin(), groups.end(), *id) == groups.end()) groups.push_back(*id);
      return false;
    });
    return groups;
  }
  return ask_for_groups(user, gid);
}

bool needs_name_services(const std::string& user, const std::vector<std::string>& groups) {
  const auto known_user = [](const std::string& name) {
    const bool is_number = parse_id<uid_t>(name).has_value();
    return name.empty() || name == "root" || name == "nobody" || name == "0" ||
           any_line("/etc/passwd", [&](const std::vector<std::string_view>& fields) { return is_number ? fields.size() > 2 && fields[2] == name : fields[0] == name; });
  };
  const auto known_group = [](const std::string& name) {
    return name.empty() || parse_id<gid_t>(name) || name == "root" ||
           any_line("/etc/group", [&](const std::vector<std::string_view>& fields) { return fields[0] == name; });
  };
  const bool asks_for_membership = !user.empty() && user != "root";
  return !known_user(user) || !std::all_of(groups.begin(), groups.end(), known_group) ||
         (asks_for_membership && !only_local_groups());
}

bool uid_in_use(uid_t uid) {
  const std::string text = std::to_string(uid);
  const auto has = [&](const std::vector<std::string_view>& fields) { return fields.size() > 2 && fields[2] == text; };
  return any_line("/etc/passwd", has) || any_line("/etc/group", has);
}

}  // namespace executor
