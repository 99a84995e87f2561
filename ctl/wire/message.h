// D-Bus messages in memory: writing a call's body, reading a received body with every length checked. [pure]
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "unitparser/base/value.h"
#include "unitparser/base/wire.h"

namespace ctl::wire {

using unitparser::MessageType;
using unitparser::Value;

/// A received message; `body` is read with a Reader.
struct Message {
  MessageType type = MessageType::invalid;
  std::uint32_t serial = 0;
  std::uint32_t reply_serial = 0;
  std::string path, interface, member, error_name, sender, signature;
  std::string body;
};

/// A method call to be sent; `destination` stays empty on a peer-to-peer connection.
struct Call {
  std::string destination, path, interface, member;
  std::vector<Value> arguments;
  bool allow_interactive_authorization = false;
};

/// Serialises a call with that serial number, header and body, in native byte order.
[[nodiscard]] std::string encode(const Call& call, std::uint32_t serial);

/// Bytes of the whole message that begins with these 16 bytes; 0 when they do not begin an acceptable message.
[[nodiscard]] std::size_t message_size(std::string_view first16);
/// Reads one whole message; type is `invalid` when it is malformed.
[[nodiscard]] Message decode(std::string_view bytes);

/// Length of the first complete type of a signature, 0 when it is malformed.
[[nodiscard]] std::size_t complete_type(std::string_view signature);

/// Walks a body. Once anything is out of bounds ok() is false and all reads yield zero or empty; loops over arrays end.
class Reader {
 public:
  explicit Reader(const Message& message) : bytes_(message.body) {}
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] bool ok() const { return !failed_; }
  [[nodiscard]] std::size_t position() const { return position_; }
  /// The bytes from there to what is read next.
  [[nodiscard]] std::string_view since(std::size_t position) const { return failed_ ? std::string_view() : bytes_.substr(position, position_ - position); }
  /// Passes over a variant that is the same, byte by byte, as one that was read before at `position` of a body; false: it is another.
  [[nodiscard]] bool skip_same(std::string_view variant, std::size_t position);

  template <class Number>
  Number number() {
    Number result{};
    read_number(&result, sizeof result);
    return result;
  }
  bool boolean() { return number<std::uint32_t>() != 0; }
  std::string_view text();       ///< 's' or 'o'
  std::string_view signature();  ///< 'g'
  void begin_struct() { align(8); }

  /// Enters an array whose elements align to `alignment`; loop with `while (reader.before(end))`.
  std::size_t begin_array(std::size_t alignment);
  [[nodiscard]] bool before(std::size_t end) const { return !failed_ && position_ < end; }
  void skip_to(std::size_t end) { position_ = end; }

  std::vector<std::string> texts();  ///< 'as'
  /// One value of the given complete type; nesting deeper than D-Bus allows fails.
  Value value(std::string_view type, unsigned depth = 0);
  Value variant();  ///< the content of a 'v'

 private:
  void align(std::size_t alignment);
  void read_number(void* into, std::size_t size);
  std::string_view bytes_;
  std::size_t position_ = 0;
  bool failed_ = false;
};

}  // namespace ctl::wire
