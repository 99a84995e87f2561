// The command line of journalctl(1), as one struct. [pure]
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "journal/format/layout.h"

namespace journal {

enum class OutputMode : std::uint8_t { brief, full, iso, iso_precise, precise, monotonic, delta, unix_time, verbose,
                                       export_format, json, json_pretty, json_sse, json_seq, cat, with_unit };

constexpr bool is_json(OutputMode mode) { return mode >= OutputMode::json && mode <= OutputMode::json_seq; }

enum class Action : std::uint8_t { show, help, version, list_fields, field_values, list_boots, header, verify, disk_usage,
                                   vacuum, rotate, rotate_and_vacuum, flush, sync, relinquish_var,
                                   smart_relinquish_var, list_catalog, dump_catalog, update_catalog, setup_keys };

struct Options {
  bool speaks_as_journalctl = true;  ///< called by that name: exactly its behaviour
  Action action = Action::show;
  OutputMode output = OutputMode::brief;
  std::vector<std::string> output_fields;
  // sources
  std::vector<std::string> files;
  std::string directory, root, name_space, machine;
  bool merge = false, system = false, user = false;
  // filters
  std::optional<std::uint64_t> since, until;
  std::string cursor, after_cursor, cursor_file;
  bool boot = false;
  Id128 boot_id;
  int boot_offset = 0;
  bool dmesg = false;
  std::vector<std::string> units, user_units, identifiers;
  unsigned priorities = 0;   ///< bit for each level; 0: all
  unsigned facilities = 0;   ///< bit for each facility; 0: all
  std::string pattern;
  std::optional<bool> case_sensitive;
  std::vector<std::string> matches;
  // how
  std::optional<std::uint64_t> lines;  ///< unset: no limit given
  bool all_lines = false;              ///< -n all
  bool no_tail = false, reverse = false, follow = false, show_cursor = false, utc = false, catalog = false;
  bool no_hostname = false, full_width = true, all = false, quiet = false;
  bool no_pager = false, pager_end = false;
  bool force = false;
  std::string field;
  std::string verify_key;
  std::uint64_t seal_interval = 15ULL * 60 * 1'000'000;  ///< microseconds, of new keys
  std::uint64_t vacuum_size = 0, vacuum_files = 0, vacuum_time = 0;
};

/// What parsing came to.
struct ParsedOptions {
  Options options;
  std::optional<int> exit_code;  ///< set: stop now, everything was printed
};

/// Reads the command line; prints complaints to stderr in journalctl's words. `now`: microseconds since 1970.
[[nodiscard]] ParsedOptions parse_options(int argc, char** argv, std::uint64_t now);

/// Names of facilities 0 to 23, empty where there is none.
[[nodiscard]] const char* facility_name(int facility);

}  // namespace journal
