// Files of settings of a program. [pure]
#include "unitparser/directives/settings_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "unitparser/base/text.h"
#include "unitparser/syntax/ini_reader.h"

namespace unitparser {
namespace {

class SettingsReader {
 public:
  SettingsReader(const std::string& path, const SettingsGrammar& grammar, const ApplySetting& apply, Diagnostics& diagnostics)
      : path_(path), grammar_(grammar), apply_(apply), diagnostics_(diagnostics) {}

  void read(const IniEntry& entry) {
    const bool is_own = !grammar_.own_section.empty() && entry.section == grammar_.own_section;
    const bool is_wanted = is_own || entry.section == grammar_.section;
    if (entry.kind == IniKind::section) {
      if (!is_wanted && !entry.section.starts_with("X-")) warn(entry, entry.section, fmt::format("Unknown section '{}'. Ignoring.", replace_invalid_utf8(entry.section)));
      return;
    }
    if (!entry.in_section) return warn(entry, entry.key, "Assignment outside of section. Ignoring.", fmt::format("put it behind [{}]", grammar_.section));
    if (!is_wanted) return;
    if (entry.kind != IniKind::assignment) return warn(entry, {}, entry.kind == IniKind::missing_equals ? "Missing '=', ignoring line." : "Missing key name before '=', ignoring line.");
    Remarks remarks(diagnostics_, {path_, entry.line, entry.column}, entry.key);
    ParseContext context{.section = entry.section, .key = entry.key, .origin = {0, entry.line}, .specifiers = {grammar_.specifiers, {}, {}, {}}, .machine = grammar_.machine, .remarks = remarks};
    if (apply_(context, entry.value) || entry.key.starts_with("X-")) return;
    const std::string_view near = nearest(entry.key, grammar_.keys);
    warn(entry, entry.key, fmt::format("Unknown key '{}' in section [{}], ignoring.", replace_invalid_utf8(entry.key), entry.section),
         near.empty() ? std::string() : fmt::format("did you mean {}=?", near));
  }

  /// COMPAT: why the rest of the file is not read is said of the line, and then of the file, which the log names in the text alone.
  void fail(const Error& failure) {
    const std::uint32_t line = failure.position.line;
    const auto of_file = [&](Severity severity, std::string_view what) {
      diagnostics_.push_back({severity, {}, {}, fmt::format("{}:{}: {}", path_, line, what), {}, {}, {}, failure.os_errno});
    };
    if (failure.os_errno == ENOBUFS) return of_file(Severity::error, failure.message);
    diagnostics_.push_back({failure.os_errno == EINVAL ? Severity::warning : Severity::error, {path_, line, 0}, {}, failure.message, {}});
    of_file(Severity::warning, fmt::format("Failed to parse file: {}", std::strerror(failure.os_errno)));
  }

 private:
  void warn(const IniEntry& entry, std::string_view key, std::string message, std::string hint = {}) {
    diagnostics_.push_back({Severity::warning, {path_, entry.line, entry.column}, std::string(key), std::move(message), std::move(hint)});
  }

  const std::string& path_;
  const SettingsGrammar& grammar_;
  const ApplySetting& apply_;
  Diagnostics& diagnostics_;
};

}  // namespace

void read_settings(std::string_view text, const std::string& path, const SettingsGrammar& grammar, const ApplySetting& apply, Diagnostics& diagnostics) {
  const IniDocument document = read_ini(text);
  SettingsReader reader(path, grammar, apply, diagnostics);
  for (const IniEntry& entry : document.entries) reader.read(entry);
  if (document.failure) reader.fail(*document.failure);
}

}  // namespace unitparser
