// show: properties of units, jobs or the manager. [bus]
#include <algorithm>
#include <cstdlib>

#include "ctl/render/json.h"
#include "ctl/render/property_text.h"
#include "ctl/unit_arguments.h"
#include "ctl/verb_list.h"
#include "unitparser/base/text.h"

namespace ctl {
namespace {

/// Listed among -p, or nothing is listed.
bool is_wanted(const Options& options, const std::string& name) {
  return options.properties.empty() || std::find(options.properties.begin(), options.properties.end(), name) != options.properties.end();
}

void print_properties(Session& session, const Properties& properties) {
  const auto& options = session.options();
  auto& out = session.out();
  for (const auto& [name, value] : properties.entries) {
    if (!is_wanted(options, name)) continue;
    auto texts = property_texts(name, value, options.timestamps);
    for (const auto& text : texts) {
      if (text.empty() && !options.all) continue;
      if ((text == "[unprintable]" || (text == "~" && value.signature() == "(bas)") || (text == "[not set]" && value.signature() == "i")) && !options.all) continue;
      if (!options.value_only) out << name << "=";
      out << text << "\n";
    }
  }
}

Value json_object(const Options& options, const Properties& properties) {
  unitparser::ArrayValue object{"{sv}", {}};
  for (const auto& [name, value] : properties.entries)
    if (is_wanted(options, name)) object.elements.push_back(unitparser::struct_of(name, unitparser::VariantValue{{value}}));
  return object;
}

/// Object paths for the operands: units, or jobs by number.
std::optional<std::vector<std::string>> object_paths(Session& session, Arguments operands) {
  std::vector<std::string> paths, names;
  for (const auto& operand : operands) {
    if (!operand.empty() && std::all_of(operand.begin(), operand.end(), unitparser::is_digit))
      paths.push_back("/org/freedesktop/systemd1/job/" + operand);
    else
      names.push_back(operand);
  }
  if (names.empty()) return paths;
  const auto expanded = expand_names(session, names);
  if (!expanded) return std::nullopt;
  for (const auto& name : expanded->names) paths.push_back(unit_path(name));
  return paths;
}

}  // namespace

int verb_show(Session& session, Arguments arguments) {
  const auto& options = session.options();
  auto& out = session.out();
  Client* client = session.manager();
  if (client == nullptr) return EXIT_FAILURE;
  std::vector<std::string> paths{std::string(manager_path)};
  std::string_view interface;
  if (arguments.size() < 2) {
    interface = manager_interface;
  } else {
    auto found = object_paths(session, arguments.subspan(1));
    if (!found) return EXIT_FAILURE;
    paths = std::move(*found);
  }
  if (options.pager && !options.json_forced) out.open_pager();
  constexpr std::size_t window = 16;  // requests under way at once: keeps the manager busy without filling its queue
  std::vector<std::uint32_t> serials;
  unitparser::ArrayValue list{"a{sv}", {}};
  for (std::size_t i = 0; i < paths.size(); ++i) {
    while (serials.size() < paths.size() && serials.size() < i + window) {
      const auto serial = client->send_all_properties(paths[serials.size()], interface);
      if (!serial) return session.fail("get properties", serial.error());
      serials.push_back(*serial);
    }
    const auto properties = client->receive_all_properties(serials[i]);
    if (!properties) {
      if (paths[i].find("/job/") != std::string::npos)
        return session.fail("Failed to get properties: " + properties.error().text);
      return session.fail("get properties", properties.error());
    }
    if (options.json_forced) {
      list.elements.push_back(json_object(options, *properties));
      continue;
    }
    if (i > 0) out << "\n";
    print_properties(session, *properties);
  }
  if (options.json_forced) {
    const auto layout = options.output == LogOutput::json_pretty ? JsonLayout::pretty : JsonLayout::compact;
    out << (arguments.size() < 2 && list.elements.size() == 1 ? json_text(list.elements.front(), layout) : json_text(list, layout)) << "\n";
  }
  return EXIT_SUCCESS;
}

}  // namespace ctl
