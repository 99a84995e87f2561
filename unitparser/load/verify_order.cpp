// Circles in the order of units. [port]
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "unitparser/load/verify.h"

namespace unitparser {
namespace {

/// "The unit comes after `other`", and who says so.
struct Edge {
  std::string other;
  std::string said;  ///< "/etc/systemd/system/a.service:3 After=b.service", or which default
};

bool is_pulled_in(DependencyKind kind) {
  return kind == DependencyKind::requires_ || kind == DependencyKind::wants || kind == DependencyKind::binds_to || kind == DependencyKind::upholds;
}
bool makes_targets_wait(DependencyKind kind) { return is_pulled_in(kind) || kind == DependencyKind::requisite; }

class OrderCheck {
 public:
  explicit OrderCheck(UnitSource& units) : units_(units) {}

  Diagnostics run(std::span<const UnitName> roots) {
    for (const UnitName& root : roots) add(root);
    while (!waiting_.empty()) {
      const UnitName name = std::move(waiting_.front());
      waiting_.pop_front();
      load(name);
    }
    for (const auto& [name, unit] : loaded_) add_edges(unit);
    for (const auto& [name, unit] : loaded_) add_target_edges(unit);
    for (const auto& [name, unit] : loaded_) visit(name);
    return std::move(findings_);
  }

 private:
  void add(const UnitName& name) {
    if (!known_.insert(name.text()).second) return;
    waiting_.push_back(name);
  }
  void add(const std::string& text) {
    const Result<UnitName> name = UnitName::parse(text);
    if (name && !name->is_template()) add(*name);
  }

  void load(const UnitName& name) {
    LoadedUnit unit = units_.load(name);
    if (unit.state != LoadState::loaded) return;
    canonical_[name.text()] = unit.id.text();
    if (loaded_.find(unit.id.text()) != loaded_.end()) return;
    for (const DependencyEntry& entry : unit.config.unit->dependencies)
      if (is_pulled_in(entry.kind)) add(entry.unit);
    const std::string stem(unit.id.stem());
    if (unit.id.type() == UnitType::timer) add(unit.config.common->timer->unit.empty() ? stem + ".service" : unit.config.common->timer->unit);
    if (unit.id.type() == UnitType::path) add(unit.config.common->path->unit.empty() ? stem + ".service" : unit.config.common->path->unit);
    loaded_.emplace(unit.id.text(), std::move(unit));
  }

  [[nodiscard]] const std::string* name_of(const std::string& unit) const {
    const auto found = canonical_.find(unit);
    return found == canonical_.end() ? nullptr : &found->second;
  }
  void connect(const std::string& later, const std::string& earlier, std::string said) {
    const std::string* a = name_of(later);
    const std::string* b = name_of(earlier);
    if (a != nullptr && b != nullptr && *a != *b) edges_[*a].push_back({*b, std::move(said)});
  }
  [[nodiscard]] static std::string said_by(const LoadedUnit& unit, const DependencyEntry& entry) {
    const std::string place = place_of(unit.config, entry.origin, entry.unit);
    return fmt::format("{} {}={}", place.empty() ? "(implicit)" : place, to_name(entry.kind), entry.unit);
  }

  void add_edges(const LoadedUnit& unit) {
    const std::string& name = unit.id.text();
    for (const DependencyEntry& entry : unit.config.unit->dependencies) {
      if (entry.kind == DependencyKind::after) connect(name, entry.unit, said_by(unit, entry));
      if (entry.kind == DependencyKind::before) connect(entry.unit, name, said_by(unit, entry));
    }
    add_default_edges(unit);
  }

