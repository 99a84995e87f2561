// Resolving devices and interfaces, loading and attaching programs. [os]
#include "init/cgroup/access_filters.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <net/if.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "unitparser/base/fd.h"
#include "unitparser/base/result.h"
#include "unitparser/base/text.h"

namespace init {
namespace {

using unitparser::DevicePolicy;
using unitparser::fail_errno;
using unitparser::Result;
using unitparser::UniqueFd;

long bpf(bpf_cmd command, bpf_attr& attributes) { return ::syscall(SYS_bpf, command, &attributes, sizeof attributes); }

Result<UniqueFd> load_program(bpf_prog_type type, bpf_attach_type attach, const std::vector<bpf_insn>& code) {
  static constexpr char license[] = "";  // uses no helper that asks for one
  bpf_attr attributes{};
  attributes.prog_type = type;
  attributes.expected_attach_type = type == BPF_PROG_TYPE_CGROUP_SOCK_ADDR ? attach : bpf_attach_type{};
  attributes.insns = reinterpret_cast<std::uintptr_t>(code.data());
  attributes.insn_cnt = static_cast<std::uint32_t>(code.size());
  attributes.license = reinterpret_cast<std::uintptr_t>(license);
  std::strcpy(attributes.prog_name, "incipit");
  const long fd = bpf(BPF_PROG_LOAD, attributes);
  if (fd < 0) return fail_errno(errno, "the kernel refuses the BPF program");
  return UniqueFd(static_cast<int>(fd));
}

/// Programs of that type attached to the group itself; we are the only one who attaches there.
std::vector<std::uint32_t> attached_programs(int group, bpf_attach_type type) {
  std::array<std::uint32_t, 64> ids{};
  bpf_attr attributes{};
  attributes.query.target_fd = static_cast<std::uint32_t>(group);
  attributes.query.attach_type = type;
  attributes.query.prog_ids = reinterpret_cast<std::uintptr_t>(ids.data());
  attributes.query.prog_cnt = ids.size();
  if (bpf(BPF_PROG_QUERY, attributes) < 0) return {};
  return {ids.begin(), ids.begin() + std::min<std::size_t>(attributes.query.prog_cnt, ids.size())};
}

void detach_programs(int group, bpf_attach_type type, const std::vector<std::uint32_t>& ids) {
  for (const std::uint32_t id : ids) {
    bpf_attr attributes{};
    attributes.prog_id = id;
    const UniqueFd program(static_cast<int>(bpf(BPF_PROG_GET_FD_BY_ID, attributes)));
    if (!program) continue;
    attributes = {};
    attributes.target_fd = static_cast<std::uint32_t>(group);
    attributes.attach_bpf_fd = static_cast<std::uint32_t>(program.get());
    attributes.attach_type = type;
    bpf(BPF_PROG_DETACH, attributes);
  }
}

/// Puts the new program in place before the old ones go, so that there is no moment without a filter.
Result<void> attach(int group, bpf_prog_type program_type, bpf_attach_type type, const std::vector<bpf_insn>& code) {
  const UniqueFd program = TRY(load_program(program_type, type, code));
  const auto before = attached_programs(group, type);
  bpf_attr attributes{};
  attributes.target_fd = static_cast<std::uint32_t>(group);
  attributes.attach_bpf_fd = static_cast<std::uint32_t>(program.get());
  attributes.attach_type = type;
  attributes.attach_flags = BPF_F_ALLOW_MULTI;
  if (bpf(BPF_PROG_ATTACH, attributes) < 0) return fail_errno(errno, "the kernel does not attach the BPF program");
  detach_programs(group, type, before);
  return {};
}

std::uint32_t access_bits(const std::string& permissions) {
  std::uint32_t access = 0;
  for (const char c : permissions) {
    if (c == 'r') access |= BPF_DEVCG_ACC_READ;
    if (c == 'w') access |= BPF_DEVCG_ACC_WRITE;
    if (c == 'm') access |= BPF_DEVCG_ACC_MKNOD;
  }
  return access;
}

/// "char-pts", "block-*": all majors of /proc/devices whose name matches.
void add_class(std::vector<DeviceRule>& rules, std::string_view pattern, bool block, std::uint32_t access, const std::string& table) {
  if (pattern == "*") {
    rules.push_back({block, false, -1, -1, access});
    return;
  }
  const auto by_number = unitparser::parse_unsigned(pattern, 0xFFF);
  if (by_number) {
    rules.push_back({block, false, static_cast<std::int64_t>(*by_number), -1, access});
    return;
  }
  bool in_section = false;
  for (const std::string_view line : unitparser::split_at(table, '\n')) {
    if (line.empty()) continue;
    if (line.back() == ':') {
      in_section = line == (block ? "Block devices:" : "Character devices:");
      continue;
    }
    const auto words = unitparser::split_whitespace(line);
    if (!in_section || words.size() < 2) continue;
    const auto major = unitparser::parse_unsigned(words[0], 0xFFF, 10);
    if (major && ::fnmatch(std::string(pattern).c_str(), std::string(words[1]).c_str(), 0) == 0)
      rules.push_back({block, false, static_cast<std::int64_t>(*major), -1, access});
  }
}

void add_node(std::vector<DeviceRule>& rules, const std::string& path, std::uint32_t access) {
  // "/dev/block/8:0" and "/dev/char/1:3" say their numbers even where the node is missing.
  for (const bool block : {true, false}) {
    const auto numbers = unitparser::after_prefix(path, block ? "/dev/block/" : "/dev/char/");
    if (!numbers) continue;
    const auto parts = unitparser::split_at(*numbers, ':');
    if (parts.size() != 2) return;
    const auto major = unitparser::parse_unsigned(parts[0], 0xFFF, 10);
    const auto minor = unitparser::parse_unsigned(parts[1], 0xFFFFF, 10);
    if (major && minor) rules.push_back({block, false, static_cast<std::int64_t>(*major), static_cast<std::int64_t>(*minor), access});
    return;
  }
  struct stat info {};
  if (::stat(path.c_str(), &info) < 0) return;
  const bool is_node = S_ISCHR(info.st_mode) || S_ISBLK(info.st_mode);
  const dev_t number = is_node ? info.st_rdev : info.st_dev;  // a file stands for the disk it lies on
  rules.push_back({!S_ISCHR(info.st_mode), false, static_cast<std::int64_t>(gnu_dev_major(number)),
                   static_cast<std::int64_t>(gnu_dev_minor(number)), access});
}

std::string read_devices_table() {
  const UniqueFd fd(::open("/proc/devices", O_RDONLY | O_CLOEXEC));
  std::string text;
  std::array<char, 4096> buffer{};
  ssize_t n = 0;
  while (fd && text.size() < 65536 && (n = ::read(fd.get(), buffer.data(), buffer.size())) > 0)
    text.append(buffer.data(), static_cast<std::size_t>(n));
  return text;
}

/// Collects what could not be done.
class Applier {
 public:
  explicit Applier(const std::string& directory) : group_(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {}

  void attach(std::string_view directive, bpf_prog_type program, bpf_attach_type type, const std::vector<bpf_insn>& code) {
    if (!group_) return;
    const auto done = init::attach(group_.get(), program, type, code);
    if (!done) warnings_.push_back(std::string(directive) + " has no effect: " + done.error().message);
  }
  void refuse(std::string_view directive, std::string_view why) {
    warnings_.push_back(std::string(directive) + " has no effect: " + std::string(why));
  }
  [[nodiscard]] std::vector<std::string> take() { return std::move(warnings_); }

 private:
  UniqueFd group_;
  std::vector<std::string> warnings_;
};

void apply_interfaces(Applier& applier, const unitparser::NameFilter& filter) {
  std::vector<std::uint32_t> indices;
  for (const auto& [name, extra] : filter.entries) {
    const unsigned index = ::if_nametoindex(name.c_str());
    if (index == 0)
      applier.refuse("RestrictNetworkInterfaces=" + name, "there is no such interface now");
    else
      indices.push_back(index);
  }
  const auto code = interface_program(indices, filter.allow_list);
  applier.attach("RestrictNetworkInterfaces=", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS, code);
  applier.attach("RestrictNetworkInterfaces=", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, code);
}

}  // namespace

bool restricts_devices(const unitparser::ResourceAccess& config) {
  return config.device_policy != DevicePolicy::auto_ || !config.device_allow.empty();
}

std::vector<DeviceRule> device_rules(const unitparser::ResourceAccess& config, const std::string& devices_table) {
  std::vector<DeviceRule> rules;
  constexpr std::uint32_t all = BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE;
  const bool standard = config.device_policy == DevicePolicy::closed ||
                        (config.device_policy == DevicePolicy::auto_ && !config.device_allow.empty());
  if (standard) {
    // null, zero, full, random, urandom, tty, ptmx: the numbers are the same on every Linux.
    constexpr std::array<std::pair<int, int>, 7> nodes{{{1, 3}, {1, 5}, {1, 7}, {1, 8}, {1, 9}, {5, 0}, {5, 2}}};
    for (const auto& [major, minor] : nodes) rules.push_back({false, false, major, minor, all});
    add_class(rules, "pts", false, BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE, devices_table);
  }
  for (const auto& entry : config.device_allow) {
    const std::uint32_t access = access_bits(entry.permissions);
    if (access == 0) continue;
    if (const auto character = unitparser::after_prefix(entry.path, "char-"))
      add_class(rules, *character, false, access, devices_table);
    else if (const auto block = unitparser::after_prefix(entry.path, "block-"))
      add_class(rules, *block, true, access, devices_table);
    else
      add_node(rules, entry.path, access);
  }
  return rules;
}

std::vector<std::string> apply_access_filters(const std::string& directory, const unitparser::ResourceAccess& config) {
  const bool has_addresses = !config.ip_address_allow.empty() || !config.ip_address_deny.empty();
  const bool has_ports = !config.socket_bind_allow.empty() || !config.socket_bind_deny.empty();
  const bool has_interfaces = !config.restrict_network_interfaces.entries.empty();
  const bool has_foreign = !config.bpf_programs.empty() || !config.ip_ingress_filter_path.empty() || !config.ip_egress_filter_path.empty();
  if (!restricts_devices(config) && !has_addresses && !has_ports && !has_interfaces && !has_foreign) return {};
  Applier applier(directory);
  if (restricts_devices(config))
    applier.attach("DeviceAllow=/DevicePolicy=", BPF_PROG_TYPE_CGROUP_DEVICE, BPF_CGROUP_DEVICE,
                   device_program(device_rules(config, read_devices_table())));
  if (has_interfaces && has_addresses) {
    applier.refuse("RestrictNetworkInterfaces=", "it cannot be combined with IPAddressAllow=/IPAddressDeny= here");
  } else if (has_interfaces) {
    apply_interfaces(applier, config.restrict_network_interfaces);
  }
  if (has_addresses) {
    applier.attach("IPAddressAllow=/IPAddressDeny=", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS,
                   address_program(config.ip_address_allow, config.ip_address_deny, Direction::ingress));
    applier.attach("IPAddressAllow=/IPAddressDeny=", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS,
                   address_program(config.ip_address_allow, config.ip_address_deny, Direction::egress));
  }
  if (has_ports) {
    applier.attach("SocketBindAllow=/SocketBindDeny=", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_BIND,
                   bind_program(config.socket_bind_allow, config.socket_bind_deny, BindFamily::ipv4));
    applier.attach("SocketBindAllow=/SocketBindDeny=", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_BIND,
                   bind_program(config.socket_bind_allow, config.socket_bind_deny, BindFamily::ipv6));
  }
  if (has_foreign) applier.refuse("BPFProgram=/IPIngressFilterPath=/IPEgressFilterPath=", "programs from files are not supported by this build");
  return applier.take();
}

}  // namespace init
