// What `show` says of the smallest unit of each type, property by property.
#include <fmt/format.h>

#include <map>

#include "ctl/render/property_text.h"
#include "tests/golden/recorded.h"
#include "unitparser/base/text.h"
#include "unitparser/directives/registry.h"

namespace unitparser {
namespace {

struct Trivial {
  std::string_view name, text;
};
constexpr Trivial trivial_units[] = {
    {"trivial.service", "[Service]\nExecStart=/bin/sleep infinity\n"}, {"trivial.socket", "[Socket]\nListenStream=/run/trivial.sock\n"},
    {"run-trivial.mount", "[Mount]\nWhat=tmpfs\nWhere=/run/trivial\nType=tmpfs\n"}, {"run-trivauto.automount", "[Automount]\nWhere=/run/trivauto\n"},
    {"trivialswap.swap", "[Swap]\nWhat=/trivialswap\n"}, {"trivial.timer", "[Timer]\nOnBootSec=10d\nUnit=trivial.service\n"},
    {"trivial.path", "[Path]\nPathExists=/nonexistent/trivial\nUnit=trivial.service\n"}, {"trivial.slice", "[Unit]\nDescription=t\n"},
    {"trivial.target", "[Unit]\nDescription=t\n"}};
/// Told by the running manager, not by files.
constexpr std::string_view of_the_manager[] = {"CanStart", "CanStop", "CanReload", "CanIsolate", "CanClean", "CanFreeze", "Following", "FragmentPath", "Id", "Names",
                                               "DropInPaths", "Transient", "Perpetual", "UnitFileState", "UnitFilePreset", "NeedDaemonReload", "LoadState", "LoadError"};

TEST(ShownProperties, OfTheSmallestUnits) {
  const std::string table = testing::unpacked("show.tsv");
  std::map<std::string, LoadedUnit> units;
  for (const Trivial& trivial : trivial_units) {
    const UnitName name = *UnitName::parse(trivial.name);
    units.emplace(std::string(to_name(name.type())), load_from_texts(name, {{"/etc/systemd/system/" + name.text(), std::string(trivial.text)}}, testing::recorded_context()));
  }
  std::size_t compared = 0;
  for (const std::string_view line : split_at(table, '\n')) {
    const std::vector<std::string_view> columns = split_at(line, '\t');
    if (columns.size() != 3 || std::find(std::begin(of_the_manager), std::end(of_the_manager), columns[1]) != std::end(of_the_manager)) continue;
    SCOPED_TRACE(line);
    const LoadedUnit& unit = units.at(std::string(columns[0]));
    const Property* property = find_property(unit_interface, columns[1]);
    if (property == nullptr) property = find_property(interface_of(unit.id.type()), columns[1]);
    if (property == nullptr || property->from_graph) continue;  // the engine's
    std::string shown;
    for (const std::string& text : ctl::property_texts(columns[1], bus_value(unit.config, unit.id, testing::recorded_context().machine, *property), ctl::TimestampStyle::pretty))
      shown += (shown.empty() ? "" : " ") + text;
    EXPECT_EQ(shown, columns[2]);
    ++compared;
  }
  EXPECT_GT(compared, 1150U);
}

}  // namespace
}  // namespace unitparser
