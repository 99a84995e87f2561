// Compiler of system-call filters: sets of decisions for each architecture to one classic BPF program. [pure but for names]
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

namespace executor {

/// One architecture whose calls this kernel takes. x32 shares its audit token with x86-64 and differs by a bit.
struct Architecture {
  std::uint32_t audit = 0;    ///< AUDIT_ARCH_*
  std::uint32_t library = 0;  ///< libseccomp's token, for call numbers
  std::string_view name;      ///< as in SystemCallArchitectures=
  bool x32 = false;
};
/// Native first, then the others that may run here.
[[nodiscard]] const std::vector<Architecture>& local_architectures();
/// Number of a call, -1 when the architecture does not have it.
[[nodiscard]] int call_number(std::string_view name, const Architecture& architecture);

/// What to look at in an argument (its low 32 bits).
struct ArgumentTest {
  enum class Kind : std::uint8_t { any_bit, all_bits, equal, not_equal_to_any };
  unsigned argument = 0;
  Kind kind = Kind::any_bit;
  std::vector<std::uint32_t> values;  ///< one, but for not_equal_to_any
};
/// `action` when all tests hold.
struct ArgumentRule {
  std::vector<ArgumentTest> tests;
  std::uint32_t action = 0;
};

/// The decisions for one architecture.
struct ArchitectureFilter {
  Architecture architecture;
  std::uint32_t default_action = 0;
  std::map<std::uint32_t, std::uint32_t> calls;                       ///< number to action
  std::map<std::uint32_t, std::vector<ArgumentRule>> argument_rules;  ///< looked at before `calls`
};

/// A program that applies each filter to its architecture, and `other_action` to all other ones.
[[nodiscard]] std::vector<sock_filter> compile_filter(const std::vector<ArchitectureFilter>& filters,
                                                      std::uint32_t other_action);

}  // namespace executor
