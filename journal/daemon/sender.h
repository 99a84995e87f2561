// Who sent a message: the trusted fields of a process, read from /proc once and cached. [os: /proc]
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "journal/daemon/accounts.h"
#include "journal/daemon/cgroup_path.h"
#include "journal/daemon/log_filter.h"
#include "journal/daemon/paths.h"
#include "journal/daemon/storage.h"
#include "journal/daemon/unit_limits.h"

namespace journal {

/// What the kernel says of a sender with its message.
struct SenderCredentials {
  pid_t pid = 0;
  uid_t uid = static_cast<uid_t>(-1);
  gid_t gid = static_cast<gid_t>(-1);
  std::string_view label;  ///< security label (SO_PASSSEC), may be empty
};

/// One process as far as its messages' trusted fields go.
struct Sender {
  pid_t pid = 0;
  uid_t uid = 0;
  gid_t gid = 0;
  uid_t owner = 0;       ///< whose login it belongs to, SplitMode=login
  bool has_session = false;  ///< of a login, SplitMode=login
  std::string unit;      ///< what it is rate limited as
  bool is_hinted = false;  ///< the control group named no unit: it is what its stream said, and may differ for the next one
  std::string comm;
  SharedFields fields;   ///< "_PID=…" and all the others
  int max_level = -1;    ///< LogLevelMax=, -1: none
  std::shared_ptr<const LogFilter> filter;  ///< LogFilterPatterns=, nullptr: none
  std::uint64_t rate_interval = UINT64_MAX;  ///< LogRateLimitIntervalSec= in microseconds, UINT64_MAX: default
  unsigned rate_burst = UINT32_MAX;          ///< LogRateLimitBurst=, UINT32_MAX: default
  std::uint64_t read_at = 0;                 ///< monotonic time of the last look at /proc
  std::uint64_t used_at = 0;
  OwnFiles own;                              ///< where its unit has limits of its own
  UnitAccount* account = nullptr;            ///< of its unit
  std::string fingerprint;                   ///< all fields joined: unchanged fields keep their places in the file
};

class SenderCache {
 public:
  SenderCache(const DaemonPaths& paths, Accounts& accounts);

  /// The sender, looked up again when the last look is a second old. `unit_hint`: the unit that PID 1 named for a
  /// stream, used where /proc says nothing any more. Valid until the next call.
  Sender& find(const SenderCredentials& credentials, std::string_view unit_hint, std::uint64_t now);

  /// Reads a process that a message is about (OBJECT_PID=), as "OBJECT_…" fields.
  [[nodiscard]] std::vector<std::string> object_fields(pid_t pid);

  /// A pattern of a unit's LogFilterPatterns= that is not used.
  struct RefusedPattern {
    std::string unit, why;
  };
  [[nodiscard]] std::vector<RefusedPattern> take_refused_patterns() { return std::exchange(refused_, {}); }

 private:
  struct ProcessFacts {
    std::string comm, exe, command_line, capabilities, label, audit_session, login_uid, cgroup;
    uid_t uid = static_cast<uid_t>(-1);
    gid_t gid = static_cast<gid_t>(-1);
    /// Gone, or not yet collected by its parent.
    [[nodiscard]] bool has_ended() const { return exe.empty() && command_line.empty(); }
  };
  [[nodiscard]] ProcessFacts read_process(pid_t pid) const;
  void read_sender(Sender& sender, const SenderCredentials& credentials, const ProcessFacts& facts, std::string_view unit_hint,
                   std::uint64_t now);
  void read_unit_settings(Sender& sender, const std::string& folder, std::vector<std::string>& fields);
  /// The filter of a unit: as our PID 1 tells it, else, as systemd does, by an attribute of its group (empty: not known).
  [[nodiscard]] std::shared_ptr<const LogFilter> find_filter(const std::string& unit, const std::string& group);
  /// The attribute of a unit's group; empty when there is none to be trusted.
  [[nodiscard]] std::string filter_of_group(const std::string& group) const;
  void evict();

  Accounts& accounts_;
  UnitLimits limits_;
  std::string units_folder_;
  std::string user_run_folder_;
  std::string cgroup_root_;
  std::string cgroup_mount_;
  std::unordered_map<pid_t, std::unique_ptr<Sender>> senders_;
  std::unordered_map<std::string, std::weak_ptr<const LogFilter>> filters_;  ///< by the attribute that they were read from
  std::vector<RefusedPattern> refused_;
};

}  // namespace journal
