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

std::string property_lines(const Options& options, std::string_view name, const Value& value) {
  std::string lines;
  for (const auto& text : property_texts(name, value, options.timestamps)) {
    if (text.empty() && !options.all) continue;
    if ((text == "[unprintable]" || (text == "~" && value.signature() == "(bas)") || (text == "[not set]" && value.signature() == "i")) && !options.all) continue;
    if (!options.value_only) lines.append(name).append("=");
    lines.append(text).append("\n");
  }
  return lines;
}

/// Prints what one object after the other says of itself. Units say mostly the same: what stands in an answer as it stood in the
/// one before, byte by byte, is neither read nor put into words again.
class PropertyPrinter {
 public:
  explicit PropertyPrinter(Session& session) : session_(session) {}

  void print(const wire::Message& answer) {
    wire::Reader reader(answer);
    const auto end = reader.begin_array(8);
    for (std::size_t i = 0; reader.before(end); ++i) {
      reader.begin_struct();
      const std::string_view name = reader.text();
      if (i == shown_.size()) shown_.emplace_back();
      Shown& shown = shown_[i];
      if (shown.name != name || !reader.skip_same(shown.value, shown.position)) {
        shown.position = reader.position();
        const Value value = reader.variant();
        shown.name = name;
        shown.value = reader.since(shown.position);
        shown.lines = is_wanted(session_.options(), shown.name) ? property_lines(session_.options(), name, value) : std::string();
      }
      session_.out() << shown.lines;
    }
  }

 private:
  struct Shown {
    std::string name;
    std::string value;         ///< as it came
    std::size_t position = 0;  ///< of it in the answer
    std::string lines;
  };
  Session& session_;
  std::vector<Shown> shown_;  ///< of the object before, in its order
};

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
  PropertyPrinter printer(session);
  unitparser::ArrayValue list{"a{sv}", {}};
  for (std::size_t i = 0; i < paths.size(); ++i) {
    while (serials.size() < paths.size() && serials.size() < i + window) {
      const auto serial = client->send_all_properties(paths[serials.size()], interface);
      if (!serial) return session.fail("get properties", serial.error());
      serials.push_back(*serial);
    }
    const auto answer = client->receive_properties_answer(serials[i]);
    if (!answer) {
      if (paths[i].find("/job/") != std::string::npos)
        return session.fail("Failed to get properties: " + answer.error().text);
      return session.fail("get properties", answer.error());
    }
    if (options.json_forced) {
      list.elements.push_back(json_object(options, read_properties(*answer)));
      continue;
    }
    if (i > 0) out << "\n";
    printer.print(*answer);
  }
  if (options.json_forced) {
    const auto layout = options.output == LogOutput::json_pretty ? JsonLayout::pretty : JsonLayout::compact;
    out << (arguments.size() < 2 && list.elements.size() == 1 ? json_text(list.elements.front(), layout) : json_text(list, layout)) << "\n";
  }
  return EXIT_SUCCESS;
}

}  // namespace ctl
