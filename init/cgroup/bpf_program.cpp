// The assembler: one function for each instruction we use; jumps are relative to the next instruction. [pure]
#include "init/cgroup/bpf_program.h"

#include <linux/if_ether.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>

namespace init {
namespace {

using Code = std::vector<bpf_insn>;
enum Register : std::uint8_t { r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, frame };

bpf_insn instruction(unsigned code, unsigned destination, unsigned source, int offset, std::int32_t immediate) {
  bpf_insn i{};
  i.code = static_cast<std::uint8_t>(code);
  i.dst_reg = static_cast<std::uint8_t>(destination & 0xFU);
  i.src_reg = static_cast<std::uint8_t>(source & 0xFU);
  i.off = static_cast<std::int16_t>(offset);
  i.imm = immediate;
  return i;
}
bpf_insn move(Register to, Register from) { return instruction(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0); }
bpf_insn set(Register to, std::int32_t value) { return instruction(BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, value); }
bpf_insn load_word(Register to, Register from, int offset) { return instruction(BPF_LDX | BPF_MEM | BPF_W, to, from, offset, 0); }
bpf_insn and_word(Register to, std::uint32_t value) {
  return instruction(BPF_ALU | BPF_AND | BPF_K, to, 0, 0, static_cast<std::int32_t>(value));
}
bpf_insn shift_right(Register to, std::int32_t bits) { return instruction(BPF_ALU | BPF_RSH | BPF_K, to, 0, 0, bits); }
bpf_insn add(Register to, std::int32_t value) { return instruction(BPF_ALU64 | BPF_ADD | BPF_K, to, 0, 0, value); }
bpf_insn to_big_endian(Register to, std::int32_t bits) { return instruction(BPF_ALU | BPF_END | BPF_TO_BE, to, 0, 0, bits); }
bpf_insn call(std::int32_t function) { return instruction(BPF_JMP | BPF_CALL, 0, 0, 0, function); }
bpf_insn leave() { return instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0); }
/// 32-bit comparison with a constant; skips `skip` instructions when it holds.
bpf_insn skip_if(unsigned condition, Register what, std::uint32_t value, std::size_t skip) {
  return instruction(BPF_JMP32 | condition | BPF_K, what, 0, static_cast<int>(skip), static_cast<std::int32_t>(value));
}

Code answer(bool allowed) { return {set(r0, allowed ? 1 : 0), leave()}; }
void append(Code& code, const Code& more) { code.insert(code.end(), more.begin(), more.end()); }

/// The verifier refuses code that cannot be reached: after a rule without conditions nothing may follow.
/// Conditions, each "go on if equal", then the answer; when one fails the whole block is skipped.
struct Condition {
  Code prepare;  ///< leaves the value in r1
  std::uint32_t value;
};
Code block(const std::vector<Condition>& conditions, Code code) {
  for (auto condition = conditions.rbegin(); condition != conditions.rend(); ++condition) {
    Code head = condition->prepare;
    head.push_back(skip_if(BPF_JNE, r1, condition->value, code.size()));
    append(head, code);
    code = std::move(head);
  }
  return code;
}

}  // namespace

std::vector<bpf_insn> device_program(const std::vector<DeviceRule>& rules) {
  Code code{load_word(r2, r1, offsetof(bpf_cgroup_dev_ctx, access_type)),
            move(r3, r2),
            and_word(r2, 0xFFFF),  // type
            shift_right(r3, 16),   // access
            load_word(r4, r1, offsetof(bpf_cgroup_dev_ctx, major)),
            load_word(r5, r1, offsetof(bpf_cgroup_dev_ctx, minor))};
  for (const DeviceRule& rule : rules) {
    std::vector<Condition> conditions;
    if (!rule.any_type)
      conditions.push_back({{move(r1, r2)}, static_cast<std::uint32_t>(rule.block ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR)});
    constexpr std::uint32_t all = BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE;
    if ((rule.access & all) != all) conditions.push_back({{move(r1, r3), and_word(r1, all & ~rule.access)}, 0});
    if (rule.major >= 0) conditions.push_back({{move(r1, r4)}, static_cast<std::uint32_t>(rule.major)});
    if (rule.minor >= 0) conditions.push_back({{move(r1, r5)}, static_cast<std::uint32_t>(rule.minor)});
    append(code, block(conditions, answer(true)));
    if (conditions.empty()) return code;
  }
  append(code, answer(false));
  return code;
}

namespace {

constexpr int address_on_stack = -16, key_on_stack = -20;

std::uint32_t prefix_mask(unsigned bits) { return bits == 0 ? 0 : ~std::uint32_t{0} << (32U - bits); }

std::uint32_t word_of(const unitparser::IpPrefix& prefix, unsigned word) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i) value = value << 8U | prefix.address[word * 4 + i];
  return value;
}

/// Ends the program for packets whose address (words on the stack) lies in the prefix.
Code prefix_code(const unitparser::IpPrefix& prefix, const Code& end) {
  std::vector<Condition> conditions;
  const unsigned words = prefix.family == AF_INET ? 1 : 4;
  for (unsigned word = 0; word < words; ++word) {
    const unsigned before = word * 32;
    if (prefix.length <= before) break;
    const unsigned bits = prefix.length - before < 32 ? prefix.length - before : 32;
    const std::uint32_t mask = prefix_mask(bits);
    conditions.push_back({{load_word(r1, frame, address_on_stack + static_cast<int>(word) * 4), to_big_endian(r1, 32), and_word(r1, mask)},
                          word_of(prefix, word) & mask});
  }
  return block(conditions, end);
}

