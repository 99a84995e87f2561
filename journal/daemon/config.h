// journald.conf(5): what the daemon is told to do, read from its files and the kernel command line. [os: files]
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "journal/store/policy.h"
#include "unitparser/base/diagnostic.h"

namespace journal {

enum class StorageMode : std::uint8_t { automatic, volatile_only, persistent, none };
constexpr std::array<std::string_view, 4> enum_names(std::type_identity<StorageMode>) { return {"auto", "volatile", "persistent", "none"}; }
enum class SplitMode : std::uint8_t { uid, login, none };
constexpr std::array<std::string_view, 3> enum_names(std::type_identity<SplitMode>) { return {"uid", "login", "none"}; }

struct DaemonConfig {
  StorageMode storage = StorageMode::automatic;
  SplitMode split = SplitMode::uid;
  bool write_ahead = true;                       ///< X-Incipit: syncs write a log at first, and the files later
  bool pack_archives = false;                    ///< X-Incipit: archived files as .journal.zst
  std::uint64_t compress_threshold = 512;        ///< bytes; 0: never
  bool seal = true;                              ///< where there is a sealing key
  std::uint64_t sync_interval = 30'000'000;      ///< microseconds until an entry is on disk at the latest
  std::uint64_t urgent_sync_interval = 1'000'000;  ///< the same for warnings and worse
  std::uint64_t rate_limit_interval = 30'000'000;
  unsigned rate_limit_burst = 10'000;
  SpaceSettings system, runtime;
  std::uint64_t max_retention = 0;               ///< microseconds; 0: for ever
  std::uint64_t max_file_age = 30'436'875ULL * 86400;  ///< microseconds, one month
  bool forward_to_syslog = true;
  bool forward_to_kmsg = false;
  bool forward_to_console = false;
  bool forward_to_wall = true;
  std::string tty_path = "/dev/console";
  int max_level_store = 7, max_level_syslog = 7, max_level_kmsg = 5, max_level_console = 6, max_level_wall = 0;
  std::size_t line_max = 48 * 1024;
  bool read_kmsg = true;
  std::optional<bool> set_audit = false;  ///< unset: leave the kernel as it is
};

/// Reads `root`/etc/systemd/journald.conf and the drop-ins of all systemd configuration folders, later ones over
/// earlier ones, then the kernel command line (`systemd.journald.*`). `instance` is the namespace, or empty.
[[nodiscard]] DaemonConfig load_config(const std::string& root, std::string_view instance,
                                       unitparser::Diagnostics& findings);

/// Applies the text of one file; lines that cannot be understood are in the findings, and otherwise ignored.
void apply_config_text(std::string_view text, std::string_view file, DaemonConfig& config,
                       unitparser::Diagnostics& findings);

}  // namespace journal
