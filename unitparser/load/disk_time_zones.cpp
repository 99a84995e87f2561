// Time zones from the files of the machine. [os: reads files]
#include "unitparser/load/disk_time_zones.h"

#include <map>
#include <optional>

#include "unitparser/base/text.h"
#include "unitparser/syntax/paths.h"

namespace unitparser {
namespace {

constexpr std::size_t longest_zone_file = 1024UL * 1024;

/// Names that may be looked for: no ".." and nothing odd.
bool is_zone_name(std::string_view name) {
  if (name.empty() || name.size() > 255 || name.front() == '/' || name.back() == '/') return false;
  for (const char c : name)
    if (!is_digit(c) && !is_alphabetic(c) && !contains_character("-_+/", c)) return false;
  return name.find("//") == std::string_view::npos;
}

}  // namespace

struct DiskTimeZones::Cache {
  std::map<std::string, std::optional<TimeZone>, std::less<>> zones;
  std::optional<TimeZone> local;
};

DiskTimeZones::DiskTimeZones(FileSource& source, std::string local_zone)
    : source_(&source), local_zone_(std::move(local_zone)), cache_(std::make_unique<Cache>()) {}
DiskTimeZones::~DiskTimeZones() = default;

void DiskTimeZones::forget() { cache_ = std::make_unique<Cache>(); }

const TimeZone* DiskTimeZones::find(std::string_view name) {
  if (!is_zone_name(name)) return nullptr;
  auto known = cache_->zones.find(name);
  if (known == cache_->zones.end()) {
    std::optional<TimeZone> zone;
    if (const auto bytes = source_->read("/usr/share/zoneinfo/" + std::string(name), longest_zone_file))
      if (Result<TimeZone> parsed = TimeZone::parse(*bytes)) zone = std::move(*parsed);
    known = cache_->zones.emplace(std::string(name), std::move(zone)).first;
  }
  return known->second ? &*known->second : nullptr;
}

const TimeZone& DiskTimeZones::local() {
  if (cache_->local) return *cache_->local;
  const std::string_view name = std::string_view(local_zone_).substr(local_zone_.starts_with(':') ? 1 : 0);
  cache_->local = TimeZone();
  if (!name.empty() && !name.starts_with('/')) {
    if (const TimeZone* zone = find(name)) cache_->local = *zone;
  } else if (const auto bytes = source_->read(name.empty() ? "/etc/localtime" : std::string(name), longest_zone_file)) {
    if (Result<TimeZone> parsed = TimeZone::parse(*bytes)) cache_->local = std::move(*parsed);
  }
  return *cache_->local;
}

}  // namespace unitparser
