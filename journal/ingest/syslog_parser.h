// Lines of syslog(3) and of the kernel: priority prefix, RFC 3164 time, identifier with pid. [pure]
#pragma once

#include <string_view>

namespace journal {

/// Takes "<N>" off the front and sets `priority` (with facility bits); false, and no change, when there is none.
/// `with_facility` lets N be above 7; otherwise only the level changes.
enum class PrefixKind : unsigned char { level_only, with_facility };
bool take_priority(std::string_view& text, int& priority, PrefixKind kind);

/// Takes "identifier[pid]: " off the front. Both stay empty when the text does not start so.
void take_identifier(std::string_view& text, std::string_view& identifier, std::string_view& pid);

/// A message of /dev/log taken apart; the views point into it.
struct SyslogMessage {
  int priority = 0;  ///< with facility
  std::string_view timestamp;  ///< as sent, with its space; often empty
  std::string_view identifier, pid, message;
  std::string_view raw;  ///< the whole as sent, when `message` alone would lose something of it
};

/// Reads RFC 3164 as senders write it. False when there is nothing in it but white space.
[[nodiscard]] bool parse_syslog(std::string_view datagram, SyslogMessage& message);

}  // namespace journal
