// Machine ID, host name, loop-back and locale at boot. [os: files, sethostname, netlink-free ioctl, mount]
#include "init/boot/identity.h"

#include <fcntl.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "unitparser/base/fd.h"
#include "unitparser/syntax/environment.h"

namespace init {
namespace {

using unitparser::UniqueFd;

constexpr const char* machine_id_path = "/etc/machine-id";
constexpr const char* runtime_machine_id_path = "/run/machine-id";

/// Content of a small file, at most 4 KiB; nothing when it cannot be read.
std::optional<std::string> read_small_file(const char* path) {
  const UniqueFd fd(::open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd) return std::nullopt;
  std::array<char, 4096> buffer{};
  const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
  if (got < 0) return std::nullopt;
  return std::string(buffer.data(), static_cast<std::size_t>(got));
}

bool write_small_file(const char* path, std::string_view text, mode_t mode) {
  const UniqueFd fd(::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, mode));
  if (!fd) return false;
  return ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

/// 32 lower-case hexadecimal digits of `text` (dashes dropped), nothing when it is no ID or all zeros.
std::optional<std::string> as_id(std::string_view text) {
  std::string id;
  for (char c : text) {
    if (c == '\n') break;
    if (c == '-') continue;
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return std::nullopt;
    id += c;
  }
  if (id.size() != 32 || id.find_first_not_of('0') == std::string::npos) return std::nullopt;
  return id;
}

/// A random (version 4) ID.
std::string random_id() {
  std::array<unsigned char, 16> bytes{};
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = ::getrandom(bytes.data() + filled, bytes.size() - filled, GRND_INSECURE);
    if (got > 0) filled += static_cast<std::size_t>(got);
    else if (errno != EINTR) break;
  }
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3F) | 0x80);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string id;
  for (unsigned char byte : bytes) {
    id += digits[byte >> 4];
    id += digits[byte & 15];
  }
  return id;
}

std::string choose_id(const std::string& wanted) {
  if (auto id = as_id(wanted)) return *id;
  if (auto text = read_small_file("/var/lib/dbus/machine-id"))
    if (auto id = as_id(*text)) return *id;
  if (const char* uuid = std::getenv("container_uuid"); uuid != nullptr)
    if (auto id = as_id(uuid)) return *id;
  return random_id();
}

bool is_host_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || name.front() == '.' || name.front() == '-') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  });
}

/// First line of /etc/hostname that is neither empty nor a comment.
std::optional<std::string> configured_host_name() {
  const auto text = read_small_file("/etc/hostname");
  if (!text) return std::nullopt;
  std::size_t begin = 0;
  while (begin < text->size()) {
    const std::size_t end = std::min(text->find('\n', begin), text->size());
    std::string line = text->substr(begin, end - begin);
    line.erase(0, line.find_first_not_of(" \t"));
    line.erase(line.find_last_not_of(" \t\r") + 1);
    if (!line.empty() && line[0] != '#') return is_host_name(line) ? std::optional(line) : std::nullopt;
    begin = end + 1;
  }
  return std::nullopt;
}

}  // namespace

MachineId set_up_machine_id(const std::string& wanted) {
  MachineId result;
  const auto existing = read_small_file(machine_id_path);
  if (existing) {
    if (auto id = as_id(*existing); id && wanted.empty()) {
      result.id = *id;
      return result;
    }
  }
  result.first_boot = !existing || existing->starts_with("uninitialized");
  result.id = choose_id(wanted);
  const std::string line = result.id + "\n";
  // During a first boot the file says "uninitialized" until first-boot-complete.target, so that a boot cut short is a
  // first boot again; systemd-machine-id-commit.service then writes what is mounted over it.
  if (!result.first_boot && write_small_file(machine_id_path, line, 0444)) return result;
  if (result.first_boot) (void)write_small_file(machine_id_path, "uninitialized\n", 0444);
  if (!write_small_file(runtime_machine_id_path, line, 0444)) {
    result.problem = "Failed to write /run/machine-id, the machine ID is lost at the next boot.";
    return result;
  }
  if (::mount(runtime_machine_id_path, machine_id_path, nullptr, MS_BIND, nullptr) == 0) {
    (void)::mount(nullptr, machine_id_path, nullptr, MS_BIND | MS_RDONLY | MS_REMOUNT, nullptr);
  } else if (!write_small_file(machine_id_path, line, 0444)) {
    result.problem = std::string("Failed to keep the machine ID: ") + std::strerror(errno);
  }
  return result;
}

unitparser::Result<std::string> set_up_hostname(const std::string& wanted) {
  std::array<char, 65> present{};
  const bool has_one = ::gethostname(present.data(), present.size() - 1) == 0 && present[0] != '\0' && std::strcmp(present.data(), "(none)") != 0;
  std::string name = is_host_name(wanted) ? wanted : std::string();
  if (name.empty()) name = configured_host_name().value_or("");
  if (name.empty()) {
    if (has_one) return std::string();
    name = unitparser::os_release_of({}, [](const std::string& path) { return read_small_file(path.c_str()).value_or(""); })["DEFAULT_HOSTNAME"];
    if (!is_host_name(name)) name = "localhost";
  }
  if (has_one && name == present.data()) return std::string();
  if (::sethostname(name.data(), name.size()) != 0) return unitparser::fail_errno(errno, "Failed to set the host name to " + name);
  return name;
}

std::string set_up_loopback() {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return {};  // a kernel without IPv4 has no loop-back device to bring up
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  if (::ioctl(socket.get(), SIOCGIFFLAGS, &request) != 0) return {};
  if ((request.ifr_flags & IFF_UP) != 0) return {};
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  if (::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0)
    return std::string("Failed to bring the loop-back device up: ") + std::strerror(errno);
  return {};
}

std::vector<std::string> read_locale_environment() {
  std::vector<std::string> lines;
  auto said = unitparser::variables_of(read_small_file("/etc/locale.conf").value_or(""));
  for (const char* key : {"LANG", "LANGUAGE", "LC_CTYPE", "LC_NUMERIC", "LC_TIME", "LC_COLLATE", "LC_MONETARY",
                          "LC_MESSAGES", "LC_PAPER", "LC_NAME", "LC_ADDRESS", "LC_TELEPHONE", "LC_MEASUREMENT",
                          "LC_IDENTIFICATION"}) {
    if (const std::string& value = said[key]; !value.empty()) lines.push_back(std::string(key) + "=" + value);
  }
  if (lines.empty()) lines.emplace_back("LANG=C.UTF-8");  // as systemd built for Debian defaults
  return lines;
}

}  // namespace init
