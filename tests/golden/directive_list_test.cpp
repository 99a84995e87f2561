// Every directive that systemd 252 reads has a row with the same property and signature.
#include <fmt/format.h>

#include <fstream>

#include "tests/golden/recorded.h"
#include "unitparser/base/text.h"
#include "unitparser/directives/registry.h"

namespace unitparser {
namespace {

TEST(DirectiveList, IsComplete) {
  const std::string text = testing::unpacked("directives.tsv");
  std::size_t count = 0;
  for (const std::string_view line : split_at(text, '\n')) {
    const std::vector<std::string_view> columns = split_at(line, '\t');
    if (columns.size() < 4 || columns[0] == "section") continue;
    SCOPED_TRACE(line);
    const std::optional<Section> section = from_name<Section>(columns[0]);
    ASSERT_TRUE(section.has_value());
    ++count;
    const FoundDirective* found = find_directive(*section, columns[1]);
    EXPECT_NE(found, nullptr);
    if (found == nullptr || columns[2].empty() || *section == Section::install) continue;
    // Keys that other sections share with [Service] were recorded there only.
    const FoundDirective* of_service = find_directive(Section::service, columns[1]);
    if (*section != Section::service && of_service != nullptr && of_service->effective != found->effective) continue;
    const std::vector<std::string_view> properties = split_at(columns[2], ',');
    const std::vector<std::string_view> signatures = split_at(columns[3], ',');
    for (std::size_t i = 0; i < properties.size(); ++i) {
      const Property* property = find_property(unit_interface, properties[i]);
      if (property == nullptr) property = find_property(fmt::format("org.freedesktop.systemd1.{}", columns[0]), properties[i]);
      if (properties[i] == "Triggers" || properties[i] == "TriggeredBy") continue;  // the engine's
      ASSERT_NE(property, nullptr) << properties[i];
      EXPECT_EQ(property->signature, i < signatures.size() ? signatures[i] : signatures[0]) << properties[i];
    }
  }
  EXPECT_GT(count, 1100U);
}

TEST(DirectiveList, HasNoRowWithoutGetterForAProperty) {
  for (std::size_t i = 0; i < section_count; ++i)
    for (const Property& property : properties_of(fmt::format("org.freedesktop.systemd1.{}", to_name(static_cast<Section>(i))))) {
      EXPECT_NE(property.row->get, nullptr) << property.name;
      EXPECT_FALSE(property.signature.empty()) << property.name;
    }
}

TEST(DirectiveList, ShowsValuesOfTheSignatureItNames) {
  for (std::size_t i = 0; i < unit_type_count; ++i) {
    const auto type = static_cast<UnitType>(i);
    const UnitName name = *UnitName::parse(fmt::format("x.{}", to_name(type)));
    const UnitConfig& config = testing::recorded_context().defaults.of(type);
    for (const std::string& interface : {std::string(unit_interface), interface_of(type)})
      for (const Property& property : properties_of(interface))
        EXPECT_EQ(bus_value(config, name, testing::recorded_context().machine, property).signature(), property.signature) << property.name;
  }
}

}  // namespace
}  // namespace unitparser
