// Specifiers from plain facts. [pure]
#include "unitparser/syntax/specifier.h"

#include <cerrno>

#include "unitparser/base/text.h"
#include "unitparser/names/unit_name.h"

namespace unitparser {
namespace {

/// The pieces of a unit name; tolerant, because transient and half-checked names come here as well.
struct NamePieces {
  std::string_view stem;      ///< without suffix
  std::string_view prefix;    ///< before '@'
  std::string_view instance;  ///< after '@'
  bool has_instance = false;
};

NamePieces take_apart(std::string_view name) {
  NamePieces pieces;
  pieces.stem = name.substr(0, name.rfind('.'));
  const std::size_t at = pieces.stem.find('@');
  pieces.prefix = pieces.stem.substr(0, at);
  if (at != std::string_view::npos) {
    pieces.instance = pieces.stem.substr(at + 1);
    pieces.has_instance = !pieces.instance.empty();
  }
  return pieces;
}

std::string_view last_component(std::string_view prefix) {
  const std::size_t dash = prefix.rfind('-');
  return dash == std::string_view::npos ? prefix : prefix.substr(dash + 1);
}

std::string cgroup_name(std::string_view unit) {
  // Names that the kernel or the hierarchy itself uses are kept apart by an underscore.
  const bool clashes = unit.starts_with('_') || unit.starts_with('.') || unit.starts_with("cgroup.") ||
                       unit == "notify_on_release" || unit == "release_agent" || unit == "tasks";
  return clashes ? "_" + std::string(unit) : std::string(unit);
}

using Expansion = Result<std::string>;

Expansion name_specifier(char letter, const SpecifierContext& context, bool& known) {
  const NamePieces name = take_apart(context.unit);
  switch (letter) {
    case 'n': return std::string(context.unit);
    case 'N': return std::string(name.stem);
    case 'p': return std::string(name.prefix);
    case 'i': return std::string(name.instance);
    case 'j': return std::string(last_component(name.prefix));
    default: known = false; return std::string();
  }
}

Expansion decoded_name_specifier(char letter, const SpecifierContext& context, bool& known) {
  const NamePieces name = take_apart(context.unit);
  switch (letter) {
    case 'P': return unescape_name(name.prefix);
    case 'I': return unescape_name(name.instance);
    case 'J': return unescape_name(last_component(name.prefix));
    case 'f': return unescape_path(name.has_instance ? name.instance : name.prefix);
    default: known = false; return std::string();
  }
}

Expansion machine_specifier(char letter, const SpecifierFacts& facts, bool& known) {
  switch (letter) {
    case 'm':
      if (facts.machine_id.empty()) return fail_errno(ENOENT, "machine ID");
      return facts.machine_id;
    case 'b': return facts.boot_id;
    case 'H': return facts.host_name;
    case 'l': return facts.short_host_name;
    case 'q': return facts.pretty_host_name.empty() ? facts.host_name : facts.pretty_host_name;
    case 'v': return facts.kernel_release;
    case 'a': return facts.architecture;
    case 'o': return facts.os_id;
    case 'w': return facts.os_version_id;
    case 'W': return facts.os_variant_id;
    case 'B': return facts.os_build_id;
    case 'M': return facts.os_image_id;
    case 'A': return facts.os_image_version;
    case 'u': return facts.user;
    case 'U': return facts.uid;
    case 'g': return facts.group;
    case 'G': return facts.gid;
    default: known = false; return std::string();
  }
}

Expansion place_specifier(char letter, const SpecifierContext& context, bool& known) {
  const SpecifierFacts& facts = *context.facts;
  switch (letter) {
    case 'h': return facts.home;
    case 's': return facts.shell;
    case 't': return facts.runtime_directory;
    case 'S': return facts.state_directory;
    case 'C': return facts.cache_directory;
    case 'L': return facts.logs_directory;
    case 'E': return facts.configuration_directory;
    case 'T': return facts.temporary_directory;
    case 'V': return facts.persistent_temporary_directory;
    case 'd': return facts.runtime_directory + "/credentials/" + std::string(context.unit);
    case 'y': return std::string(context.fragment_path);
    case 'Y': return std::string(context.fragment_path.substr(0, std::min(context.fragment_path.rfind('/'), context.fragment_path.size())));
    case 'R': return facts.cgroup_root;
    case 'r': return context.slice_cgroup.empty() ? facts.cgroup_root : std::string(context.slice_cgroup);
    case 'c':
      return (context.slice_cgroup.empty() ? facts.cgroup_root : std::string(context.slice_cgroup)) + "/" +
             cgroup_name(context.unit);
    default: known = false; return std::string();
  }
}

Expansion expand_one(char letter, const SpecifierContext& context, SpecifierSet set) {
  bool known = true;
  Expansion result = name_specifier(letter, context, known);
  if (known) return result;
  known = true;
  result = machine_specifier(letter, *context.facts, known);
  if (known) return result;
  if (set == SpecifierSet::full) {
    known = true;
    result = decoded_name_specifier(letter, context, known);
    if (known) return result;
    known = true;
    result = place_specifier(letter, context, known);
    if (known) return result;
  }
  return fail_value(EBADSLT, std::string("unknown specifier %") + letter);
}

}  // namespace

Result<std::string> expand_specifiers(std::string_view text, const SpecifierContext& context, SpecifierSet set,
                                      std::size_t longest) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%' || at + 1 == text.size()) {
      out += text[at];
    } else if (text[at + 1] == '%') {
      out += '%';
      ++at;
    } else if (is_alphabetic(text[at + 1]) || is_digit(text[at + 1])) {
      out += TRY(expand_one(text[at + 1], context, set));
      ++at;
    } else {
      out += '%';
    }
    if (out.size() > longest) return fail_value(ENAMETOOLONG, "text too long after its specifiers were filled in");
  }
  return out;
}

std::string escape_specifiers(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '%') out += '%';
    out += c;
  }
  return out;
}

}  // namespace unitparser
