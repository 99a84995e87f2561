// Plans of enablement in systemctl's words. [pure]
#include "unitparser/load/install_messages.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "unitparser/base/text.h"
#include "unitparser/names/unit_name.h"
#include "unitparser/syntax/paths.h"

namespace unitparser {
namespace {

std::string describe_failure(const InstallChange& c, std::string_view verb) {
  switch (c.error) {
    case EEXIST:
      if (!c.source.empty())
        return fmt::format("Failed to {} unit, file \"{}\" already exists and is a symlink to \"{}\".", verb, c.path, c.source);
      return fmt::format("Failed to {} unit, file \"{}\" already exists.", verb, c.path);
    case ERFKILL: return fmt::format("Failed to {} unit, unit {} is masked.", verb, c.path);
    case EADDRNOTAVAIL: return fmt::format("Failed to {} unit, unit {} is transient or generated.", verb, c.path);
    case ETXTBSY: return fmt::format("Failed to {} unit, file {} is under the systemd unit hierarchy already.", verb, c.path);
    case EBADSLT: return fmt::format("Failed to {} unit, invalid specifier in \"{}\".", verb, c.path);
    case EIDRM: return fmt::format("Failed to {} {}, destination unit {} is a non-template unit.", verb, c.source, c.path);
    case EUCLEAN: return fmt::format("Failed to {} unit, \"{}\" is not a valid unit name.", verb, c.path);
    case ELOOP: return fmt::format("Failed to {} unit, refusing to operate on linked unit file {}.", verb, c.path);
    case EXDEV:
      if (!c.source.empty()) return fmt::format("Failed to {} unit, cannot alias {} as {}.", verb, c.source, c.path);
      return fmt::format("Failed to {} unit, invalid unit reference \"{}\".", verb, c.path);
    case ENOENT: return fmt::format("Failed to {} unit, unit {} does not exist.", verb, c.path);
    case EUNATCH: return fmt::format("Failed to {} unit, cannot resolve specifiers in \"{}\".", verb, c.path);
    default: return fmt::format("Failed to {} unit, file \"{}\": {}", verb, c.path, strerrordesc_np(c.error));
  }
}

bool is_glob(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }

/// Characters outside of unit names to \xNN, '/' to '-'.
std::string escape_mangled(std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '/') {
      out += '-';
    } else if (is_digit(c) || is_alphabetic(c) || contains_character("@:-_.\\", c)) {
      out += c;
    } else {
      out += {'\\', 'x', hex[byte >> 4U], hex[byte & 15U]};
    }
  }
  return out;
}

Result<std::string> mangle_one(const std::string& typed, std::string_view operation, std::vector<std::string>& messages) {
  if (typed.empty()) return fail_value(EINVAL, "empty name");
  if (UnitName::is_valid(typed)) return typed;
  const bool glob = is_glob(typed);
  if (glob) messages.push_back(fmt::format("Glob pattern passed{}{}, but globs are not supported for this.", operation.empty() ? "" : " to ", operation));
  std::string name = escape_mangled(typed);
  if (name != typed)
    messages.push_back(fmt::format("Invalid unit name \"{}\" escaped as \"{}\"{}.", typed, name, glob ? "" : " (maybe you should use systemd-escape?)"));
  if (!type_of_name(name)) name += ".service";
  if (!UnitName::is_valid(name)) return fail_value(EINVAL, "not a unit name");
  return name;
}

}  // namespace

std::string describe_change(const InstallChange& c, std::string_view verb) {
  using Kind = InstallChange::Kind;
  switch (c.kind) {
    case Kind::symlink: return fmt::format("Created symlink {} \u2192 {}.", c.path, c.source);
    case Kind::unlink: return fmt::format("Removed \"{}\".", c.path);
    case Kind::is_masked: return fmt::format("Unit {} is masked, ignoring.", c.path);
    case Kind::is_dangling: return fmt::format("Unit {} is an alias to a unit that is not present, ignoring.", c.path);
    case Kind::destination_not_present: return fmt::format("Unit {} is added as a dependency to a non-existent unit {}.", c.source, c.path);
    case Kind::auxiliary_failed: return fmt::format("Failed to enable auxiliary unit {}, ignoring.", c.path);
    case Kind::failure: return describe_failure(c, verb);
  }
  return {};
}

std::vector<std::string> describe_plan(const InstallPlan& plan, std::string_view verb, Quiet quiet) {
  using Kind = InstallChange::Kind;
  std::vector<std::string> lines = plan.warnings;
  bool failure_said = false;
  for (const InstallChange& change : plan.changes) {
    failure_said = failure_said || change.kind == Kind::failure;
    if (quiet == Quiet::no || change.kind == Kind::failure) lines.push_back(describe_change(change, verb));
  }
  if (plan.error != 0 && !failure_said) lines.push_back(fmt::format("Failed to {}: {}.", verb, strerrordesc_np(plan.error)));
  return lines;
}

std::string_view no_install_info_text() {
  return "The unit files have no installation config (WantedBy=, RequiredBy=, Also=,\n"
         "Alias= settings in the [Install] section, and DefaultInstance= for template\n"
         "units). This means they are not meant to be enabled using systemctl.\n"
         " \n"
         "Possible reasons for having this kind of units are:\n"
         "\u2022 A unit may be statically enabled by being symlinked from another unit's\n"
         "  .wants/ or .requires/ directory.\n"
         "\u2022 A unit's purpose may be to act as a helper for some other unit which has\n"
         "  a requirement dependency on it.\n"
         "\u2022 A unit may be started when needed via activation (socket, path, timer,\n"
         "  D-Bus, udev, scripted systemctl call, ...).\n"
         "\u2022 In case of template units, the unit is meant to be enabled with some\n"
         "  instance name specified.";
}

MangledNames mangle_unit_arguments(std::span<const std::string> arguments, std::string_view operation, std::string_view current_folder) {
  MangledNames result;
  for (const std::string& argument : arguments) {
    if (argument.find('/') != std::string::npos) {
      const bool absolute = argument.starts_with('/');
      result.names.push_back(absolute ? argument : std::string(trim_right(current_folder, "/")) + "/" + argument);
      continue;
    }
    Result<std::string> name = mangle_one(argument, operation, result.messages);
    if (!name) {
      result.messages.push_back(fmt::format("Failed to mangle unit name or path '{}': {}", argument, strerrordesc_np(name.error().os_errno)));
      result.failed = true;
      return result;
    }
    result.names.push_back(std::move(*name));
  }
  return result;
}

}  // namespace unitparser
