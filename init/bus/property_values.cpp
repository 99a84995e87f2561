// Values of properties: what files say through the table of directives, what is true now through getters. [bus]
#include "init/bus/property_values.h"

#include "unitparser/directives/registry.h"

namespace init::bus {

struct ResolvedProperty {
  const Member* member = nullptr;
  UnitGetter get = nullptr;
  const unitparser::Property* config = nullptr;
};

namespace {

UnitGetter find_getter(std::span<const UnitGetterRow> rows, std::string_view name) {
  for (const auto& row : rows)
    if (row.name == name) return row.get;
  return nullptr;
}

constexpr std::string_view unit_prefix = "/org/freedesktop/systemd1/unit/";

constexpr bool is_label_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

int hex_digit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; }

}  // namespace

UnitInterface::UnitInterface(std::string_view name, UnitType type, std::vector<std::span<const Member>> parts)
    : name_(name), parts_(std::move(parts)) {
  const bool common = name == unitparser::unit_interface;
  for (const auto part : parts_) {
    for (const Member& member : part) {
      if (member.kind != MemberKind::property) continue;
      ResolvedProperty resolved;
      resolved.member = &member;
      resolved.get = find_getter(common ? unit_getters() : type_getters(type), member.name);
      if (resolved.get == nullptr && !common) resolved.get = find_getter(resource_getters(), member.name);
      resolved.config = unitparser::find_property(name, member.name);
      if (member.emits == Emits::changes) emitted_.push_back(properties_.size());
      if (member.emits == Emits::invalidates) invalidated_.push_back(properties_.size());
      properties_.push_back(resolved);
    }
  }
}
UnitInterface::UnitInterface(UnitInterface&&) noexcept = default;
UnitInterface::~UnitInterface() = default;

const Member* UnitInterface::find_property(std::string_view name) const {
  for (const auto& property : properties_)
    if (property.member->name == name) return property.member;
  return nullptr;
}

const Member* UnitInterface::find_method(std::string_view name) const {
  for (const auto part : parts_)
    for (const Member& member : part)
      if (member.kind == MemberKind::method && member.name == name) return &member;
  return nullptr;
}

Value UnitInterface::value_at(const PropertyContext& context, std::size_t index) const {
  const auto& property = properties_[index];
  if (property.get != nullptr) return property.get(context, *property.member);
  if (property.config != nullptr)
    return unitparser::bus_value(context.unit.config, context.unit.name, context.manager.machine(), *property.config);
  return empty_value(property.member->output);
}

const Member& UnitInterface::member_at(std::size_t index) const { return *properties_[index].member; }

Value UnitInterface::value(const PropertyContext& context, const Member& wanted) const {
  for (std::size_t i = 0; i < properties_.size(); ++i)
    if (properties_[i].member == &wanted) return value_at(context, i);
  return empty_value(wanted.output);
}

void UnitInterface::for_each(const std::function<void(std::size_t, const Member&)>& visit) const {
  for (std::size_t i = 0; i < properties_.size(); ++i) visit(i, *properties_[i].member);
}

Value empty_value(std::string_view signature) {
  using namespace unitparser;
  switch (signature.empty() ? 's' : signature.front()) {
    case 'b': return false;
    case 'y': return std::uint8_t{0};
    case 'n': return std::int16_t{0};
    case 'q': return std::uint16_t{0};
    case 'i': return std::int32_t{0};
    case 'u': return std::uint32_t{0};
    case 'x': return std::int64_t{0};
    case 't': return std::uint64_t{0};
    case 'd': return 0.0;
    case 'o': return ObjectPath{"/"};
    case 'a':
      if (signature == "ay") return Bytes{};
      return ArrayValue{std::string(signature.substr(1)), {}};
    case '(': {
      StructValue fields;
      // Only flat structs occur as whole properties: (ss), (uo), (bs), (bas), (aiai).
      for (std::size_t i = 1; i + 1 < signature.size(); ++i) {
        const bool array = signature[i] == 'a';
        fields.fields.push_back(empty_value(signature.substr(i, array ? 2 : 1)));
        i += array ? 1 : 0;
      }
      return fields;
    }
    default: return std::string();
  }
}

std::string unit_path(std::string_view name) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string path;
  path.reserve(unit_prefix.size() + 3 * name.size() + 1);
  path = unit_prefix;
  if (name.empty()) path += '_';
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto byte = static_cast<unsigned char>(name[i]);
    if (is_label_character(name[i]) && !(i == 0 && name[i] <= '9'))
      path += name[i];
    else
      path += '_', path += digits[byte >> 4], path += digits[byte & 15];
  }
  return path;
}

std::string job_path(JobId job) { return "/org/freedesktop/systemd1/job/" + std::to_string(static_cast<std::uint32_t>(job)); }

std::string unit_name_of_path(std::string_view path) {
  if (!path.starts_with(unit_prefix)) return {};
  path.remove_prefix(unit_prefix.size());
  std::string name;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '_') {
      name += path[i];
      continue;
    }
    if (i + 2 >= path.size()) return {};
    const int high = hex_digit(path[i + 1]), low = hex_digit(path[i + 2]);
    if (high < 0 || low < 0) return {};
    name += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return name;
}

}  // namespace init::bus
