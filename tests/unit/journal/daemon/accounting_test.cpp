// Every dropped line is counted and told; a noisy unit takes room from itself only; the genuine client's commands work.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string>

#include "journal/daemon/accounts.h"
#include "journal/daemon/unit_limits.h"
#include "tests/unit/journal/daemon_process.h"

namespace journal::test {
namespace {

/// Asks again until it holds; false when the deadline passes first.
template <class Condition>
bool eventually(Condition holds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!holds())
    if (std::chrono::steady_clock::now() > deadline) return false;
  return true;
}

UnitAccount account_of(const DaemonProcess& daemon, const std::string& unit) {
  for (const UnitAccount& account : read_accounts(daemon.run()))
    if (account.unit == unit) return account;
  return {};
}

TEST(Accounting, ABurstIsCountedAndClosedThoughTheUnitStaysSilent) {
  const DaemonProcess daemon("RateLimitIntervalSec=300ms\nRateLimitBurst=5\n");
  const UniqueFd noisy = open_stream(daemon, "noisy.service");
  const UniqueFd other = open_stream(daemon, "other.service");
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += "noise " + std::to_string(i) + "\n";
  send_all(noisy.get(), lines);
  send_all(other.get(), "the other's line\n");
  std::uint64_t told = 0;
  const auto is_closed = [&] {
    for (const std::string& message : daemon.messages())
      if (std::sscanf(message.c_str(), "Suppressed %lu messages from noisy.service", &told) == 1) return true;
    return false;
  };
  ASSERT_TRUE(eventually(is_closed));
  const std::vector<std::string> messages = daemon.messages();
  const auto stored = static_cast<std::uint64_t>(
      std::count_if(messages.begin(), messages.end(), [](const std::string& m) { return m.starts_with("noise "); }));
  EXPECT_EQ(stored + told, 1000U) << "each line is in the journal or in the number";
  EXPECT_THAT(messages, ::testing::Contains("the other's line"));
  EXPECT_TRUE(eventually([&] { return account_of(daemon, "noisy.service").dropped[0] == told; }));
  EXPECT_EQ(format_drops(account_of(daemon, "noisy.service")), std::to_string(told) + " rate-limit");
  EXPECT_EQ(format_drops(account_of(daemon, "other.service")), "");
  EXPECT_THAT(daemon.values("OBJECT_SYSTEMD_UNIT"), ::testing::Contains("noisy.service")) << "-u noisy shows its gap";
}

TEST(FilterPatterns, LeaveOutLinesOfTheUnitAlone) {
  const DaemonProcess daemon;
  std::filesystem::create_directories(daemon.root() + "/run/systemd/units");
  daemon.put("run/systemd/units/log-filter-patterns:filtered.service", "^keep\xffsecret");
  const UniqueFd filtered = open_stream(daemon, "filtered.service"), other = open_stream(daemon, "other.service");
  send_all(filtered.get(), "keep this\nkeep no secret\nand not this\n");
  send_all(other.get(), "a secret of another\n");
  const std::vector<std::string> messages = daemon.messages();
  EXPECT_THAT(messages, ::testing::IsSupersetOf({"keep this", "a secret of another"}));
  for (const char* gone : {"keep no secret", "and not this"}) EXPECT_THAT(messages, ::testing::Not(::testing::Contains(gone)));
}

TEST(Reception, IsWhenTheSocketTookTheMessage) {
  const auto usec = [] {
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count());
  };
  DaemonProcess daemon("Storage=persistent\nRateLimitIntervalSec=0\n");
  ASSERT_EQ(daemon.call("FlushToVar"), R"({"parameters":{}})");
  const UniqueFd native = daemon.native(), syslog = daemon.syslog(), stream = open_stream(daemon, "a.service");
  const std::uint64_t begin = usec();
  constexpr int rounds = 200;
  for (int i = 0; i < rounds; ++i) {
    ASSERT_TRUE(send_datagram(native.get(), "MESSAGE=sent " + std::to_string(i) + "\n"));
    if (i % 10 == 5) {
      ASSERT_TRUE(send_datagram(syslog.get(), "<14>me: sent too"));
    }
    if (i % 50 == 25) send_all(stream.get(), "sent as a line\n");  // what comes without a time of its own
  }
  const std::uint64_t end = usec();
  ASSERT_EQ(daemon.call("Synchronize"), R"({"parameters":{}})");
  const std::uint64_t synced = usec();
  Journal journal;
  for (const StoredFile& file : list_files(daemon.stores()[1])) ASSERT_TRUE(journal.add_file(file.path).has_value());
  journal.seek_head();
  int sent = 0, with_both = 0;
  std::uint64_t last = 0, last_monotonic = 0;
  while (journal.step(Direction::down)) {
    const auto message = journal.first_value("MESSAGE");
    if (!message || !message->starts_with("sent ")) continue;
    const EntryLocation at = journal.current();
    EXPECT_GE(at.realtime, std::max(begin, last));
    EXPECT_GE(at.monotonic, last_monotonic);
    last = at.realtime;
    last_monotonic = at.monotonic;
    const auto source = journal.first_value("_SOURCE_REALTIME_TIMESTAMP");
    std::uint64_t time = at.realtime;
    if (source) {
      ++with_both;
      std::from_chars(source->data(), source->data() + source->size(), time);
      EXPECT_NE(time, at.realtime) << "twice the same";
    }
    if (journal.first_value("_TRANSPORT") != "stdout") {
      EXPECT_GE(time, begin);
      EXPECT_LE(time, end) << "the daemon took it later, and yet it was sent before";
    }
    EXPECT_LE(at.realtime, synced);
    ++sent;
  }
  EXPECT_EQ(sent, rounds + rounds / 10 + rounds / 50);
  EXPECT_LT(with_both, sent);
}

