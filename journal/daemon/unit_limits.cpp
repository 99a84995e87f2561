#include "journal/daemon/unit_limits.h"

#include <map>
#include <utility>
#include <vector>

#include "journal/store/directory.h"
#include "journal/text/bytes.h"
#include "unitparser/base/time.h"
#include "unitparser/names/unit_name.h"
#include "unitparser/syntax/ini_reader.h"

namespace journal {
namespace {

constexpr std::uint64_t look_again = 10'000'000;
constexpr std::size_t most_known = 4096;
constexpr std::size_t largest_unit_file = 1024 * 1024;
constexpr std::string_view section_name = "X-Incipit";
constexpr std::string_view stem_prefix = "unit-";
constexpr std::string_view at_sign = "\\x40";
// Lower rank first: the later one counts.
constexpr const char* folders[] = {"/usr/lib/systemd/system/", "/usr/lib/incipit/units/", "/run/systemd/system/",
                                   "/etc/systemd/system/"};

}  // namespace

void apply_unit_limits(std::string_view text, OwnFiles& files) {
  if (text.find(section_name) == std::string_view::npos) return;
  for (const unitparser::IniEntry& entry : unitparser::read_ini(text).entries) {
    if (entry.kind != unitparser::IniKind::assignment || entry.section != section_name) continue;
    if (entry.key == "LogMaxUse") {
      files.max_use = entry.value.empty() ? 0 : parse_bytes(entry.value).value_or(files.max_use);
    } else if (entry.key == "LogRetention") {
      const auto span = unitparser::parse_duration(entry.value);
      if (span || entry.value.empty()) files.retention = span ? span->usec() : 0;
    }
  }
}

std::string own_stem(std::string_view unit) {
  std::string stem(stem_prefix);
  for (const char c : unit)
    if (c == '@') stem += at_sign;
    else stem += c;
  return stem;
}

std::string unit_of_stem(std::string_view stem) {
  if (!stem.starts_with(stem_prefix)) return {};
  std::string unit(stem.substr(stem_prefix.size()));
  if (const std::size_t at = unit.find(at_sign); at != std::string::npos) unit.replace(at, at_sign.size(), "@");
  return unit;
}

OwnFiles UnitLimits::read(const std::string& unit) const {
  OwnFiles files;
  std::vector<std::string> names;
  if (const auto name = unitparser::UnitName::parse(unit); name && name->form() == unitparser::NameForm::instance)
    names.push_back(name->template_name().text());
  names.push_back(unit);
  std::string fragment;
  std::map<std::string, std::string> drop_ins;
  for (const std::string& name : names)
    for (const char* folder : folders) {
      const std::string path = root_ + folder + name;
      if (auto text = read_small_file(path, largest_unit_file)) fragment = std::move(*text);
      for (const std::string& drop_in : list_with_suffix(path + ".d", ".conf"))
        drop_ins[drop_in.substr(drop_in.rfind('/') + 1)] = drop_in;
    }
  apply_unit_limits(fragment, files);
  for (const auto& [name, path] : drop_ins)
    if (const auto text = read_small_file(path, largest_unit_file)) apply_unit_limits(*text, files);
  if (files.max_use != 0 || files.retention != 0) files.name = own_stem(unit);
  return files;
}

OwnFiles UnitLimits::find(const std::string& unit, std::uint64_t now) {
  if (known_.size() >= most_known) known_.clear();
  Known& known = known_[unit];
  if (known.read_at == 0 || now - known.read_at > look_again) known = {read(unit), now};
  return known.files;
}

}  // namespace journal
