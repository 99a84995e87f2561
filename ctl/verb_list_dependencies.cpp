// list-dependencies: the tree of a unit's dependencies. [bus]
#include <strings.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "ctl/dependency_walk.h"
#include "ctl/listing.h"
#include "ctl/render/json.h"
#include "ctl/unit_arguments.h"

namespace ctl {
namespace {

/// Properties followed for each direction (systemctl(1) list-dependencies).
std::span<const std::string_view> properties_of(DependencyDirection direction) {
  static constexpr std::array<std::string_view, 5> forward{"Requires", "Requisite", "Wants", "ConsistsOf", "BindsTo"};
  static constexpr std::array<std::string_view, 5> reverse{"RequiredBy", "RequisiteOf", "WantedBy", "PartOf", "BoundBy"};
  static constexpr std::array<std::string_view, 1> after{"After"}, before{"Before"};
  switch (direction) {
    case DependencyDirection::forward: return forward;
    case DependencyDirection::reverse: return reverse;
    case DependencyDirection::after: return after;
    case DependencyDirection::before: return before;
  }
  return forward;
}

class Walker {
 public:
  Walker(Session& session, Client& client) : session_(session), client_(client) {}

  /// Prints the dependencies of `unit`; `branches` tells for each level above whether siblings follow there.
  // NOLINTNEXTLINE(misc-no-recursion): as deep as the dependency tree, cut at units already on the way
  int print_below(const std::string& unit, std::vector<bool>& branches) {
    const auto& options = session_.options();
    gone_into_.push_back(unit);
    auto units = dependencies_of(client_, unit, options.direction);
    if (!units) return session_.fail("get dependencies", units.error());
    // Targets come last: they are what the tree goes deeper into.
    std::sort(units->begin(), units->end(), [](const std::string& a, const std::string& b) {
      const bool a_target = a.ends_with(".target"), b_target = b.ends_with(".target");
      return a_target != b_target ? b_target : strcasecmp(a.c_str(), b.c_str()) < 0;
    });
    for (std::size_t i = 0; i < units->size(); ++i) {
      const auto& name = (*units)[i];
      const bool last = i + 1 == units->size();
      if (std::find(gone_into_.begin(), gone_into_.end(), name) != gone_into_.end()) {
        if (!options.plain) print_mark(branches);
        continue;
      }
      print_line(name, branches, last);
      if (!options.all && !name.ends_with(".target")) continue;
      branches.push_back(!last);
      const int status = print_below(name, branches);
      branches.pop_back();
      if (status != EXIT_SUCCESS) return status;
    }
    if (!options.plain) gone_into_.pop_back();
    return EXIT_SUCCESS;
  }

 private:
  void print_line(const std::string& name, const std::vector<bool>& branches, bool last) {
    auto& out = session_.out();
    const auto& options = session_.options();
    if (options.plain) {
      out << "  " << name << "\n";
      return;
    }
    print_dot(name);
    for (const bool open : branches) out << out.glyph(open ? Glyph::tree_vertical : Glyph::tree_space);
    out << out.glyph(last ? Glyph::tree_last : Glyph::tree_branch) << name << "\n";
  }
  void print_mark(const std::vector<bool>& branches) {
    auto& out = session_.out();
    out << "  ";
    for (const bool open : branches) out << out.glyph(open ? Glyph::tree_vertical : Glyph::tree_space);
    out << out.glyph(Glyph::tree_last) << "...\n";
  }
  void print_dot(const std::string& name) {
    auto& out = session_.out();
    std::string state;
    if (const auto value = client_.property(unit_path(name), unit_interface, "ActiveState"); value)
      if (const auto* text = std::get_if<std::string>(&value->storage)) state = *text;
    const auto [glyph, style] = active_state_mark(state);
    out << out.styled(style, out.glyph(glyph)) << " ";
  }

