// escape: unit names from strings and back. [pure but for getopt's own messages]
#include "ctl/escape.h"

#include <getopt.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "unitparser/base/text.h"
#include "unitparser/names/unit_name.h"
#include "unitparser/syntax/paths.h"

namespace ctl {
namespace {

using unitparser::UnitName;

struct EscapeOptions {
  bool unescape = false, mangle = false, path = false, instance = false;
  std::string suffix;
  std::optional<UnitName> unit_template;
};
/// A result, or what is said of the failure.
using Converted = tl::expected<std::string, std::string>;
tl::unexpected<std::string> failed(std::string_view what) { return tl::unexpected("Failed to " + std::string(what) + ": " + std::strerror(EINVAL)); }

Converted escape_path(const std::string& text, Terminal& out) {
  const std::string input = "Input '" + text + "' is not ";
  if (text.empty()) {
    out.say(Severity::warning, input + "a valid file system path, escaping is likely not going be reversible.");
    return "-";
  }
  const bool absolute = text.starts_with('/');
  const auto escaped = unitparser::escape_path(text);
  if (!unitparser::is_valid_path(text)) return tl::unexpected(input + "a valid file system path, failed to escape.");
  if (!absolute && (!escaped || *escaped == "-")) return tl::unexpected(input + "an absolute file system path, failed to escape.");
  if (!escaped) return tl::unexpected(input + "a normalized file system path, failed to escape.");
  if (!absolute) out.say(Severity::warning, input + "an absolute file system path, escaping is likely not going to be reversible.");
  return *escaped;
}

Converted unescape(std::string text, const EscapeOptions& options) {
  if (options.instance || options.unit_template) {
    const auto name = UnitName::parse(text);
    if (!name) return failed("extract instance");
    if (name->instance().empty()) return tl::unexpected("Unit " + text + " is missing the instance name.");
    if (options.unit_template && name->template_name() != *options.unit_template)
      return tl::unexpected("Unit " + text + " template " + name->template_name().text() + " does not match specified template " + options.unit_template->text() + ".");
    text = name->instance();
  }
  const auto result = options.path ? unitparser::unescape_path(text) : unitparser::unescape_name(text);
  if (!result) return failed("unescape string");
  return *result;
}

Converted convert(const std::string& text, const EscapeOptions& options, Terminal& out) {
  if (options.mangle) {
    const auto name = unitparser::mangle_name(text, ".service", unitparser::Globs::escape);
    return name ? Converted(*name) : failed("mangle name");
  }
  if (options.unescape) return unescape(text, options);
  const Converted escaped = options.path ? escape_path(text, out) : Converted(unitparser::escape_name(text));
  if (!escaped) return escaped;
  if (options.unit_template) {
    const auto name = options.unit_template->with_instance(*escaped);
    return name && !escaped->empty() ? Converted(name->text()) : failed("replace instance");
  }
  return options.suffix.empty() ? *escaped : *escaped + "." + options.suffix;
}

/// What is wrong with the options together; empty: nothing.
std::string_view contradiction(const EscapeOptions& options) {
  const bool makes_units = options.unit_template.has_value() || !options.suffix.empty();
  if (options.unit_template && !options.suffix.empty()) return "--suffix= and --template= may not be combined.";
  if (makes_units && options.mangle) return "--suffix= and --template= are not compatible with --mangle.";
  if (!options.suffix.empty() && options.unescape) return "--suffix is not compatible with --unescape.";
  if (options.path && options.mangle) return "--path may not be combined with --mangle.";
  if (options.instance && !options.unescape) return "--instance must be used in conjunction with --unescape.";
  if (options.instance && options.unit_template) return "--instance may not be combined with --template.";
  return {};
}

}  // namespace

int run_escape(std::vector<std::string> words, Terminal& out) {
  enum : int { opt_suffix = 0x400, opt_template, opt_instance };
  static const option long_options[] = {{"help", no_argument, nullptr, 'h'},         {"suffix", required_argument, nullptr, opt_suffix},
                                        {"template", required_argument, nullptr, opt_template}, {"unescape", no_argument, nullptr, 'u'},
                                        {"mangle", no_argument, nullptr, 'm'},       {"path", no_argument, nullptr, 'p'},
                                        {"instance", no_argument, nullptr, opt_instance}, {nullptr, 0, nullptr, 0}};
  std::vector<char*> arguments = unitparser::argument_vector(words);
  const auto refuse = [&out](std::string_view message) {
    out.error(message);
    return EXIT_FAILURE;
  };
  EscapeOptions options;
  optind = 0;
  for (int option; (option = getopt_long(static_cast<int>(words.size()), arguments.data(), "hump", long_options, nullptr)) >= 0;) {
    switch (option) {
      case 'h':
        out << "escape [-u|-m] [-p] [--suffix=TYPE|--template=NAME@.TYPE|--instance] STRING...\n\nStrings and paths as parts of unit names, and back.\n";
        return EXIT_SUCCESS;
      case 'u': options.unescape = true; break;
      case 'm': options.mangle = true; break;
      case 'p': options.path = true; break;
      case opt_instance: options.instance = true; break;
      case opt_suffix:
        if (!unitparser::from_name<unitparser::UnitType>(optarg)) return refuse("Invalid unit suffix type \"" + std::string(optarg) + "\".");
        options.suffix = optarg;
        break;
      case opt_template: {
        const auto name = UnitName::parse(optarg);
        if (!name || !name->is_template()) return refuse("Template name " + std::string(optarg) + " is not valid.");
        options.unit_template = *name;
        break;
      }
      default: return EXIT_FAILURE;
    }
  }
  if (static_cast<std::size_t>(optind) >= words.size()) return refuse("Not enough arguments.");
  if (const auto problem = contradiction(options); !problem.empty()) return refuse(problem);
  std::string line;
  for (std::size_t i = static_cast<std::size_t>(optind); i < words.size(); ++i) {
    // getopt has moved the pointers, not the strings
    const auto converted = convert(arguments[i], options, out);
    if (!converted) return refuse(converted.error());
    line += (line.empty() ? "" : " ") + *converted;
  }
  out << line << "\n";
  return EXIT_SUCCESS;
}

}  // namespace ctl
