// The interfaces: introspection equal to that of systemd 252, and every property of config of the type the schema says.
#include "init/bus/schema.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "init/bus/introspection.h"
#include "init/bus/property_values.h"
#include "init/bus/request.h"
#include "unitparser/directives/registry.h"

namespace init::bus {
namespace {

std::string recorded(const std::string& interface) {
  std::ifstream file(TEST_DATA "/bus/org.freedesktop.systemd1." + interface + ".xml");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The part of a document that describes one interface.
std::string interface_part(const std::string& document, const std::string& interface) {
  const auto begin = document.find(" <interface name=\"" + interface + "\"");
  if (begin == std::string::npos) return "none";
  return document.substr(begin, document.find(" </interface>", begin) - begin);
}

TEST(Introspection, equals_the_recorded_documents) {
  EXPECT_EQ(interface_part(introspection_xml({{"org.freedesktop.systemd1.Manager", {manager_schema()}}}, {}), "org.freedesktop.systemd1.Manager"),
            interface_part(recorded("Manager"), "org.freedesktop.systemd1.Manager"));
  EXPECT_EQ(interface_part(introspection_xml({{"org.freedesktop.systemd1.Job", {job_schema()}}}, {}), "org.freedesktop.systemd1.Job"),
            interface_part(recorded("Job"), "org.freedesktop.systemd1.Job"));
  const auto scope = introspection_xml(unit_interfaces(UnitType::scope), {});
  EXPECT_EQ(interface_part(scope, "org.freedesktop.systemd1.Unit"), interface_part(recorded("Unit"), "org.freedesktop.systemd1.Unit"));
  EXPECT_EQ(interface_part(scope, "org.freedesktop.systemd1.Scope"), interface_part(recorded("Scope"), "org.freedesktop.systemd1.Scope"));
  EXPECT_NE(interface_part(scope, "org.freedesktop.systemd1.Scope"), "none");
}

TEST(Schema, has_the_sizes_of_systemd_252) {
  const auto count = [](UnitType type) {
    const auto schema = type_schema(type);
    std::size_t n = 0;
    for (std::size_t i = 0; i < schema.count; ++i) n += schema.parts[i].size();
    return n;
  };
  EXPECT_EQ(count(UnitType::service), 307U);
  EXPECT_EQ(count(UnitType::socket), 304U);
  EXPECT_EQ(count(UnitType::mount), 263U);
  EXPECT_EQ(count(UnitType::swap), 256U);
  EXPECT_EQ(count(UnitType::slice), 74U);
  EXPECT_EQ(count(UnitType::scope), 89U);
  EXPECT_EQ(count(UnitType::target), 0U);
}

TEST(Schema, agrees_with_the_table_of_directives_on_types) {
  const auto check = [](std::string_view interface, std::span<const Member> members) {
    for (const auto& member : members) {
      if (member.kind != MemberKind::property) continue;
      if (const auto* property = unitparser::find_property(interface, member.name); property != nullptr) {
        EXPECT_EQ(property->signature, member.output) << interface << "." << member.name;
      }
    }
  };
  check("org.freedesktop.systemd1.Unit", unit_schema());
  for (std::size_t i = 0; i < unitparser::unit_type_count; ++i) {
    const auto type = static_cast<UnitType>(i);
    const auto schema = type_schema(type);
    for (std::size_t part = 0; part < schema.count; ++part) check(type_interface(type), schema.parts[part]);
  }
}

TEST(Schema, every_property_comes_from_somewhere) {
  const auto has = [](std::span<const UnitGetterRow> rows, std::string_view name) {
    for (const auto& row : rows)
      if (row.name == name) return true;
    return false;
  };
  // What neither files nor the engine know yet; shown empty.
  const std::set<std::string_view> always_empty{"AccessSELinuxContext", "Markers", "EffectiveCPUs", "EffectiveMemoryNodes", "BlockIOReadBytes",
                                                   "NonBlocking"};
  for (std::size_t i = 0; i < unitparser::unit_type_count; ++i) {
    const auto type = static_cast<UnitType>(i);
    const auto schema = type_schema(type);
    for (std::size_t part = 0; part < schema.count; ++part)
      for (const auto& member : schema.parts[part]) {
        if (member.kind != MemberKind::property || always_empty.contains(member.name)) continue;
        EXPECT_TRUE(has(type_getters(type), member.name) || has(resource_getters(), member.name) ||
                    unitparser::find_property(type_interface(type), member.name) != nullptr)
            << type_interface(type) << "." << member.name;
      }
  }
  for (const auto& member : unit_schema()) {
    if (member.kind != MemberKind::property || always_empty.contains(member.name)) continue;
    EXPECT_TRUE(has(unit_getters(), member.name) || unitparser::find_property("org.freedesktop.systemd1.Unit", member.name) != nullptr)
        << member.name;
  }
}

TEST(Schema, every_method_has_a_handler) {
  const auto check = [](std::string_view interface, std::span<const Member> members) {
    for (const auto& member : members)
      if (member.kind == MemberKind::method && member.name != "Subscribe" && member.name != "Unsubscribe") {
        EXPECT_NE(find_method_row(interface, member.name), nullptr) << interface << "." << member.name;
      }
  };
  check("org.freedesktop.systemd1.Manager", manager_schema());
  check("org.freedesktop.systemd1.Job", job_schema());
  check("org.freedesktop.systemd1.Unit", unit_schema());
  check("org.freedesktop.systemd1.Service", own_schema(UnitType::service));
  check("org.freedesktop.systemd1.Scope", own_schema(UnitType::scope));
  check("org.freedesktop.systemd1.Service", resource_schema());
}

TEST(Paths, of_units_are_labels) {
  EXPECT_EQ(unit_path("dbus.service"), "/org/freedesktop/systemd1/unit/dbus_2eservice");
  EXPECT_EQ(unit_path("-.mount"), "/org/freedesktop/systemd1/unit/_2d_2emount");
  EXPECT_EQ(unit_path("4a.service"), "/org/freedesktop/systemd1/unit/_34a_2eservice");
  for (const auto* name : {"a.service", "getty@tty1.service", "dev-disk-by\\x2did-x.device", "1.slice"})
    EXPECT_EQ(unit_name_of_path(unit_path(name)), name);
  for (const auto* bad : {"/org", "/org/freedesktop/systemd1/unit/a_2", "/org/freedesktop/systemd1/unit/a_zz"}) EXPECT_EQ(unit_name_of_path(bad), "") << bad;
}

TEST(EmptyValue, has_the_type_asked_for) {
  for (const auto* signature : {"s", "b", "t", "u", "i", "as", "ay", "a(sbbsi)", "(uo)", "(ss)", "(bas)", "(aiai)", "(bs)"})
    EXPECT_EQ(empty_value(signature).signature(), signature);
}

}  // namespace
}  // namespace init::bus
