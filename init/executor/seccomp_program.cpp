// Binary search over runs of call numbers, so that a long list costs the kernel a dozen instructions. [pure but for names]
#include "init/executor/seccomp_program.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>

#include <algorithm>
#include <cstddef>
#include <string>

namespace executor {
namespace {

constexpr std::uint32_t x32_bit = 0x40000000;

sock_filter statement(unsigned code, std::uint32_t value) {
  return {static_cast<std::uint16_t>(code), 0, 0, value};
}
sock_filter jump(unsigned code, std::uint32_t value, std::size_t if_true, std::size_t if_false) {
  return {static_cast<std::uint16_t>(BPF_JMP | code | BPF_K), static_cast<std::uint8_t>(if_true),
          static_cast<std::uint8_t>(if_false), value};
}
sock_filter load(std::size_t offset) { return statement(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)); }
sock_filter give(std::uint32_t action) { return statement(BPF_RET | BPF_K, action); }

constexpr std::size_t low_half(unsigned argument) {
  return offsetof(seccomp_data, args) + argument * sizeof(std::uint64_t) +
         (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0);
}

using Code = std::vector<sock_filter>;
void append(Code& code, const Code& more) { code.insert(code.end(), more.begin(), more.end()); }

/// Numbers from `first` up to the next run's take the same action.
struct Run {
  std::uint32_t first;
  std::uint32_t action;
};

Code search(const std::vector<Run>& runs, std::size_t begin, std::size_t end) {
  if (end - begin == 1) return {give(runs[begin].action)};
  const std::size_t middle = (begin + end) / 2;
  const Code left = search(runs, begin, middle);
  Code code;
  if (left.size() <= 255) {
    code.push_back(jump(BPF_JGE, runs[middle].first, left.size(), 0));
  } else {
    code.push_back(jump(BPF_JGE, runs[middle].first, 0, 1));
    code.push_back(statement(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(left.size())));
  }
  append(code, left);
  append(code, search(runs, middle, end));
  return code;
}

std::vector<Run> runs_of(const ArchitectureFilter& filter) {
  std::vector<Run> runs{{0, filter.default_action}};
  std::uint32_t next = 0;
  const auto add = [&runs](std::uint32_t first, std::uint32_t action) {
    if (runs.back().action == action) return;
    if (runs.back().first == first)
      runs.back().action = action;
    else
      runs.push_back({first, action});
  };
  for (const auto& [number, action] : filter.calls) {
    if (number > next) add(next, filter.default_action);
    add(number, action);
    next = number + 1;
  }
  add(next, filter.default_action);
  // Setting the first run's action may have made neighbours equal: join them.
  std::vector<Run> joined;
  for (const Run& run : runs)
    if (joined.empty() || joined.back().action != run.action) joined.push_back(run);
  return joined;
}

/// Falls through when a test does not hold.
Code argument_code(const ArgumentRule& rule) {
  Code code{give(rule.action)};
  for (auto test = rule.tests.rbegin(); test != rule.tests.rend(); ++test) {
    Code head{load(low_half(test->argument))};
    const std::size_t body = code.size();
    switch (test->kind) {
      case ArgumentTest::Kind::any_bit: head.push_back(jump(BPF_JSET, test->values[0], 0, body)); break;
      case ArgumentTest::Kind::all_bits:
        head.push_back(statement(BPF_ALU | BPF_AND | BPF_K, test->values[0]));
        head.push_back(jump(BPF_JEQ, test->values[0], 0, body));
        break;
      case ArgumentTest::Kind::equal: head.push_back(jump(BPF_JEQ, test->values[0], 0, body)); break;
      case ArgumentTest::Kind::not_equal_to_any:
        for (std::size_t i = 0; i < test->values.size(); ++i)
          head.push_back(jump(BPF_JEQ, test->values[i], body + test->values.size() - 1 - i, 0));
        break;
    }
    append(head, code);
    code = std::move(head);
  }
  return code;
}

Code call_rules_code(std::uint32_t number, const std::vector<ArgumentRule>& rules) {
  Code body;
  for (const ArgumentRule& rule : rules) append(body, argument_code(rule));
  body.push_back(load(offsetof(seccomp_data, nr)));  // the arguments replaced it
  Code code;
  if (body.size() <= 255) {
    code.push_back(jump(BPF_JEQ, number, 0, body.size()));
  } else {
    code.push_back(jump(BPF_JEQ, number, 1, 0));
    code.push_back(statement(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(body.size())));
  }
  append(code, body);
  return code;
}

Code architecture_code(const ArchitectureFilter& filter) {
  Code code{load(offsetof(seccomp_data, nr))};
  for (const auto& [number, rules] : filter.argument_rules) append(code, call_rules_code(number, rules));
  const auto runs = runs_of(filter);
  append(code, search(runs, 0, runs.size()));
  return code;
}

std::vector<Architecture> find_architectures() {
#if defined(__x86_64__)
  return {{AUDIT_ARCH_X86_64, SCMP_ARCH_X86_64, "x86-64", false},
          {AUDIT_ARCH_I386, SCMP_ARCH_X86, "x86", false},
          {AUDIT_ARCH_X86_64, SCMP_ARCH_X32, "x32", true}};
#elif defined(__aarch64__)
  return {{AUDIT_ARCH_AARCH64, SCMP_ARCH_AARCH64, "arm64", false}, {AUDIT_ARCH_ARM, SCMP_ARCH_ARM, "arm", false}};
#else
  const std::uint32_t native = seccomp_arch_native();
  return {{native, native, "native", false}};
#endif
}

}  // namespace

const std::vector<Architecture>& local_architectures() {
  static const std::vector<Architecture> architectures = find_architectures();
  return architectures;
}

int call_number(std::string_view name, const Architecture& architecture) {
  const int number = seccomp_syscall_resolve_name_arch(architecture.library, std::string(name).c_str());
  return number >= 0 ? number : -1;
}

std::vector<sock_filter> compile_filter(const std::vector<ArchitectureFilter>& filters, std::uint32_t other_action) {
  // From the end: each section is entered when its architecture matches, else the next one is asked.
  Code code{give(other_action)};
  for (auto filter = filters.rbegin(); filter != filters.rend(); ++filter) {
    const Code body = architecture_code(*filter);
    Code head{load(offsetof(seccomp_data, arch))};
    const auto skip = [&head, &body](std::size_t extra) {
      head.push_back(statement(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(body.size() + extra)));
    };
    head.push_back(jump(BPF_JEQ, filter->architecture.audit, 1, 0));
    if (filter->architecture.audit == AUDIT_ARCH_X86_64) {
      skip(3);
      head.push_back(load(offsetof(seccomp_data, nr)));
      head.push_back(filter->architecture.x32 ? jump(BPF_JGE, x32_bit, 1, 0) : jump(BPF_JGE, x32_bit, 0, 1));
    }
    skip(0);
    append(head, body);
    append(head, code);
    code = std::move(head);
  }
  return code;
}

}  // namespace executor
