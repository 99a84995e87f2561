// Every recorded D-Bus value of a directive that is not of a basic type.
#include <fmt/format.h>

#include "tests/golden/recorded.h"
#include "unitparser/directives/registry.h"

namespace unitparser {
namespace {

nlohmann::json as_json(const Value& value) {
  return std::visit(
      [](const auto& v) -> nlohmann::json {
        using T = std::decay_t<decltype(v)>;
        nlohmann::json list = nlohmann::json::array();
        if constexpr (std::is_same_v<T, Bytes>) {
          for (const char c : v.data) list.push_back(static_cast<unsigned char>(c));
          return list;
        } else if constexpr (std::is_same_v<T, ArrayValue>) {
          for (const Value& element : v.elements) list.push_back(as_json(element));
          return list;
        } else if constexpr (std::is_same_v<T, StructValue>) {
          for (const Value& field : v.fields) list.push_back(as_json(field));
          return list;
        } else if constexpr (std::is_same_v<T, VariantValue>) {
          return as_json(v.content.at(0));
        } else if constexpr (std::is_same_v<T, ObjectPath>) {
          return v.path;
        } else if constexpr (std::is_same_v<T, TypeSignature>) {
          return v.signature;
        } else if constexpr (std::is_same_v<T, HandleValue>) {
          return v.fd;
        } else {
          return v;
        }
      },
      value.storage);
}

/// Lists that the real one keeps in hash order.
nlohmann::json ordered(nlohmann::json list) {
  if (list.is_array()) std::sort(list.begin(), list.end());
  return list;
}

/// The section of a recorded line, by its key.
std::string section_of_lines(UnitType type, const std::string& lines) {
  const std::string key = lines.substr(0, lines.find('='));
  const std::optional<Section> own = section_of(type);
  return own && find_directive(*own, key) != nullptr ? std::string(to_name(*own)) : "Unit";
}

TEST(DirectiveBusValues, AreThoseOfTheRealOne) {
  std::size_t count = 0;
  for (const nlohmann::json& record : testing::recorded_lines("dbus-values.jsonl")) {
    const std::string lines = record["lines"];
    const std::string property_name = record["property"];
    SCOPED_TRACE(fmt::format("{} {} {}", std::string(record["unit"]), lines, property_name));
    const UnitName name = *UnitName::parse(std::string(record["unit"]));
    const LoadedUnit unit = testing::load_recorded(name, section_of_lines(name.type(), lines), lines);
    const Property* property = find_property(unit_interface, property_name);
    if (property == nullptr) property = find_property(interface_of(name.type()), property_name);
    ++count;
    if (property == nullptr) {
      ADD_FAILURE() << "no such property";
      continue;
    }
    if (property->from_graph) continue;
    EXPECT_EQ(property->signature, std::string(record["signature"]));
    const Value value = bus_value(unit.config, name, testing::recorded_context().machine, *property);
    EXPECT_EQ(value.signature(), std::string(record["signature"]));
    EXPECT_EQ(ordered(as_json(value)), ordered(record["value"]));
  }
  EXPECT_EQ(count, 235U);
}

}  // namespace
}  // namespace unitparser
