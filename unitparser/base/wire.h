// The wire format of D-Bus: values and messages as bytes. [pure]
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "unitparser/base/value.h"

namespace unitparser {

/// This machine's, as a message says it.
inline constexpr char wire_byte_order = std::endian::native == std::endian::little ? 'l' : 'B';

/// Of a type, by the first letter of its signature.
constexpr std::size_t wire_alignment(char type) {
  switch (type) {
    case 'n': case 'q': return 2;
    case 'b': case 'i': case 'u': case 'h': case 's': case 'o': case 'a': return 4;
    case 'x': case 't': case 'd': case '(': case '{': return 8;
    default: return 1;  // y, g, v
  }
}

/// Values one after the other in this machine's byte order, each aligned as the D-Bus specification says (Marshaling).
class WireWriter {
 public:
  explicit WireWriter(std::string& text) : WireWriter(text, text.size()) {}
  /// Goes on with a text in which alignment counts from `begin`.
  WireWriter(std::string& text, std::size_t begin) : text_(text), begin_(begin) {}

  void byte(std::uint8_t value) { text_ += static_cast<char>(value); }
  void boolean(bool value) { number(std::uint32_t{value}); }
  template <class Number>
  void number(Number value) {
    std::memcpy(extend(sizeof value, sizeof value), &value, sizeof value);
  }
  /// 's' and 'o'.
  void string(std::string_view text);
  /// 'g'.
  void signature(std::string_view text);
  /// A value without its type. A descriptor is its place in the message's list of them.
  void value(const Value& value);
  /// 'v': its type and itself.
  void variant(const Value& value);
  /// The same of a value whose type is known.
  void variant(std::string_view its_signature, const Value& its_value) {
    signature(its_signature);
    value(its_value);
  }
  /// 'a' of elements that `write_elements` writes, each aligned to so many bytes.
  template <class WriteElements>
  void array(std::size_t alignment, WriteElements write_elements) {
    number(std::uint32_t{0});
    const std::size_t length_at = text_.size() - sizeof(std::uint32_t);
    align(alignment);
    const std::size_t elements_at = text_.size();
    write_elements();
    const auto length = static_cast<std::uint32_t>(text_.size() - elements_at);
    std::memcpy(text_.data() + length_at, &length, sizeof length);
  }
  /// Whether all texts so far may be sent: they are UTF-8 without a zero byte. Who receives others ends the connection.
  [[nodiscard]] bool ok() const { return ok_; }
  void align(std::size_t to) { (void)extend(to, 0); }

 private:
  /// Room for so many zero bytes, where it is aligned; to a power of 2.
  char* extend(std::size_t alignment, std::size_t size) {
    const std::size_t at = text_.size() + ((begin_ - text_.size()) & (alignment - 1));
    text_.resize(at + size);
    return text_.data() + at;
  }

  std::string& text_;
  std::size_t begin_;
  bool ok_ = true;
};

enum class MessageType : std::uint8_t { invalid = 0, method_call = 1, method_return = 2, error = 3, signal = 4 };
enum class HeaderField : std::uint8_t { path = 1, interface, member, error_name, reply_serial, destination, sender, signature, unix_fds };
inline constexpr std::uint8_t no_reply_expected = 1, allow_interactive_authorization = 4;

/// What a message says of itself; what is empty is left out.
struct MessageHeader {
  MessageType type = MessageType::invalid;
  std::uint8_t flags = 0;
  std::string_view path, interface, member, destination, sender;
  std::string_view signature;  ///< of the body
  std::string_view error_name = {};
  std::uint32_t reply_serial = 0;  ///< of the call that it answers
  std::uint32_t unix_fds = 0;      ///< how many descriptors go with it
};

/// Appends a whole message. serial: not 0.
void append_message(std::string& text, const MessageHeader& header, std::uint32_t serial, std::string_view body);

/// Appends what stands in a header beside type and flags to `fields`, which is empty or such fields; for messages that have much of it
/// in common.
void append_fields(std::string& fields, const MessageHeader& header);
/// Appends a whole message with those fields.
void append_message(std::string& text, MessageType type, std::uint8_t flags, std::string_view fields, std::uint32_t serial, std::string_view body);

}  // namespace unitparser
