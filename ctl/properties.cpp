// Properties: what an object says of itself, by name. [pure]
#include "ctl/properties.h"

namespace ctl {

const Value* Properties::find(std::string_view name) const {
  for (const auto& [key, value] : entries)
    if (key == name) return &value;
  return nullptr;
}

std::string_view Properties::text(std::string_view name) const {
  const auto* value = find(name);
  if (value == nullptr) return {};
  if (const auto* s = std::get_if<std::string>(&value->storage)) return *s;
  if (const auto* o = std::get_if<unitparser::ObjectPath>(&value->storage)) return o->path;
  return {};
}

std::optional<std::uint64_t> Properties::find_number(std::string_view name) const {
  const auto* value = find(name);
  if (value == nullptr) return {};
  return std::visit(
      [](const auto& content) -> std::optional<std::uint64_t> {
        using T = std::decay_t<decltype(content)>;
        if constexpr (std::is_integral_v<T>)
          return static_cast<std::uint64_t>(content);
        else
          return std::nullopt;
      },
      value->storage);
}

std::uint64_t Properties::number(std::string_view name) const { return find_number(name).value_or(0); }
bool Properties::flag(std::string_view name) const { return number(name) != 0; }

std::vector<std::string> Properties::texts(std::string_view name) const {
  std::vector<std::string> result;
  if (const auto* value = find(name))
    if (const auto* array = std::get_if<unitparser::ArrayValue>(&value->storage))
      for (const auto& element : array->elements)
        if (const auto* s = std::get_if<std::string>(&element.storage)) result.push_back(*s);
  return result;
}

}  // namespace ctl
