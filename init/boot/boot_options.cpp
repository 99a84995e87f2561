// Reading the kernel command line word by word against one table. [pure]
#include "init/boot/boot_options.h"

#include <algorithm>
#include <array>
#include <functional>

#include "unitparser/base/text.h"
#include "unitparser/names/unit_name.h"

namespace init {
namespace {

std::optional<bool> parse_switch(std::string_view value) {
  for (std::string_view yes : {"1", "yes", "y", "true", "t", "on"})
    if (value == yes) return true;
  for (std::string_view no : {"0", "no", "n", "false", "f", "off"})
    if (value == no) return false;
  return std::nullopt;
}

/// A word of the command line: its value is empty and `has_value` false for "quiet", filled for "a=b".
struct Word {
  std::string key;
  std::string value;
  bool has_value = false;
};

void warn(BootOptions& options, const Word& word, std::string_view expected) {
  options.warnings.push_back("Kernel command line: " + word.key + "=" + word.value + " is not " + std::string(expected) +
                             ", ignoring.");
}

void set_unit(BootOptions& options, const Word& word, std::string& target) {
  if (unitparser::UnitName::is_valid(word.value)) target = word.value;
  else warn(options, word, "a valid unit name");
}

void add_unit(BootOptions& options, const Word& word, std::vector<std::string>& target) {
  auto name = unitparser::mangle_name(word.value, ".service", unitparser::Globs::escape);
  if (name) target.push_back(*name);
  else warn(options, word, "a valid unit name");
}

/// A word that says the same as a setting of system.conf: its value is read by the same rules, later.
struct Setting {
  std::string_view key;      ///< without "systemd."
  std::string_view setting;
  bool is_switch = false;    ///< may stand without a value, and then means yes
};
constexpr std::array settings_table{
    // word                        setting                      switch
    Setting{"confirm_spawn", "ConfirmSpawn", true},
    Setting{"cpu_affinity", "CPUAffinity"},
    Setting{"crash_chvt", "CrashChangeVT", true},
    Setting{"crash_reboot", "CrashReboot", true},
    Setting{"crash_shell", "CrashShell", true},
    Setting{"default_device_timeout_sec", "DefaultDeviceTimeoutSec"},
    Setting{"default_standard_error", "DefaultStandardError"},
    Setting{"default_standard_output", "DefaultStandardOutput"},
    Setting{"default_timeout_start_sec", "DefaultTimeoutStartSec"},
    Setting{"dump_core", "DumpCore", true},
    Setting{"log_color", "LogColor", true},
    Setting{"log_level", "LogLevel"},
    Setting{"log_location", "LogLocation", true},
    Setting{"log_target", "LogTarget"},
    Setting{"log_time", "LogTime", true},
    Setting{"service_watchdogs", "ServiceWatchdogs", true},
    Setting{"show_status", "ShowStatus", true},
    Setting{"status_unit_format", "StatusUnitFormat"},
    Setting{"watchdog_device", "WatchdogDevice"},
    Setting{"watchdog_pre_sec", "RuntimeWatchdogPreSec"},
    Setting{"watchdog_pretimeout_governor", "RuntimeWatchdogPreGovernor"},
    // One word for all three.
    Setting{"watchdog_sec", "RuntimeWatchdogSec"},
    Setting{"watchdog_sec", "RebootWatchdogSec"},
    Setting{"watchdog_sec", "KExecWatchdogSec"},
};

void add_line(std::string& settings, std::string_view setting, std::string_view value) {
  settings += std::string(setting) + "=" + std::string(value) + "\n";
}

/// Whether `word` is one of the settings.
bool take_setting(BootOptions& options, const Word& word) {
  constexpr std::string_view prefix = "systemd.";
  if (!word.key.starts_with(prefix)) return false;
  bool found = false;
  for (const Setting& row : settings_table) {
    if (word.key.compare(prefix.size(), std::string::npos, row.key) != 0) continue;
    found = true;
    if (word.value.find('\n') != std::string::npos) warn(options, word, "one line");
    else if (word.has_value) add_line(options.settings, row.setting, word.value);
    else if (row.is_switch) add_line(options.settings, row.setting, "yes");
    else warn(options, word, "a value");
  }
  return found;
}

void set_debug_shell(BootOptions& options, const Word& word) {
  const auto on = word.has_value ? parse_switch(word.value) : std::optional<bool>(true);
  options.debug_shell = on.value_or(true);
  options.debug_terminal.clear();
  if (on) return;
  const bool is_name = word.value.find('/') == std::string::npos && !word.value.empty();
  if (is_name) options.debug_terminal = word.value;
  else warn(options, word, "a boolean or a terminal");
}

struct Option {
  std::string_view key;
  void (*apply)(BootOptions&, const Word&);
};

// '_' and '-' are the same in keys, as kernel-command-line(7) has it; the tables are written with '_'.
constexpr std::array options_table{
    Option{"systemd.unit", [](BootOptions& o, const Word& w) { set_unit(o, w, o.unit); }},
    Option{"systemd.mask", [](BootOptions& o, const Word& w) { add_unit(o, w, o.masked_units); }},
    Option{"systemd.wants", [](BootOptions& o, const Word& w) { add_unit(o, w, o.wanted_units); }},
    Option{"systemd.debug_shell", set_debug_shell},
    Option{"systemd.machine_id", [](BootOptions& o, const Word& w) { o.machine_id = w.value; }},
    Option{"systemd.hostname", [](BootOptions& o, const Word& w) { o.hostname = w.value; }},
    Option{"systemd.setenv",
           [](BootOptions& o, const Word& w) {
             if (w.value.find('=') != std::string::npos) o.environment.push_back(w.value);
             else warn(o, w, "NAME=VALUE");
           }},
    Option{"systemd.condition_first_boot",
           [](BootOptions& o, const Word& w) {
             o.first_boot = parse_switch(w.value);
             if (!o.first_boot) warn(o, w, "a boolean");
           }},
    Option{"quiet", [](BootOptions& o, const Word& w) { if (!w.has_value) o.usual_settings = "ShowStatus=error\n"; }},
    Option{"debug", [](BootOptions& o, const Word& w) { if (!w.has_value) add_line(o.settings, "LogLevel", "debug"); }},
};

/// Words without a value that choose the target, as System V runlevels did.
constexpr std::array<std::pair<std::string_view, std::string_view>, 12> runlevel_words{{
    {"emergency", "emergency.target"}, {"-b", "emergency.target"},
    {"rescue", "rescue.target"}, {"single", "rescue.target"}, {"-s", "rescue.target"}, {"s", "rescue.target"},
    {"S", "rescue.target"}, {"1", "rescue.target"},
    {"2", "multi-user.target"}, {"3", "multi-user.target"}, {"4", "multi-user.target"}, {"5", "graphical.target"},
}};

void apply_word(BootOptions& options, const std::string& text) {
  if (text.starts_with("rd.")) return;
  const std::size_t equals = text.find('=');
  Word word{text.substr(0, equals), equals == std::string::npos ? "" : text.substr(equals + 1),
            equals != std::string::npos};
  std::replace(word.key.begin(), word.key.end(), '-', '_');
  for (const Option& option : options_table)
    if (option.key == word.key) return option.apply(options, word);
  if (take_setting(options, word) || word.has_value) return;
  for (const auto& [name, target] : runlevel_words)
    if (name == text) options.unit = target;
}

/// "--log-level=debug" says what "systemd.log_level=debug" does; likewise the others of systemd(1).
bool is_setting_argument(std::string_view argument) {
  static constexpr std::array<std::string_view, 10> names{
      "--confirm-spawn", "--crash-chvt", "--crash-reboot", "--crash-shell", "--dump-core", "--log-color", "--log-level",
      "--log-target", "--service-watchdogs", "--show-status"};
  return std::find(names.begin(), names.end(), argument.substr(0, argument.find('='))) != names.end();
}

}  // namespace

void replace_setting(BootOptions& options, std::string_view setting, std::string_view value) {
  std::string kept;
  for (const std::string_view line : unitparser::split_at(options.settings, '\n'))
    if (!line.empty() && line.substr(0, line.find('=')) != setting) kept.append(line).append("\n");
  options.settings = std::move(kept);
  add_line(options.settings, setting, value);
}

std::vector<std::string> split_command_line(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (char c : line) {
    if (c == '\0') break;
    if (quote != 0) {
      if (c == quote) quote = 0;
      else word += c;
    } else if (c == '"' || c == '\'') {
      quote = c;
      in_word = true;
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (in_word) words.push_back(std::move(word));
  return words;
}

BootOptions parse_kernel_command_line(std::string_view line) {
  BootOptions options;
  for (const std::string& word : split_command_line(line)) apply_word(options, word);
  return options;
}

void apply_arguments(const std::vector<std::string>& arguments, BootOptions& options) {
  for (const std::string& argument : arguments) {
    const auto concerns_main = {"--user", "--system", "--rescue", "--switched-root"};
    if (std::find(concerns_main.begin(), concerns_main.end(), argument) != concerns_main.end() || argument.starts_with("--recover=")) continue;
    if (argument.starts_with("--unit=")) apply_word(options, "systemd." + argument.substr(2));
    else if (is_setting_argument(argument)) {
      apply_word(options, "systemd." + argument.substr(2));
    } else if (argument.starts_with("--") && argument.size() > 2) {
      options.warnings.push_back("Argument " + argument + " is not known, ignoring.");
    } else {
      apply_word(options, argument);
    }
  }
}

}  // namespace init
