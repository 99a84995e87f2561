#include "journal/query/datum.h"

namespace journal {
namespace {

constexpr std::size_t most_names = 4096;

}  // namespace

std::uint32_t FieldNumbers::number_of(std::string_view name) {
  for (const std::uint32_t number : recent_)
    if (number != 0 && names_[number - 1] == name) return number;
  const auto found = numbers_.find(name);
  if (found != numbers_.end()) {
    remember(found->second);
    return found->second;
  }
  if (names_.size() >= most_names) return 0;
  names_.emplace_back(name);
  const auto number = static_cast<std::uint32_t>(names_.size());
  numbers_.emplace(names_.back(), number);
  remember(number);
  return number;
}

void FieldNumbers::remember(std::uint32_t number) {
  recent_[next_recent_] = number;
  next_recent_ = (next_recent_ + 1) % recent_.size();
}

bool FieldNumbers::split(std::string_view payload, Datum& datum) {
  for (const std::uint32_t number : recent_) {
    if (number == 0) continue;
    const std::string& name = names_[number - 1];
    if (payload.size() <= name.size() || payload[name.size()] != '=' || !payload.starts_with(name)) continue;
    datum.name = payload.substr(0, name.size());
    datum.value = payload.substr(name.size() + 1);
    datum.field = number;
    return true;
  }
  const std::size_t equals = payload.find('=');
  if (equals == std::string_view::npos) return false;
  datum.name = payload.substr(0, equals);
  datum.value = payload.substr(equals + 1);
  datum.field = number_of(datum.name);
  return true;
}

}  // namespace journal
