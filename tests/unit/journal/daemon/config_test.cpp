// journald.conf: which values are understood, and what is said of the others.
#include "journal/daemon/config.h"

#include <gtest/gtest.h>

#include <string>

#include "unitparser/base/diagnostic_log.h"

namespace journal {
namespace {

TEST(Config, ReadsItsKeysAndNamesWhatItCannot) {
  DaemonConfig config;
  unitparser::Diagnostics findings;
  apply_config_text(
      "# comment\n[Journal]\nStorage=persistent\nSystemMaxUse = 1.5G\nRateLimitIntervalSec=1min 30s\nLineMax=100\n"
      "MaxLevelStore=warning\nSyncIntervalSec=100ms\nCompress=no\nForwardToWall=maybe\nNoSuchKey=1\nTTYPath=/dev/tty9\n",
      "f", config, findings);
  EXPECT_EQ(config.storage, StorageMode::persistent);
  EXPECT_EQ(config.system.max_use, 1610612736U);
  EXPECT_EQ(config.rate_limit_interval, 90'000'000U);
  EXPECT_EQ(config.line_max, 100U);
  EXPECT_EQ(config.max_level_store, 4);
  EXPECT_EQ(config.urgent_sync_interval, 100'000U);
  EXPECT_EQ(config.compress_threshold, 0U);
  EXPECT_TRUE(config.forward_to_wall);
  EXPECT_EQ(config.tty_path, "/dev/tty9");
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(unitparser::describe(findings[0]).substr(0, 66), "f:10: Failed to parse boolean value, ignoring: maybe write yes or ");
  EXPECT_EQ(findings[0].os_errno, EINVAL);
  EXPECT_EQ(findings[1].message, "Unknown key 'NoSuchKey' in section [Journal], ignoring.");
}

/// "priority errno message" of what is said of a line of [Journal].
std::string said_of(const std::string& line, DaemonConfig* config = nullptr) {
  DaemonConfig unasked;
  unitparser::Diagnostics findings;
  apply_config_text("[Journal]\n" + line + "\n", "f", config != nullptr ? *config : unasked, findings);
  std::string text;
  for (const unitparser::Diagnostic& finding : findings)
    text += std::to_string(unitparser::log_of(finding).priority) + " " + std::to_string(finding.os_errno) + " " + finding.message;
  return text;
}

TEST(Config, OddValuesAreRefusedInSystemdsWords) {
  EXPECT_EQ(said_of("Storage="), "4 22 Failed to parse storage setting, ignoring: ");
  EXPECT_EQ(said_of("SplitMode=x"), "4 22 Failed to parse split mode setting, ignoring: x");
  EXPECT_EQ(said_of("Compress=-1"), "4 34 Failed to parse Compress= value, ignoring: -1");
  EXPECT_EQ(said_of("Compress=0"), "4 0 Compress= ambiguously specified as 0, disabling compression");
  EXPECT_EQ(said_of("Audit=x"), "4 22 Failed to parse boolean value for Audit=, ignoring: x");
  EXPECT_EQ(said_of("SyncIntervalSec="), "4 22 Failed to parse sec value, ignoring: ");
  EXPECT_EQ(said_of("RateLimitBurst=-1"), "4 34 Failed to parse unsigned value, ignoring: -1");
  EXPECT_EQ(said_of("SystemMaxUse=x"), "4 22 Failed to parse size value, ignoring: x");
  EXPECT_EQ(said_of("SystemMaxFiles=x"), "4 22 Failed to parse uint64 value, ignoring: x");
  EXPECT_EQ(said_of("TTYPath=x"), "3 0 TTYPath= path is not absolute, ignoring: x");
  EXPECT_EQ(said_of("MaxLevelStore=8"), "4 22 Failed to parse log level, ignoring: 8");
  EXPECT_EQ(said_of("LineMax=infinity"), "4 22 Failed to parse LineMax= value, ignoring: infinity");
  EXPECT_EQ(said_of("LineMax=5"), "4 0 LineMax= too small, clamping to 79: 5");
  EXPECT_EQ(said_of("LineMax=18446744073709551615"), "4 0 LineMax= too large, clamping to 9223372036854775806: 18446744073709551615");
}

TEST(Config, EmptyLinesGiveBackWhatHeldWhereTheyMay) {
  DaemonConfig config;
  EXPECT_EQ(said_of("Compress=1M\nCompress=\nLineMax=100\nLineMax=\nTTYPath=/dev/tty9\nTTYPath=\nAudit=\nRateLimitBurst=0x10\nRuntimeMaxUse=+5", &config), "");
  EXPECT_EQ(config.compress_threshold, 512U);
  EXPECT_EQ(config.line_max, 48U * 1024);
  EXPECT_EQ(config.tty_path, "/dev/console");
  EXPECT_EQ(config.set_audit, std::nullopt);
  EXPECT_EQ(config.rate_limit_burst, 16U);
  EXPECT_EQ(config.runtime.max_use, 5U);
}

}  // namespace
}  // namespace journal
