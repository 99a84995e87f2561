#include "unitparser/base/bytes.h"

#include <string_view>

namespace unitparser {

std::string format_bytes(std::uint64_t bytes) {
  constexpr std::string_view suffixes = "BKMGTPE";
  std::size_t unit = 0;
  while (unit + 1 < suffixes.size() && bytes >> ((unit + 1) * 10) != 0) ++unit;
  if (unit == 0) return std::to_string(bytes) + "B";
  const std::uint64_t of_unit_below = bytes >> ((unit - 1) * 10);  // in 1024ths of the unit
  return std::to_string(of_unit_below / 1024) + "." + std::to_string(of_unit_below % 1024 * 10 / 1024) + suffixes[unit];
}

}  // namespace unitparser
