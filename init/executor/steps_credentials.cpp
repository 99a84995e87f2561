// Credentials: a small unswappable file system, filled once for each start of the unit, read-only afterwards. [os]
#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

#include "init/executor/context.h"
#include "init/program/run_program.h"
#include "unitparser/base/encoding.h"

namespace executor {
namespace {

constexpr std::size_t credential_bytes_max = 1U << 20U;   // documented limit of all credentials together
constexpr std::size_t file_bytes_max = 2 * credential_bytes_max;   // encrypted and in base64 it is longer
constexpr std::size_t credential_name_max = 255;

/// Collects what there is, and writes it out.
class Store {
 public:
  explicit Store(Context& context) : context_(context) {}

  /// The first source named wins.
  Done put(const std::string& id, const std::string& data) {
    total_ += id.size() + data.size();
    if (total_ > credential_bytes_max) return unitparser::fail_errno(E2BIG, "Credentials are too big");
    found_.try_emplace(id, data);
    return {};
  }

  Done put(const unitparser::CredentialData& set) {
    if (!set.encrypted) return put(set.id, set.data);
    return put_source(set.id, unitparser::encode_base64(set.data), true);
  }

  [[nodiscard]] bool has(const std::string& id) const { return found_.contains(id); }

  Done write(const std::string& folder) const {
    const uid_t uid = context_.user.uid;
    for (const auto& [id, data] : found_) {
      UniqueFd fd(::open((folder + "/" + id).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0400));
      if (!fd) return failed("Failed to create credential " + id);
      if (::write(fd.get(), data.data(), data.size()) != static_cast<ssize_t>(data.size()))
        return failed("Failed to write credential " + id);
      if (uid != static_cast<uid_t>(-1) && uid != 0 && ::fchown(fd.get(), uid, static_cast<gid_t>(-1)) < 0)
        return failed("Failed to give away credential " + id);
    }
    return {};
  }

  Done load(const unitparser::CredentialSource& source) {
    if (!source.path.starts_with('/')) return find(source);
    struct stat info {};
    if (::stat(source.path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return load_folder(source);
    auto data = S_ISSOCK(info.st_mode) ? read_socket(source) : read_file(source.path, file_bytes_max);
    if (data) return put_source(source.id, *data, source.encrypted);
    const bool has_default = std::any_of(context_.plan.credentials.set.begin(), context_.plan.credentials.set.end(),
                                         [&](const auto& set) { return set.id == source.id; });
    if (data.error().os_errno == ENOENT && has_default) return {};
    return tl::unexpected(std::move(data.error()));
  }

 private:
  /// `content` is the credential itself or, encrypted, what systemd-creds(1) made of it.
  Done put_source(const std::string& id, const std::string& content, bool encrypted) {
    if (!encrypted) return put(id, content);
    auto data = init::run_program({.arguments = {"/usr/bin/systemd-creds", "decrypt", "--name=" + id, "-", "-"},
                                   .environment = init::plain_environment(),
                                   .input = content,
                                   .output_max = credential_bytes_max});
    if (data) return put(id, *data);
    data.error().message = "Failed to decrypt credential " + id + ": " + data.error().message;
    return tl::unexpected(std::move(data.error()));
  }

  /// One that is in none of the folders is no error.
  Done find(const unitparser::CredentialSource& source) {
    const init::CredentialFolders& search = context_.plan.credentials.search;
    std::vector<std::string> folders = source.encrypted ? search.encrypted : std::vector<std::string>();
    folders.insert(folders.end(), search.plain.begin(), search.plain.end());
    for (const std::string& folder : folders) {
      auto data = read_file(folder + "/" + source.path, file_bytes_max);
      if (data) return put_source(source.id, *data, source.encrypted);
      if (data.error().os_errno != ENOENT) return tl::unexpected(std::move(data.error()));
    }
    return {};
  }

  Done load_folder(const unitparser::CredentialSource& source) {
    DIR* directory = ::opendir(source.path.c_str());
    if (directory == nullptr) return failed("Failed to open " + source.path);
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(directory)) {
      if (entry->d_name[0] != '.' && names.size() < 1000) names.emplace_back(entry->d_name);
    }
    ::closedir(directory);
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
      const std::string id = source.id + "_" + name;
      struct stat info {};
      const std::string file = source.path + "/" + name;
      if (id.size() > credential_name_max || ::stat(file.c_str(), &info) < 0 || !S_ISREG(info.st_mode)) continue;
      const std::string data = TRY(read_file(file, file_bytes_max));
      TRY(put_source(id, data, source.encrypted));
    }
    return {};
  }

