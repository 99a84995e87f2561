#include "journal/journalctl/filters.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <set>

#include "journal/journalctl/boots.h"
#include "journal/store/directory.h"
#include "journal/text/id128.h"
#include "unitparser/base/text.h"

namespace journal {
namespace {

using unitparser::ErrorCode;
using unitparser::fail;
using unitparser::Result;

constexpr std::string_view coredump_message_id = "MESSAGE_ID=fc2e22bc6ee647b6b90729ab34a250b1";

/// All levels at once are no filter: entries without a priority are shown too.
constexpr unsigned all_levels = 0xFF;

bool is_glob(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }

/// Adds one term: all of these must match.
Result<void> add_term(Match& match, std::initializer_list<std::string> fields) {
  for (const std::string& field : fields) TRY(match.add(field));
  match.add_or();
  return {};
}

/// What is logged by a unit, about it by the manager, and about it by others that may.
Result<void> add_unit(Match& match, const std::string& unit) {
  TRY(add_term(match, {"_SYSTEMD_UNIT=" + unit}));
  TRY(add_term(match, {std::string(coredump_message_id), "_UID=0", "COREDUMP_UNIT=" + unit}));
  TRY(add_term(match, {"_PID=1", "UNIT=" + unit}));
  TRY(add_term(match, {"_UID=0", "OBJECT_SYSTEMD_UNIT=" + unit}));
  if (unit.ends_with(".slice")) TRY(add_term(match, {"_SYSTEMD_SLICE=" + unit}));
  return {};
}

Result<void> add_user_unit(Match& match, const std::string& unit) {
  const std::string uid = "_UID=" + std::to_string(::getuid());
  TRY(add_term(match, {"_SYSTEMD_USER_UNIT=" + unit, uid}));
  TRY(add_term(match, {"USER_UNIT=" + unit, uid}));
  TRY(add_term(match, {"COREDUMP_USER_UNIT=" + unit, uid, "_UID=0"}));
  TRY(add_term(match, {"OBJECT_SYSTEMD_USER_UNIT=" + unit, uid, "_UID=0"}));
  if (unit.ends_with(".slice")) TRY(add_term(match, {"_SYSTEMD_USER_SLICE=" + unit, uid}));
  return {};
}

/// Units that the journal knows and a glob matches.
std::set<std::string> units_matching(Journal& journal, std::initializer_list<const char*> fields,
                                     const std::vector<std::string>& patterns) {
  std::set<std::string> found;
  for (const char* field : fields)
    journal.for_each_value(field, [&](std::string_view payload) {
      const std::string unit(payload.substr(payload.find('=') + 1));
      for (const std::string& pattern : patterns)
        if (::fnmatch(pattern.c_str(), unit.c_str(), FNM_NOESCAPE) == 0) found.insert(unit);
    });
  return found;
}

Result<void> add_units(Match& match, const Options& options, Journal& journal) {
  const auto no_data = [] { return fail(ErrorCode::not_found, "Failed to add filter for units: No data available"); };
  std::vector<std::string> patterns, user_patterns;
  bool any = false;
  for (const std::string& unit : options.units) {
    const std::string name = mangle_unit_name(unit);
    if (is_glob(name)) {
      patterns.push_back(name);
      continue;
    }
    TRY(add_unit(match, name));
    any = true;
  }
  if (!patterns.empty())
    for (const std::string& unit : units_matching(
             journal, {"_SYSTEMD_UNIT", "COREDUMP_UNIT", "UNIT", "OBJECT_SYSTEMD_UNIT", "_SYSTEMD_SLICE"}, patterns)) {
      TRY(add_unit(match, unit));
      any = true;
    }
  for (const std::string& unit : options.user_units) {
    const std::string name = mangle_unit_name(unit);
    if (is_glob(name)) {
      user_patterns.push_back(name);
      continue;
    }
    TRY(add_user_unit(match, name));
    any = true;
  }
  if (!user_patterns.empty())
    for (const std::string& unit : units_matching(
             journal,
             {"_SYSTEMD_USER_UNIT", "USER_UNIT", "COREDUMP_USER_UNIT", "OBJECT_SYSTEMD_USER_UNIT", "_SYSTEMD_USER_SLICE"},
             user_patterns)) {
      TRY(add_user_unit(match, unit));
      any = true;
    }
  if (!any && (!options.units.empty() || !options.user_units.empty())) return no_data();
  match.add_and();
  return {};
}

/// A path on the command line stands for the program or the device that it names.
Result<void> add_path(Match& match, const std::string& path) {
  const std::unique_ptr<char, decltype(&::free)> resolved(::realpath(path.c_str(), nullptr), ::free);
  if (!resolved) return fail(ErrorCode::not_found, "Couldn't canonicalize path: " + std::string(::strerrordesc_np(errno)));
  const std::string real = resolved.get();
  struct stat st = {};
  if (::stat(real.c_str(), &st) < 0)
    return fail(ErrorCode::not_found, "Couldn't stat file: " + std::string(::strerrordesc_np(errno)));
  if (S_ISREG(st.st_mode) && (st.st_mode & 0111) != 0) {
    const auto head = read_small_file(real, PATH_MAX);
    if (head && head->starts_with("#!")) {
      constexpr std::size_t longest_comm = 15;
      TRY(match.add("_COMM=" + real.substr(real.rfind('/') + 1).substr(0, longest_comm)));
      std::string_view interpreter = unitparser::trim(std::string_view(*head).substr(2, head->find('\n') - 2));
      interpreter = interpreter.substr(0, interpreter.find_first_of(" \t"));
      const std::unique_ptr<char, decltype(&::free)> program(::realpath(std::string(interpreter).c_str(), nullptr),
                                                             ::free);
      if (program) TRY(match.add(std::string("_EXE=") + program.get()));
    } else {
      TRY(match.add("_EXE=" + real));
    }
    return {};
  }
  if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) {
    const std::string device = (S_ISBLK(st.st_mode) ? "b" : "c") + std::to_string(major(st.st_rdev)) + ":" +
                               std::to_string(minor(st.st_rdev));
    return match.add("_KERNEL_DEVICE=" + device);
  }
  return fail(ErrorCode::invalid_argument, "File is neither a device node, nor executable: " + path);
}

Result<void> add_words(Match& match, const Options& options) {
  bool has_term = false;
  for (const std::string& word : options.matches) {
    if (word == "+") {
      if (!has_term)
        return fail(ErrorCode::invalid_argument, "\"+\" can only be used between terms");
      match.add_or();
      has_term = false;
      continue;
    }
    if (word.find('/') == 0) TRY(add_path(match, word));
    else if (const auto added = match.add(word); !added)
      return fail(ErrorCode::invalid_argument, "Failed to add match '" + word + "': Invalid argument");
    has_term = true;
  }
  if (!options.matches.empty() && !has_term)
    return fail(ErrorCode::invalid_argument, "\"+\" can only be used between terms");
  return {};
}

}  // namespace

