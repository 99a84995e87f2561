// list-units, list-unit-files and list-jobs. [bus]
#include <strings.h>

#include <algorithm>
#include <cstdlib>
#include <fnmatch.h>

#include "ctl/dependency_walk.h"
#include "ctl/listing.h"
#include "ctl/unit_arguments.h"
#include "ctl/unit_files.h"
#include "ctl/verb_list.h"

namespace ctl {

std::string_view suffix_of(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos ? std::string_view{} : name.substr(dot + 1);
}

namespace {

/// By suffix, then name (which ends where the text does that `name_of` points into), ignoring case as strcasecmp does. Rows are
/// large: they are moved once, when their order is known.
template <class Row, class NameOf>
void sort_by_type_and_name(std::vector<Row>& rows, NameOf name_of) {
  struct Place {
    const char *suffix, *name;
    Row* row;
  };
  std::vector<Place> places;
  places.reserve(rows.size());
  for (Row& row : rows) {
    const std::string_view name = name_of(row);
    places.push_back({name.data() + name.size() - suffix_of(name).size(), name.data(), &row});
  }
  std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
    const int by_type = strcasecmp(a.suffix, b.suffix);
    return by_type != 0 ? by_type < 0 : strcasecmp(a.name, b.name) < 0;
  });
  std::vector<Row> sorted;
  sorted.reserve(rows.size());
  for (const Place& place : places) sorted.push_back(std::move(*place.row));
  rows = std::move(sorted);
}

JsonLayout layout_of(const Options& options) {
  return options.output == LogOutput::json_pretty ? JsonLayout::pretty : JsonLayout::compact;
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

std::vector<Cell> unit_row(const Options& options, const UnitInfo& u, bool underline, std::string_view dot) {
  const bool unsound = !options.plain && is_one_of(u.load_state, {"error", "not-found", "bad-setting", "masked"});
  const bool failed = !unsound && !options.plain && u.active_state == "failed";
  const std::optional<Style> none;
  const auto dot_color = unsound ? std::optional(Style::yellow) : failed ? std::optional(Style::red) : none;
  const auto load_color = unsound ? std::optional(Style::red) : none;
  const auto active_color = failed ? std::optional(Style::red) : none;
  const bool line_dot = underline, line_load = underline && !failed, line_active = underline && !unsound;
  std::vector<Cell> row;
  row.reserve(7);
  const auto add = [&row](std::string_view text, std::optional<Style> color, bool line) {
    row.push_back({std::string(text), {}, color, line, color.has_value(), false});
  };
  add(unsound || failed ? dot : " ", dot_color, line_dot);
  add(u.id, active_color, line_active);
  add(u.load_state, load_color, line_load);
  add(u.active_state, active_color, line_active);
  add(u.sub_state, active_color, line_active);
  add(u.job_id > 0 ? std::string_view(u.job_type) : "", none, underline);
  add(u.description, none, underline);
  return row;
}

void print_unit_legend(Terminal& out, const Options& options, std::size_t count, bool any_job) {
  if (count > 0) {
    out << "\nLOAD   = Reflects whether the unit definition was properly loaded.\n"
           "ACTIVE = The high-level unit activation state, i.e. generalization of SUB.\n"
           "SUB    = The low-level unit activation state, values depend on unit type.\n";
    if (any_job) out << "JOB    = Pending job for the unit.\n\n";
  }
  const auto listed = std::to_string(count) + " loaded units listed.";
  const auto counted = out.styled(count > 0 ? Style::bold : Style::red, listed);
  const bool with_inactive = options.all || std::find(options.states.begin(), options.states.end(), "inactive") != options.states.end();
  if (with_inactive) {
    out << counted << "\n";
  } else if (options.states.empty()) {
    out << counted << " " << out.styled(Style::grey, "Pass --all to see loaded but inactive units, too.") << "\n";
  } else {
    out << counted << "\n";
    return;
  }
  out << out.styled(Style::grey, "To show all installed unit files use 'systemctl list-unit-files'.") << "\n";
}

}  // namespace

void print_table(Session& session, const Table& table) {
  const auto& options = session.options();
  auto& out = session.out();
  if (options.json())
    out << table.json(layout_of(options));
  else
    out << table.draw(out, options.show_legend(), options.full ? static_cast<std::size_t>(-1) : out.line_limit());
}

