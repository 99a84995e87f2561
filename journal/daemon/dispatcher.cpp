#include "journal/daemon/dispatcher.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "journal/daemon/clock.h"
#include "journal/text/id128.h"

namespace journal {
namespace {

constexpr int daemon_facility = 3 << 3;
constexpr int urgent_level = 4;  // warning: on disk soon (house rule: 1 s for warning and worse)
constexpr std::string_view identifier = "systemd-journald";

}  // namespace

Dispatcher::Dispatcher(const DaemonConfig& config, const DaemonPaths& paths, Storage& storage, SenderCache& senders,
                       Forwarder& forwarder, const Id128& machine_id, const Id128& boot_id)
    : config_(config),
      paths_(paths),
      storage_(storage),
      senders_(senders),
      forwarder_(forwarder),
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

bool Dispatcher::is_unwanted(const Sender* sender, int priority) const {
  return sender != nullptr && sender->max_level >= 0 && (priority & 7) > sender->max_level;
}

bool Dispatcher::passes_rate_limit(const Sender& sender, int priority, std::uint64_t monotonic) {
  if (sender.unit.empty()) return true;
  const std::uint64_t interval =
      sender.rate_interval != UINT64_MAX ? sender.rate_interval : config_.rate_limit_interval;
  const unsigned burst = sender.rate_burst != UINT32_MAX ? sender.rate_burst : config_.rate_limit_burst;
  if (interval == 0 || burst == 0) return true;
  const RateVerdict verdict =
      limiter_.test(sender.unit, interval, burst, priority, storage_.available_space(), monotonic);
  if (verdict.suppressed_before > 0) {
    const std::vector<std::string> extra{"N_DROPPED=" + std::to_string(verdict.suppressed_before)};
    say(4, "a596d6fe7bfa4994828e72309e95d61e",
        "Suppressed " + std::to_string(verdict.suppressed_before) + " messages from " + sender.unit, extra);
  }
  return verdict.pass;
}

void Dispatcher::store(Sender* sender, const IncomingMessage& message, std::uint64_t monotonic) {
  const EntryStamp stamp{realtime_now(), monotonic, boot_id_};
  fields_.assign(message.fields.begin(), message.fields.end());
  shared_.assign(message.shared.begin(), message.shared.end());
  made_.clear();
  if (message.object_pid) made_ = senders_.object_fields(*message.object_pid);
  if (message.source_realtime != 0)
    made_.push_back("_SOURCE_REALTIME_TIMESTAMP=" + std::to_string(message.source_realtime));
  fields_.insert(fields_.end(), made_.begin(), made_.end());
  if (sender != nullptr) shared_.push_back(&sender->fields);
  shared_.push_back(&machine_);
  const PendingEntry entry{fields_, shared_, sender != nullptr ? sender->owner : 0,
                           (message.priority & 7) <= urgent_level};
  storage_.write(stamp, entry);
}

void Dispatcher::dispatch(Sender* sender, const IncomingMessage& message) {
  if ((message.priority & 7) > config_.max_level_store || config_.storage == StorageMode::none) return;
  const std::uint64_t monotonic = monotonic_now();
  if (sender != nullptr && !passes_rate_limit(*sender, message.priority, monotonic)) return;
  store(sender, message, monotonic);
}

void Dispatcher::say(int priority, std::string_view message_id, std::string_view message,
                     std::span<const std::string> extra) {
  if (priority > config_.max_level_store || config_.storage == StorageMode::none) return;
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
  store(&self, own, monotonic);
  shared_ = std::move(shared);
  fields_ = std::move(fields);
}

void Dispatcher::say_notices() {
  for (const StorageNotice& notice : storage_.take_notices())
    say(notice.priority, notice.message_id, notice.message, notice.fields);
  if (const std::uint64_t missed = forwarder_.take_missed(); missed > 0) {
    const std::vector<std::string> extra{"N_DROPPED=" + std::to_string(missed)};
    say(4, "0027229ca0644181a76c4e92458afa2e",
        "Forwarding to syslog missed " + std::to_string(missed) + " messages.", extra);
  }
}

}  // namespace journal