std::string mangle_unit_name(std::string_view name) {
  constexpr std::string_view valid =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:-_.\\@*?[]!^";
  std::string mangled;
  if (!name.empty() && name[0] == '/') {
    // A path stands for its mount unit.
    for (std::size_t i = 1; i < name.size(); ++i) mangled += name[i] == '/' ? '-' : name[i];
    return (mangled.empty() ? "-" : mangled) + ".mount";
  }
  for (const char c : name) {
    if (c == '/') {
      mangled += '-';
    } else if (valid.find(c) == std::string_view::npos) {
      constexpr std::string_view digits = "0123456789abcdef";
      const auto byte = static_cast<unsigned char>(c);
      mangled.append("\\x").push_back(digits[byte >> 4]);
      mangled.push_back(digits[byte & 15]);
    } else {
      mangled += c;
    }
  }
  constexpr std::array<std::string_view, 11> types{".service", ".socket", ".target", ".device",    ".mount", ".automount",
                                                   ".swap",    ".timer",  ".path",   ".slice",     ".scope"};
  const bool has_type =
      std::any_of(types.begin(), types.end(), [&](std::string_view type) { return mangled.ends_with(type); });
  if (!has_type && !(is_glob(mangled) && mangled.ends_with('*'))) mangled += ".service";
  return mangled;
}

Result<Match> build_match(const Options& options, Journal& journal) {
  Match match;
  if (options.boot) {
    const bool any = journal.has_files();
    if (any || !options.boot_id.is_null()) {
      const Id128 id = TRY(resolve_boot(options, journal));
      TRY(match.add("_BOOT_ID=" + format_id(id)));
      match.add_and();
    }
  }
  if (options.dmesg) {
    TRY(match.add("_TRANSPORT=kernel"));
    match.add_and();
  }
  TRY(add_units(match, options, journal));
  for (const std::string& identifier : options.identifiers) TRY(match.add("SYSLOG_IDENTIFIER=" + identifier));
  match.add_and();
  for (unsigned level = 0; options.priorities != 0 && options.priorities != all_levels && level < 8; ++level)
    if ((options.priorities & (1U << level)) != 0) TRY(match.add("PRIORITY=" + std::to_string(level)));
  match.add_and();
  for (unsigned facility = 0; options.facilities != 0 && facility < 24; ++facility)
    if ((options.facilities & (1U << facility)) != 0) TRY(match.add("SYSLOG_FACILITY=" + std::to_string(facility)));
  // COMPAT: journalctl(1) joins --facility= to the first term of the words alone: what follows a "+" is shown of any facility.
  if (!options.speaks_as_journalctl) match.add_and();
  TRY(add_words(match, options));
  return match;
}

}  // namespace journal
