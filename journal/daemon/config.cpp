#include "journal/daemon/config.h"

#include <dirent.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <memory>
#include <optional>

#include "journal/store/directory.h"
#include "journal/text/bytes.h"
#include "journal/text/levels.h"
#include "unitparser/base/time.h"
#include "unitparser/syntax/ini_reader.h"

namespace journal {
namespace {

/// Our own settings stand in a section that the genuine daemon passes over.
constexpr std::string_view own_section = "X-Incipit";

std::optional<bool> parse_bool(std::string_view text) {
  for (const std::string_view yes : {"1", "yes", "y", "true", "t", "on"})
    if (text == yes) return true;
  for (const std::string_view no : {"0", "no", "n", "false", "f", "off"})
    if (text == no) return false;
  return std::nullopt;
}

bool set_bool(bool& target, std::string_view value) {
  const auto parsed = parse_bool(value);
  if (parsed) target = *parsed;
  return parsed.has_value();
}

bool set_size(std::uint64_t& target, std::string_view value) {
  const auto parsed = parse_bytes(value);
  if (parsed) target = *parsed;
  return parsed.has_value();
}

bool set_span(std::uint64_t& target, std::string_view value) {
  const auto parsed = unitparser::parse_duration(value);
  if (parsed) target = parsed->usec();
  return parsed.has_value();
}

template <class T>
bool set_number(T& target, std::string_view value) {
  T parsed{};
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), parsed);
  if (error != std::errc{} || end != value.data() + value.size()) return false;
  target = parsed;
  return true;
}

bool set_level(int& target, std::string_view value) {
  const auto level = parse_level(value);
  if (level) target = *level;
  return level.has_value();
}

/// One key of [Journal].
struct Setting {
  std::string_view key;
  bool (*set)(DaemonConfig&, std::string_view);
};

