// Prints what the tables of directives say: "directives" and "compat" as Markdown, "corpus" as one line for each key. [os: writes to stdout]
#include <fmt/format.h>

#include <cstdio>
#include <map>

#include "unitparser/directives/manager_directives.h"
#include "unitparser/directives/registry.h"

namespace {

using namespace unitparser;

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

/// '|' would end a cell.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

struct Line {
  std::string value;
  std::string property;
  std::string meaning;
};

template <class Root>
Line line_of(const Row<Root>& written, const Row<Root>& effective) {
  Line line{std::string(effective.value_word), {}, std::string(effective.description)};
  if (effective.list) line.value += ", list";
  if (!effective.bus.name.empty()) line.property = fmt::format("{} ({})", effective.bus.name, effective.signature);
  if (written.kind == RowKind::alias) line.meaning = fmt::format("Older spelling of {}=.", written.target);
  if (written.kind == RowKind::ignored) line.meaning = fmt::format("Ignored: {}", written.description);
  return line;
}

std::map<std::string_view, Line> lines_of(Section section) {
  std::map<std::string_view, Line> lines;
  if (section == Section::manager) {
    for (const BehaviourRow& row : manager_behaviour_rows()) lines.emplace(row.key, line_of(row, row));
    for (const DefaultsRow& row : manager_defaults_rows())
      if (!row.key.empty()) lines.emplace(row.key, line_of(row, row));
    return lines;
  }
  for (const std::string_view key : keys_of(section)) {
    const FoundDirective& found = *find_directive(section, key);
    lines.emplace(key, line_of(*found.written, *found.effective));
  }
  return lines;
}

void print_section(std::string_view title, const std::map<std::string_view, Line>& lines, std::string_view but_not = {}) {
  print(fmt::format("\n## {}\n\n| directive | value | property | meaning |\n| --- | --- | --- | --- |\n", title));
  for (const auto& [key, line] : lines)
    if (but_not.empty() || key != but_not) print(fmt::format("| `{}=` | {} | {} | {} |\n", key, cell(line.value), cell(line.property), cell(line.meaning)));
}

/// Keys that several sections share are printed once.
bool is_shared(Section section, std::string_view key) {
  const FoundDirective* found = find_directive(section, key);
  return found != nullptr && (found->written->sections.bits == exec_sections.bits || found->written->sections.bits == kill_sections.bits ||
                              found->written->sections.bits == resource_sections.bits);
}

void print_directives() {
  print("<!-- Printed by print_tables from the tables in unitparser/directives; change them, then build the target generated_docs. -->\n"
        "# Directives\n\nEvery directive of unit files and of system.conf and user.conf that is understood, from the one table that reads, shows and "
        "writes them.\n");
  std::map<std::string_view, Line> exec;
  std::map<std::string_view, Line> resources;
  std::map<std::string_view, Line> killing;
  for (const auto& [key, line] : lines_of(Section::service)) {
    if (!is_shared(Section::service, key)) continue;
    const std::uint16_t bits = find_directive(Section::service, key)->written->sections.bits;
    (bits == exec_sections.bits ? exec : bits == kill_sections.bits ? killing : resources).emplace(key, line);
  }
  for (const Section section : {Section::unit, Section::install, Section::service, Section::socket, Section::mount, Section::automount, Section::swap,
                                Section::timer, Section::path, Section::scope, Section::manager}) {
    std::map<std::string_view, Line> own;
    for (const auto& [key, line] : lines_of(section))
      if (!is_shared(section, key)) own.emplace(key, line);
    print_section(fmt::format("[{}]", to_name(section)), own);
  }
  print_section("Execution: [Service], [Socket], [Mount], [Swap]", exec);
  print_section("Killing: the same and [Scope]", killing);
  print_section("Resource control: the same and [Slice]", resources);
}

void print_compat() {
  print("<!-- Printed by print_tables from the tables in unitparser/directives; change them, then build the target generated_docs. -->\n"
        "# Compatibility with systemd 252: directives\n\nEvery directive that 252 reads is a row of the table; a test compares the two lists. "
        "What has no effect is said here.\n\n| section | directives | older spellings | ignored | properties |\n| --- | --- | --- | --- | --- |\n");
  for (std::size_t i = 0; i < section_count; ++i) {
    const auto section = static_cast<Section>(i);
    if (section == Section::manager || section == Section::journal) continue;
    std::size_t aliases = 0;
    std::size_t without_effect = 0;
    for (const std::string_view key : keys_of(section)) {
      const RowKind kind = find_directive(section, key)->written->kind;
      aliases += kind == RowKind::alias ? 1 : 0;
      without_effect += kind == RowKind::ignored ? 1 : 0;
    }
    const std::size_t properties = properties_of(fmt::format("org.freedesktop.systemd1.{}", to_name(section))).size();
    print(fmt::format("| [{}] | {} | {} | {} | {} |\n", to_name(section), keys_of(section).size() - aliases - without_effect, aliases, without_effect, properties));
  }
  print("\n## Read, but without effect, or refused\n\n");
  for (const UnitRow* row : all_unit_rows())
    if (row->kind == RowKind::ignored || row->description.find("without effect") != std::string_view::npos ||
        row->description.find("is refused:") != std::string_view::npos)
      print(fmt::format("- `{}=`: {}\n", row->key, row->description));
  for (const auto& [key, line] : lines_of(Section::manager))
    if (line.meaning.find("without effect") != std::string_view::npos) print(fmt::format("- `{}=` of system.conf and user.conf: {}\n", key, line.meaning));
  print("\n## Older spellings\n\n");
  for (const UnitRow* row : all_unit_rows())
    if (row->kind == RowKind::alias) print(fmt::format("- `{}=` is `{}=`\n", row->key, row->target));
}

/// Section and key of everything: the dictionary of fuzzers and of completion.
void print_corpus() {
  for (std::size_t i = 0; i < section_count; ++i)
    for (const auto& [key, line] : lines_of(static_cast<Section>(i)))
      print(fmt::format("{}\t{}\t{}\n", to_name(static_cast<Section>(i)), key, line.value));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view page = argc == 2 ? argv[1] : "";
  if (page == "directives")
    print_directives();
  else if (page == "compat")
    print_compat();
  else if (page == "corpus")
    print_corpus();
  else
    return 2;
  return 0;
}
