// Passing messages on: to a syslog daemon, the kernel log, the console, logged-in users. [os: sockets, ttys]
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "journal/daemon/config.h"
#include "journal/daemon/paths.h"
#include "journal/daemon/sender.h"
#include "unitparser/base/fd.h"

namespace journal {

/// A message as other logs want it.
struct ForwardedMessage {
  int priority = 6;  ///< with facility
  std::string_view identifier, message;
  SenderCredentials sender;
  std::string_view raw;  ///< the datagram as received on /dev/log, passed on unchanged
};

/// Where else a stream wants its lines, on top of the configuration.
struct ForwardWishes {
  bool syslog = false, kmsg = false, console = false;
};

class Forwarder {
 public:
  Forwarder(const DaemonConfig& config, const DaemonPaths& paths) : config_(config), paths_(paths) {}

  /// Passes the message to every target that wants it. Never blocks; what a target does not take is dropped.
  void forward(const ForwardedMessage& message, const ForwardWishes& wishes);

  /// Messages that the syslog daemon did not take since the last call.
  [[nodiscard]] std::uint64_t take_missed() { return std::exchange(missed_, 0); }

 private:
  void to_syslog(const ForwardedMessage& message);
  void to_kmsg(const ForwardedMessage& message);
  void to_console(const ForwardedMessage& message);
  void to_wall(const ForwardedMessage& message);

  const DaemonConfig& config_;
  const DaemonPaths& paths_;
  unitparser::UniqueFd syslog_, kmsg_;
  std::uint64_t syslog_absent_until_ = 0;
  std::uint64_t missed_ = 0;
  std::string text_;
};

}  // namespace journal
