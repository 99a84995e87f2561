// Reading the kernel command line word by word against one table. [pure]
#include "init/boot/boot_options.h"

#include <algorithm>
#include <array>
#include <functional>

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

void set_switch(BootOptions& options, const Word& word, bool& target) {
  const auto value = word.has_value ? parse_switch(word.value) : std::optional<bool>(true);
  if (value) target = *value;
  else warn(options, word, "a boolean");
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

void set_show_status(BootOptions& options, const Word& word) {
  if (auto mode = unitparser::from_name<ShowStatus>(word.value)) options.show_status = *mode;
  else if (auto on = word.has_value ? parse_switch(word.value) : std::optional<bool>(true))
    options.show_status = *on ? ShowStatus::yes : ShowStatus::no;
  else warn(options, word, "a boolean, \"auto\" or \"error\"");
}

void set_duration(BootOptions& options, const Word& word, std::optional<unitparser::Duration>& target) {
  if (auto duration = unitparser::parse_duration(word.value)) target = *duration;
  else warn(options, word, "a time span");
}

struct Option {
  std::string_view key;
  void (*apply)(BootOptions&, const Word&);
};

// '_' and '-' are the same in keys, as kernel-command-line(7) has it; the table is written with '_'.
constexpr std::array options_table{
    Option{"systemd.unit", [](BootOptions& o, const Word& w) { set_unit(o, w, o.unit); }},
    Option{"systemd.show_status", set_show_status},
    Option{"systemd.mask", [](BootOptions& o, const Word& w) { add_unit(o, w, o.masked_units); }},
    Option{"systemd.wants", [](BootOptions& o, const Word& w) { add_unit(o, w, o.wanted_units); }},
    Option{"systemd.machine_id", [](BootOptions& o, const Word& w) { o.machine_id = w.value; }},
    Option{"systemd.hostname", [](BootOptions& o, const Word& w) { o.hostname = w.value; }},
    Option{"systemd.setenv",
           [](BootOptions& o, const Word& w) {
             if (w.value.find('=') != std::string::npos) o.environment.push_back(w.value);
             else warn(o, w, "NAME=VALUE");
           }},
    Option{"systemd.log_level", [](BootOptions& o, const Word& w) { o.log_level = w.value; }},
    Option{"systemd.log_target", [](BootOptions& o, const Word& w) { o.log_target = w.value; }},
    Option{"systemd.condition_first_boot",
           [](BootOptions& o, const Word& w) {
             o.first_boot = parse_switch(w.value);
             if (!o.first_boot) warn(o, w, "a boolean");
           }},
    Option{"systemd.crash_shell", [](BootOptions& o, const Word& w) { set_switch(o, w, o.crash_shell); }},
    Option{"systemd.crash_reboot", [](BootOptions& o, const Word& w) { set_switch(o, w, o.crash_reboot); }},
    Option{"systemd.debug_shell", [](BootOptions& o, const Word&) { o.debug_shell = true; }},
    Option{"systemd.default_timeout_start_sec",
           [](BootOptions& o, const Word& w) { set_duration(o, w, o.default_timeout_start); }},
    Option{"systemd.watchdog_sec",
           [](BootOptions& o, const Word& w) { set_duration(o, w, o.watchdog_device_timeout); }},
    Option{"systemd.service_watchdogs",
           [](BootOptions& o, const Word& w) { o.service_watchdogs.push_back(w.has_value ? w.value : "yes"); }},
    Option{"quiet",
           [](BootOptions& o, const Word& w) {
             if (w.has_value) return;
             o.quiet = true;
             if (o.show_status == ShowStatus::yes) o.show_status = ShowStatus::automatic;
           }},
    Option{"debug", [](BootOptions& o, const Word& w) { if (!w.has_value) o.debug = true; }},
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
  if (word.has_value) return;
  for (const auto& [name, target] : runlevel_words)
    if (name == text) options.unit = target;
}

}  // namespace

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
    if (argument == "--user") options.user_manager = true;
    else if (argument == "--system") options.user_manager = false;
    else if (argument.starts_with("--unit=")) apply_word(options, "systemd." + argument.substr(2));
    else if (argument.starts_with("--log-level=")) options.log_level = argument.substr(12);
    else if (argument.starts_with("--log-target=")) options.log_target = argument.substr(13);
    else if (argument.starts_with("--show-status")) {
      const std::size_t equals = argument.find('=');
      apply_word(options, "systemd.show_status" + (equals == std::string::npos ? "" : argument.substr(equals)));
    } else if (argument.starts_with("--") && argument.size() > 2) {
      options.warnings.push_back("Argument " + argument + " is not known, ignoring.");
    } else {
      apply_word(options, argument);
    }
  }
}

}  // namespace init
