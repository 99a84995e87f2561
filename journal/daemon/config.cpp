#include "journal/daemon/config.h"

#include <dirent.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <climits>
#include <map>
#include <memory>
#include <optional>

#include "journal/store/directory.h"
#include "unitparser/directives/codec_basic.h"
#include "unitparser/directives/codec_process.h"
#include "unitparser/directives/settings_file.h"

namespace unitparser {
template <>
inline constexpr std::string_view enum_noun<journal::StorageMode> = "storage setting";
template <>
inline constexpr std::string_view enum_noun<journal::SplitMode> = "split mode setting";
}  // namespace unitparser

namespace journal {
namespace {

constexpr std::size_t longest_file = 16UL * 1024 * 1024;  // more is passed over
/// Our own settings stand in a section that the genuine daemon passes over.
constexpr std::string_view own_section = "X-Incipit";

using unitparser::ParseContext;

// --- Codecs of this file only -------------------------------------------------------------------------------------
struct MicrosecondsCodec {
  static bool parse(ParseContext& context, std::string_view text, std::uint64_t& value) {
    unitparser::Duration span;
    if (!unitparser::Span::parse(context, text, span)) return false;
    value = span.usec();
    return true;
  }
};
struct BytesCodec {
  static bool parse(ParseContext& context, std::string_view text, std::uint64_t& value) {
    const unitparser::Result<std::uint64_t> size = unitparser::parse_size(text);
    if (!size) return unitparser::not_a_number(context, size.error().os_errno, "size", text);
    value = *size;
    return true;
  }
};
struct CountCodec {
  static bool parse(ParseContext& context, std::string_view text, std::uint64_t& value) {
    const unitparser::Result<std::uint64_t> count = unitparser::parse_unsigned(text);
    if (!count) return unitparser::not_a_number(context, count.error().os_errno, "uint64", text);
    value = *count;
    return true;
  }
};
/// Bytes from which on a field is compressed, or whether any is. COMPAT: "0" and "1" are taken for booleans, which is said.
struct CompressCodec {
  static bool parse(ParseContext& context, std::string_view text, std::uint64_t& value) {
    constexpr std::uint64_t least = 8;
    if (text.empty() || text == "1") {
      if (!text.empty()) context.ignore("Compress= ambiguously specified as 1, enabling compression with default threshold");
      value = DaemonConfig().compress_threshold;
    } else if (text == "0") {
      context.ignore("Compress= ambiguously specified as 0, disabling compression");
      value = 0;
    } else if (const auto truth = unitparser::parse_boolean(text)) {
      value = *truth ? DaemonConfig().compress_threshold : 0;
    } else if (const auto size = unitparser::parse_size(text)) {
      value = std::max(*size, least);
    } else {
      return unitparser::not_a_number(context, size.error().os_errno, "Compress=", text);
    }
    return true;
  }
};
struct LineMaxCodec {
  static bool parse(ParseContext& context, std::string_view text, std::size_t& value) {
    constexpr std::uint64_t least = 79;                           // journald.conf(5)
    constexpr std::uint64_t most = SSIZE_MAX - 1;
    constexpr std::uint64_t most_held = 512ULL * 1024 * 1024;     // one field is never larger than can be stored
    if (text.empty()) {
      value = DaemonConfig().line_max;
      return true;
    }
    const unitparser::Result<std::uint64_t> size = unitparser::parse_size(text);
    if (!size) return unitparser::not_a_number(context, size.error().os_errno, "LineMax=", text);
    if (*size < least) context.ignore(fmt::format("LineMax= too small, clamping to {}: {}", least, text));
    if (*size > most) context.ignore(fmt::format("LineMax= too large, clamping to {}: {}", most, text));
    value = std::clamp(*size, least, most_held);
    return true;
  }
};
struct TerminalPathCodec {
  static bool parse(ParseContext& context, std::string_view text, std::string& value) { return unitparser::parse_plain_path(context, text, DaemonConfig().tty_path, value); }
};
struct SyncIntervalCodec {
  static bool parse(ParseContext& context, std::string_view text, DaemonConfig& config) {
    if (!MicrosecondsCodec::parse(context, text, config.sync_interval)) return false;
    config.urgent_sync_interval = std::min(config.urgent_sync_interval, config.sync_interval);
    return true;
  }
};

// --- The keys -----------------------------------------------------------------------------------------------------
struct Setting {
  std::string_view key;
  bool (*set)(ParseContext&, std::string_view, DaemonConfig&);
};
template <auto Member, class Codec>
constexpr Setting setting(std::string_view key) {
  return {key, [](ParseContext& context, std::string_view text, DaemonConfig& config) { return Codec::parse(context, text, config.*Member); }};
}
template <SpaceSettings DaemonConfig::* Area, std::uint64_t SpaceSettings::* Member, class Codec>
constexpr Setting space(std::string_view key) {
  return {key, [](ParseContext& context, std::string_view text, DaemonConfig& config) { return Codec::parse(context, text, config.*Area.*Member); }};
}

using Config = DaemonConfig;
using unitparser::BooleanCodec, unitparser::EnumCodec, unitparser::LogLevelCodec;

constexpr std::array settings{
    setting<&Config::storage, EnumCodec<StorageMode>>("Storage"),
    setting<&Config::compress_threshold, CompressCodec>("Compress"),
    setting<&Config::seal, BooleanCodec>("Seal"),
    setting<&Config::read_kmsg, BooleanCodec>("ReadKMsg"),
    setting<&Config::set_audit, unitparser::TristateCodec>("Audit"),
    setting<&Config::split, EnumCodec<SplitMode>>("SplitMode"),
    Setting{"SyncIntervalSec", &SyncIntervalCodec::parse},
    setting<&Config::rate_limit_interval, MicrosecondsCodec>("RateLimitInterval"),
    setting<&Config::rate_limit_interval, MicrosecondsCodec>("RateLimitIntervalSec"),
    setting<&Config::rate_limit_burst, unitparser::UnsignedCodec>("RateLimitBurst"),
    space<&Config::system, &SpaceSettings::max_use, BytesCodec>("SystemMaxUse"),
    space<&Config::system, &SpaceSettings::keep_free, BytesCodec>("SystemKeepFree"),
    space<&Config::system, &SpaceSettings::max_file_size, BytesCodec>("SystemMaxFileSize"),
    space<&Config::system, &SpaceSettings::max_files, CountCodec>("SystemMaxFiles"),
    space<&Config::runtime, &SpaceSettings::max_use, BytesCodec>("RuntimeMaxUse"),
    space<&Config::runtime, &SpaceSettings::keep_free, BytesCodec>("RuntimeKeepFree"),
    space<&Config::runtime, &SpaceSettings::max_file_size, BytesCodec>("RuntimeMaxFileSize"),
    space<&Config::runtime, &SpaceSettings::max_files, CountCodec>("RuntimeMaxFiles"),
    setting<&Config::max_retention, MicrosecondsCodec>("MaxRetentionSec"),
    setting<&Config::max_file_age, MicrosecondsCodec>("MaxFileSec"),
    setting<&Config::forward_to_syslog, BooleanCodec>("ForwardToSyslog"),
    setting<&Config::forward_to_kmsg, BooleanCodec>("ForwardToKMsg"),
    setting<&Config::forward_to_console, BooleanCodec>("ForwardToConsole"),
    setting<&Config::forward_to_wall, BooleanCodec>("ForwardToWall"),
    setting<&Config::tty_path, TerminalPathCodec>("TTYPath"),
    setting<&Config::max_level_store, LogLevelCodec>("MaxLevelStore"),
    setting<&Config::max_level_syslog, LogLevelCodec>("MaxLevelSyslog"),
    setting<&Config::max_level_kmsg, LogLevelCodec>("MaxLevelKMsg"),
    setting<&Config::max_level_console, LogLevelCodec>("MaxLevelConsole"),
    setting<&Config::max_level_wall, LogLevelCodec>("MaxLevelWall"),
    setting<&Config::line_max, LineMaxCodec>("LineMax"),
};
/// Those of own_section.
constexpr std::array own_settings{
    setting<&Config::urgent_sync_interval, MicrosecondsCodec>("UrgentSyncIntervalSec"),
    setting<&Config::write_ahead, BooleanCodec>("WriteAheadLog"),
    setting<&Config::pack_archives, BooleanCodec>("PackArchives"),
};

/// False: there is no such key.
bool apply_setting(ParseContext& context, std::string_view value, DaemonConfig& config) {
  const std::span<const Setting> table = context.section == own_section ? std::span<const Setting>(own_settings) : settings;
  const auto found = std::find_if(table.begin(), table.end(), [&](const Setting& s) { return s.key == context.key; });
  if (found != table.end()) found->set(context, value, config);
  return found != table.end();
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
        unitparser::Diagnostics unsaid;
        unitparser::Remarks remarks(unsaid, {}, s.key);
        ParseContext context{.section = "Journal", .key = s.key, .remarks = remarks};
        apply_setting(context, value, config);
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

void apply_config_text(std::string_view text, std::string_view file, DaemonConfig& config, unitparser::Diagnostics& findings) {
  std::array<std::string_view, settings.size()> keys;
  std::transform(settings.begin(), settings.end(), keys.begin(), [](const Setting& s) { return s.key; });
  unitparser::read_settings(text, std::string(file), {.section = "Journal", .own_section = own_section, .keys = keys},
                            [&config](ParseContext& context, std::string_view value) { return apply_setting(context, value, config); }, findings);
}

DaemonConfig load_config(const std::string& root, std::string_view instance, unitparser::Diagnostics& findings) {
  DaemonConfig config;
  if (!instance.empty()) {  // journald.conf(5): a namespace forwards nothing and reads no kernel messages by default
    config.forward_to_syslog = config.forward_to_wall = config.read_kmsg = false;
  }
  const std::string name = instance.empty() ? "journald.conf" : "journald@" + std::string(instance) + ".conf";
  const auto apply = [&](const std::string& path) {
    if (const auto text = read_small_file(path, longest_file)) apply_config_text(*text, path, config, findings);
  };
  apply(root + "/etc/systemd/" + name);
  for (const auto& [drop_in, path] : find_drop_ins(root, name)) apply(path);
  if (instance.empty())
    if (const auto line = read_small_file("/proc/cmdline")) apply_kernel_command_line(*line, config);
  return config;
}

}  // namespace journal
