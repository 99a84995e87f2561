// Command line to one Options value, passed by reference from then on. [pure but for getopt's own messages]
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "unitparser/base/enum_names.h"

namespace ctl {

/// The name the program was called by, and with it the command language it speaks.
enum class Personality : std::uint8_t { ctl, systemctl, halt, poweroff, reboot, shutdown };
enum class Scope : std::uint8_t { system, user, global };
enum class Transport : std::uint8_t { local, remote, machine };
enum class DependencyDirection : std::uint8_t { forward, reverse, after, before };
enum class TimestampStyle : std::uint8_t { pretty, unix_seconds, us, utc, us_utc };
constexpr std::array<std::string_view, 5> enum_names(std::type_identity<TimestampStyle>) {
  return {"pretty", "unix", "us", "utc", "us+utc"};
}
enum class LogOutput : std::uint8_t {
  short_text, short_full, short_iso, short_iso_precise, short_precise, short_monotonic, short_delta, short_unix, verbose,
  export_text, json, json_pretty, json_sse, json_seq, cat, with_unit
};
constexpr std::array<std::string_view, 16> enum_names(std::type_identity<LogOutput>) {
  return {"short", "short-full", "short-iso", "short-iso-precise", "short-precise", "short-monotonic", "short-delta",
          "short-unix", "verbose", "export", "json", "json-pretty", "json-sse", "json-seq", "cat", "with-unit"};
}
enum class PresetMode : std::uint8_t { full, enable_only, disable_only };
constexpr std::array<std::string_view, 3> enum_names(std::type_identity<PresetMode>) {
  return {"full", "enable-only", "disable-only"};
}

/// What shutdown(8) and its kin were asked for.
struct ShutdownOptions {
  bool wtmp_only = false;      ///< -w: write the record, do nothing
  bool skip_wtmp = false;      ///< -d
  bool kexec = false;          ///< shutdown -K
  bool cancel = false;         ///< shutdown -c
  bool show_scheduled = false; ///< shutdown --show
  bool warn_only = false;      ///< shutdown -k
  bool halt = false, poweroff = false, reboot = false;  ///< -H/--halt, -P/-p, -r
};

/// Everything the command line says. Defaults are those of systemctl(1).
struct Options {
  Personality personality = Personality::ctl;
  Scope scope = Scope::system;
  Transport transport = Transport::local;
  std::vector<std::string> arguments;  ///< verb and its operands

  // What to show
  std::vector<std::string> types, states, properties;
  bool all = false, full = false, plain = false, value_only = false, show_types = false, recursive = false;
  bool with_dependencies = false, quiet = false, pager = true, help_types = false;
  std::optional<bool> legend;
  DependencyDirection direction = DependencyDirection::forward;
  TimestampStyle timestamps = TimestampStyle::pretty;
  LogOutput output = LogOutput::short_text;
  bool json_forced = false;  ///< --json: also where systemctl(1) has no JSON
  std::optional<std::size_t> lines;  ///< of status, 10 if not said; acts of why, 1 if not said

  // How to act
  std::string job_mode = "replace";
  bool wait = false, block = true, now = false, dry_run = false, show_transaction = false, marked = false;
  unsigned force = 0;
  bool wall = true, reload = true, ask_password = true;
  std::optional<bool> check_inhibitors;  ///< empty: as "auto" says
  std::string kill_whom = "all";
  int kill_signal = 15;
  std::vector<std::string> clean_what;
  PresetMode preset_mode = PresetMode::full;
  std::string reboot_argument, boot_loader_menu, boot_loader_entry;
  std::optional<std::string> message;
  bool firmware_setup = false, read_only = false, make_directory = false;

  // Time expressions
  std::string base_time;     ///< --base-time=: from when on elapses are counted
  unsigned iterations = 1;

  // Explaining
  bool annotate = false;     ///< cat --annotate
  unsigned threshold = 100;  ///< security --threshold=: a higher exposure fails

  // Where
  bool runtime = false;
  std::string root, image, host;

  ShutdownOptions shutdown;

  [[nodiscard]] bool json() const {
    return output == LogOutput::json || output == LogOutput::json_pretty || output == LogOutput::json_sse || output == LogOutput::json_seq;
  }
  [[nodiscard]] bool show_legend() const { return legend.value_or(!quiet); }
};

/// Either options to run with, or the exit status to leave with at once (help, version, a bad command line); what was
/// to be printed has been.
struct ParsedCommandLine {
  Options options;
  std::optional<int> exit_status;
};

class Terminal;
[[nodiscard]] ParsedCommandLine parse_command_line(int argc, char** argv, Terminal& terminal);

/// The number of a signal by name ("TERM", "SIGRTMIN+3") or number; 0 if there is none.
[[nodiscard]] int signal_from_text(std::string_view text);
/// "TERM" without its SIG; "15" for numbers without a name.
[[nodiscard]] std::string signal_name(int number);

}  // namespace ctl
