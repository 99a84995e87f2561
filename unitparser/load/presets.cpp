// Preset files. [port]
#include "unitparser/load/presets.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <map>

#include "unitparser/base/text.h"
#include "unitparser/names/unit_name.h"

namespace unitparser {
namespace {

constexpr std::size_t longest_preset_file = 1024UL * 1024;

/// "word rest" with that first word; the rest without blanks.
std::optional<std::string_view> after_word(std::string_view line, std::string_view word) {
  if (!line.starts_with(word)) return std::nullopt;
  line.remove_prefix(word.size());
  if (!line.empty() && !contains_character(whitespace, line[0])) return std::nullopt;
  return trim(line);
}

std::optional<PresetRule> parse_rule(std::string_view line) {
  PresetRule rule;
  if (const auto pattern = after_word(line, "enable")) {
    const auto words = split_whitespace(*pattern);
    rule.enable = true;
    if (words.empty()) return rule;  // COMPAT: no complaint; no unit has an empty name
    rule.pattern = words[0];
    if (words.size() > 1) {
      const Result<UnitName> name = UnitName::parse(words[0]);
      if (!name || !name->is_template()) return std::nullopt;
      rule.instances.assign(words.begin() + 1, words.end());
    }
    return rule;
  }
  const auto pattern = after_word(line, "disable");
  if (!pattern) return std::nullopt;
  rule.pattern = *pattern;
  return rule;
}

/// Whether a rule with instances matches; fills in the instances when asked about the template itself.
bool matches_instances(const PresetRule& rule, std::string_view unit, PresetAnswer& answer) {
  if (rule.instances.empty()) return false;
  const Result<UnitName> name = UnitName::parse(unit);
  if (!name || name->form() == NameForm::plain) return false;
  const UnitName base = name->is_template() ? *name : name->template_name();
  if (base.text() != rule.pattern) return false;
  if (!name->is_template())
    return std::find(rule.instances.begin(), rule.instances.end(), name->instance()) != rule.instances.end();
  for (const std::string& instance : rule.instances)
    if (const Result<UnitName> filled = base.with_instance(instance)) answer.instances.push_back(filled->text());
  return true;
}

}  // namespace

std::vector<std::string> preset_folders(UnitScope scope) {
  if (scope == UnitScope::system)
    return {"/etc/systemd/system-preset", "/run/systemd/system-preset", "/usr/local/lib/systemd/system-preset",
            "/usr/lib/systemd/system-preset", "/lib/systemd/system-preset"};
  return {"/etc/systemd/user-preset", "/run/systemd/user-preset", "/usr/local/lib/systemd/user-preset", "/usr/lib/systemd/user-preset"};
}

PresetRules read_presets(FileSource& source, UnitScope scope, std::string_view root, std::vector<std::string>* warnings) {
  std::map<std::string, std::string> files;  // by name; the first folder that has one wins
  for (const std::string& folder : preset_folders(scope)) {
    const auto entries = source.list(folder);
    if (!entries) continue;
    for (const DirectoryEntry& entry : *entries)
      if (entry.name.ends_with(".preset") && !entry.name.starts_with('.') && entry.kind != FileKind::directory)
        files.emplace(entry.name, folder + "/" + entry.name);
  }
  PresetRules rules;
  for (const auto& [name, path] : files) {
    if (source.read_link(path).value_or("") == "/dev/null") continue;
    const Result<std::string> content = source.read(path, longest_preset_file);
    if (!content) continue;
    int number = 0;
    for (const std::string_view raw : split_at(*content, '\n')) {
      ++number;
      const std::string_view line = trim(raw);
      if (line.empty() || line[0] == '#' || line[0] == ';') continue;
      if (std::optional<PresetRule> rule = parse_rule(line))
        rules.push_back(std::move(*rule));
      else if (warnings != nullptr)
        warnings->push_back(fmt::format("{}{}:{}: Couldn't parse line '{}'. Ignoring.", root, path, number, line));
    }
  }
  return rules;
}

PresetAnswer query_presets(const PresetRules& rules, std::string_view unit) {
  const std::string name(unit);
  for (const PresetRule& rule : rules) {
    PresetAnswer answer;
    answer.enable = rule.enable;
    if (matches_instances(rule, unit, answer) || ::fnmatch(rule.pattern.c_str(), name.c_str(), FNM_NOESCAPE) == 0) return answer;
  }
  return {};
}

}  // namespace unitparser
