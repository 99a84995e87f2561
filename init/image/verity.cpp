#include "init/image/verity.h"

#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "init/image/hash_signature.h"
#include "init/program/run_program.h"
#include "unitparser/base/encoding.h"
#include "unitparser/base/fd.h"
#include "unitparser/base/text.h"

namespace init {
namespace {

using unitparser::fail_errno;
using unitparser::Result;
using unitparser::UniqueFd;

constexpr std::size_t hash_text_max = 4096, signature_max = 64U << 10U;
constexpr const char* setup_program = "/lib/systemd/systemd-veritysetup";
const std::string mapper_folder = "/dev/mapper/";
const std::array<std::string, 4> certificate_folders{"/etc/verity.d", "/run/verity.d", "/usr/local/lib/verity.d", "/usr/lib/verity.d"};

/// The content of a small file; nothing where there is none.
Result<std::optional<std::string>> content_of(const std::string& path, std::size_t limit) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file && errno == ENOENT) return std::optional<std::string>();
  if (!file) return fail_errno(errno, path);
  std::string bytes(limit, '\0');
  const ssize_t n = ::read(file.get(), bytes.data(), bytes.size());
  if (n < 0) return fail_errno(errno, path);
  bytes.resize(static_cast<std::size_t>(n));
  return std::optional(std::move(bytes));
}

std::optional<std::string> attribute_of(const std::string& path, const char* name, std::size_t limit) {
  std::string bytes(limit, '\0');
  const ssize_t n = ::getxattr(path.c_str(), name, bytes.data(), bytes.size());
  if (n < 0) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(n));
  return bytes;
}

/// Of a file that the unit names, or of what belongs to the image.
Result<std::optional<std::string>> find(const std::string& named, const std::string& beside, const std::string& image, const char* attribute, std::size_t limit) {
  if (!named.empty()) {
    auto content = TRY(content_of(named, limit));
    if (!content) return fail_errno(ENOENT, named);
    return content;
  }
  if (auto bytes = attribute_of(image, attribute, limit)) return bytes;
  return content_of(beside, limit);
}

/// Asks the device mapper about, or something of, a device.
int control(const std::string& name, unsigned long request, std::uint32_t flags, dm_ioctl& command) {
  const UniqueFd mapper(::open("/dev/mapper/control", O_RDWR | O_CLOEXEC));
  if (!mapper) return errno;
  command = {};
  command.version[0] = DM_VERSION_MAJOR;
  command.data_size = sizeof command;
  command.flags = flags;
  std::strncpy(command.name, name.c_str(), sizeof command.name - 1);
  return ::ioctl(mapper.get(), request, &command) < 0 ? errno : 0;
}

/// The number of a device; none where there is no device of the name.
std::optional<unsigned> number_of(const std::string& name) {
  dm_ioctl command{};
  if (control(name, DM_DEV_STATUS, 0, command) != 0) return std::nullopt;
  return minor(static_cast<dev_t>(command.dev));
}

}  // namespace

Result<Verity> find_verity(const unitparser::VeritySettings& wanted, const std::string& image) {
  std::string stem = image;
  if (stem.ends_with(".raw")) stem.resize(stem.size() - 4);
  Verity verity{wanted.root_hash, wanted.signature, wanted.tree_path};
  if (verity.root_hash.empty()) {
    const auto text = TRY(find(wanted.root_hash_path, stem + ".roothash", image, "user.verity.roothash", hash_text_max));
    if (text) {
      auto hash = unitparser::decode_hex(unitparser::trim(*text));
      if (!hash || hash->size() < 16) return fail_errno(EINVAL, "The root hash of " + image + " is none");
      verity.root_hash = std::move(*hash);
    }
  }
  if (verity.root_hash.empty()) return verity;
  if (verity.signature.empty()) {
    auto bytes = TRY(find(wanted.signature_path, stem + ".roothash.p7s", image, "user.verity.roothashsig", signature_max));
    if (bytes) verity.signature = std::move(*bytes);
  }
  if (verity.tree_path.empty() && ::access((stem + ".verity").c_str(), F_OK) == 0) verity.tree_path = stem + ".verity";
  return verity;
}

Result<CheckedDevice> open_checked(const Verity& verity, const std::string& data, const std::string& tree) {
  const std::string hash = unitparser::encode_hex(verity.root_hash);
  CheckedDevice device{hash + "-verity", {}};
  const std::vector<std::string> unsigned_arguments{setup_program, "attach", device.name, data, tree, hash};
  std::vector<std::string> arguments = unsigned_arguments;
  if (!verity.signature.empty()) arguments.push_back("root-hash-signature=base64:" + unitparser::encode_base64(verity.signature));
  std::vector<std::string> environment = plain_environment();
  environment.emplace_back("DM_DISABLE_UDEV=1");  // udev may be out of reach from here, and what waits for it would wait for long
  constexpr int most_attempts = 10;  // one that there was already may go before we have it
  for (int attempt = 0; !device.opened; ++attempt) {
    if (attempt == most_attempts) return fail_errno(EBUSY, device.name);
    auto attached = run_program({.arguments = arguments, .environment = environment});
    if (!attached && arguments.size() > unsigned_arguments.size() && is_signed_by_trusted(hash, verity.signature, certificate_folders)) {
      arguments = unsigned_arguments;  // the kernel does not know who signed it, but the administrator does
      attached = run_program({.arguments = arguments, .environment = environment});
    }
    TRY(std::move(attached));
    const auto number = number_of(device.name);
    if (!number) continue;
    device.node = "/dev/dm-" + std::to_string(*number);
    device.opened.reset(::open(device.node.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (number_of(device.name) != number) device.opened.reset();
  }
  // The node that was made without udev would outlive the device.
  struct stat info {};
  const std::string node = mapper_folder + device.name;
  if (::lstat(node.c_str(), &info) == 0 && S_ISBLK(info.st_mode)) ::unlink(node.c_str());
  return device;
}

void release_checked(const CheckedDevice& device) {
  dm_ioctl command{};
  (void)control(device.name, DM_DEV_REMOVE, DM_DEFERRED_REMOVE, command);
}

}  // namespace init
