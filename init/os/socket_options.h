// Socket options of [Socket] as one table of calls. [os]
#pragma once

#include <cstdint>
#include <functional>

#include "unitparser/base/result.h"
#include "unitparser/config/socket_config.h"

namespace init {

/// sockaddr_nl; the kernel's header cannot be included together with some of the C library's.
struct NetlinkAddress {
  std::uint16_t family;
  std::uint16_t padding;
  std::uint32_t port;
  std::uint32_t groups;
};

using WarnOption = std::function<void(const unitparser::Error&)>;

/// What has to be set before bind(): IPV6_V6ONLY, SO_REUSEADDR, SO_REUSEPORT, SO_BINDTODEVICE, IP_FREEBIND, IP_TRANSPARENT.
/// One that the kernel refuses is named through `warn`.
void apply_options_before_bind(int fd, int family, const unitparser::SocketOptions& options, const WarnOption& warn);
/// All others.
void apply_options(int fd, int family, const unitparser::SocketOptions& options, const WarnOption& warn);

}  // namespace init