/// Adds to a counter; the packet is in r6.
Code count_code(int map, Counter counter) {
  const Code add_up{instruction(BPF_STX | BPF_ATOMIC | BPF_DW, r0, r1, 0, BPF_ADD)};
  Code code{set(r1, static_cast<std::int32_t>(counter)),
            instruction(BPF_STX | BPF_MEM | BPF_W, frame, r1, key_on_stack, 0),
            instruction(BPF_LD | BPF_DW | BPF_IMM, r1, BPF_PSEUDO_MAP_FD, 0, map),
            instruction(0, 0, 0, 0, 0),  // the upper half of the constant before
            move(r2, frame),
            add(r2, key_on_stack),
            call(BPF_FUNC_map_lookup_elem)};
  code.push_back(instruction(BPF_JMP | BPF_JEQ | BPF_K, r0, 0, 2, 0));
  code.push_back(counter == Counter::packets ? set(r1, 1) : load_word(r1, r6, offsetof(__sk_buff, len)));
  append(code, add_up);
  return code;
}

Code family_code(const std::vector<unitparser::IpPrefix>& allow, const std::vector<unitparser::IpPrefix>& deny, int family,
                 Direction direction, const Code& pass) {
  const bool is_v4 = family == AF_INET;
  const int offset = is_v4 ? (direction == Direction::ingress ? 12 : 16) : (direction == Direction::ingress ? 8 : 24);
  Code code{move(r1, r6), set(r2, offset), move(r3, frame), add(r3, address_on_stack), set(r4, is_v4 ? 4 : 16),
            call(BPF_FUNC_skb_load_bytes)};
  code.push_back(instruction(BPF_JMP | BPF_JEQ | BPF_K, r0, 0, static_cast<int>(pass.size()), 0));
  append(code, pass);  // too short to have an address
  for (const bool allowed : {true, false})
    for (const auto& prefix : allowed ? allow : deny) {
      if (prefix.family != family) continue;
      append(code, prefix_code(prefix, allowed ? pass : answer(false)));
      if (prefix.length == 0) return code;
    }
  append(code, pass);
  return code;
}

}  // namespace

std::vector<bpf_insn> address_program(const std::vector<unitparser::IpPrefix>& allow, const std::vector<unitparser::IpPrefix>& deny,
                                      Direction direction, int counters) {
  Code pass;
  for (const Counter counter : {Counter::packets, Counter::bytes})
    if (counters >= 0) append(pass, count_code(counters, counter));
  append(pass, answer(true));
  Code code{move(r6, r1), load_word(r7, r1, offsetof(__sk_buff, protocol))};
  for (const int family : {AF_INET, AF_INET6}) {
    const Code body = family_code(allow, deny, family, direction, pass);
    const std::uint32_t protocol = htons(family == AF_INET ? ETH_P_IP : ETH_P_IPV6);
    code.push_back(skip_if(BPF_JNE, r7, protocol, body.size()));
    append(code, body);
  }
  append(code, answer(true));
  return code;
}

namespace {

Code bind_rule_code(const unitparser::SocketBindRule& rule, bool allowed) {
  Code code = answer(allowed);
  const auto prepend = [&code](Code head) {
    append(head, code);
    code = std::move(head);
  };
  if (rule.port_count > 0) {
    const std::uint32_t last = std::uint32_t{rule.port_first} + rule.port_count - 1;
    prepend({skip_if(BPF_JLT, r8, rule.port_first, code.size() + 1), skip_if(BPF_JGT, r8, last, code.size())});
  }
  if (rule.protocol != 0) prepend({skip_if(BPF_JNE, r7, static_cast<std::uint32_t>(rule.protocol), code.size())});
  return code;
}

}  // namespace

std::vector<bpf_insn> bind_program(const std::vector<unitparser::SocketBindRule>& allow,
                                   const std::vector<unitparser::SocketBindRule>& deny, BindFamily family) {
  const int own_family = family == BindFamily::ipv4 ? AF_INET : AF_INET6;
  Code code{load_word(r7, r1, offsetof(bpf_sock_addr, protocol)), load_word(r8, r1, offsetof(bpf_sock_addr, user_port)),
            to_big_endian(r8, 16)};
  for (const bool allowed : {true, false})
    for (const auto& rule : allowed ? allow : deny) {
      if (rule.family != 0 && rule.family != own_family) continue;
      append(code, bind_rule_code(rule, allowed));
      if (rule.port_count == 0 && rule.protocol == 0) return code;
    }
  append(code, answer(true));
  return code;
}

std::vector<bpf_insn> interface_program(const std::vector<std::uint32_t>& indices, bool allow_list) {
  Code code{load_word(r7, r1, offsetof(__sk_buff, ifindex))};
  for (const std::uint32_t index : indices) {
    const Code body = answer(allow_list);
    code.push_back(skip_if(BPF_JNE, r7, index, body.size()));
    append(code, body);
  }
  append(code, answer(!allow_list));
  return code;
}

}  // namespace init
