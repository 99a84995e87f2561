// Signals on their way to a connection, many to one system call. [os]
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

namespace init::bus {

/// Whole messages, joined; connections share it.
using Piece = std::shared_ptr<const std::string>;

/// What was not written yet to a stream socket.
class Outbox {
 public:
  /// Bytes that the kernel takes at once or not at all, because they fit into one of its buffers: no message is cut in two, and
  /// whoever else writes to the socket may do so between any two pieces.
  static constexpr std::size_t piece_size = 32UL * 1024;

  void add(Piece piece);
  [[nodiscard]] bool empty() const { return pieces_.empty(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

  /// broken: the other end is gone, or a piece that was too long for the kernel was cut.
  enum class Outcome : std::uint8_t { all, later, broken };
  /// Writes what the socket takes without waiting.
  [[nodiscard]] Outcome write_to(int socket);

 private:
  std::deque<Piece> pieces_;
  std::size_t bytes_ = 0;
};

}  // namespace init::bus