  Session& session_;
  Client& client_;
  std::vector<std::string> gone_into_;  ///< the way to the root; with --plain all that were ever gone into
};

Value json_tree(Client& client, const std::string& unit, DependencyDirection direction, bool all, std::vector<std::string>& above) {
  unitparser::ArrayValue children{"a{sv}", {}};
  above.push_back(unit);
  auto units = dependencies_of(client, unit, direction);
  if (units) std::sort(units->begin(), units->end());
  for (const auto& name : units ? *units : std::vector<std::string>{}) {
    const bool deeper = (all || name.ends_with(".target")) && std::find(above.begin(), above.end(), name) == above.end();
    unitparser::VariantValue text{{Value(name)}}, below;
    unitparser::ArrayValue object{"{sv}", {unitparser::struct_of("unit", std::move(text))}};
    if (deeper) {
      below.content.push_back(json_tree(client, name, direction, all, above));
      object.elements.push_back(unitparser::struct_of("dependencies", std::move(below)));
    }
    children.elements.emplace_back(std::move(object));
  }
  above.pop_back();
  return children;
}

}  // namespace

std::pair<Glyph, Style> active_state_mark(std::string_view state) {
  if (state == "active") return {Glyph::black_circle, Style::green};
  if (state == "reloading") return {Glyph::cycle, Style::green};
  if (state == "failed") return {Glyph::multiplication, Style::red};
  if (state == "activating" || state == "deactivating") return {Glyph::black_circle, Style::normal};
  return {Glyph::white_circle, Style::normal};
}

CallResult<std::vector<std::string>> dependencies_of(Client& client, const std::string& unit, DependencyDirection direction) {
  const auto properties = client.all_properties(unit_path(unit), unit_interface);
  if (!properties) return tl::unexpected(properties.error());
  std::vector<std::string> result;
  for (const auto name : properties_of(direction))
    for (auto& dependency : properties->texts(name))
      if (std::find(result.begin(), result.end(), dependency) == result.end()) result.push_back(std::move(dependency));
  return result;
}

std::optional<std::vector<std::string>> with_dependencies(Session& session, Client& client, const std::vector<std::string>& units) {
  std::vector<std::string> result;
  for (const auto& unit : units) {
    result.push_back(unit);
    auto more = dependencies_of(client, unit, session.options().direction);
    if (!more) {
      session.fail("get dependencies", more.error());
      return std::nullopt;
    }
    for (auto& name : *more)
      if (std::find(result.begin(), result.end(), name) == result.end()) result.push_back(std::move(name));
  }
  return result;
}

int verb_list_dependencies(Session& session, Arguments arguments) {
  const auto& options = session.options();
  auto& out = session.out();
  Client* client = session.manager();
  if (client == nullptr) return EXIT_FAILURE;
  std::vector<std::string> names{"default.target"};
  if (arguments.size() > 1) {
    auto expanded = expand_names(session, arguments.subspan(1));
    if (!expanded) return EXIT_FAILURE;
    names = std::move(expanded->names);
  }
  if (options.json_forced) {
    unitparser::ArrayValue all{"a{sv}", {}};
    for (const auto& name : names) {
      std::vector<std::string> above;
      unitparser::VariantValue text{{Value(name)}}, below{{json_tree(*client, name, options.direction, options.all, above)}};
      all.elements.emplace_back(unitparser::ArrayValue{
          "{sv}", {unitparser::struct_of("unit", std::move(text)), unitparser::struct_of("dependencies", std::move(below))}});
    }
    out << json_text(all, options.output == LogOutput::json_pretty ? JsonLayout::pretty : JsonLayout::compact) << "\n";
    return EXIT_SUCCESS;
  }
  if (options.pager) out.open_pager();
  bool first = true;
  for (const auto& name : names) {
    if (!std::exchange(first, false)) out << "\n";
    out << name << "\n";
    std::vector<bool> branches;
    if (const int status = Walker(session, *client).print_below(name, branches); status != EXIT_SUCCESS) return status;
  }
  return EXIT_SUCCESS;
}

}  // namespace ctl