constexpr std::array settings{
    Setting{"Storage",
            [](DaemonConfig& c, std::string_view v) {
              constexpr std::array<std::string_view, 4> names{"auto", "volatile", "persistent", "none"};
              const auto found = std::find(names.begin(), names.end(), v);
              if (found == names.end()) return false;
              c.storage = static_cast<StorageMode>(found - names.begin());
              return true;
            }},
    Setting{"Compress",
            [](DaemonConfig& c, std::string_view v) {
              if (const auto flag = v == "1" ? std::nullopt : parse_bool(v)) {
                c.compress_threshold = *flag ? 512 : 0;
                return true;
              }
              if (!set_size(c.compress_threshold, v)) return false;
              c.compress_threshold = std::max<std::uint64_t>(c.compress_threshold, 8);
              return true;
            }},
    Setting{"Seal", [](DaemonConfig& c, std::string_view v) { return set_bool(c.seal, v); }},
    Setting{"ReadKMsg", [](DaemonConfig& c, std::string_view v) { return set_bool(c.read_kmsg, v); }},
    Setting{"Audit", [](DaemonConfig& c, std::string_view v) {
              c.set_audit = parse_bool(v);
              return v.empty() || c.set_audit.has_value();
            }},
    Setting{"SplitMode",
            [](DaemonConfig& c, std::string_view v) {
              constexpr std::array<std::string_view, 3> names{"uid", "login", "none"};
              const auto found = std::find(names.begin(), names.end(), v);
              if (found == names.end()) return false;
              c.split = static_cast<SplitMode>(found - names.begin());
              return true;
            }},
    Setting{"SyncIntervalSec",
            [](DaemonConfig& c, std::string_view v) {
              if (!set_span(c.sync_interval, v)) return false;
              c.urgent_sync_interval = std::min(c.urgent_sync_interval, c.sync_interval);
              return true;
            }},
    Setting{"X-Incipit.UrgentSyncIntervalSec",
            [](DaemonConfig& c, std::string_view v) { return set_span(c.urgent_sync_interval, v); }},
    Setting{"X-Incipit.WriteAheadLog", [](DaemonConfig& c, std::string_view v) { return set_bool(c.write_ahead, v); }},
    Setting{"X-Incipit.PackArchives", [](DaemonConfig& c, std::string_view v) { return set_bool(c.pack_archives, v); }},
    Setting{"RateLimitInterval", [](DaemonConfig& c, std::string_view v) { return set_span(c.rate_limit_interval, v); }},
    Setting{"RateLimitIntervalSec",
            [](DaemonConfig& c, std::string_view v) { return set_span(c.rate_limit_interval, v); }},
    Setting{"RateLimitBurst", [](DaemonConfig& c, std::string_view v) { return set_number(c.rate_limit_burst, v); }},
    Setting{"SystemMaxUse", [](DaemonConfig& c, std::string_view v) { return set_size(c.system.max_use, v); }},
    Setting{"SystemKeepFree", [](DaemonConfig& c, std::string_view v) { return set_size(c.system.keep_free, v); }},
    Setting{"SystemMaxFileSize",
            [](DaemonConfig& c, std::string_view v) { return set_size(c.system.max_file_size, v); }},
    Setting{"SystemMaxFiles", [](DaemonConfig& c, std::string_view v) { return set_number(c.system.max_files, v); }},
    Setting{"RuntimeMaxUse", [](DaemonConfig& c, std::string_view v) { return set_size(c.runtime.max_use, v); }},
    Setting{"RuntimeKeepFree", [](DaemonConfig& c, std::string_view v) { return set_size(c.runtime.keep_free, v); }},
    Setting{"RuntimeMaxFileSize",
            [](DaemonConfig& c, std::string_view v) { return set_size(c.runtime.max_file_size, v); }},
    Setting{"RuntimeMaxFiles", [](DaemonConfig& c, std::string_view v) { return set_number(c.runtime.max_files, v); }},
    Setting{"MaxRetentionSec", [](DaemonConfig& c, std::string_view v) { return set_span(c.max_retention, v); }},
    Setting{"MaxFileSec", [](DaemonConfig& c, std::string_view v) { return set_span(c.max_file_age, v); }},
    Setting{"ForwardToSyslog", [](DaemonConfig& c, std::string_view v) { return set_bool(c.forward_to_syslog, v); }},
    Setting{"ForwardToKMsg", [](DaemonConfig& c, std::string_view v) { return set_bool(c.forward_to_kmsg, v); }},
    Setting{"ForwardToConsole", [](DaemonConfig& c, std::string_view v) { return set_bool(c.forward_to_console, v); }},
    Setting{"ForwardToWall", [](DaemonConfig& c, std::string_view v) { return set_bool(c.forward_to_wall, v); }},
    Setting{"TTYPath",
            [](DaemonConfig& c, std::string_view v) {
              if (!v.starts_with('/')) return false;
              c.tty_path = v;
              return true;
            }},
    Setting{"MaxLevelStore", [](DaemonConfig& c, std::string_view v) { return set_level(c.max_level_store, v); }},
    Setting{"MaxLevelSyslog", [](DaemonConfig& c, std::string_view v) { return set_level(c.max_level_syslog, v); }},
    Setting{"MaxLevelKMsg", [](DaemonConfig& c, std::string_view v) { return set_level(c.max_level_kmsg, v); }},
    Setting{"MaxLevelConsole", [](DaemonConfig& c, std::string_view v) { return set_level(c.max_level_console, v); }},
    Setting{"MaxLevelWall", [](DaemonConfig& c, std::string_view v) { return set_level(c.max_level_wall, v); }},
    Setting{"LineMax",
            [](DaemonConfig& c, std::string_view v) {
              std::uint64_t size = 0;
              if (v == "infinity") size = 512ULL * 1024 * 1024;  // one field is never larger than can be stored
              else if (!set_size(size, v)) return false;
              c.line_max = std::max<std::size_t>(size, 79);  // journald.conf(5): 79 at least
              return true;
            }},
};

bool apply_setting(std::string_view key, std::string_view value, DaemonConfig& config, bool& known) {
  const auto found = std::find_if(settings.begin(), settings.end(), [&](const Setting& s) { return s.key == key; });
  known = found != settings.end();
  return known && found->set(config, value);
}

