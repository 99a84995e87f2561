// Sets of CPUs. [pure]
#include "unitparser/syntax/cpu_set.h"

#include <fmt/format.h>

#include "unitparser/base/text.h"

namespace unitparser {

Result<CpuMask> parse_cpu_set(std::string_view text, std::vector<std::string>* backward_ranges) {
  CpuMask set;
  for (const std::string& word : TRY(split_words(text, {.separators = " \t\n\r,", .unquote = true}))) {
    const NumberRange range = TRY(parse_range(word, cpu_number_limit - 1));
    if (range.first > range.last) {
      if (backward_ranges != nullptr) backward_ranges->push_back(word);
      if (set.empty()) set.resize(8);  // COMPAT: an empty set of a said setting, not an unsaid one
      continue;
    }
    const std::size_t needed = (range.last / 64 + 1) * 8;
    if (set.size() < needed) set.resize(needed);
    for (std::size_t cpu = range.first; cpu <= range.last; ++cpu) set[cpu / 8] = static_cast<std::uint8_t>(set[cpu / 8] | 1U << (cpu % 8));
  }
  return set;
}

bool has_cpu(const CpuMask& set, std::size_t cpu) { return cpu / 8 < set.size() && (set[cpu / 8] >> (cpu % 8) & 1U) != 0; }

std::string format_cpu_set(const CpuMask& set, char separator) {
  std::string out;
  for (std::size_t cpu = 0; cpu < set.size() * 8; ++cpu) {
    if (!has_cpu(set, cpu)) continue;
    std::size_t last = cpu;
    while (has_cpu(set, last + 1)) ++last;
    if (!out.empty()) out += separator;
    out += last == cpu ? fmt::format("{}", cpu) : fmt::format("{}-{}", cpu, last);
    cpu = last;
  }
  return out;
}

void add_cpus(CpuMask& set, const CpuMask& more) {
  if (set.size() < more.size()) set.resize(more.size());
  for (std::size_t i = 0; i < more.size(); ++i) set[i] = static_cast<std::uint8_t>(set[i] | more[i]);
}

}  // namespace unitparser