TEST(Accounting, AUnitWithRoomOfItsOwnEvictsOnlyItself) {
  const DaemonProcess daemon("Storage=persistent\nRateLimitIntervalSec=0\nSystemMaxUse=64M\nSystemMaxFileSize=8M\nSystemKeepFree=1M\n");
  daemon.put("etc/systemd/system/noisy@.service", "[Service]\nExecStart=/bin/x\n[X-Incipit]\nLogMaxUse=2M\n");
  ASSERT_EQ(daemon.call("FlushToVar"), R"({"parameters":{}})");
  const UniqueFd other = open_stream(daemon, "other.service");
  send_all(other.get(), "early line of the other\n");
  const UniqueFd noisy = open_stream(daemon, "noisy@1.service");
  constexpr int rounds = 40, lines_a_round = 1000;
  for (int round = 0; round < rounds; ++round) {
    std::string lines;
    for (int i = 0; i < lines_a_round; ++i) lines += "noise " + std::to_string(round * lines_a_round + i) + " " + std::string(100, 'x') + "\n";
    send_all(noisy.get(), lines);
  }
  send_all(other.get(), "late line of the other\n");
  const std::vector<std::string> messages = daemon.messages();
  EXPECT_THAT(messages, ::testing::Contains("early line of the other"));
  EXPECT_THAT(messages, ::testing::Contains("late line of the other"));
  EXPECT_THAT(messages, ::testing::Contains(::testing::StartsWith("noise 39999 ")));
  std::uint64_t of_unit = 0, first_kept = UINT64_MAX;
  for (const std::string& store : daemon.stores())
    for (const StoredFile& file : list_files(store))
      if (file.stem == own_stem("noisy@1.service")) of_unit += file.size;
  for (const std::string& message : messages)
    if (message.starts_with("noise ")) first_kept = std::min<std::uint64_t>(first_kept, std::stoull(message.substr(6)));
  EXPECT_GT(of_unit, 1024U * 1024);
  EXPECT_LE(of_unit, 2U * 1024 * 1024 + 512 * 1024) << "its limit, and the file that is being written";
  EXPECT_GT(first_kept, 0U) << "its oldest lines went";
}

TEST(Accounting, UnitsLimitsAreReadFromTheirOwnSection) {
  OwnFiles files;
  apply_unit_limits("[Service]\nLogMaxUse=1G\n[X-Incipit]\nLogMaxUse=10M\nLogRetention=2days\n", files);
  EXPECT_EQ(files.max_use, 10U * 1024 * 1024);
  EXPECT_EQ(files.retention, 2 * 86'400'000'000ULL);
  apply_unit_limits("[X-Incipit]\nLogMaxUse=nonsense\nLogRetention=\n", files);
  EXPECT_EQ(files.max_use, 10U * 1024 * 1024);
  EXPECT_EQ(files.retention, 0U);
  EXPECT_EQ(own_stem("a@b.service"), "unit-a\\x40b.service");
  EXPECT_EQ(unit_of_stem("unit-a\\x40b.service"), "a@b.service");
  EXPECT_EQ(unit_of_stem("system"), "");
}

TEST(Accounting, ANamespaceHasItsOwnFilesAndSaysItsName) {
  const DaemonProcess daemon("", "web");
  const UniqueFd fd = daemon.native();
  ASSERT_TRUE(send_datagram(fd.get(), "MESSAGE=in a namespace\n"));
  EXPECT_THAT(daemon.messages(), ::testing::Contains("in a namespace"));
  EXPECT_THAT(daemon.values("_NAMESPACE"), ::testing::Contains("web"));
}

TEST(GenuineClient, SyncRotateFlushAndRelinquishWork) {
  if (::geteuid() != 0 || ::access("/usr/bin/journalctl", X_OK) < 0 || std::system("unshare -m true 2>/dev/null") != 0)
    GTEST_SKIP() << "needs root, unshare and the genuine journalctl";
  const DaemonProcess daemon;
  const auto genuine = [&](const std::string& options) {
    const std::string command = "unshare -m sh -c 'mkdir -p /run/systemd/journal && mount --bind " + daemon.run() +
                                " /run/systemd/journal && exec journalctl " + options + "' 2>/dev/null";
    return std::system(command.c_str());
  };
  const UniqueFd fd = daemon.native();
  ASSERT_TRUE(send_datagram(fd.get(), "MESSAGE=before\n"));
  EXPECT_EQ(genuine("--sync"), 0);
  EXPECT_EQ(genuine("--flush"), 0);
  EXPECT_FALSE(list_files(daemon.stores()[1]).empty()) << "it is in /var now";
  EXPECT_EQ(genuine("--rotate"), 0);
  EXPECT_EQ(list_files(daemon.stores()[1]).size(), 2U);
  EXPECT_EQ(genuine("--relinquish-var"), 0);
  EXPECT_FALSE(list_files(daemon.stores()[0]).empty()) << "it is in /run again";
  EXPECT_THAT(daemon.messages(), ::testing::Contains("before"));
}

}  // namespace
}  // namespace journal::test
