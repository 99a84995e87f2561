// Command line to one Options value, passed by reference from then on. [pure but for getopt's own messages]
#include "ctl/options.h"

#include <getopt.h>

#include <array>
#include <cstdlib>
#include <cstring>

#include "ctl/help.h"
#include "ctl/terminal.h"
#include "unitparser/base/text.h"
#include "unitparser/names/unit_type.h"

namespace ctl {
namespace {

using unitparser::from_name;

enum Long : int {
  first_long = 0x100,
  opt_version, opt_reverse, opt_after, opt_before, opt_show_types, opt_failed, opt_job_mode, opt_fail, opt_irreversible,
  opt_ignore_dependencies, opt_check_inhibitors, opt_value, opt_user, opt_system, opt_global, opt_wait, opt_no_block,
  opt_legend, opt_no_legend, opt_no_pager, opt_no_wall, opt_dry_run, opt_root, opt_image, opt_no_reload, opt_kill_whom,
  opt_no_ask_password, opt_runtime, opt_plain, opt_state, opt_with_dependencies, opt_preset_mode, opt_firmware_setup,
  opt_boot_loader_menu, opt_boot_loader_entry, opt_now, opt_message, opt_what, opt_reboot_argument, opt_timestamp,
  opt_read_only, opt_mkdir, opt_marked, opt_json, opt_base_time, opt_iterations, opt_annotate, opt_threshold
};

// systemctl(1) OPTIONS; the order matters to getopt's unique prefixes only.
const option long_options[] = {
    {"help", no_argument, nullptr, 'h'},
    {"version", no_argument, nullptr, opt_version},
    {"type", required_argument, nullptr, 't'},
    {"property", required_argument, nullptr, 'p'},
    {"all", no_argument, nullptr, 'a'},
    {"reverse", no_argument, nullptr, opt_reverse},
    {"after", no_argument, nullptr, opt_after},
    {"before", no_argument, nullptr, opt_before},
    {"show-types", no_argument, nullptr, opt_show_types},
    {"failed", no_argument, nullptr, opt_failed},
    {"full", no_argument, nullptr, 'l'},
    {"job-mode", required_argument, nullptr, opt_job_mode},
    {"fail", no_argument, nullptr, opt_fail},
    {"irreversible", no_argument, nullptr, opt_irreversible},
    {"ignore-dependencies", no_argument, nullptr, opt_ignore_dependencies},
    {"ignore-inhibitors", no_argument, nullptr, 'i'},
    {"check-inhibitors", required_argument, nullptr, opt_check_inhibitors},
    {"value", no_argument, nullptr, opt_value},
    {"user", no_argument, nullptr, opt_user},
    {"system", no_argument, nullptr, opt_system},
    {"global", no_argument, nullptr, opt_global},
    {"wait", no_argument, nullptr, opt_wait},
    {"no-block", no_argument, nullptr, opt_no_block},
    {"legend", required_argument, nullptr, opt_legend},
    {"no-legend", no_argument, nullptr, opt_no_legend},
    {"no-pager", no_argument, nullptr, opt_no_pager},
    {"no-wall", no_argument, nullptr, opt_no_wall},
    {"dry-run", no_argument, nullptr, opt_dry_run},
    {"quiet", no_argument, nullptr, 'q'},
    {"root", required_argument, nullptr, opt_root},
    {"image", required_argument, nullptr, opt_image},
    {"force", no_argument, nullptr, 'f'},
    {"no-reload", no_argument, nullptr, opt_no_reload},
    {"kill-whom", required_argument, nullptr, opt_kill_whom},
    {"kill-who", required_argument, nullptr, opt_kill_whom},  // older spelling, in no help text
    {"signal", required_argument, nullptr, 's'},
    {"no-ask-password", no_argument, nullptr, opt_no_ask_password},
    {"host", required_argument, nullptr, 'H'},
    {"machine", required_argument, nullptr, 'M'},
    {"runtime", no_argument, nullptr, opt_runtime},
    {"lines", required_argument, nullptr, 'n'},
    {"output", required_argument, nullptr, 'o'},
    {"plain", no_argument, nullptr, opt_plain},
    {"state", required_argument, nullptr, opt_state},
    {"recursive", no_argument, nullptr, 'r'},
    {"with-dependencies", no_argument, nullptr, opt_with_dependencies},
    {"preset-mode", required_argument, nullptr, opt_preset_mode},
    {"firmware-setup", no_argument, nullptr, opt_firmware_setup},
    {"boot-loader-menu", required_argument, nullptr, opt_boot_loader_menu},
    {"boot-loader-entry", required_argument, nullptr, opt_boot_loader_entry},
    {"now", no_argument, nullptr, opt_now},
    {"message", required_argument, nullptr, opt_message},
    {"show-transaction", no_argument, nullptr, 'T'},
    {"what", required_argument, nullptr, opt_what},
    {"reboot-argument", required_argument, nullptr, opt_reboot_argument},
    {"timestamp", required_argument, nullptr, opt_timestamp},
    {"read-only", no_argument, nullptr, opt_read_only},
    {"mkdir", no_argument, nullptr, opt_mkdir},
    {"marked", no_argument, nullptr, opt_marked},
    {"base-time", required_argument, nullptr, opt_base_time},
    {"iterations", required_argument, nullptr, opt_iterations},
    {"json", optional_argument, nullptr, opt_json},  // from here on ours alone
    {"annotate", no_argument, nullptr, opt_annotate},
    {"threshold", required_argument, nullptr, opt_threshold},
    {nullptr, 0, nullptr, 0},
};

/// Why parsing ended early.
struct Stop {
  int status;
};
using Step = std::optional<Stop>;

void split_into(std::vector<std::string>& list, std::string_view text) {
  for (const auto piece : unitparser::split_at(text, ','))
    if (!piece.empty()) list.emplace_back(piece);
}

Step bad(Terminal& terminal, const std::string& message) {
  terminal.error(message);
  return Stop{EXIT_FAILURE};
}

Step take_types(Options& options, Terminal& terminal, std::string_view text) {
  if (text.empty()) return bad(terminal, "--type= requires arguments.");
  for (const auto type : unitparser::split_at(text, ',')) {
    if (type.empty()) continue;
    if (type == "help") {
      options.help_types = true;
      print_types(terminal);
      return Stop{EXIT_SUCCESS};
    }
    if (from_name<unitparser::UnitType>(type)) {
      options.types.emplace_back(type);
    } else if (from_name<unitparser::LoadState>(type)) {
      options.states.emplace_back(type);  // an old habit that is still understood
    } else {
      terminal.error("Unknown unit type or load state '" + std::string(type) + "'.");
      terminal.say(Severity::info, "Use -t help to see a list of allowed values.");
      return Stop{EXIT_FAILURE};
    }
  }
  return {};
}

Step take_properties(Options& options, std::string_view text) {
  if (text.empty()) options.properties.clear();  // "-p ''" means none: show prints nothing then
  split_into(options.properties, text);
  if (options.properties.empty()) options.properties.emplace_back();
  options.all = true;  // a property asked for is shown even when empty
  return {};
}

Step take_inhibitors(Options& options, Terminal& terminal, std::string_view text) {
  if (text == "help") {
    terminal << "auto\nyes\nno\n";
    return Stop{EXIT_SUCCESS};
  }
  if (text == "auto") {
    options.check_inhibitors.reset();
  } else if (const auto value = unitparser::parse_boolean(text); value) {
    options.check_inhibitors = *value;
  } else {
    return bad(terminal, "Failed to parse --check-inhibitors= argument: " + std::string(text));
  }
  return {};
}

Step take_clean_what(Options& options, Terminal& terminal, std::string_view text) {
  if (text.empty()) return bad(terminal, "--what= requires arguments (see --what=help).");
  for (const auto piece : unitparser::split_at(text, ',')) {
    if (piece == "help") {
      terminal << "runtime\nstate\ncache\nlogs\nconfiguration\n";
      return Stop{EXIT_SUCCESS};
    }
    if (!piece.empty()) options.clean_what.emplace_back(piece);
  }
  return {};
}

template <class Enum>
Step take_enum(Enum& into, Terminal& terminal, std::string_view text, const std::string& complaint) {
  if (text == "help") {
    for (const auto name : enum_names(std::type_identity<Enum>{})) terminal << name << "\n";
    return Stop{EXIT_SUCCESS};
  }
  const auto value = from_name<Enum>(text);
  if (!value) return bad(terminal, complaint);
  into = *value;
  return {};
}

Step take_json(Options& options, Terminal& terminal, const char* text) {
  const std::string_view mode = text == nullptr ? "short" : text;
  if (mode != "short" && mode != "pretty" && mode != "off")
    return bad(terminal, "Unknown argument to --json= switch: " + std::string(mode));
  options.json_forced = mode != "off";
  options.output = mode == "off" ? LogOutput::short_text : mode == "pretty" ? LogOutput::json_pretty : LogOutput::json;
  return {};
}

Step take_signal(Options& options, Terminal& terminal, std::string_view text) {
  if (text == "help" || text == "list") {
    print_signals(terminal);
    return Stop{EXIT_SUCCESS};
  }
  options.kill_signal = signal_from_text(text);
  return options.kill_signal > 0 ? Step{} : bad(terminal, "Failed to parse signal string \"" + std::string(text) + "\".");
}

Step take_lines(Options& options, Terminal& terminal, std::string_view text) {
  const auto lines = unitparser::parse_unsigned(text, 0xffffffffU);
  if (!lines) return bad(terminal, "Failed to parse lines '" + std::string(text) + "'");
  options.lines = *lines;
  return {};
}

/// Options that take an argument.
Step take_argument_option(Options& o, Terminal& terminal, int option, const char* argument) {
  const std::string_view text = argument == nullptr ? "" : argument;
  switch (option) {
    case 't': return take_types(o, terminal, text);
    case 'P': o.value_only = true; return take_properties(o, text);
    case 'p': return take_properties(o, text);
    case 's': return take_signal(o, terminal, text);
    case 'H': o.transport = Transport::remote; o.host = text; return {};
    case 'M': o.transport = Transport::machine; o.host = text; return {};
    case 'n': return take_lines(o, terminal, text);
    case 'o':
      if (const auto stop = take_enum(o.output, terminal, text, "Unknown output '" + std::string(text) + "'."); stop) return stop;
      if (o.json()) o.legend = false;
      return {};
    case opt_json: return take_json(o, terminal, argument);
    case opt_job_mode: o.job_mode = text; return {};
    case opt_check_inhibitors: return take_inhibitors(o, terminal, text);
    case opt_legend:
      if (const auto value = unitparser::parse_boolean(text); value) {
        o.legend = *value;
        return {};
      }
      return bad(terminal, "Failed to parse boolean argument to --legend: " + std::string(text) + ".");
    case opt_root: o.root = text; return {};
    case opt_image: o.image = text; return {};
    case opt_kill_whom: o.kill_whom = text; return {};
    case opt_state:
      if (text.empty()) return bad(terminal, "--state= requires arguments.");
      if (text == "help") {
        print_states(terminal);
        return Stop{EXIT_SUCCESS};
      }
      split_into(o.states, text);
      return {};
    case opt_preset_mode:
      return take_enum(o.preset_mode, terminal, text, "Failed to parse preset mode: " + std::string(text) + ".");
    case opt_boot_loader_menu: o.boot_loader_menu = text; return {};
    case opt_boot_loader_entry: o.boot_loader_entry = text; return {};
    case opt_message: o.message = text; return {};
    case opt_what: return take_clean_what(o, terminal, text);
    case opt_base_time: o.base_time = text; return {};
    case opt_iterations:
      if (const auto count = unitparser::parse_unsigned(text, 1000000); count) {
        o.iterations = static_cast<unsigned>(*count);
        return {};
      }
      return bad(terminal, "Failed to parse iterations: " + std::string(text));
    case opt_threshold:
      if (const auto value = unitparser::parse_unsigned(text, 100); value) {
        o.threshold = static_cast<unsigned>(*value);
        return {};
      }
      return bad(terminal, "Failed to parse threshold: " + std::string(text));
    case opt_reboot_argument: o.reboot_argument = text; return {};
    case opt_timestamp:
      return take_enum(o.timestamps, terminal, text, "Invalid value: " + std::string(text) + ".");
    default: return Stop{EXIT_FAILURE};  // '?': getopt has said why
  }
}

/// Options without one.
Step take_option(Options& o, Terminal& terminal, int option, const char* argument) {
  switch (option) {
    case 'h': print_help(terminal, o.personality); return Stop{EXIT_SUCCESS};
    case opt_version: print_version(terminal, o.personality); return Stop{EXIT_SUCCESS};
    case 'a': o.all = true; break;
    case opt_reverse: o.direction = DependencyDirection::reverse; break;
    case opt_after: o.direction = DependencyDirection::after; break;
    case opt_before: o.direction = DependencyDirection::before; break;
    case opt_show_types: o.show_types = true; break;
    case opt_value: o.value_only = true; break;
    case opt_failed: o.states.emplace_back("failed"); break;
    case opt_fail: o.job_mode = "fail"; break;
    case opt_irreversible: o.job_mode = "replace-irreversibly"; break;
    case opt_ignore_dependencies: o.job_mode = "ignore-dependencies"; break;
    case 'i': o.check_inhibitors = false; break;
    case 'l': o.full = true; break;
    case 'q': o.quiet = true; break;
    case 'f': ++o.force; break;
    case 'r': o.recursive = true; break;
    case 'T': o.show_transaction = true; break;
    case opt_user: o.scope = Scope::user; break;
    case opt_system: o.scope = Scope::system; break;
    case opt_global: o.scope = Scope::global; break;
    case opt_wait: o.wait = true; break;
    case opt_no_block: o.block = false; break;
    case opt_no_legend: o.legend = false; break;
    case opt_no_pager: o.pager = false; break;
    case opt_no_wall: o.wall = false; break;
    case opt_dry_run: o.dry_run = true; break;
    case opt_no_reload: o.reload = false; break;
    case opt_no_ask_password: o.ask_password = false; break;
    case opt_runtime: o.runtime = true; break;
    case opt_plain: o.plain = true; break;
    case opt_with_dependencies: o.with_dependencies = true; break;
    case opt_firmware_setup: o.firmware_setup = true; break;
    case opt_now: o.now = true; break;
    case opt_read_only: o.read_only = true; break;
    case opt_mkdir: o.make_directory = true; break;
    case opt_marked: o.marked = true; break;
    case opt_annotate: o.annotate = true; break;
    case '.':
      terminal.error("systemctl: invalid option -- '.'");
      terminal.say(Severity::notice, "Hint: to specify units starting with a dash, use \"--\":");
      terminal.say(Severity::notice, std::string("      systemctl [OPTIONS...] COMMAND -- -.") +
                                         (argument == nullptr ? "mount" : argument) + " ...");
      return Stop{EXIT_FAILURE};
    default: return take_argument_option(o, terminal, option, argument);
  }
  return {};
}

Step check_combinations(Options& o, Terminal& terminal) {
  if (o.transport != Transport::local && o.scope != Scope::system)
    return bad(terminal, "Cannot access user instance remotely.");
  if (o.wait && !o.block) return bad(terminal, "--wait may not be combined with --no-block.");
  return {};
}

ParsedCommandLine parse_systemctl(int argc, char** argv, Options options, Terminal& terminal) {
  optind = 0;  // begin anew: parsing may happen more than once in a test
  for (;;) {
    const int option = getopt_long(argc, argv, "ht:p:P:alqfs:H:M:n:o:iTr.::", long_options, nullptr);
    if (option < 0) break;
    const bool ours = option == opt_json || option == opt_annotate || option == opt_threshold;
    if (ours && options.personality != Personality::ctl) {
      terminal.say(Severity::info, std::string("systemctl: unrecognized option '--") + (option == opt_json ? "json" : option == opt_annotate ? "annotate" : "threshold") + "'");
      return {std::move(options), EXIT_FAILURE};
    }
    if (const auto stop = take_option(options, terminal, option, optarg); stop) return {std::move(options), stop->status};
  }
  if (const auto stop = check_combinations(options, terminal); stop) return {std::move(options), stop->status};
  options.arguments.assign(argv + optind, argv + argc);
  return {std::move(options), {}};
}

// halt(8), poweroff(8), reboot(8)
ParsedCommandLine parse_halt(int argc, char** argv, Options options, Terminal& terminal) {
  enum : int { halt_help = 0x200, halt_halt, halt_reboot, halt_no_wall };
  static const option halt_options[] = {{"help", no_argument, nullptr, halt_help},
                                        {"halt", no_argument, nullptr, halt_halt},
                                        {"poweroff", no_argument, nullptr, 'p'},
                                        {"reboot", no_argument, nullptr, halt_reboot},
                                        {"force", no_argument, nullptr, 'f'},
                                        {"wtmp-only", no_argument, nullptr, 'w'},
                                        {"no-wtmp", no_argument, nullptr, 'd'},
                                        {"no-sync", no_argument, nullptr, 'n'},
                                        {"no-wall", no_argument, nullptr, halt_no_wall},
                                        {nullptr, 0, nullptr, 0}};
  optind = 0;
  for (int option; (option = getopt_long(argc, argv, "pfwdnih", halt_options, nullptr)) >= 0;) {
    switch (option) {
      case halt_help: print_help(terminal, options.personality); return {std::move(options), EXIT_SUCCESS};
      case halt_halt: options.personality = Personality::halt; break;
      case 'p': if (options.personality != Personality::reboot) options.personality = Personality::poweroff; break;
      case halt_reboot: options.personality = Personality::reboot; break;
      case 'f': options.force = 2; break;
      case 'w': options.shutdown.wtmp_only = true; break;
      case 'd': options.shutdown.skip_wtmp = true; break;
      case halt_no_wall: options.wall = false; break;
      case 'n': case 'i': case 'h': break;  // compatibility nops
      default: return {std::move(options), EXIT_FAILURE};
    }
  }
  if (options.personality == Personality::reboot && (argc == optind || argc == optind + 1)) {
    if (argc == optind + 1) options.reboot_argument = argv[optind];
  } else if (optind < argc) {
    terminal.error("Too many arguments.");
    return {std::move(options), EXIT_FAILURE};
  }
  return {std::move(options), {}};
}

// shutdown(8)
ParsedCommandLine parse_shutdown(int argc, char** argv, Options options, Terminal& terminal) {
  enum : int { shutdown_help = 0x300, shutdown_no_wall, shutdown_show };
  static const option shutdown_options[] = {{"help", no_argument, nullptr, shutdown_help},
                                            {"halt", no_argument, nullptr, 'H'},
                                            {"poweroff", no_argument, nullptr, 'P'},
                                            {"reboot", no_argument, nullptr, 'r'},
                                            {"kexec", no_argument, nullptr, 'K'},
                                            {"no-wall", no_argument, nullptr, shutdown_no_wall},
                                            {"show", no_argument, nullptr, shutdown_show},
                                            {nullptr, 0, nullptr, 0}};
  auto& s = options.shutdown;
  optind = 0;
  for (int option; (option = getopt_long(argc, argv, "HPrhkKat:fFc", shutdown_options, nullptr)) >= 0;) {
    switch (option) {
      case shutdown_help: print_help(terminal, options.personality); return {std::move(options), EXIT_SUCCESS};
      case 'H': s.halt = true; break;
      case 'P': s.poweroff = true; break;
      case 'r': s.reboot = true; break;
      case 'K': s.kexec = true; break;
      case 'h': s.poweroff = !s.halt; break;
      case 'k': s.warn_only = true; break;
      case 'c': s.cancel = true; break;
      case shutdown_no_wall: options.wall = false; break;
      case shutdown_show: s.show_scheduled = true; break;
      case 'a': case 't': case 'f': case 'F': break;  // compatibility nops
      default: return {std::move(options), EXIT_FAILURE};
    }
  }
  options.arguments.assign(argv + optind, argv + argc);
  return {std::move(options), {}};
}

Personality personality_of(std::string_view name) {
  const auto base = name.substr(name.rfind('/') == std::string_view::npos ? 0 : name.rfind('/') + 1);
  if (base.find("halt") != base.npos) return Personality::halt;
  if (base.find("poweroff") != base.npos) return Personality::poweroff;
  if (base.find("reboot") != base.npos) return Personality::reboot;
  if (base.find("shutdown") != base.npos) return Personality::shutdown;
  if (base.find("systemctl") != base.npos) return Personality::systemctl;
  return Personality::ctl;
}

}  // namespace

ParsedCommandLine parse_command_line(int argc, char** argv, Terminal& terminal) {
  Options options;
  options.personality = personality_of(argc > 0 ? argv[0] : "");
  switch (options.personality) {
    case Personality::halt:
    case Personality::poweroff:
    case Personality::reboot: return parse_halt(argc, argv, std::move(options), terminal);
    case Personality::shutdown: return parse_shutdown(argc, argv, std::move(options), terminal);
    default: return parse_systemctl(argc, argv, std::move(options), terminal);
  }
}

namespace {
constexpr std::array<std::string_view, 32> signal_names{
    "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
    "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS"};
constexpr int first_realtime = 34;  // SIGRTMIN as glibc has it
constexpr int last_signal = 64;
}  // namespace

int signal_from_text(std::string_view text) {
  if (text.starts_with("SIG")) text.remove_prefix(3);
  if (const auto number = unitparser::parse_unsigned(text, last_signal, 10); number) return static_cast<int>(*number);
  for (std::size_t i = 1; i < signal_names.size(); ++i)
    if (signal_names[i] == text) return static_cast<int>(i);
  if (text == "RTMIN") return first_realtime;
  if (text == "RTMAX") return last_signal;
  if (text.starts_with("RTMIN+"))
    if (const auto offset = unitparser::parse_unsigned(text.substr(6), last_signal - first_realtime, 10); offset)
      return first_realtime + static_cast<int>(*offset);
  if (text.starts_with("RTMAX-"))
    if (const auto offset = unitparser::parse_unsigned(text.substr(6), last_signal - first_realtime, 10); offset)
      return last_signal - static_cast<int>(*offset);
  return 0;
}

std::string signal_name(int number) {
  if (number > 0 && static_cast<std::size_t>(number) < signal_names.size())
    return std::string(signal_names[static_cast<std::size_t>(number)]);
  if (number >= first_realtime && number <= last_signal) return "RTMIN+" + std::to_string(number - first_realtime);
  return std::to_string(number);
}

}  // namespace ctl