void apply_kernel_command_line(std::string_view line, DaemonConfig& config) {
  struct Switch {
    std::string_view name, key;
  };
  constexpr std::array switches{
      Switch{"forward_to_syslog", "ForwardToSyslog"},   Switch{"forward_to_kmsg", "ForwardToKMsg"},
      Switch{"forward_to_console", "ForwardToConsole"}, Switch{"forward_to_wall", "ForwardToWall"},
      Switch{"max_level_console", "MaxLevelConsole"},   Switch{"max_level_store", "MaxLevelStore"},
      Switch{"max_level_syslog", "MaxLevelSyslog"},     Switch{"max_level_kmsg", "MaxLevelKMsg"},
      Switch{"max_level_wall", "MaxLevelWall"}};
  constexpr std::string_view prefix = "systemd.journald.";
  while (!line.empty()) {
    const std::size_t end = line.find_first_of(" \t\n");
    std::string_view word = line.substr(0, end);
    line = end == std::string_view::npos ? std::string_view{} : line.substr(end + 1);
    if (!word.starts_with(prefix)) continue;
    word.remove_prefix(prefix.size());
    const std::size_t equals = word.find('=');
    const std::string_view value = equals == std::string_view::npos ? "yes" : word.substr(equals + 1);
    for (const Switch& s : switches)
      if (word.substr(0, equals) == s.name) {
        bool known = false;
        apply_setting(s.key, value, config, known);
      }
  }
}

/// Drop-ins by name: the same name in a folder of higher rank replaces that of a lower one.
std::map<std::string, std::string> find_drop_ins(const std::string& root, const std::string& file_name) {
  std::map<std::string, std::string> found;
  for (const char* folder : {"/usr/lib/systemd/", "/usr/local/lib/systemd/", "/run/systemd/", "/etc/systemd/"}) {
    const std::string path = root + folder + file_name + ".d";
    const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(path.c_str()), ::closedir);
    if (!dir) continue;
    while (const dirent* entry = ::readdir(dir.get())) {
      const std::string name = entry->d_name;
      if (name.size() > 5 && name.ends_with(".conf") && name[0] != '.') found[name] = path + "/" + name;
    }
  }
  return found;
}

}  // namespace

void apply_config_text(std::string_view text, std::string_view file, DaemonConfig& config,
                       std::vector<ConfigComplaint>& complaints) {
  const unitparser::IniDocument document = unitparser::read_ini(text);
  for (const unitparser::IniEntry& entry : document.entries) {
    const auto complain = [&](std::string what) {
      complaints.push_back({std::string(file) + ":" + std::to_string(entry.line), std::move(what)});
    };
    const bool is_ours = entry.section == own_section;
    const bool is_known = entry.section == "Journal" || is_ours;
    if (entry.kind == unitparser::IniKind::section) {
      if (!is_known && !entry.section.starts_with("X-"))
        complain("Unknown section '" + std::string(entry.section) + "'. Ignoring.");
      continue;
    }
    if (entry.section.starts_with("X-") && !is_ours) continue;
    if (entry.in_section && !is_known) continue;
    if (!entry.in_section) {
      complain("Assignment outside of section. Ignoring.");
      continue;
    }
    if (entry.kind != unitparser::IniKind::assignment) {
      complain("Missing '=', ignoring line.");
      continue;
    }
    bool known = false;
    if (entry.value.empty() && entry.key != "Audit") continue;
    if (!apply_setting((is_ours ? std::string(own_section) + "." : std::string()) + std::string(entry.key), entry.value,
                       config, known))
      complain(known ? "Failed to parse " + std::string(entry.key) + "=, ignoring: " + std::string(entry.value)
                     : "Unknown key '" + std::string(entry.key) + "' in section [" + std::string(entry.section) + "], ignoring.");
  }
  if (document.failure) complaints.push_back({std::string(file), document.failure->message});
}

DaemonConfig load_config(const std::string& root, std::string_view instance,
                         std::vector<ConfigComplaint>& complaints) {
  DaemonConfig config;
  if (!instance.empty()) {  // journald.conf(5): a namespace forwards nothing and reads no kernel messages by default
    config.forward_to_syslog = config.forward_to_wall = config.read_kmsg = false;
  }
  const std::string name = instance.empty() ? "journald.conf" : "journald@" + std::string(instance) + ".conf";
  const auto apply = [&](const std::string& path) {
    if (const auto text = read_small_file(path, 1024 * 1024)) apply_config_text(*text, path, config, complaints);
  };
  apply(root + "/etc/systemd/" + name);
  for (const auto& [drop_in, path] : find_drop_ins(root, name)) apply(path);
  if (instance.empty())
    if (const auto line = read_small_file("/proc/cmdline")) apply_kernel_command_line(*line, config);
  return config;
}

}  // namespace journal
