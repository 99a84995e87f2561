// DynamicUser=: a user number of the dynamic range, held by a lock for as long as the unit lives. [os]
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "init/executor/accounts.h"
#include "init/executor/context.h"
#include "init/exec/dynamic_user.h"

namespace executor {
namespace {

constexpr uid_t dynamic_uid_first = 61184;  // systemd(1)'s documented range
constexpr uid_t dynamic_uid_last = 65519;
const std::string folder = init::dynamic_user_folder;

std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

/// Locks the number's file; the name is written into it. An invalid descriptor: taken by another.
Result<UniqueFd> lock_number(uid_t uid, const std::string& name) {
  const std::string path = folder + "/" + std::to_string(uid);
  for (;;) {
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return failed("Failed to open " + path);
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) < 0) {
      if (errno == EWOULDBLOCK) return UniqueFd();
      return failed("Failed to lock " + path);
    }
    struct stat ours {};
    struct stat there {};
    // Somebody may have removed the file between open and lock: then the lock means nothing.
    if (::fstat(fd.get(), &ours) < 0 || ::stat(path.c_str(), &there) < 0 || ours.st_ino != there.st_ino) continue;
    const std::string line = name + "\n";
    if (::pwrite(fd.get(), line.data(), line.size(), 0) < 0 || ::ftruncate(fd.get(), static_cast<off_t>(line.size())) < 0)
      return failed("Failed to write " + path);
    return fd;
  }
}

/// Links by which name services find name and number: "direct:NAME" → number, "direct:NUMBER" → name.
void make_links(uid_t uid, const std::string& name) {
  const std::string number = std::to_string(uid);
  const std::string by_name = folder + "/direct:" + name;
  const std::string by_number = folder + "/direct:" + number;
  ::unlink(by_name.c_str());
  ::unlink(by_number.c_str());
  if (::symlink(number.c_str(), by_name.c_str()) < 0 || ::symlink(name.c_str(), by_number.c_str()) < 0) errno = 0;
}

/// The number that a former run left its folders to, so that a service mostly keeps its own.
uid_t former_owner(const Context& context) {
  for (const auto& directory : context.plan.directories.create) {
    const auto kind = static_cast<std::size_t>(directory.kind);
    const std::string path = context.plan.directories.prefixes[kind] + "/private/" + directory.path;
    struct stat info {};
    if (::stat(path.c_str(), &info) == 0 && info.st_uid >= dynamic_uid_first && info.st_uid <= dynamic_uid_last)
      return info.st_uid;
  }
  return 0;
}

void become(Context& context, uid_t uid) {
  User& user = context.user;
  user.known = true;
  user.name = context.plan.identity.dynamic_user_name;
  user.uid = uid;
  user.gid = static_cast<gid_t>(uid);
  user.home.clear();
  user.shell.clear();
}

}  // namespace

Done allocate_dynamic_user(Context& context) {
  const std::string& name = context.plan.identity.dynamic_user_name;
  const auto& pair = context.plan.descriptors.dynamic_user;
  // A user of that name that exists is simply used.
  if (const auto account = find_account(name); account && account->uid < dynamic_uid_first) {
    become(context, account->uid);
    context.user.gid = account->gid;
    return {};
  }
  if (pair[0] < 0) return unitparser::fail_errno(EBADF, "No place to keep the dynamic user");
  const PairLock lock(pair[0]);
  if (auto kept = receive_fd(pair[0])) {
    // An earlier process of the unit has the number: read it from the lock file's name, put the lock back.
    char target[64] = {};
    const std::string link = "/proc/self/fd/" + std::to_string(kept->get());
    const ssize_t size = ::readlink(link.c_str(), target, sizeof target - 1);
    TRY(send_fd(pair[1], kept->get()));
    if (size <= 0) return failed("Failed to read the dynamic user's number");
    const char* digits = std::strrchr(target, '/');
    become(context, static_cast<uid_t>(std::atoi(digits != nullptr ? digits + 1 : target)));
    return {};
  }
  TRY(make_parents(folder));
  uid_t candidate = former_owner(context);
  std::uint64_t random = hash_of(name);
  constexpr int attempts = 100;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    if (candidate == 0) candidate = dynamic_uid_first + static_cast<uid_t>(random % (dynamic_uid_last - dynamic_uid_first + 1));
    auto fd = TRY(lock_number(candidate, name));
    if (fd && !uid_in_use(candidate)) {
      make_links(candidate, name);
      TRY(send_fd(pair[1], fd.get()));
      become(context, candidate);
      return {};
    }
    candidate = 0;
    if (::getrandom(&random, sizeof random, GRND_NONBLOCK) < 0) random = random * 6364136223846793005U + 1442695040888963407U;
  }
  return unitparser::fail_errno(EBUSY, "Failed to allocate a dynamic user");
}

}  // namespace executor