  /// COMPAT: what systemd.service(5) and its sisters call default and implicit dependencies, as far as order goes.
  void add_default_edges(const LoadedUnit& unit) {
    const std::string& name = unit.id.text();
    const bool defaults = unit.config.unit->default_dependencies;
    const auto by_default = [&name](std::string_view what) { return fmt::format("default of {}: {}", name, what); };
    switch (unit.id.type()) {
      case UnitType::service:
        if (!defaults) break;
        connect(name, "sysinit.target", by_default("After=sysinit.target"));
        connect(name, "basic.target", by_default("After=basic.target"));
        break;
      case UnitType::socket:
      case UnitType::timer:
      case UnitType::path: {
        const std::string group = std::string(to_name(unit.id.type())) + "s.target";
        if (defaults) connect(name, "sysinit.target", by_default("After=sysinit.target"));
        if (defaults) connect(group, name, by_default("Before=" + group));
        const std::string& other = unit.id.type() == UnitType::timer ? unit.config.common->timer->unit : unit.config.common->path->unit;
        const std::string triggered = unit.id.type() == UnitType::socket || other.empty() ? std::string(unit.id.stem()) + ".service" : other;
        connect(triggered, name, by_default("Before=" + triggered));
        break;
      }
      default: break;
    }
  }
  /// A target comes after what it pulls in, unless that comes after the target.
  void add_target_edges(const LoadedUnit& unit) {
    if (unit.id.type() != UnitType::target || !unit.config.unit->default_dependencies) return;
    const std::string& name = unit.id.text();
    for (const DependencyEntry& entry : unit.config.unit->dependencies) {
      const std::string* other = makes_targets_wait(entry.kind) ? name_of(entry.unit) : nullptr;
      if (other == nullptr || !loaded_.at(*other).config.unit->default_dependencies) continue;
      const std::vector<Edge>& behind = edges_[*other];
      if (std::any_of(behind.begin(), behind.end(), [&name](const Edge& edge) { return edge.other == name; })) continue;
      connect(name, *other, fmt::format("default of {}: After={} (because of {})", name, *other, said_by(unit, entry)));
    }
  }

  /// Depth first without recursion; a unit that is met again on the way to itself closes a circle.
  void visit(const std::string& start) {
    if (done_.find(start) != done_.end()) return;
    struct Step {
      std::string unit;
      std::size_t next = 0;
    };
    std::vector<Step> way{{start}};
    while (!way.empty()) {
      Step& step = way.back();
      const std::vector<Edge>& edges = edges_[step.unit];
      if (step.next == edges.size()) {
        done_.insert(step.unit);
        way.pop_back();
        continue;
      }
      const Edge& edge = edges[step.next++];
      if (done_.find(edge.other) != done_.end()) continue;
      const auto before = std::find_if(way.begin(), way.end(), [&edge](const Step& s) { return s.unit == edge.other; });
      if (before == way.end()) {
        way.push_back({edge.other});
        continue;
      }
      std::string circle;
      std::string lines;
      for (auto at = before; at != way.end(); ++at) {
        circle += at->unit + " → ";
        lines += fmt::format("{}{} comes after {}: {}", lines.empty() ? "" : "; ", at->unit, at + 1 == way.end() ? edge.other : (at + 1)->unit, edges_[at->unit][at->next - 1].said);
      }
      Position position;
      const std::string& said = edge.said;
      if (const LoadedUnit& unit = loaded_.at(before->unit); said.starts_with('/')) position.file = unit.fragment_path;
      findings_.push_back({Severity::error, std::move(position), "After", fmt::format("The order runs in a circle: {}{}.", circle, edge.other),
                           "take one of these lines out", lines});
    }
  }

  UnitSource& units_;
  std::deque<UnitName> waiting_;
  std::set<std::string> known_, done_;
  std::map<std::string, std::string> canonical_;  ///< names to ids
  std::map<std::string, LoadedUnit> loaded_;
  std::map<std::string, std::vector<Edge>> edges_;
  Diagnostics findings_;
};

}  // namespace

Diagnostics find_ordering_cycles(UnitSource& units, std::span<const UnitName> roots) { return OrderCheck(units).run(roots); }

}  // namespace unitparser
