// Messages on their way to a connection, many to one system call. [os]
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "unitparser/base/fd.h"

namespace init::bus {

/// Whole messages, joined; connections share it.
using Piece = std::shared_ptr<const std::string>;

/// What one connection has yet to be sent, in order.
class Outbox {
 public:
  /// Bytes that the kernel takes at once or not at all, because they fit into one of its buffers: no message is cut in two, and
  /// whoever else writes to the socket may do so between any two calls. A longer piece may be cut.
  static constexpr std::size_t piece_size = 32UL * 1024;

  /// descriptor: goes with it.
  void add(Piece piece, unitparser::UniqueFd descriptor = {});
  /// So many bytes that somebody else writes: called when all that was added before is written.
  void add_foreign(std::size_t bytes, std::function<void()> write);
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// Whether the first piece was written in part: nobody else may write.
  [[nodiscard]] bool is_cut() const { return sent_ > 0; }

  /// foreign: somebody else wrote, and may not be done. broken: the other end is gone.
  enum class Outcome : std::uint8_t { all, later, foreign, broken };
  /// Writes what the socket takes without waiting.
  [[nodiscard]] Outcome write_to(int socket);

 private:
  struct Piecemeal {
    Piece piece;
    unitparser::UniqueFd descriptor;
  };
  struct Foreign {
    std::size_t bytes = 0;
    std::function<void()> write;
  };
  [[nodiscard]] std::ptrdiff_t send_to(int socket) const;
  void drop(std::size_t bytes);

  std::deque<std::variant<Piecemeal, Foreign>> entries_;
  std::size_t bytes_ = 0;
  std::size_t sent_ = 0;  ///< of the first
};

}  // namespace init::bus
