// The wire format of D-Bus: values and messages as bytes. [pure]
#include "unitparser/base/wire.h"

#include <type_traits>

#include "unitparser/base/text.h"

namespace unitparser {
namespace {

constexpr std::uint8_t protocol_version = 1;

struct ContentWriter {
  WireWriter& writer;

  void operator()(bool v) const { writer.boolean(v); }
  template <class Number>
    requires std::is_arithmetic_v<Number>
  void operator()(Number v) const {
    writer.number(v);
  }
  void operator()(const std::string& v) const { writer.string(v); }
  void operator()(const ObjectPath& v) const { writer.string(v.path); }
  void operator()(const TypeSignature& v) const { writer.signature(v.signature); }
  void operator()(const HandleValue& v) const { writer.number(static_cast<std::uint32_t>(v.fd)); }
  void operator()(const Bytes& v) const {
    writer.array(1, [&] {
      for (const char c : v.data) writer.byte(static_cast<std::uint8_t>(c));
    });
  }
  void operator()(const ArrayValue& v) const {
    writer.array(wire_alignment(v.element_signature.empty() ? 'y' : v.element_signature.front()), [&] {
      for (const Value& element : v.elements) writer.value(element);
    });
  }
  void operator()(const StructValue& v) const {
    writer.align(8);
    for (const Value& field : v.fields) writer.value(field);
  }
  void operator()(const VariantValue& v) const { writer.variant(v.content.front()); }
};

}  // namespace

void WireWriter::string(std::string_view text) {
  ok_ = ok_ && is_valid_utf8(text);
  const auto length = static_cast<std::uint32_t>(text.size());
  char* const place = extend(sizeof length, sizeof length + text.size() + 1);
  std::memcpy(place, &length, sizeof length);
  text.copy(place + sizeof length, text.size());
}

void WireWriter::signature(std::string_view text) {
  char* const place = extend(1, 1 + text.size() + 1);
  *place = static_cast<char>(text.size());
  text.copy(place + 1, text.size());
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the value
void WireWriter::value(const Value& value) { std::visit(ContentWriter{*this}, value.storage); }

// NOLINTNEXTLINE(misc-no-recursion): as deep as the value
void WireWriter::variant(const Value& content) { variant(content.signature(), content); }

void append_fields(std::string& fields, const MessageHeader& header) {
  WireWriter writer(fields, 0);
  const auto field = [&writer](HeaderField code, std::string_view type, std::string_view content) {
    if (content.empty()) return;
    writer.align(8);
    writer.byte(static_cast<std::uint8_t>(code));
    writer.signature(type);
    if (type == "g") writer.signature(content);
    else writer.string(content);
  };
  const auto numeric_field = [&writer](HeaderField code, std::uint32_t content) {
    if (content == 0) return;
    writer.align(8);
    writer.byte(static_cast<std::uint8_t>(code));
    writer.signature("u");
    writer.number(content);
  };
  field(HeaderField::path, "o", header.path);
  field(HeaderField::interface, "s", header.interface);
  field(HeaderField::member, "s", header.member);
  field(HeaderField::error_name, "s", header.error_name);
  numeric_field(HeaderField::reply_serial, header.reply_serial);
  numeric_field(HeaderField::unix_fds, header.unix_fds);
  field(HeaderField::destination, "s", header.destination);
  field(HeaderField::signature, "g", header.signature);
  field(HeaderField::sender, "s", header.sender);
}

void append_message(std::string& text, MessageType type, std::uint8_t flags, std::string_view fields, std::uint32_t serial, std::string_view body) {
  WireWriter writer(text);
  for (const auto byte : {static_cast<std::uint8_t>(wire_byte_order), static_cast<std::uint8_t>(type), flags, protocol_version}) writer.byte(byte);
  writer.number(static_cast<std::uint32_t>(body.size()));
  writer.number(serial);
  writer.number(static_cast<std::uint32_t>(fields.size()));  // they begin at a multiple of 8
  text += fields;
  writer.align(8);
  text += body;
}

void append_message(std::string& text, const MessageHeader& header, std::uint32_t serial, std::string_view body) {
  std::string fields;
  append_fields(fields, header);
  append_message(text, header.type, header.flags, fields, serial, body);
}

}  // namespace unitparser
