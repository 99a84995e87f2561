// One D-Bus connection of a short-lived client: connect, authenticate, call with a deadline, take signals. [os: sockets]
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "ctl/wire/message.h"
#include "unitparser/base/fd.h"
#include "unitparser/base/time.h"

namespace ctl::wire {

using unitparser::Duration;

/// What the peer answered, or what went wrong on the way (then `name` is empty and os_errno set).
struct CallError {
  std::string name;  ///< D-Bus error name
  std::string text;  ///< for people; never empty
  int os_errno = 0;
};

template <class T>
using CallResult = tl::expected<T, CallError>;

[[nodiscard]] tl::unexpected<CallError> call_errno(int os_errno);

/// Whether a Hello to the bus driver is due (a bus) or not (the manager's private socket).
enum class PeerKind : std::uint8_t { bus, direct };

/// A call without reply for this long fails with "Connection timed out", as sd-bus clients do.
inline constexpr auto default_call_timeout = Duration::from_seconds(25);

/// Not for concurrent use. Authentication is under way after open() and is waited for by the first call, which takes
/// Hello along.
class Connection {
 public:
  /// Connects to a unix socket path ("@name" for an abstract one). Fails with the errno of connect(2).
  [[nodiscard]] static CallResult<Connection> open(const std::string& socket_path, PeerKind kind);

  /// Sends a call and waits for its reply; signals that arrive meanwhile are kept for next_signal.
  [[nodiscard]] CallResult<Message> call(const Call& call, Duration timeout = default_call_timeout);
  /// Sends a call; its reply is fetched with `reply`, so that several can be under way.
  [[nodiscard]] CallResult<std::uint32_t> send(const Call& call);
  [[nodiscard]] CallResult<Message> reply(std::uint32_t serial, Duration timeout = default_call_timeout);
  /// The next signal; waits at most `timeout` (which may be infinite: a job ends by its own deadline).
  [[nodiscard]] CallResult<Message> next_signal(Duration timeout);

  [[nodiscard]] PeerKind kind() const { return kind_; }

 private:
  explicit Connection(unitparser::UniqueFd socket, PeerKind kind);
  CallResult<Message> receive(std::uint64_t deadline_usec);
  CallResult<bool> fill(std::size_t wanted, std::uint64_t deadline_usec);
  CallResult<bool> finish_authentication(std::uint64_t deadline_usec);
  CallResult<bool> write_all(std::string_view bytes);

  unitparser::UniqueFd socket_;
  PeerKind kind_;
  bool authenticated_ = false;
  std::string outgoing_;  ///< Hello, until the first call takes it along
  std::string incoming_;
  std::size_t consumed_ = 0;  ///< bytes of incoming_ already decoded
  std::uint32_t last_serial_ = 0;
  std::deque<Message> signals_;
  std::vector<Message> replies_;  ///< that came while another was waited for
};

}  // namespace ctl::wire
