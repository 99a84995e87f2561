// From a parsed message to an entry: levels, rate limits, trusted fields, and the daemon's own messages. [os: clock]
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "journal/daemon/accounts.h"
#include "journal/daemon/config.h"
#include "journal/daemon/forwarder.h"
#include "journal/daemon/paths.h"
#include "journal/daemon/rate_limit.h"
#include "journal/daemon/sender.h"
#include "journal/daemon/storage.h"

namespace journal {

/// A message with everything that its transport knows.
struct IncomingMessage {
  std::span<const std::string_view> fields;  ///< as the client may set them, and _TRANSPORT and its kin
  std::span<SharedFields* const> shared;     ///< further ones that many messages of this source have
  int priority = 6;                          ///< with facility
  std::uint64_t source_realtime = 0;         ///< when it was sent, 0: unknown
  std::optional<pid_t> object_pid;
  ExpectedDatum expected;                    ///< of the first field
};

class Dispatcher {
 public:
  Dispatcher(const DaemonConfig& config, const DaemonPaths& paths, Storage& storage, SenderCache& senders,
             Forwarder& forwarder, Accounts& accounts, const Id128& machine_id, const Id128& boot_id);

  /// True when the sender's unit wants nothing at all to be done with such a message (LogLevelMax=, LogFilterPatterns=).
  [[nodiscard]] static bool is_unwanted(const Sender& sender, int priority, std::string_view message);
  /// Tells of a field that one of the next messages has; who has several at hand tells of the next before it dispatches one.
  [[nodiscard]] ExpectedDatum expect(std::string_view field) const { return storage_.expect(field); }
  /// Stores one message. `sender` may be null (kernel, audit).
  void dispatch(Sender* sender, const IncomingMessage& message);

  /// Stores a message of the daemon itself. `message_id` may be empty; `extra` are further "FIELD=value".
  /// False when no file took it.
  bool say(int priority, std::string_view message_id, std::string_view message,
           std::span<const std::string> extra = {});
  /// Stores what the storage has to tell, what was dropped and is over, and what forwarding missed.
  void say_notices();
  /// Writes for `journal usage` what each unit sent and lost, if that has changed.
  void publish_accounts();
  /// When say_notices() has something to tell without anything else happening; 0: never.
  [[nodiscard]] std::uint64_t next_notice() const;

  /// Counts messages that did not get as far as dispatch(). `sender` may be null.
  void count_dropped(const Sender* sender, DropReason reason, std::uint64_t n = 1);

  /// Messages that came in since the last call.
  [[nodiscard]] std::uint64_t take_count() { return std::exchange(count_, 0); }

  void set_hostname(std::string_view name);
  [[nodiscard]] SenderCache& senders() { return senders_; }
  [[nodiscard]] Forwarder& forwarder() { return forwarder_; }
  [[nodiscard]] const DaemonConfig& config() const { return config_; }

 private:
  bool passes_rate_limit(const Sender& sender, int priority, std::uint64_t monotonic);
  /// When a message was received: when its socket took it, where that is known and the order of times allows it.
  [[nodiscard]] EntryStamp stamp_of(const IncomingMessage& message, std::uint64_t monotonic) const;
  [[nodiscard]] bool store(Sender* sender, const IncomingMessage& message, std::uint64_t monotonic);
  void say_suppressed(const std::string& unit, std::uint64_t n);
  void say_dropped();

  const DaemonConfig& config_;
  const DaemonPaths& paths_;
  Storage& storage_;
  SenderCache& senders_;
  Forwarder& forwarder_;
  Accounts& accounts_;
  std::uint64_t told_at_ = 0, published_at_ = 0;
  std::uint64_t count_ = 0;
  RateLimiter limiter_;
  std::string machine_field_, boot_field_;
  Id128 boot_id_;
  SharedFields machine_;
  std::vector<std::string_view> fields_;
  std::vector<SharedFields*> shared_;
  std::vector<std::string> made_;
};

}  // namespace journal
