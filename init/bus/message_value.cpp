// Values in and out of sd-bus messages; an owning pointer for messages. [bus]
#include "init/bus/message_value.h"

namespace init::bus {
namespace {

using namespace unitparser;

class Appender {
 public:
  explicit Appender(sd_bus_message* message) : message_(message) {}

  // NOLINTNEXTLINE(misc-no-recursion): as deep as the value
  int put(const Value& value) {
    return std::visit([this](const auto& content) { return put_content(content); }, value.storage);
  }

 private:
  template <class T>
  int basic(char type, const T& value) {
    return sd_bus_message_append_basic(message_, type, &value);
  }
  int put_content(bool v) { return basic('b', static_cast<int>(v)); }
  int put_content(std::uint8_t v) { return basic('y', v); }
  int put_content(std::int16_t v) { return basic('n', v); }
  int put_content(std::uint16_t v) { return basic('q', v); }
  int put_content(std::int32_t v) { return basic('i', v); }
  int put_content(std::uint32_t v) { return basic('u', v); }
  int put_content(std::int64_t v) { return basic('x', v); }
  int put_content(std::uint64_t v) { return basic('t', v); }
  int put_content(double v) { return basic('d', v); }
  int put_content(const std::string& v) { return sd_bus_message_append_basic(message_, 's', v.c_str()); }
  int put_content(const ObjectPath& v) { return sd_bus_message_append_basic(message_, 'o', v.path.c_str()); }
  int put_content(const TypeSignature& v) { return sd_bus_message_append_basic(message_, 'g', v.signature.c_str()); }
  int put_content(const HandleValue& v) { return basic('h', v.fd); }
  int put_content(const Bytes& v) { return sd_bus_message_append_array(message_, 'y', v.data.data(), v.data.size()); }
  int put_content(const ArrayValue& v) {
    int r = sd_bus_message_open_container(message_, 'a', v.element_signature.c_str());
    const bool dictionary = v.element_signature.starts_with('{');
    for (auto i = v.elements.begin(); r >= 0 && i != v.elements.end(); ++i) {
      const auto* entry = std::get_if<StructValue>(&i->storage);
      r = dictionary && entry != nullptr
              ? put_fields(*entry, 'e', std::string_view(v.element_signature).substr(1, v.element_signature.size() - 2))
              : put(*i);
    }
    return r < 0 ? r : sd_bus_message_close_container(message_);
  }
  int put_content(const StructValue& v) {
    std::string signature;
    for (const auto& field : v.fields) signature += field.signature();
    return put_fields(v, 'r', signature);
  }
  int put_content(const VariantValue& v) { return append_variant(message_, v.content.front()); }
  int put_fields(const StructValue& v, char kind, std::string_view signature) {
    int r = sd_bus_message_open_container(message_, kind, std::string(signature).c_str());
    for (auto i = v.fields.begin(); r >= 0 && i != v.fields.end(); ++i) r = put(*i);
    return r < 0 ? r : sd_bus_message_close_container(message_);
  }

  sd_bus_message* message_;
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

int append(sd_bus_message* message, const Value& value) { return Appender(message).put(value); }

int append_variant(sd_bus_message* message, const Value& value) {
  int r = sd_bus_message_open_container(message, 'v', value.signature().c_str());
  if (r >= 0) r = append(message, value);
  return r < 0 ? r : sd_bus_message_close_container(message);
}

bool read_all(sd_bus_message* message, std::vector<Value>& values) {
  while (sd_bus_message_at_end(message, 1) == 0)
    if (!read_one(message, values.emplace_back())) return false;
  return true;
}

}  // namespace init::bus
