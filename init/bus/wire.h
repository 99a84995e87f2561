// The wire format of D-Bus: values and signals as bytes. [pure]
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "unitparser/base/value.h"

namespace init::bus {

/// Values one after the other in this machine's byte order, each aligned as the D-Bus specification says (Marshaling).
class WireWriter {
 public:
  explicit WireWriter(std::string& text) : text_(text), begin_(text.size()) {}

  void byte(std::uint8_t value) { text_ += static_cast<char>(value); }
  void boolean(bool value) { number(std::uint32_t{value}); }
  template <class Number>
  void number(Number value) {
    align(sizeof value);
    text_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  /// 's' and 'o'.
  void string(std::string_view text);
  /// 'g'.
  void signature(std::string_view text);
  /// A value without its type; descriptors are not carried.
  void value(const unitparser::Value& value);
  /// 'v': its type and itself.
  void variant(const unitparser::Value& value);
  /// 'a' of elements that `write_elements` writes, each aligned to so many bytes.
  template <class WriteElements>
  void array(std::size_t alignment, WriteElements write_elements) {
    number(std::uint32_t{0});
    const std::size_t length_at = text_.size() - sizeof(std::uint32_t);
    align(alignment);
    const std::size_t elements_at = text_.size();
    write_elements();
    const auto length = static_cast<std::uint32_t>(text_.size() - elements_at);
    text_.replace(length_at, sizeof length, reinterpret_cast<const char*>(&length), sizeof length);
  }
  void align(std::size_t to) { text_.append((to - (text_.size() - begin_) % to) % to, '\0'); }

 private:
  std::string& text_;
  std::size_t begin_;
};

/// Whose signal it is. The text of `signature` is that of the body.
struct SignalHeader {
  std::string_view path, interface, member, signature;
  std::string_view sender;  ///< empty: the bus fills it in
};

/// Appends a whole message. serial: not 0; replies are what it is for, and there are none to signals.
void append_signal(std::string& text, const SignalHeader& header, std::uint32_t serial, std::string_view body);

}  // namespace init::bus
