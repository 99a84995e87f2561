// Resolving devices and interfaces, loading and attaching programs. [os]
#include "init/cgroup/access_filters.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <net/if.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "unitparser/base/fd.h"
#include "unitparser/base/result.h"
#include "unitparser/base/text.h"
#include "unitparser/syntax/kernel_names.h"

namespace init {
namespace {

using unitparser::DevicePolicy;
using unitparser::fail_errno;
using unitparser::Result;
using unitparser::UniqueFd;

long bpf(bpf_cmd command, bpf_attr& attributes) { return ::syscall(SYS_bpf, command, &attributes, sizeof attributes); }

/// A program that is to be on a control group; its name tells ours of one purpose from those of another.
struct Program {
  const char* name;  ///< at most 15 characters
  bpf_prog_type type;
  bpf_attach_type place;
  std::vector<bpf_insn> code;
};

Result<UniqueFd> load_program(const Program& program) {
  static constexpr char license[] = "";  // uses no helper that asks for one
  bpf_attr attributes{};
  attributes.prog_type = program.type;
  attributes.expected_attach_type = program.type == BPF_PROG_TYPE_CGROUP_SOCK_ADDR ? program.place : bpf_attach_type{};
  attributes.insns = reinterpret_cast<std::uintptr_t>(program.code.data());
  attributes.insn_cnt = static_cast<std::uint32_t>(program.code.size());
  attributes.license = reinterpret_cast<std::uintptr_t>(license);
  std::strncpy(attributes.prog_name, program.name, sizeof attributes.prog_name - 1);
  const long fd = bpf(BPF_PROG_LOAD, attributes);
  if (fd < 0) return fail_errno(errno, "the kernel refuses the BPF program");
  return UniqueFd(static_cast<int>(fd));
}

/// What the kernel tells about a program or a map.
template <class Info>
Info info_of(const UniqueFd& object, std::uint32_t* ids = nullptr, std::uint32_t id_count = 0) {
  Info info{};
  if constexpr (std::is_same_v<Info, bpf_prog_info>) {
    info.map_ids = reinterpret_cast<std::uintptr_t>(ids);
    info.nr_map_ids = id_count;
  }
  bpf_attr attributes{};
  attributes.info.bpf_fd = static_cast<std::uint32_t>(object.get());
  attributes.info.info_len = sizeof info;
  attributes.info.info = reinterpret_cast<std::uintptr_t>(&info);
  if (bpf(BPF_OBJ_GET_INFO_BY_FD, attributes) < 0) return {};
  return info;
}

/// The numbers that the kernel gave to the programs on the group itself.
std::vector<std::uint32_t> attached_ids(int group, bpf_attach_type place) {
  std::vector<std::uint32_t> ids(64);
  bpf_attr attributes{};
  attributes.query.target_fd = static_cast<std::uint32_t>(group);
  attributes.query.attach_type = place;
  attributes.query.prog_ids = reinterpret_cast<std::uintptr_t>(ids.data());
  attributes.query.prog_cnt = static_cast<std::uint32_t>(ids.size());
  ids.resize(bpf(BPF_PROG_QUERY, attributes) < 0 ? 0 : std::min<std::size_t>(attributes.query.prog_cnt, ids.size()));
  return ids;
}

/// Our programs of that purpose that are on the group itself.
std::vector<UniqueFd> attached_programs(int group, bpf_attach_type place, std::string_view name) {
  std::vector<UniqueFd> found;
  for (const std::uint32_t id : attached_ids(group, place)) {
    bpf_attr by_id{};
    by_id.prog_id = id;
    UniqueFd program(static_cast<int>(bpf(BPF_PROG_GET_FD_BY_ID, by_id)));
    if (program && info_of<bpf_prog_info>(program).name == name) found.push_back(std::move(program));
  }
  return found;
}

void detach(int group, bpf_attach_type place, const std::vector<UniqueFd>& programs) {
  for (const UniqueFd& program : programs) {
    bpf_attr attributes{};
    attributes.target_fd = static_cast<std::uint32_t>(group);
    attributes.attach_bpf_fd = static_cast<std::uint32_t>(program.get());
    attributes.attach_type = place;
    bpf(BPF_PROG_DETACH, attributes);
  }
}

/// Beside what is there; an errno, or 0.
int attach_beside(int group, bpf_attach_type place, const UniqueFd& program) {
  bpf_attr attributes{};
  attributes.target_fd = static_cast<std::uint32_t>(group);
  attributes.attach_bpf_fd = static_cast<std::uint32_t>(program.get());
  attributes.attach_type = place;
  attributes.attach_flags = BPF_F_ALLOW_MULTI;
  return bpf(BPF_PROG_ATTACH, attributes) < 0 ? errno : 0;
}

/// Puts the new program in place before the old ones go, so that there is no moment without a filter.
Result<void> attach(int group, const Program& wanted) {
  const UniqueFd program = TRY(load_program(wanted));
  const auto before = attached_programs(group, wanted.place, wanted.name);
  if (const int error = attach_beside(group, wanted.place, program)) return fail_errno(error, "the kernel does not attach the BPF program");
  detach(group, wanted.place, before);
  return {};
}

/// A program that somebody pinned in a bpffs; not valid and errno if there is none.
UniqueFd open_pinned(const std::string& path) {
  bpf_attr attributes{};
  attributes.pathname = reinterpret_cast<std::uintptr_t>(path.c_str());
  return UniqueFd(static_cast<int>(bpf(BPF_OBJ_GET, attributes)));
}

/// Once only, however often it is asked for. An errno, or 0.
int attach_pinned(int group, const std::string& path, bpf_attach_type place) {
  const UniqueFd program = open_pinned(path);
  if (!program) return errno;
  const auto ids = attached_ids(group, place);
  const bool is_there = std::find(ids.begin(), ids.end(), info_of<bpf_prog_info>(program).id) != ids.end();
  return is_there ? 0 : attach_beside(group, place, program);
}

constexpr const char *address_name = "incipit_ip", *interface_name = "incipit_iface", *device_name = "incipit_device", *bind_name = "incipit_bind";

constexpr bpf_attach_type place_of(Direction direction) { return direction == Direction::ingress ? BPF_CGROUP_INET_INGRESS : BPF_CGROUP_INET_EGRESS; }

/// The map in which the group's program counts; not valid when none does.
UniqueFd counters_of(int group, Direction direction) {
  for (const UniqueFd& program : attached_programs(group, place_of(direction), address_name)) {
    std::uint32_t id = 0;
    if (info_of<bpf_prog_info>(program, &id, 1).nr_map_ids == 0) continue;
    bpf_attr attributes{};
    attributes.map_id = id;
    return UniqueFd(static_cast<int>(bpf(BPF_MAP_GET_FD_BY_ID, attributes)));
  }
  return {};
}

Result<UniqueFd> make_counters() {
  bpf_attr attributes{};
  attributes.map_type = BPF_MAP_TYPE_ARRAY;
  attributes.key_size = sizeof(std::uint32_t);
  attributes.value_size = sizeof(std::uint64_t);
  attributes.max_entries = counter_count;
  std::strcpy(attributes.map_name, address_name);
  const long fd = bpf(BPF_MAP_CREATE, attributes);
  if (fd < 0) return fail_errno(errno, "the kernel refuses the counters");
  return UniqueFd(static_cast<int>(fd));
}

std::uint64_t read_counter(const UniqueFd& map, Counter counter) {
  const auto key = static_cast<std::uint32_t>(counter);
  std::uint64_t value = 0;
  bpf_attr attributes{};
  attributes.map_fd = static_cast<std::uint32_t>(map.get());
  attributes.key = reinterpret_cast<std::uintptr_t>(&key);
  attributes.value = reinterpret_cast<std::uintptr_t>(&value);
  return bpf(BPF_MAP_LOOKUP_ELEM, attributes) < 0 ? 0 : value;
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

/// Attaches programs, takes others away, and collects what could not be done.
class Applier {
 public:
  Applier(const std::string& directory, Reset reset) : group_(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)), reset_(reset) {}

  void attach(std::string_view directive, const Program& program) {
    if (!group_) return;
    const auto done = init::attach(group_.get(), program);
    if (!done) refuse(directive, done.error().message);
  }
  void remove(const char* name, bpf_attach_type place) {
    if (group_ && reset_ == Reset::yes) detach(group_.get(), place, attached_programs(group_.get(), place, name));
  }
  void refuse(std::string_view directive, std::string_view why) {
    warnings_.push_back(std::string(directive) + " has no effect: " + std::string(why));
  }
  /// The counters of the group, kept or new; not valid where there can be none.
  UniqueFd counters(Direction direction) {
    if (!group_) return {};
    if (UniqueFd kept = counters_of(group_.get(), direction)) return kept;
    auto made = make_counters();
    if (!made) refuse("IPAccounting=", made.error().message);
    return made ? std::move(*made) : UniqueFd{};
  }
  [[nodiscard]] std::vector<std::string> take() { return std::move(warnings_); }

 private:
  UniqueFd group_;
  Reset reset_;
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
  for (const Direction direction : {Direction::ingress, Direction::egress})
    applier.attach("RestrictNetworkInterfaces=", {interface_name, BPF_PROG_TYPE_CGROUP_SKB, place_of(direction), code});
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

std::vector<std::string> apply_access_filters(const std::string& directory, const unitparser::ResourceAccess& config, bool ip_accounting,
                                              Reset reset) {
  const bool has_addresses = !config.ip_address_allow.empty() || !config.ip_address_deny.empty();
  const bool has_ports = !config.socket_bind_allow.empty() || !config.socket_bind_deny.empty();
  const bool has_interfaces = !config.restrict_network_interfaces.entries.empty();
  if (reset == Reset::no && !restricts_devices(config) && !has_addresses && !ip_accounting && !has_ports && !has_interfaces) return {};
  Applier applier(directory, reset);
  if (restricts_devices(config))
    applier.attach("DeviceAllow=/DevicePolicy=",
                   {device_name, BPF_PROG_TYPE_CGROUP_DEVICE, BPF_CGROUP_DEVICE, device_program(device_rules(config, read_devices_table()))});
  else applier.remove(device_name, BPF_CGROUP_DEVICE);
  if (has_interfaces) apply_interfaces(applier, config.restrict_network_interfaces);
  for (const Direction direction : {Direction::ingress, Direction::egress}) {
    if (!has_interfaces) applier.remove(interface_name, place_of(direction));
    if (!has_addresses && !ip_accounting) {
      applier.remove(address_name, place_of(direction));
      continue;
    }
    const UniqueFd counters = ip_accounting ? applier.counters(direction) : UniqueFd{};
    applier.attach(has_addresses ? "IPAddressAllow=/IPAddressDeny=" : "IPAccounting=",
                   {address_name, BPF_PROG_TYPE_CGROUP_SKB, place_of(direction),
                    address_program(config.ip_address_allow, config.ip_address_deny, direction, counters ? counters.get() : -1)});
  }
  for (const auto& [place, family] : {std::pair{BPF_CGROUP_INET4_BIND, BindFamily::ipv4}, std::pair{BPF_CGROUP_INET6_BIND, BindFamily::ipv6}})
    if (has_ports)
      applier.attach("SocketBindAllow=/SocketBindDeny=", {bind_name, BPF_PROG_TYPE_CGROUP_SOCK_ADDR, place,
                                                          bind_program(config.socket_bind_allow, config.socket_bind_deny, family)});
    else applier.remove(bind_name, place);
  return applier.take();
}

Result<void> check_pinned_ip_filters(const unitparser::ResourceAccess& config) {
  for (const auto* paths : {&config.ip_ingress_filter_path, &config.ip_egress_filter_path})
    for (const std::string& path : *paths)
      if (!open_pinned(path))
        return fail_errno(errno, "bpf-firewall: Loading of ingress BPF program " + path + " failed");  // COMPAT: "ingress" for both
  return {};
}

std::vector<RefusedProgram> attach_pinned_programs(const std::string& directory, const unitparser::ResourceAccess& config) {
  std::vector<RefusedProgram> refused;
  if (config.bpf_programs.empty() && config.ip_ingress_filter_path.empty() && config.ip_egress_filter_path.empty()) return refused;
  const UniqueFd group(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const auto failed = [&](std::string_view what, int error) {
    refused.push_back({3, unitparser::fail_errno(error, std::string(what) + " BPF program to cgroup " + directory + " failed").value()});
  };
  const auto attach_filters = [&](const std::vector<std::string>& paths, std::string_view what, bpf_attach_type place) {
    for (const std::string& path : paths)
      if (const int error = attach_pinned(group.get(), path, place); error != 0 && error != ENOENT) failed(what, error);
  };
  attach_filters(config.ip_egress_filter_path, "bpf-firewall: Attaching custom egress", BPF_CGROUP_INET_EGRESS);
  attach_filters(config.ip_ingress_filter_path, "bpf-firewall: Attaching custom ingress", BPF_CGROUP_INET_INGRESS);
  for (const unitparser::BpfProgram& program : config.bpf_programs) {
    const auto type = unitparser::number_of(unitparser::bpf_attach_types(), program.attach_type);
    const int error = attach_pinned(group.get(), program.path, static_cast<bpf_attach_type>(*type));
    if (error == ENOENT) refused.push_back({4, {.os_errno = error, .message = "bpf-foreign: foreign program " + program.path + " does not exist, skipping."}});
    else if (error != 0) failed("bpf-foreign: Attaching foreign", error);
  }
  return refused;
}

std::optional<IpTraffic> ip_traffic(const std::string& directory) {
  const UniqueFd group(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!group) return std::nullopt;
  const UniqueFd in = counters_of(group.get(), Direction::ingress), out = counters_of(group.get(), Direction::egress);
  if (!in || !out) return std::nullopt;
  return IpTraffic{.ingress_bytes = read_counter(in, Counter::bytes), .ingress_packets = read_counter(in, Counter::packets),
                   .egress_bytes = read_counter(out, Counter::bytes), .egress_packets = read_counter(out, Counter::packets)};
}

}  // namespace init
