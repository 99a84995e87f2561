// Reading of /etc/passwd and /etc/group. [os]
#include "init/os/accounts.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>

#include "unitparser/base/text.h"

namespace init {
namespace {

using unitparser::ErrorCode;
using unitparser::fail;
using unitparser::Result;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

struct User {
  uid_t uid;
  gid_t gid;
};

std::optional<User> user_in_files(const std::string& name) {
  const File file(std::fopen("/etc/passwd", "re"));
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  while (file && ::fgetpwent_r(file.get(), &entry, buffer.data(), buffer.size(), &found) == 0)
    if (name == entry.pw_name) return User{entry.pw_uid, entry.pw_gid};
  return std::nullopt;
}

}  // namespace

Result<uid_t> find_user(const std::string& name) {
  if (const auto number = unitparser::parse_unsigned(name, UINT32_MAX - 1)) return static_cast<uid_t>(*number);
  if (const auto user = user_in_files(name)) return user->uid;
  return fail(ErrorCode::not_found, "no user " + name + " in /etc/passwd");
}

Result<gid_t> find_primary_group(const std::string& user) {
  if (const auto found = user_in_files(user)) return found->gid;
  return fail(ErrorCode::not_found, "no user " + user + " in /etc/passwd");
}

Result<gid_t> find_group(const std::string& name) {
  if (const auto number = unitparser::parse_unsigned(name, UINT32_MAX - 1)) return static_cast<gid_t>(*number);
  const File file(std::fopen("/etc/group", "re"));
  // A group's line names all members: it may be long.
  std::array<char, 65536> buffer{};
  group entry{};
  group* found = nullptr;
  while (file && ::fgetgrent_r(file.get(), &entry, buffer.data(), buffer.size(), &found) == 0)
    if (name == entry.gr_name) return entry.gr_gid;
  return fail(ErrorCode::not_found, "no group " + name + " in /etc/group");
}

}  // namespace init
