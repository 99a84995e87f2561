// Writing to the journal in its native protocol, systemd's and ours: the public header of libincipit-journal. [os: a socket]
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <incipit-journal/field.h>

namespace incipit::journal {

/// A client of the journal daemon. It belongs to one thread at a time; its descriptor is closed at execve(2).
class Writer {
 public:
  /// Nothing is opened before the first entry. `socket`: the daemon's native socket, that of a namespace is
  /// /run/systemd/journal.NAMESPACE/socket.
  explicit Writer(std::string socket = "/run/systemd/journal/socket") : socket_(std::move(socket)) {}
  ~Writer();
  Writer(Writer&& other) noexcept;
  Writer& operator=(Writer&& other) noexcept;

  /// Sends one entry; what does not fit into a datagram goes as a sealed memory file. Waits while the daemon's socket is full. The
  /// daemon adds the fields that it knows to be true ("_PID" and the like). Errors: invalid_argument for no field or a name that clients may
  /// not use (nothing is sent then); else what the system says, no_such_file_or_directory and connection_refused where no daemon runs.
  [[nodiscard]] std::error_code send(std::span<const Field> fields);
  [[nodiscard]] std::error_code send(std::initializer_list<Field> fields) { return send(std::span(fields.begin(), fields.size())); }
  /// MESSAGE= and PRIORITY= (0 emergency to 7 debug) alone.
  [[nodiscard]] std::error_code print(int priority, std::string_view message);

 private:
  std::error_code connect();
  std::error_code send_as_file();

  std::string socket_;
  int fd_ = -1;
  std::string buffer_;  ///< the entry as it is sent; kept for its memory
};

}  // namespace incipit::journal