void print_list_legend(Session& session, std::size_t count, std::string_view things) {
  const auto& options = session.options();
  if (!options.show_legend()) return;
  auto& out = session.out();
  out << "\n" << out.styled(count > 0 ? Style::bold : Style::red, std::to_string(count) + " " + std::string(things) + " listed.") << "\n";
  if (!options.all) out << "Pass --all to see loaded but inactive " << things << ", too.\n";
}

std::optional<std::vector<UnitInfo>> listed_units(Session& session, Arguments operands) {
  const auto& options = session.options();
  std::vector<std::string> patterns;
  Client* client = session.manager();
  if (client == nullptr) return std::nullopt;
  auto proper = proper_names(session, operands);
  if (!proper) return std::nullopt;
  patterns = std::move(*proper);
  if (options.with_dependencies && !patterns.empty()) {
    auto wider = with_dependencies(session, *client, patterns);
    if (!wider) return std::nullopt;
    patterns = std::move(*wider);
  }
  auto units = client->list_units(options.states, patterns);
  if (!units) {
    session.fail("list units", units.error());
    return std::nullopt;
  }
  std::erase_if(*units, [&](const UnitInfo& u) { return !is_listed(options, u); });
  sort_by_type_and_name(*units, [](const UnitInfo& u) -> std::string_view { return u.id; });
  return std::move(*units);
}

int verb_list_units(Session& session, Arguments arguments) {
  const auto& options = session.options();
  auto& out = session.out();
  const auto units = listed_units(session, arguments.empty() ? arguments : arguments.subspan(1));
  if (!units) return EXIT_FAILURE;
  if (options.pager && !options.json()) out.open_pager();
  Table table({"", "UNIT", "LOAD", "ACTIVE", "SUB", "JOB", "DESCRIPTION"});
  const bool any_job = std::any_of(units->begin(), units->end(), [](const UnitInfo& u) { return u.job_id > 0; });
  if (!any_job) table.hide_column(5);
  if (options.plain || options.json()) table.hide_column(0);
  for (std::size_t i = 0; i < units->size(); ++i) {
    const bool last_of_type = i + 1 < units->size() && suffix_of((*units)[i].id) != suffix_of((*units)[i + 1].id);
    table.add_row(unit_row(options, (*units)[i], last_of_type && !options.json(), out.glyph(Glyph::black_circle)));
  }
  print_table(session, table);
  if (options.show_legend() && !options.json()) print_unit_legend(out, options, units->size(), any_job);
  return EXIT_SUCCESS;
}

namespace {

void sort_and_filter(const Options& options, std::vector<UnitFileRow>& files) {
  std::erase_if(files, [&](const UnitFileRow& f) {
    return !options.types.empty() &&
           std::find(options.types.begin(), options.types.end(), suffix_of(f.name())) == options.types.end();
  });
  sort_by_type_and_name(files, [](const UnitFileRow& f) { return f.name(); });
}

std::optional<std::vector<UnitFileRow>> unit_files(Session& session, const std::vector<std::string>& patterns) {
  Client* client = session.manager();
  if (client == nullptr) return std::nullopt;
  const auto answer = client->manager("ListUnitFilesByPatterns", {unitparser::string_array(session.options().states), unitparser::string_array(patterns)},
                                      Duration::from_seconds(90));  // slow with many units
  if (!answer) {
    session.fail("list unit files", answer.error());
    return std::nullopt;
  }
  std::vector<UnitFileRow> files;
  wire::Reader reader(*answer);
  const auto end = reader.begin_array(8);
  while (reader.before(end)) {
    reader.begin_struct();
    auto& file = files.emplace_back();
    file.path = reader.text();
    file.state = reader.text();
  }
  return files;
}

std::optional<Style> color_of_file_state(std::string_view state) {
  if (is_one_of(state, {"masked", "masked-runtime", "disabled", "bad"})) return Style::red;
  if (state == "enabled") return Style::green;
  if (state == "enabled-runtime" || state == "linked" || state == "linked-runtime" || state == "alias" || state == "static" ||
      state == "indirect" || state == "generated" || state == "transient")
    return std::nullopt;
  return std::nullopt;
}

}  // namespace

