// Reading of sd_notify(3) datagrams. [pure]
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace init {

/// Longest datagram that is read, in bytes; longer ones are refused whole (PIPE_BUF, as in systemd).
inline constexpr std::size_t notify_message_max = 4096;

/// The assignments of a datagram in order; a word without '=' (as BARRIER is sent by some) has an empty value. Lines that
/// are not UTF-8 or have control characters are left out; a NUL ends the text. Never fails: an empty result says nothing.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> parse_notify_message(std::string_view datagram);

}  // namespace init
