// "CPUWeight=100" to a D-Bus property and value, for set-property. [pure]
#include "ctl/property_assignment.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>

#include "unitparser/base/text.h"
#include "unitparser/base/time.h"
#include "unitparser/syntax/quantities.h"

namespace ctl {
namespace {

using namespace unitparser;
constexpr auto unlimited = std::numeric_limits<std::uint64_t>::max();
using Parsed = tl::expected<std::vector<PropertyValue>, std::string>;

enum class Kind : std::uint8_t { boolean, text, weight, cpu_weight, cpu_shares, blockio_weight, bytes, bytes_or_zero, tasks, cpu_quota, span, cpu_set, words, device_allow, device_bytes,
                                 device_weight };
struct Row {
  std::string_view name;
  Kind kind;
  std::string_view bus_name = {};  ///< where it differs from the name
};
// systemd.resource-control(5), and the few of systemd.unit(5) that can be changed at run time.
constexpr std::array rows{
    Row{"CPUAccounting", Kind::boolean}, Row{"MemoryAccounting", Kind::boolean}, Row{"IOAccounting", Kind::boolean},
    Row{"BlockIOAccounting", Kind::boolean}, Row{"TasksAccounting", Kind::boolean}, Row{"IPAccounting", Kind::boolean},
    Row{"CPUWeight", Kind::cpu_weight}, Row{"StartupCPUWeight", Kind::cpu_weight}, Row{"IOWeight", Kind::weight}, Row{"StartupIOWeight", Kind::weight},
    Row{"CPUShares", Kind::cpu_shares}, Row{"StartupCPUShares", Kind::cpu_shares}, Row{"BlockIOWeight", Kind::blockio_weight},
    Row{"StartupBlockIOWeight", Kind::blockio_weight}, Row{"MemoryMin", Kind::bytes_or_zero}, Row{"MemoryLow", Kind::bytes_or_zero},
    Row{"DefaultMemoryMin", Kind::bytes_or_zero}, Row{"DefaultMemoryLow", Kind::bytes_or_zero}, Row{"MemoryHigh", Kind::bytes},
    Row{"MemoryMax", Kind::bytes}, Row{"MemorySwapMax", Kind::bytes_or_zero}, Row{"MemoryZSwapMax", Kind::bytes_or_zero}, Row{"MemoryLimit", Kind::bytes}, Row{"TasksMax", Kind::tasks},
    Row{"CPUQuota", Kind::cpu_quota, "CPUQuotaPerSecUSec"}, Row{"CPUQuotaPeriodSec", Kind::span, "CPUQuotaPeriodUSec"},
    Row{"AllowedCPUs", Kind::cpu_set}, Row{"StartupAllowedCPUs", Kind::cpu_set}, Row{"AllowedMemoryNodes", Kind::cpu_set},
    Row{"StartupAllowedMemoryNodes", Kind::cpu_set}, Row{"DeviceAllow", Kind::device_allow}, Row{"DevicePolicy", Kind::text}, Row{"Slice", Kind::text},
    Row{"ManagedOOMSwap", Kind::text}, Row{"ManagedOOMMemoryPressure", Kind::text}, Row{"ManagedOOMPreference", Kind::text},
    Row{"IOReadBandwidthMax", Kind::device_bytes}, Row{"IOWriteBandwidthMax", Kind::device_bytes}, Row{"IOReadIOPSMax", Kind::device_bytes},
    Row{"IOWriteIOPSMax", Kind::device_bytes}, Row{"IODeviceWeight", Kind::device_weight}, Row{"Description", Kind::text},
    Row{"Documentation", Kind::words}, Row{"JobTimeoutSec", Kind::span, "JobTimeoutUSec"}, Row{"CollectMode", Kind::text},
    Row{"TimeoutStopSec", Kind::span, "TimeoutStopUSec"}, Row{"TimeoutStartSec", Kind::span, "TimeoutStartUSec"},
    Row{"RuntimeMaxSec", Kind::span, "RuntimeMaxUSec"}, Row{"Wants", Kind::words}, Row{"Requires", Kind::words}, Row{"After", Kind::words}, Row{"Before", Kind::words},
    Row{"OOMPolicy", Kind::text}, Row{"KillMode", Kind::text}, Row{"Delegate", Kind::boolean}, Row{"MemoryPressureWatch", Kind::text},
};

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  const auto size = unitparser::parse_size(text);
  return size ? std::optional(*size) : std::nullopt;
}

/// Hundredths of a percent: "50%" is 5000.
std::optional<std::uint64_t> parse_permyriad(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  const auto dot = text.find('.');
  const auto whole = parse_unsigned(text.substr(0, dot), 1U << 30, 10);
  if (!whole) return std::nullopt;
  std::uint64_t result = *whole * 100;
  if (dot == std::string_view::npos) return result;
  const auto fraction = text.substr(dot + 1);
  if (fraction.empty() || fraction.size() > 2 || !std::all_of(fraction.begin(), fraction.end(), is_digit)) return std::nullopt;
  return result + static_cast<std::uint64_t>(fraction[0] - '0') * 10 + (fraction.size() > 1 ? static_cast<std::uint64_t>(fraction[1] - '0') : 0);
}

std::string refused(const Row& row, std::string_view value, int os_errno) {
  return "Failed to parse " + std::string(row.name) + "=" + std::string(value) + ": " + std::strerror(os_errno);
}

Parsed one(const Row& row, Value value) {
  return std::vector<PropertyValue>{{std::string(row.bus_name.empty() ? row.name : row.bus_name), std::move(value)}};
}

Parsed parse_limit(const Row& row, std::string_view text) {
  const auto zero_is_fine = row.kind == Kind::bytes_or_zero;
  const std::string name(row.name);
  if (text == "infinity" || (text.empty() && !zero_is_fine)) return one(row, unlimited);
  if (text.empty()) return one(row, std::uint64_t{0});
  constexpr std::uint64_t whole_scale = 10000;
  if (const auto share = parse_permyriad(text)) {  // the scaled property takes a share of 2^32-1
    if (*share > whole_scale) return tl::unexpected(refused(row, text, ERANGE));
    const auto scaled = static_cast<std::uint32_t>(*share * std::numeric_limits<std::uint32_t>::max() / whole_scale);
    return std::vector<PropertyValue>{{name + "Scale", scaled}};
  }
  const auto bytes = row.kind == Kind::tasks ? [&]() -> std::optional<std::uint64_t> {
    const auto n = parse_unsigned(text);
    return n ? std::optional(*n) : std::nullopt;
  }() : parse_bytes(text);
  if (!bytes) return tl::unexpected(refused(row, text, EINVAL));
  if (*bytes == 0 && row.kind == Kind::bytes) return tl::unexpected(refused(row, text, EINVAL));
  return one(row, *bytes);
}

Parsed parse_weight(const Row& row, std::string_view text) {
  struct Bounds {
    std::uint64_t low, high;
  };
  const Bounds bounds = row.kind == Kind::cpu_shares       ? Bounds{2, 262144}
                        : row.kind == Kind::blockio_weight ? Bounds{10, 1000}
                                                           : Bounds{1, 10000};  // kernel documentation, cgroup-v2.rst, "Weights"
  if (text.empty()) return one(row, unlimited);
  if (row.kind == Kind::cpu_weight && text == "idle") return one(row, std::uint64_t{0});
  const auto number = parse_unsigned(text);
  if (!number) return tl::unexpected(refused(row, text, number.error().os_errno != 0 ? number.error().os_errno : EINVAL));
  if (*number < bounds.low || *number > bounds.high) return tl::unexpected(refused(row, text, ERANGE));
  return one(row, *number);
}

Parsed parse_cpu_set(const Row& row, std::string_view text) {
  std::string mask;
  constexpr std::uint64_t most_cpus = 8192;
  for (auto word : split_whitespace(text)) {
    for (const auto piece : split_at(word, ',')) {
      if (piece.empty()) continue;
      const auto range = parse_range(piece, most_cpus);
      if (!range || range->first > range->last) return tl::unexpected(refused(row, text, EINVAL));
      for (auto bit = range->first; bit <= range->last; ++bit) {
        if (mask.size() <= bit / 8) mask.resize(bit / 8 + 1, '\0');
        mask[bit / 8] = static_cast<char>(static_cast<unsigned char>(mask[bit / 8]) | (1U << (bit % 8)));
      }
    }
  }
  return one(row, Bytes{std::move(mask)});
}

Parsed parse_device(const Row& row, std::string_view text) {
  const bool plain = row.kind == Kind::device_allow;
  ArrayValue list{plain ? "(ss)" : "(st)", {}};
  if (!text.empty()) {
    const auto blank = text.find_first_of(" \t");
    const std::string device(text.substr(0, blank));
    const auto rest = blank == std::string_view::npos ? std::string_view{} : trim(text.substr(blank));
    if (plain) {
      list.elements.push_back(struct_of(device, std::string(rest)));
    } else {
      if (rest.empty()) return tl::unexpected(refused(row, text, EINVAL));
      const auto number = rest == "infinity" ? std::optional(unlimited) : parse_bytes(rest);
      if (!number) return tl::unexpected(refused(row, text, EINVAL));
      list.elements.push_back(struct_of(device, *number));
    }
  }
  return one(row, std::move(list));
}

Parsed parse_value(const Row& row, std::string_view text) {
  switch (row.kind) {
    case Kind::boolean: {
      const auto value = parse_boolean(text);
      return value ? one(row, *value) : Parsed(tl::unexpected(refused(row, text, EINVAL)));
    }
    case Kind::text: return one(row, std::string(text));
    case Kind::weight:
    case Kind::cpu_weight:
    case Kind::cpu_shares:
    case Kind::blockio_weight: return parse_weight(row, text);
    case Kind::bytes:
    case Kind::bytes_or_zero:
    case Kind::tasks: return parse_limit(row, text);
    case Kind::cpu_quota: {
      if (text.empty() || text == "infinity") return one(row, unlimited);
      const auto share = parse_permyriad(text);
      if (!share) return tl::unexpected("CPU quota '" + std::string(text) + "' invalid.");
      if (*share == 0) return tl::unexpected(std::string("CPU quota too small."));
      constexpr std::uint64_t usec_per_permyriad = 100;  // of one second
      return one(row, *share * usec_per_permyriad);
    }
    case Kind::span: {
      if (text.empty()) return one(row, unlimited);
      const auto span = parse_duration(text);
      return span ? one(row, span->usec()) : Parsed(tl::unexpected(refused(row, text, EINVAL)));
    }
    case Kind::cpu_set: return parse_cpu_set(row, text);
    case Kind::words: {
      std::vector<std::string> words;
      for (const auto word : split_whitespace(text)) words.emplace_back(word);
      return one(row, string_array(words));
    }
    case Kind::device_allow:
    case Kind::device_bytes:
    case Kind::device_weight: return parse_device(row, text);
  }
  return tl::unexpected(refused(row, text, EINVAL));
}

}  // namespace

std::string_view suffix_of_unit(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos ? std::string_view{} : name.substr(dot + 1);
}

Parsed parse_assignment(std::string_view assignment, std::string_view) {
  const auto equals = assignment.find('=');
  if (equals == std::string_view::npos) return tl::unexpected("Not an assignment: " + std::string(assignment));
  const auto name = assignment.substr(0, equals);
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.name == name; });
  if (row == rows.end()) return tl::unexpected("Unknown assignment: " + std::string(assignment));
  return parse_value(*row, assignment.substr(equals + 1));
}

}  // namespace ctl