int verb_list_unit_files(Session& session, Arguments arguments) {
  const auto& options = session.options();
  auto& out = session.out();
  const auto patterns = proper_names(session, arguments.subspan(1));
  if (!patterns) return EXIT_FAILURE;
  auto files = list_offline(session, *patterns);
  if (!files) files = unit_files(session, *patterns);
  if (!files) return EXIT_FAILURE;
  sort_and_filter(options, *files);
  add_presets(session, *files);
  if (options.pager && !options.json()) out.open_pager();
  Table table({"UNIT FILE", "STATE", "PRESET"});
  table.set_empty_text("-");
  for (std::size_t i = 0; i < files->size(); ++i) {
    const auto& file = (*files)[i];
    const auto& preset = file.preset;
    const bool line = !options.json() && i + 1 < files->size() && suffix_of(file.name()) != suffix_of((*files)[i + 1].name());
    const auto state_color = color_of_file_state(file.state);
    const auto preset_color = preset == "enabled" ? Style::green : preset == "disabled" ? Style::red : Style::grey;
    table.add_row({Cell{std::string(file.name()), {}, {}, line, false, false}, Cell{file.state, {}, state_color, line, state_color.has_value(), false},
                   Cell{preset, {}, preset_color, line, true, preset.empty()}});
  }
  print_table(session, table);
  if (options.show_legend() && !options.json()) out << "\n" << std::to_string(files->size()) << " unit files listed.\n";
  return files->empty() ? EXIT_FAILURE : EXIT_SUCCESS;
}

namespace {

void add_related_jobs(Session& session, Client& client, Table& table, const JobInfo& job) {
  const auto& options = session.options();
  auto& out = session.out();
  std::vector<Cell> rows;
  for (const auto& [wanted, method, words] :
       {std::tuple{options.direction == DependencyDirection::after, "GetJobAfter", "\twaiting for job "},
        std::tuple{options.direction == DependencyDirection::before, "GetJobBefore", "\tblocking job "}}) {
    if (!wanted) continue;
    const auto relatives = client.job_relatives(method, job.id);
    if (!relatives) continue;
    for (const auto& other : *relatives)
      table.add_row({Cell{std::string(out.glyph(Glyph::tree_last)), {}, {}, false, false, false},
                     Cell{std::string(words) + std::to_string(other.id) + " (" + other.unit + "/" + other.type + ")", {}, {}, false, false, false},
                     Cell{}, Cell{}});
  }
}

}  // namespace

int verb_list_jobs(Session& session, Arguments arguments) {
  const auto& options = session.options();
  auto& out = session.out();
  Client* client = session.manager();
  if (client == nullptr) return EXIT_FAILURE;
  auto jobs = client->list_jobs();
  if (!jobs) return session.fail("list jobs", jobs.error());
  const bool skipped_any = arguments.size() > 1;
  std::erase_if(*jobs, [&](const JobInfo& job) {
    if (arguments.size() < 2) return false;
    return std::none_of(arguments.begin() + 1, arguments.end(),
                        [&](const std::string& pattern) { return fnmatch(pattern.c_str(), job.unit.c_str(), FNM_NOESCAPE) == 0; });
  });
  if (options.pager && !options.json()) out.open_pager();
  if (jobs->empty() && !options.json_forced) {
    if (options.show_legend())
      out << out.styled(Style::green, skipped_any ? "No jobs listed." : "No jobs running.") << "\n";
    return EXIT_SUCCESS;
  }
  Table table({"JOB", "UNIT", "TYPE", "STATE"});
  table.set_empty_text("-");
  for (const auto& job : *jobs) {
    const auto color = job.state == "running" ? std::optional(Style::bold) : std::nullopt;
    table.add_row({Cell{std::to_string(job.id), Value(job.id), {}, false, false, false}, Cell{job.unit, {}, color, false, false, false},
                   Cell{job.type, {}, {}, false, false, false}, Cell{job.state, {}, color, false, false, false}});
    add_related_jobs(session, *client, table, job);
  }
  if (options.json_forced)
    out << table.json(layout_of(options));
  else
    out << table.draw(out, options.show_legend(), options.full ? static_cast<std::size_t>(-1) : out.line_limit());
  if (options.show_legend() && !options.json_forced)
    out << "\n" << out.styled(Style::bold, std::to_string(jobs->size()) + " jobs listed") << ".\n";
  return EXIT_SUCCESS;
}

}  // namespace ctl
