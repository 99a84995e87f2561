// cat --annotate: every setting of a unit, the file and line that decided it, and what it replaced. [src]
#include <cstdlib>
#include <map>

#include "ctl/offline_units.h"
#include "ctl/verb_list.h"

namespace ctl {
namespace {

using unitparser::Assignment;

std::string place_of(const Assignment& assignment) { return assignment.position.file + ":" + std::to_string(assignment.position.line); }

/// All that was said of one directive, and what of it counts.
struct History {
  std::vector<const Assignment*> counts, replaced;
};

/// Directives in the order in which they first appear, by section.
class Annotation {
 public:
  explicit Annotation(const unitparser::LoadedUnit& unit) : unit_(unit) {
    for (const auto& assignment : unit.assignments) {
      auto& section = sections_[std::string(assignment.section)];
      auto [at, is_new] = section.histories.try_emplace(std::string(assignment.key));
      if (is_new) section.order.emplace_back(assignment.key);
      History& history = at->second;
      if (!assignment.accepted) {
        ignored_.push_back(&assignment);
      } else if (assignment.list && !assignment.value.empty()) {
        history.counts.push_back(&assignment);
      } else {
        history.replaced.insert(history.replaced.end(), history.counts.begin(), history.counts.end());
        history.counts.assign(1, &assignment);
      }
    }
  }

  void print(Session& session) const {
    auto& out = session.out();
    const auto comment = [&out](const std::string& text) { out << out.styled(Style::grey, "# " + text) << "\n"; };
    comment(unit_.id.text() + (unit_.fragment_path.empty() ? "" : " from " + unit_.fragment_path));
    for (const auto* name : {"Unit", "Service", "Socket", "Mount", "Automount", "Swap", "Timer", "Path", "Slice", "Scope", "Install"}) {
      const auto section = sections_.find(name);
      if (section == sections_.end()) continue;
      out << "\n[" << name << "]\n";
      for (const auto& key : section->second.order) {
        const History& history = section->second.histories.at(key);
        for (const auto* assignment : history.counts) {
          if (assignment->list && assignment->value.empty() && history.counts.size() > 1) continue;  // it only made room
          comment(place_of(*assignment) + (assignment->written_key == key ? "" : " as " + assignment->written_key + "="));
          for (const auto* before : history.replaced)
            if (assignment == history.counts.front()) comment("  replaces " + before->written_key + "=" + before->value + " of " + place_of(*before));
          out << key << "=" << assignment->value << "\n";
        }
      }
    }
    print_links(session);
    if (!ignored_.empty()) out << "\n";
    for (const auto* assignment : ignored_) comment("ignored: " + assignment->written_key + "=" + assignment->value + " of " + place_of(*assignment));
  }

 private:
  struct SectionHistory {
    std::vector<std::string> order;
    std::map<std::string, History> histories;
  };
  /// Dependencies by links in .wants folders and their sisters.
  void print_links(Session& session) const {
    bool first = true;
    for (const auto& entry : unit_.config.unit->dependencies) {
      if (entry.origin.line != 0 || entry.origin.source >= unit_.config.sources.size()) continue;
      if (first) session.out() << "\n" << session.out().styled(Style::grey, "# by links") << "\n";
      first = false;
      session.out() << session.out().styled(Style::grey, fmt::format("# {}", source_of(unit_.config, entry.origin, entry.unit))) << "\n" << to_name(entry.kind) << "=" << entry.unit << "\n";
    }
  }

  const unitparser::LoadedUnit& unit_;
  std::map<std::string, SectionHistory> sections_;
  std::vector<const Assignment*> ignored_;
};

}  // namespace

int verb_cat_annotated(Session& session, Arguments arguments) {
  const auto operands = arguments.subspan(1);
  OfflineUnits units(session.options(), operands);
  if (session.options().pager) session.out().open_pager();
  int status = EXIT_SUCCESS;
  for (const auto& name : operands) {
    const auto unit = units.load(name);
    if (unit.fragment_path.empty() && unit.drop_in_paths.empty()) {
      status = session.fail("No files found for " + unit.id.text() + ".");
      continue;
    }
    if (&name != operands.data()) session.out() << "\n";
    Annotation(unit).print(session);
  }
  return status;
}

}  // namespace ctl
