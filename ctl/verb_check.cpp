// check (verify): what is wrong with unit files, why it matters, and how to mend it. [src]
#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>

#include "ctl/offline_units.h"
#include "ctl/render/json.h"
#include "ctl/verb_list.h"
#include "unitparser/load/verify.h"

namespace ctl {
namespace {

using unitparser::Diagnostic;
using unitparser::Value;

constexpr int exit_only_warnings = 3;  ///< nothing is broken, but something is not as it should be

Value finding_as_value(const Diagnostic& finding) {
  const auto entry = [](std::string_view key, Value value) { return unitparser::struct_of(std::string(key), unitparser::VariantValue{{std::move(value)}}); };
  unitparser::ArrayValue object{"{sv}", {}};
  object.elements = {entry("file", finding.position.file), entry("line", finding.position.line), entry("column", finding.position.column),
                     entry("severity", std::string(to_name(finding.severity))), entry("key", finding.key), entry("what", finding.message),
                     entry("why", finding.why), entry("mend", finding.hint)};
  return Value(std::move(object));
}

void print_finding(Session& session, const Diagnostic& finding) {
  auto& out = session.out();
  std::string place = finding.position.file;
  if (finding.position.line > 0) place += ":" + std::to_string(finding.position.line);
  if (finding.position.column > 0) place += ":" + std::to_string(finding.position.column);
  const auto style = finding.severity == unitparser::Severity::error ? Style::red : finding.severity == unitparser::Severity::warning ? Style::yellow : Style::grey;
  out << (place.empty() ? "" : out.styled(Style::bold, place) + ": ") << out.styled(style, to_name(finding.severity)) << ": " << finding.message << "\n";
  if (!finding.why.empty()) out << "    why:  " << finding.why << "\n";
  if (!finding.hint.empty()) out << "    mend: " << finding.hint << "\n";
}

/// Takes findings as they come; each is told of once, however many units have it.
class Report {
 public:
  explicit Report(Session& session) : session_(session) {}
  void add(const Diagnostic& finding) {
    if (!told_.insert(finding.position.file + "\n" + std::to_string(finding.position.line) + "\n" + finding.message).second) return;
    ++counts_[static_cast<std::size_t>(finding.severity)];
    if (session_.options().json()) values_.elements.push_back(finding_as_value(finding));
    else if (!session_.options().quiet || finding.severity != unitparser::Severity::info) print_finding(session_, finding);
  }
  int finish(std::size_t units) {
    if (session_.options().json())
      session_.out() << json_text(Value(std::move(values_)), session_.options().output == LogOutput::json_pretty ? JsonLayout::pretty : JsonLayout::compact) << "\n";
    else if (units > 1 && !session_.options().quiet)
      session_.out() << std::to_string(units) << " units: " << std::to_string(counts_[0]) << " errors, " << std::to_string(counts_[1]) << " warnings, "
                     << std::to_string(counts_[2]) << " notes\n";
    return counts_[0] > 0 ? EXIT_FAILURE : counts_[1] > 0 ? exit_only_warnings : EXIT_SUCCESS;
  }

 private:
  Session& session_;
  std::array<std::size_t, 3> counts_{};
  std::set<std::string> told_;
  unitparser::ArrayValue values_{"a{sv}", {}};
};

}  // namespace

int verb_check(Session& session, Arguments arguments) {
  // The same word asked for the state of units in old versions of systemctl.
  if (session.options().personality == Personality::systemctl) return verb_is_active(session, arguments);
  const auto& options = session.options();
  const auto operands = arguments.subspan(1);
  if (operands.empty() && !options.all) return session.fail("Too few arguments.");
  OfflineUnits units(options, operands);
  std::vector<std::string> names(operands.begin(), operands.end());
  if (names.empty()) names = units.files().all_names();
  // What the kernel offers is asked of this machine, so it says nothing about another root folder.
  const auto machine = options.root.empty() ? unitparser::make_disk_file_source() : nullptr;
  Report report(session);
  std::vector<unitparser::UnitName> roots;
  for (const auto& name : names) {
    const auto unit = units.load(name);
    auto findings = unitparser::verify_unit(unit, units.source(), units.files());
    if (machine)
      for (auto& finding : unitparser::find_unsupported(unit, *machine)) findings.push_back(std::move(finding));
    std::stable_sort(findings.begin(), findings.end(), [](const Diagnostic& a, const Diagnostic& b) {
      return a.position.file != b.position.file ? a.position.file < b.position.file : a.position.line < b.position.line;
    });
    for (const auto& finding : findings) report.add(finding);
    if (unit.state == unitparser::LoadState::loaded && name != "-") roots.push_back(unit.id);
  }
  for (const auto& finding : unitparser::find_ordering_cycles(units.loader(), roots)) report.add(finding);
  return report.finish(names.size());
}

}  // namespace ctl
