// Files of settings of a program - system.conf, journald.conf - to one call for each line, and to what is wrong with lines. [pure]
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "unitparser/base/diagnostic.h"
#include "unitparser/directives/parse_context.h"

namespace unitparser {

/// Sets what a line says; `context` names its section and its key. False: there is no such key.
using ApplySetting = std::function<bool(ParseContext& context, std::string_view value)>;

/// What a program takes from its files. The views outlive it.
struct SettingsGrammar {
  std::string_view section;             ///< "Manager"
  std::string_view own_section;         ///< "X-Incipit", read by `apply` too; may be empty
  std::span<const std::string_view> keys;  ///< what a mistyped key may have meant
  const SpecifierFacts* specifiers = nullptr;
  const MachineFacts* machine = nullptr;
};

/// Reads the text of one file. What cannot be understood is in the diagnostics; the lines before a failure count.
void read_settings(std::string_view text, const std::string& path, const SettingsGrammar& grammar, const ApplySetting& apply, Diagnostics& diagnostics);

}  // namespace unitparser
