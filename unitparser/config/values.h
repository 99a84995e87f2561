// Value types that several config structs use. [pure]
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "unitparser/base/enum_names.h"
#include "unitparser/base/time.h"

namespace unitparser {

/// Where a setting came from: index into UnitConfig::sources and line (from 1; 0: not from a file).
struct Origin {
  static constexpr std::uint32_t implicit = 0xFFFFFFFF;  ///< a default of the manager, no file said it
  std::uint32_t source = implicit;
  std::uint32_t line = 0;
  bool operator==(const Origin&) const = default;
};

/// One command line of ExecStart= and its sisters, specifiers already resolved (systemd.service(5) COMMAND LINES).
struct ExecCommand {
  std::string path;               ///< what is executed: absolute, or a name to be searched in ExecSearchPath=
  std::vector<std::string> argv;  ///< argv[0] included
  bool ignore_failure = false;    ///< '-'
  bool full_privileges = false;   ///< '+'
  bool no_setuid = false;         ///< '!'
  bool ambient_magic = false;     ///< '!!'
  bool no_env_expand = false;     ///< ':'
  Origin origin;
  bool operator==(const ExecCommand&) const = default;
};
using ExecCommands = std::vector<ExecCommand>;

/// An amount that may be unlimited, e.g. bytes or tasks.
struct Limit {
  static constexpr std::uint64_t infinity = UINT64_MAX;
  std::uint64_t value = infinity;
  bool operator==(const Limit&) const = default;
};
/// A limit written absolutely, or relative to the machine's amount in parts per 10,000 (then `value` is unset).
struct ScalableLimit {
  std::uint64_t value = Limit::infinity;
  std::optional<std::uint32_t> permyriad;
  bool operator==(const ScalableLimit&) const = default;
};

/// A resource limit, soft and hard; UINT64_MAX is infinity.
struct ResourceLimit {
  std::uint64_t soft = UINT64_MAX;
  std::uint64_t hard = UINT64_MAX;
  bool operator==(const ResourceLimit&) const = default;
};

/// '-' (may be missing) and '+' (below RootDirectory=) path.
struct MountablePath {
  std::string path;
  bool ignore_missing = false;
  bool below_root = false;
  bool operator==(const MountablePath&) const = default;
};
struct BindMount {
  std::string source;
  std::string destination;
  bool read_only = false;
  bool ignore_missing = false;
  bool recursive = true;
  bool operator==(const BindMount&) const = default;
};
struct TemporaryFileSystemEntry {
  std::string path;
  std::string options;
  bool operator==(const TemporaryFileSystemEntry&) const = default;
};
struct EnvironmentFileEntry {
  std::string path;  ///< absolute, may be a glob
  bool optional = false;
  bool operator==(const EnvironmentFileEntry&) const = default;
};
/// An image and its mount options for one partition.
struct ImageOption {
  std::string partition;
  std::string options;
  bool operator==(const ImageOption&) const = default;
};
struct ImageMount {
  std::string source;
  std::string destination;  ///< empty for extension images
  bool ignore_missing = false;
  std::vector<ImageOption> options;
  bool operator==(const ImageMount&) const = default;
};
/// What an image's blocks are checked with: RootHash=, RootHashSignature=, RootVerity=. Empty strings: not said.
struct VeritySettings {
  std::string root_hash;       ///< bytes
  std::string root_hash_path;
  std::string signature;       ///< bytes
  std::string signature_path;
  std::string tree_path;
  [[nodiscard]] bool is_set() const { return *this != VeritySettings{}; }
  bool operator==(const VeritySettings&) const = default;
};
struct CredentialData {
  std::string id;
  std::string data;
  bool encrypted = false;
  bool operator==(const CredentialData&) const = default;
};
struct CredentialSource {
  std::string id;
  std::string path;
  bool encrypted = false;
  bool operator==(const CredentialSource&) const = default;
};
/// One folder of RuntimeDirectory= and sisters, with the links that shall point to it.
struct ManagedDirectory {
  std::string path;
  std::vector<std::string> symlinks;
  bool operator==(const ManagedDirectory&) const = default;
};

/// A set of names that is either what is allowed or what is denied.
template <class Key, class Extra>
struct Filter {
  bool allow_list = false;
  std::map<Key, Extra> entries;
  bool operator==(const Filter&) const = default;
};
/// System calls by name, with the errno to answer (-1: the filter's default action).
using SystemCallSet = Filter<std::string, int>;
struct NoExtra {
  bool operator==(const NoExtra&) const = default;
};
using NameFilter = Filter<std::string, NoExtra>;
using FamilyFilter = Filter<int, NoExtra>;

/// Labels that may be ignored when they cannot be applied ('-' in front).
struct SecurityLabel {
  std::string label;
  bool ignore_failure = false;
  bool operator==(const SecurityLabel&) const = default;
};

/// A set of CPUs or NUMA nodes, as little-endian bit mask bytes; empty: not set.
using CpuMask = std::vector<std::uint8_t>;

struct DeviceWeight {
  std::string path;
  std::uint64_t weight = 0;
  bool operator==(const DeviceWeight&) const = default;
};
struct DeviceLimit {
  std::string path;
  std::uint64_t value = 0;  ///< bytes/s, operations/s or microseconds, as the directive says
  bool operator==(const DeviceLimit&) const = default;
};
struct DeviceAllowEntry {
  std::string path;         ///< /dev node or "char-…"/"block-…" class
  std::string permissions;  ///< subset of "rwm"
  bool operator==(const DeviceAllowEntry&) const = default;
};
struct IpPrefix {
  int family = 0;  ///< AF_INET or AF_INET6
  std::array<std::uint8_t, 16> address{};
  std::uint8_t length = 0;
  bool operator==(const IpPrefix&) const = default;
};
struct BpfProgram {
  std::string attach_type;
  std::string path;
  bool operator==(const BpfProgram&) const = default;
};
struct SocketBindRule {
  int family = 0;
  int protocol = 0;
  std::uint16_t port_count = 0;
  std::uint16_t port_first = 0;
  bool operator==(const SocketBindRule&) const = default;
};

/// Exit codes and signals; used by SuccessExitStatus= and sisters.
struct ExitStatusSet {
  std::set<int> codes;
  std::set<int> signals;
  bool operator==(const ExitStatusSet&) const = default;
};

/// What to do to the machine (JobTimeoutAction=, FailureAction=, StartLimitAction=, SuccessAction=).
enum class EmergencyAction : std::uint8_t {
  none, reboot, reboot_force, reboot_immediate, poweroff, poweroff_force, poweroff_immediate, exit, exit_force
};
constexpr std::array<std::string_view, 9> enum_names(std::type_identity<EmergencyAction>) {
  return {"none", "reboot", "reboot-force", "reboot-immediate", "poweroff", "poweroff-force", "poweroff-immediate",
          "exit", "exit-force"};
}

/// How a request meets existing jobs (systemctl(1) --job-mode=).
enum class JobMode : std::uint8_t {
  fail, replace, replace_irreversibly, isolate, flush, ignore_dependencies, ignore_requirements, triggering
};
constexpr std::array<std::string_view, 8> enum_names(std::type_identity<JobMode>) {
  return {"fail", "replace", "replace-irreversibly", "isolate", "flush", "ignore-dependencies", "ignore-requirements",
          "triggering"};
}

/// Three-valued setting "no", "yes" or decided elsewhere.
enum class OomPolicy : std::uint8_t { continue_, stop, kill };
constexpr std::array<std::string_view, 3> enum_names(std::type_identity<OomPolicy>) {
  return {"continue", "stop", "kill"};
}

}  // namespace unitparser
