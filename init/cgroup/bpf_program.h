// Small BPF programs for control groups, assembled by hand: device access, addresses, ports, interfaces. [pure]
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <string>
#include <vector>

#include "unitparser/config/values.h"

namespace init {

/// Access to one device number or to a whole class of them.
struct DeviceRule {
  bool block = false;
  bool any_type = false;  ///< neither type nor number matter
  std::int64_t major = -1;  ///< -1: every
  std::int64_t minor = -1;
  std::uint32_t access = 0;  ///< BPF_DEVCG_ACC_*
  bool operator==(const DeviceRule&) const = default;
};

/// BPF_PROG_TYPE_CGROUP_DEVICE: what a rule allows is allowed, all else is not.
[[nodiscard]] std::vector<bpf_insn> device_program(const std::vector<DeviceRule>& rules);

enum class Direction : std::uint8_t { ingress, egress };
/// BPF_PROG_TYPE_CGROUP_SKB: packets from or to an allowed address pass, then denied ones are dropped, the rest passes
/// (systemd.resource-control(5) IPAddressAllow=). What is no IP passes. `counters`: the map in which IP packets that pass are
/// counted, or -1.
[[nodiscard]] std::vector<bpf_insn> address_program(const std::vector<unitparser::IpPrefix>& allow, const std::vector<unitparser::IpPrefix>& deny,
                                                    Direction direction, int counters = -1);
/// Keys of that map, an array of 64 bit numbers.
enum class Counter : std::uint8_t { packets, bytes };
inline constexpr std::uint32_t counter_count = 2;

enum class BindFamily : std::uint8_t { ipv4, ipv6 };
/// BPF_PROG_TYPE_CGROUP_SOCK_ADDR: whether bind() to a port is allowed (SocketBindAllow=).
[[nodiscard]] std::vector<bpf_insn> bind_program(const std::vector<unitparser::SocketBindRule>& allow,
                                                 const std::vector<unitparser::SocketBindRule>& deny, BindFamily family);

/// BPF_PROG_TYPE_CGROUP_SKB: only (or all but) packets of these interfaces (RestrictNetworkInterfaces=).
[[nodiscard]] std::vector<bpf_insn> interface_program(const std::vector<std::uint32_t>& indices, bool allow_list);

}  // namespace init
