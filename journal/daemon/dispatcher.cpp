#include "journal/daemon/dispatcher.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "journal/daemon/clock.h"
#include "journal/store/directory.h"
#include "journal/text/id128.h"

namespace journal {
namespace {

constexpr int daemon_facility = 3 << 3;
constexpr int urgent_level = 4;  // warning: on disk soon (house rule: 1 s for warning and worse)
constexpr std::uint64_t between_notices = 1'000'000;  // a full disk is told of once a second, not once a line
/// What waited longer in its socket is told with both times.
constexpr std::uint64_t longest_wait = 1'000'000;
constexpr std::string_view identifier = "systemd-journald";

}  // namespace

Dispatcher::Dispatcher(const DaemonConfig& config, const DaemonPaths& paths, Storage& storage, SenderCache& senders,
                       Forwarder& forwarder, Accounts& accounts, const Id128& machine_id, const Id128& boot_id)
    : config_(config),
      paths_(paths),
      storage_(storage),
      senders_(senders),
      forwarder_(forwarder),
      accounts_(accounts),
      machine_field_("_MACHINE_ID=" + format_id(machine_id)),
      boot_field_("_BOOT_ID=" + format_id(boot_id)),
      boot_id_(boot_id) {}

void Dispatcher::set_hostname(std::string_view name) {
  std::vector<std::string> payloads{boot_field_, machine_field_};
  if (!name.empty()) payloads.push_back("_HOSTNAME=" + std::string(name));
  if (!paths_.instance.empty()) payloads.push_back("_NAMESPACE=" + paths_.instance);
  const bool in_initrd = ::access("/etc/initrd-release", F_OK) == 0;
  payloads.emplace_back(in_initrd ? "_RUNTIME_SCOPE=initrd" : "_RUNTIME_SCOPE=system");
  machine_.set(std::move(payloads));
}

bool Dispatcher::is_unwanted(const Sender& sender, int priority, std::string_view message) {
  if (sender.max_level >= 0 && (priority & 7) > sender.max_level) return true;
  return sender.filter != nullptr && !message.empty() && !sender.filter->keeps(message);
}

bool Dispatcher::passes_rate_limit(const Sender& sender, int priority, std::uint64_t monotonic) {
  if (sender.unit.empty()) return true;
  const std::uint64_t interval =
      sender.rate_interval != UINT64_MAX ? sender.rate_interval : config_.rate_limit_interval;
  const unsigned burst = sender.rate_burst != UINT32_MAX ? sender.rate_burst : config_.rate_limit_burst;
  if (interval == 0 || burst == 0) return true;
  const RateVerdict verdict =
      limiter_.test(sender.unit, interval, burst, priority, storage_.available_space(), monotonic);
  if (verdict.suppressed_before > 0) say_suppressed(sender.unit, verdict.suppressed_before);
  if (!verdict.pass) accounts_.drop(sender.unit, DropReason::rate_limit);
  return verdict.pass;
}

void Dispatcher::say_suppressed(const std::string& unit, std::uint64_t n) {
  // OBJECT_SYSTEMD_UNIT lets the unit's own log show where it has a gap.
  const std::vector<std::string> extra{"N_DROPPED=" + std::to_string(n), "OBJECT_SYSTEMD_UNIT=" + unit};
  say(4, "a596d6fe7bfa4994828e72309e95d61e", "Suppressed " + std::to_string(n) + " messages from " + unit, extra);
}

void Dispatcher::count_dropped(const Sender* sender, DropReason reason, std::uint64_t n) {
  accounts_.drop(sender != nullptr ? std::string_view(sender->unit) : std::string_view{}, reason, n);
}

EntryStamp Dispatcher::stamp_of(const IncomingMessage& message, std::uint64_t monotonic) const {
  const std::uint64_t now = realtime_now(), sent = message.source_realtime;
  const bool fits = sent <= now && now - sent <= longest_wait && sent >= storage_.last_realtime();
  if (!fits) return {now, monotonic, boot_id_};
  return {sent, monotonic - std::min(monotonic, now - sent), boot_id_};
}

bool Dispatcher::store(Sender* sender, const IncomingMessage& message, std::uint64_t monotonic) {
  const EntryStamp stamp = stamp_of(message, monotonic);
  fields_.assign(message.fields.begin(), message.fields.end());
  shared_.assign(message.shared.begin(), message.shared.end());
  made_.clear();
  if (message.object_pid) made_ = senders_.object_fields(*message.object_pid);
  // COMPAT: systemd.journal-fields(7): only when it differs from the time of reception. A field that is new in each entry costs
  // as much room as its message.
  if (message.source_realtime != 0 && message.source_realtime != stamp.realtime)
    made_.push_back("_SOURCE_REALTIME_TIMESTAMP=" + std::to_string(message.source_realtime));
  fields_.insert(fields_.end(), made_.begin(), made_.end());
  if (sender != nullptr) shared_.push_back(&sender->fields);
  shared_.push_back(&machine_);
  uid_t owner = 0;
  if (sender != nullptr && config_.split == SplitMode::uid) owner = sender->uid == static_cast<uid_t>(-1) ? 0 : sender->uid;
  else if (sender != nullptr && config_.split == SplitMode::login && sender->has_session) owner = sender->owner;
  PendingEntry entry{fields_, shared_, owner, (message.priority & 7) <= urgent_level, nullptr, message.expected};
  if (sender != nullptr && !sender->own.name.empty()) entry.own = &sender->own;
  UnitAccount& account = sender != nullptr && sender->account != nullptr ? *sender->account : accounts_.of({});
  if (storage_.write(stamp, entry) == Written::no_room) {
    accounts_.drop(account.unit, DropReason::no_room);
    return false;
  }
  ++account.entries;
  for (const std::string_view field : fields_) account.bytes += field.size();
  return true;
}

void Dispatcher::dispatch(Sender* sender, const IncomingMessage& message) {
  ++count_;
  if ((message.priority & 7) > config_.max_level_store || config_.storage == StorageMode::none) return;
  const std::uint64_t monotonic = monotonic_now();
  if (sender != nullptr && !passes_rate_limit(*sender, message.priority, monotonic)) return;
  [[maybe_unused]] const bool stored = store(sender, message, monotonic);  // what is not is counted
}

bool Dispatcher::say(int priority, std::string_view message_id, std::string_view message,
                     std::span<const std::string> extra) {
  if (priority > config_.max_level_store || config_.storage == StorageMode::none) return true;
  const std::uint64_t monotonic = monotonic_now();
  Sender& self = senders_.find({::getpid(), ::getuid(), ::getgid(), {}}, {}, monotonic);
  std::vector<std::string> owned{"SYSLOG_FACILITY=3", "SYSLOG_IDENTIFIER=" + std::string(identifier),
                                 "_TRANSPORT=driver", "PRIORITY=" + std::to_string(priority)};
  if (!message_id.empty()) owned.push_back("MESSAGE_ID=" + std::string(message_id));
  owned.push_back("MESSAGE=" + std::string(message));
  owned.insert(owned.end(), extra.begin(), extra.end());
  const std::vector<std::string_view> views(owned.begin(), owned.end());
  IncomingMessage own;
  own.fields = views;
  own.priority = daemon_facility | priority;
  // Not through dispatch(): a message about rate limits is not itself limited.
  std::vector<SharedFields*> shared = std::exchange(shared_, {});
  std::vector<std::string_view> fields = std::exchange(fields_, {});
  const bool stored = store(&self, own, monotonic);
  shared_ = std::move(shared);
  fields_ = std::move(fields);
  return stored;
}

void Dispatcher::say_dropped() {
  for (const Accounts::Untold& untold : accounts_.take_untold()) {
    const std::string_view reason = drop_reason_names[static_cast<std::size_t>(untold.reason)];
    std::vector<std::string> extra{"N_DROPPED=" + std::to_string(untold.n), "DROP_REASON=" + std::string(reason)};
    if (!untold.unit.empty()) extra.push_back("OBJECT_SYSTEMD_UNIT=" + untold.unit);
    const std::string whose = untold.unit.empty() ? "senders without a unit" : untold.unit;
    const bool told = say(4, {}, "Dropped " + std::to_string(untold.n) + " messages from " + whose + ": " + std::string(reason), extra);
    // Still no room: the same is told later, with what comes until then.
    if (!told) accounts_.owe(untold);
  }
}

void Dispatcher::publish_accounts() {
  if (!accounts_.take_changed()) return;
  published_at_ = monotonic_now();
  // On failure the next drop tries again; the drops themselves are in the log.
  [[maybe_unused]] const bool written = write_whole_file(accounts_path(paths_.run), accounts_.format());
}

std::uint64_t Dispatcher::next_notice() const {
  std::uint64_t due = limiter_.next_end();
  const auto also = [&due](std::uint64_t at) { due = due == 0 ? at : std::min(due, at); };
  if (accounts_.has_untold()) also(told_at_ + between_notices);
  if (accounts_.has_changed()) also(published_at_ + between_notices);
  return due;
}

void Dispatcher::say_notices() {
  const std::uint64_t now = monotonic_now();
  for (const RateLimiter::Ended& ended : limiter_.take_ended(now)) say_suppressed(ended.unit, ended.suppressed);
  if (accounts_.has_untold() && now >= told_at_ + between_notices) {
    told_at_ = now;
    say_dropped();
  }
  if (now >= published_at_ + between_notices) publish_accounts();
  for (const StorageNotice& notice : storage_.take_notices())
    say(notice.priority, notice.message_id, notice.message, notice.fields);
  for (const SenderCache::RefusedPattern& refused : senders_.take_refused_patterns()) {
    const std::vector<std::string> extra{"OBJECT_SYSTEMD_UNIT=" + refused.unit};
    say(4, {}, "A pattern of LogFilterPatterns= of " + refused.unit + " is not used: " + refused.why, extra);
  }
  if (const std::uint64_t missed = forwarder_.take_missed(); missed > 0) {
    const std::vector<std::string> extra{"N_DROPPED=" + std::to_string(missed)};
    say(4, "0027229ca0644181a76c4e92458afa2e",
        "Forwarding to syslog missed " + std::to_string(missed) + " messages.", extra);
  }
}

}  // namespace journal
