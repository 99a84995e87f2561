#include "journal/text/bytes.h"

#include <array>
#include <charconv>

namespace journal {
namespace {

constexpr std::string_view units = "BKMGTPE";

}  // namespace

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || value < 0) return std::nullopt;
  std::string_view suffix = text.substr(static_cast<std::size_t>(end - text.data()));
  while (!suffix.empty() && suffix.front() == ' ') suffix.remove_prefix(1);
  double factor = 1;
  if (!suffix.empty()) {
    const std::size_t unit = units.find(suffix[0]);
    if (suffix.size() != 1 || unit == std::string_view::npos) return std::nullopt;
    factor = static_cast<double>(1ULL << (unit * 10));
  }
  const double bytes = value * factor;
  if (bytes >= 18446744073709549568.0) return std::nullopt;
  return static_cast<std::uint64_t>(bytes);
}

}  // namespace journal
