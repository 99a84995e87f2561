// Values in and out of sd-bus messages; an owning pointer for messages. [bus]
#include "init/bus/message_value.h"

#include <cstring>

#include "init/bus/schema.h"
#include "unitparser/base/wire.h"

namespace init::bus {
namespace {

using namespace unitparser;

/// Reads what WireWriter wrote.
class Appender {
 public:
  Appender(sd_bus_message* message, std::string_view body) : message_(message), body_(body) {}

  /// All values of the types, one after the other.
  // NOLINTNEXTLINE(misc-no-recursion): as deep as the values
  int put(std::string_view signature) {
    int r = 0;
    while (r >= 0 && !signature.empty()) {
      const std::size_t length = type_length(signature);
      r = put_one(signature.substr(0, length));
      signature.remove_prefix(length);
    }
    return r;
  }

 private:
  template <class Number>
  Number number() {
    Number value{};
    align(sizeof value);
    std::memcpy(&value, body_.data() + at_, sizeof value);
    at_ += sizeof value;
    return value;
  }
  /// Of a string; there is a zero byte behind it.
  const char* text(std::size_t length) {
    const char* begin = body_.data() + at_;
    at_ += length + 1;
    return begin;
  }
  void align(std::size_t to) { at_ += (to - at_ % to) % to; }

  template <class Number>
  int put_number(char type) {
    const auto value = number<Number>();
    return sd_bus_message_append_basic(message_, type, &value);
  }
  int put_container(char kind, std::string_view contents, const auto& put_contents) {
    int r = sd_bus_message_open_container(message_, kind, std::string(contents).c_str());
    if (r >= 0) r = put_contents();
    return r < 0 ? r : sd_bus_message_close_container(message_);
  }
  // NOLINTNEXTLINE(misc-no-recursion): as deep as the value
  int put_one(std::string_view type) {
    switch (type.front()) {
      case 'y': return put_number<std::uint8_t>('y');
      case 'n': case 'q': return put_number<std::uint16_t>(type.front());
      case 'b': case 'i': case 'u': case 'h': return put_number<std::uint32_t>(type.front());
      case 'x': case 't': case 'd': return put_number<std::uint64_t>(type.front());
      case 's': case 'o': return sd_bus_message_append_basic(message_, type.front(), text(number<std::uint32_t>()));
      case 'g': return sd_bus_message_append_basic(message_, 'g', text(number<std::uint8_t>()));
      case 'v': {
        const std::string contents = text(number<std::uint8_t>());
        return put_container('v', contents, [&] { return put(contents); });
      }
      case 'a': return put_array(type.substr(1));
      default: {
        align(8);
        const std::string_view fields = type.substr(1, type.size() - 2);
        return put_container(type.front() == '(' ? 'r' : 'e', fields, [&] { return put(fields); });
      }
    }
  }
  // NOLINTNEXTLINE(misc-no-recursion): as deep as the value
  int put_array(std::string_view element) {
    const std::size_t length = number<std::uint32_t>();
    align(unitparser::wire_alignment(element.front()));
    const std::size_t end = at_ + length;
    return put_container('a', element, [&] {
      int r = 0;
      while (r >= 0 && at_ < end) r = put_one(element);
      return r;
    });
  }

  sd_bus_message* message_;
  std::string_view body_;
  std::size_t at_ = 0;
};

template <class T>
bool read_basic(sd_bus_message* message, char type, Value& into) {
  T content{};
  if (sd_bus_message_read_basic(message, type, &content) <= 0) return false;
  into = Value(content);
  return true;
}

// NOLINTNEXTLINE(misc-no-recursion): sd-bus bounds the nesting
bool read_one(sd_bus_message* message, Value& into);

// NOLINTNEXTLINE(misc-no-recursion): sd-bus bounds the nesting
bool read_fields(sd_bus_message* message, std::vector<Value>& fields) {
  while (sd_bus_message_at_end(message, 0) == 0)
    if (!read_one(message, fields.emplace_back())) return false;
  return sd_bus_message_exit_container(message) >= 0;
}

bool read_text(sd_bus_message* message, char type, Value& into) {
  const char* text = nullptr;
  if (sd_bus_message_read_basic(message, type, &text) <= 0) return false;
  if (type == 's') into = Value(std::string(text));
  if (type == 'o') into = Value(ObjectPath{text});
  if (type == 'g') into = Value(TypeSignature{text});
  return true;
}

// NOLINTNEXTLINE(misc-no-recursion): sd-bus bounds the nesting
bool read_container(sd_bus_message* message, char type, const char* contents, Value& into) {
  if (type == 'a' && contents == std::string_view("y")) {
    const void* data = nullptr;
    std::size_t size = 0;
    if (sd_bus_message_read_array(message, 'y', &data, &size) < 0) return false;
    into = Value(Bytes{std::string(static_cast<const char*>(data), size)});
    return true;
  }
  if (sd_bus_message_enter_container(message, type, contents) <= 0) return false;
  if (type == 'a') {
    ArrayValue array{contents, {}};
    if (!read_fields(message, array.elements)) return false;
    into = Value(std::move(array));
    return true;
  }
  if (type == 'v') {
    VariantValue variant;
    if (!read_fields(message, variant.content) || variant.content.size() != 1) return false;
    into = Value(std::move(variant));
    return true;
  }
  StructValue fields;
  if (!read_fields(message, fields.fields)) return false;
  into = Value(std::move(fields));
  return true;
}

bool read_one(sd_bus_message* message, Value& into) {
  char type = 0;
  const char* contents = nullptr;
  if (sd_bus_message_peek_type(message, &type, &contents) <= 0) return false;
  switch (type) {
    case 'y': return read_basic<std::uint8_t>(message, type, into);
    case 'n': return read_basic<std::int16_t>(message, type, into);
    case 'q': return read_basic<std::uint16_t>(message, type, into);
    case 'i': return read_basic<std::int32_t>(message, type, into);
    case 'u': return read_basic<std::uint32_t>(message, type, into);
    case 'x': return read_basic<std::int64_t>(message, type, into);
    case 't': return read_basic<std::uint64_t>(message, type, into);
    case 'd': return read_basic<double>(message, type, into);
    case 'b': {
      int truth = 0;
      if (sd_bus_message_read_basic(message, type, &truth) <= 0) return false;
      into = Value(truth != 0);
      return true;
    }
    case 'h': {
      int fd = -1;
      if (sd_bus_message_read_basic(message, type, &fd) <= 0) return false;
      into = Value(HandleValue{fd});
      return true;
    }
    case 's': case 'o': case 'g': return read_text(message, type, into);
    case 'a': case 'v': case 'r': case 'e': return read_container(message, type, contents, into);
    default: return false;
  }
}

}  // namespace

int append(sd_bus_message* message, std::string_view signature, std::string_view body) { return Appender(message, body).put(signature); }

bool read_all(sd_bus_message* message, std::vector<Value>& values) {
  while (sd_bus_message_at_end(message, 1) == 0)
    if (!read_one(message, values.emplace_back())) return false;
  return true;
}

}  // namespace init::bus
