// What PID 1 asks of the fork server, and what that answers: datagrams on a pair of sockets. [pure]
#pragma once

#include <cstddef>
#include <cstdint>

namespace init {

/// Begins a request. The numbers follow that the descriptors of the plan have in it. With the request go the descriptors: the
/// plan, the folder of the control group if there is one, then those of the plan in the order of the numbers.
struct ForkRequest {
  /// Descriptors of a plan that fit into one request (SCM_MAX_FD, less the plan and the group).
  static constexpr std::size_t most_numbers = 250;
  std::uint32_t has_group = 0;
  std::uint32_t number_count = 0;
};

struct ForkReply {
  std::int32_t pid = 0;       ///< of the process, a child of PID 1; 0: there is none
  std::int32_t os_errno = 0;  ///< why not
};

/// The word in front of the socket's number in the arguments of an executor that is to serve.
inline constexpr const char* fork_server_word = "--serve";

}  // namespace init