  /// A service that hands the credential out; it learns from our address which unit and credential are meant.
  Result<std::string> read_socket(const unitparser::CredentialSource& source) {
    constexpr timeval patience{10, 0};
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd) return failed("Failed to make a socket");
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    char random[17];
    std::snprintf(random, sizeof random, "%016llx", static_cast<unsigned long long>(::getpid()) * 0x9E3779B97F4A7C15ULL);
    const std::string own = std::string(1, '\0') + random + "/unit/" + context_.plan.process.unit + "/" + source.id;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, own.data(), std::min(own.size(), sizeof address.sun_path));
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::min(own.size(), sizeof address.sun_path));
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) < 0) return failed("Failed to bind a socket");
    address = {};
    address.sun_family = AF_UNIX;
    if (source.path.size() >= sizeof address.sun_path) return unitparser::fail_errno(ENAMETOOLONG, source.path);
    std::memcpy(address.sun_path, source.path.data(), source.path.size());
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
      return failed("Failed to connect to " + source.path);
    std::string data;
    char buffer[4096];
    for (;;) {
      const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
      if (n < 0) return failed("Failed to read from " + source.path);
      if (n == 0) return data;
      data.append(buffer, static_cast<std::size_t>(n));
      if (data.size() > file_bytes_max) return unitparser::fail_errno(E2BIG, "Failed to read from " + source.path);
    }
  }

  Context& context_;
  std::map<std::string, std::string> found_;
  std::size_t total_ = 0;
};

bool is_filled(const std::string& folder) {
  struct statfs here {};
  struct statfs above {};
  if (::statfs(folder.c_str(), &here) < 0 || ::statfs((folder + "/..").c_str(), &above) < 0) return false;
  constexpr long ramfs_magic = 0x858458f6;
  return static_cast<long>(here.f_type) == ramfs_magic && here.f_type != above.f_type;
}

}  // namespace

Done step_credentials(Context& context) {
  const auto& plan = context.plan.credentials;
  if (is_filled(plan.directory)) return {};
  TRY(make_parents(plan.directory.substr(0, plan.directory.rfind('/'))));
  if (::mkdir(plan.directory.c_str(), 0700) < 0 && errno != EEXIST) return failed("Failed to create " + plan.directory);
  Store store(context);
  for (const auto& source : plan.load) TRY(store.load(source));
  for (const auto& set : plan.set) {
    if (!store.has(set.id)) TRY(store.put(set));
  }
  constexpr unsigned long flags = MS_NODEV | MS_NOEXEC | MS_NOSUID;
  const bool mounted = ::mount("ramfs", plan.directory.c_str(), "ramfs", flags, "mode=0700") == 0 ||
                       ::mount("tmpfs", plan.directory.c_str(), "tmpfs", flags, "mode=0700,size=1m") == 0;
  if (!mounted) context.log.warning("Credentials cannot have a file system of their own, using a plain directory", errno);
  TRY(store.write(plan.directory));
  if (context.user.uid != static_cast<uid_t>(-1) && context.user.uid != 0 &&
      (::chmod(plan.directory.c_str(), 0500) < 0 || ::chown(plan.directory.c_str(), context.user.uid, static_cast<gid_t>(-1)) < 0))
    return failed("Failed to give away " + plan.directory);
  if (mounted && ::mount(nullptr, plan.directory.c_str(), nullptr, MS_REMOUNT | MS_RDONLY | flags, nullptr) < 0)
    return failed("Failed to make credentials read-only");
  return {};
}

}  // namespace executor
