// security: how exposed services are, setting by setting, read from their files. [src]
#include <cstdlib>

#include "ctl/offline_units.h"
#include "ctl/render/table.h"
#include "ctl/security_review.h"
#include "ctl/verb_list.h"

namespace ctl {
namespace {

using unitparser::Value;

Style style_of(unsigned exposure) {
  constexpr unsigned high = 75, medium = 50;
  return exposure >= high ? Style::red : exposure >= medium ? Style::yellow : Style::green;
}

void print_review(Session& session, const unitparser::LoadedUnit& unit, const SecurityReview& review) {
  auto& out = session.out();
  Table table({"", "NAME", "DESCRIPTION", "EXPOSURE"});
  table.align_right(3);
  Table json({"SET", "NAME", "JSON FIELD", "DESCRIPTION", "EXPOSURE"});
  for (const auto& finding : review.findings) {
    const auto set = finding.is_set();
    const std::string number = finding.badness.value_or(0) > 0 ? exposure_text(*finding.badness) : "";
    const std::string mark = !set ? " " : *set ? (out.utf8() ? "✓" : "+") : (out.utf8() ? "✗" : "-");
    Cell grade{mark};
    if (set) grade.color = *set ? Style::green : Style::red;
    table.add_row({std::move(grade), Cell{std::string(finding.setting)}, Cell{finding.description}, Cell{number}});
    Cell flag{set ? (*set ? "true" : "false") : ""};
    if (set) flag.json = Value(*set);
    Cell exposure{number};
    exposure.json_null = number.empty();
    flag.json_null = !set;
    json.add_row({std::move(flag), Cell{std::string(finding.setting)}, Cell{std::string(finding.json_field)}, Cell{finding.description}, std::move(exposure)});
  }
  if (session.options().json()) {
    out << json.json(session.options().output == LogOutput::json_pretty ? JsonLayout::pretty : JsonLayout::compact) << "\n";
    return;
  }
  const auto& word = exposure_word(review.exposure);
  out << table.draw(out, session.options().show_legend(), out.line_limit()) << "\n"
      << out.glyph(Glyph::arrow) << " Overall exposure level for " << unit.id.text() << ": " << exposure_text(review.exposure) << " "
      << out.styled(style_of(review.exposure), word.word) << " " << (out.utf8() ? word.face : word.plain_face) << "\n";
}

/// One line for each service that there is a file of.
int print_overview(Session& session, OfflineUnits& units) {
  auto& out = session.out();
  Table table({"UNIT", "EXPOSURE", "PREDICATE", "HAPPY"});
  table.align_right(1);
  for (const auto& name : units.files().all_names()) {
    const auto parsed = unitparser::UnitName::parse(name);
    if (!parsed || parsed->type() != unitparser::UnitType::service || parsed->is_template()) continue;
    const auto unit = units.loader().load(*parsed);
    if (unit.state != unitparser::LoadState::loaded || unit.id.text() != name) continue;
    const auto review = review_security(unit);
    const auto& word = exposure_word(review.exposure);
    Cell grade{std::string(word.word)};
    grade.color = style_of(review.exposure);
    table.add_row({Cell{name}, Cell{exposure_text(review.exposure)}, std::move(grade), Cell{std::string(out.utf8() ? word.face : word.plain_face)}});
  }
  if (session.options().json()) out << table.json(session.options().output == LogOutput::json_pretty ? JsonLayout::pretty : JsonLayout::compact) << "\n";
  else out << table.draw(out, session.options().show_legend(), out.line_limit());
  return EXIT_SUCCESS;
}

}  // namespace

int verb_security(Session& session, Arguments arguments) {
  const auto& options = session.options();
  const auto operands = arguments.subspan(1);
  OfflineUnits units(options, operands);
  if (options.pager && !options.json()) session.out().open_pager();
  if (operands.empty()) return print_overview(session, units);
  int status = EXIT_SUCCESS;
  for (const auto& name : operands) {
    const auto unit = units.load(name);
    if (unit.state != unitparser::LoadState::loaded) {
      status = session.fail(unit.error.message.empty() ? "Unit " + name + " cannot be used." : unit.error.message);
      continue;
    }
    if (unit.id.type() != unitparser::UnitType::service) {
      status = session.fail("Unit " + unit.id.text() + " is not a service unit, only services are reviewed.");
      continue;
    }
    if (&name != operands.data() && !options.json()) session.out() << "\n";
    const auto review = review_security(unit);
    print_review(session, unit, review);
    if (review.exposure > options.threshold) status = EXIT_FAILURE;
  }
  return status;
}

}  // namespace ctl
