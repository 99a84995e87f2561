// Every recorded directive value: what it changes in `show`, and what is logged about it.
#include <fmt/format.h>

#include <map>
#include <set>

#include "ctl/render/property_text.h"
#include "tests/golden/recorded.h"
#include "unitparser/directives/registry.h"

namespace unitparser {
namespace {

using testing::load_recorded;
using testing::recorded_context;

/// Values that the engine adds to or decides alone.
const std::set<std::string> engine_properties{"CanStart", "CanStop", "CanReload", "CanIsolate", "CanClean", "NeedDaemonReload", "LoadState", "LoadError",
                                              "Triggers", "TriggeredBy"};

std::string shown(std::string_view name, const Value& value) {
  std::string text;
  for (const std::string& line : ctl::property_texts(name, value, ctl::TimestampStyle::pretty)) text += (text.empty() ? "" : "\x1e") + line;
  return text;
}
/// All properties that config decides.
std::map<std::string, Value> show(const LoadedUnit& unit) {
  std::map<std::string, Value> all;
  for (const std::string& interface : {std::string(unit_interface), interface_of(unit.id.type())})
    for (const Property& property : properties_of(interface))
      if (!property.from_graph) all[std::string(property.name)] = bus_value(unit.config, unit.id, recorded_context().machine, property);
  return all;
}
/// As words in order: some lists are kept by hash.
std::string sorted_words(const std::string& text) {
  std::multiset<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    words.insert(text.substr(at, end - at));
    at = end + 1;
  }
  std::string joined;
  for (const std::string& word : words) joined += word + " ";
  return joined;
}

/// Log lines as recorded: "<priority>text", without the place.
std::vector<std::string> log_of(const LoadedUnit& unit) {
  std::vector<std::string> lines;
  for (const Diagnostic& diagnostic : unit.diagnostics)
    lines.push_back(fmt::format("<{}>{}", diagnostic.severity == Severity::error ? 3 : diagnostic.severity == Severity::warning ? 4 : 5, diagnostic.message));
  return lines;
}

TEST(DirectiveEffects, AreThoseOfTheRealOne) {
  std::size_t count = 0;
  for (const nlohmann::json& record : testing::recorded_lines("effects.jsonl")) {
    const std::string lines = record["lines"];
    SCOPED_TRACE(fmt::format("{} [{}] {}", std::string(record["unit"]), std::string(record["section"]), lines));
    const UnitName name = *UnitName::parse(std::string(record["unit"]));
    const LoadedUnit plain = load_recorded(name, record["section"], "");
    const LoadedUnit unit = load_recorded(name, record["section"], lines);
    EXPECT_EQ(to_name(unit.state), std::string(record["load_state"]));
    std::vector<std::string> log = log_of(unit);
    std::vector<std::string> expected_log = record["log"];
    EXPECT_EQ(log, expected_log);
    ++count;
    if (unit.state != LoadState::loaded) continue;
    const auto before = show(plain);
    const auto after = show(unit);
    std::set<std::string> expected_changes;
    for (const auto& [property, change] : record["changed"].items()) {
      if (after.find(property) == after.end()) {
        const bool known = engine_properties.count(property) != 0 || [&] { const Property* p = find_property(unit_interface, property); return p != nullptr && p->from_graph; }();
        EXPECT_TRUE(known) << property << " is not shown";
        continue;
      }
      expected_changes.insert(property);
      EXPECT_EQ(sorted_words(shown(property, after.at(property))), sorted_words(change["value"])) << property;
      // The plain unit of the recording was another one, "d0000".
      const std::string recorded_plain = change["default"].is_null() ? shown(property, before.at(property)) : std::string(change["default"]);
      const std::string plain_text = recorded_plain.find("d0000") != std::string::npos ? shown(property, before.at(property)) : recorded_plain;
      EXPECT_EQ(sorted_words(shown(property, before.at(property))), sorted_words(plain_text)) << property << " of a plain unit";
    }
    for (const auto& [property, value] : after)
      EXPECT_TRUE(value == before.at(property) || expected_changes.count(property) != 0 || shown(property, value) == shown(property, before.at(property)))
          << property << " changed from " << shown(property, before.at(property)) << " to " << shown(property, value);
  }
  EXPECT_EQ(count, 946U);
}

}  // namespace
}  // namespace unitparser
