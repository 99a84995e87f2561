// D-Bus messages in memory: writing a call's body, reading a received body with every length checked. [pure]
#include "ctl/wire/message.h"

#include <cstring>

namespace ctl::wire {
namespace {

using namespace unitparser;

constexpr std::size_t largest_message = 128U << 20;  // D-Bus specification, "Message Format"
constexpr unsigned deepest_nesting = 64;             // D-Bus specification, "Valid Signatures": 32 arrays and 32 structs

}  // namespace

std::string encode(const Call& call, std::uint32_t serial) {
  std::string body, signature, message;
  WireWriter writer(body);
  for (const auto& argument : call.arguments) {
    signature += argument.signature();
    writer.value(argument);
  }
  const std::uint8_t flags = call.allow_interactive_authorization ? allow_interactive_authorization : 0;
  append_message(message, {MessageType::method_call, flags, call.path, call.interface, call.member, call.destination, {}, signature}, serial, body);
  return message;
}

std::size_t message_size(std::string_view first16) {
  if (first16.size() < 16 || first16[0] != wire_byte_order || first16[3] != 1) return 0;
  std::uint32_t body = 0, fields = 0;
  std::memcpy(&body, first16.data() + 4, 4);
  std::memcpy(&fields, first16.data() + 12, 4);
  const std::size_t header = (16 + std::size_t{fields} + 7) / 8 * 8;
  return header + body > largest_message ? 0 : header + body;
}

Message decode(std::string_view bytes) {
  Message message;
  if (message_size(bytes) != bytes.size() || bytes.empty()) return message;
  std::uint32_t body_size = 0;
  std::memcpy(&body_size, bytes.data() + 4, 4);
  std::memcpy(&message.serial, bytes.data() + 8, 4);
  Reader reader(bytes);
  for (int i = 0; i < 3; ++i) reader.number<std::uint32_t>();
  const auto end = reader.begin_array(8);
  while (reader.before(end)) {
    reader.begin_struct();
    const auto field = static_cast<HeaderField>(reader.number<std::uint8_t>());
    const auto type = reader.signature();
    if (complete_type(type) != type.size() || type.empty()) return message;
    const auto content = reader.value(type);
    if (!reader.ok()) return message;
    const auto* text = std::get_if<std::string>(&content.storage);
    switch (field) {
      case HeaderField::path:
        if (const auto* path = std::get_if<ObjectPath>(&content.storage)) message.path = path->path;
        break;
      case HeaderField::interface: if (text != nullptr) message.interface = *text; break;
      case HeaderField::member: if (text != nullptr) message.member = *text; break;
      case HeaderField::error_name: if (text != nullptr) message.error_name = *text; break;
      case HeaderField::sender: if (text != nullptr) message.sender = *text; break;
      case HeaderField::reply_serial:
        if (const auto* serial = std::get_if<std::uint32_t>(&content.storage)) message.reply_serial = *serial;
        break;
      case HeaderField::signature:
        if (const auto* s = std::get_if<TypeSignature>(&content.storage)) message.signature = s->signature;
        break;
      default: break;  // destination, descriptors, and what later versions add
    }
  }
  if (!reader.ok()) return message;
  message.body = bytes.substr(bytes.size() - body_size);
  const auto type = static_cast<std::uint8_t>(bytes[1]);
  if (type >= 1 && type <= 4) message.type = static_cast<MessageType>(type);
  return message;
}

namespace {
// NOLINTNEXTLINE(misc-no-recursion): bounded by depth
std::size_t complete_type_at(std::string_view s, unsigned depth) {
  if (s.empty() || depth > deepest_nesting) return 0;
  switch (s[0]) {
    case 'y': case 'b': case 'n': case 'q': case 'i': case 'u': case 'x': case 't': case 'd':
    case 's': case 'o': case 'g': case 'h': case 'v':
      return 1;
    case 'a': {
      const auto element = complete_type_at(s.substr(1), depth + 1);
      return element == 0 ? 0 : element + 1;
    }
    case '(': case '{': {
      const char close = s[0] == '(' ? ')' : '}';
      std::size_t at = 1;
      while (at < s.size() && s[at] != close) {
        const auto field = complete_type_at(s.substr(at), depth + 1);
        if (field == 0) return 0;
        at += field;
      }
      return at < s.size() && at > 1 ? at + 1 : 0;
    }
    default: return 0;
  }
}
}  // namespace

std::size_t complete_type(std::string_view signature) { return complete_type_at(signature, 0); }

void Reader::align(std::size_t alignment) {
  position_ = (position_ + alignment - 1) & ~(alignment - 1);  // a power of 2
  if (position_ > bytes_.size()) failed_ = true;
}

void Reader::read_number(void* into, std::size_t size) {
  align(size);
  if (failed_ || size > bytes_.size() - position_) {
    failed_ = true;
    return;
  }
  std::memcpy(into, bytes_.data() + position_, size);
  position_ += size;
}

std::string_view Reader::text() {
  const auto length = number<std::uint32_t>();
  if (failed_ || length >= bytes_.size() - position_) {
    failed_ = true;
    return {};
  }
  const auto result = bytes_.substr(position_, length);
  position_ += length + std::size_t{1};
  return result;
}

std::string_view Reader::signature() {
  const auto length = number<std::uint8_t>();
  if (failed_ || length >= bytes_.size() - position_) {
    failed_ = true;
    return {};
  }
  const auto result = bytes_.substr(position_, length);
  position_ += length + std::size_t{1};
  return result;
}

std::size_t Reader::begin_array(std::size_t alignment) {
  const auto length = number<std::uint32_t>();
  align(alignment);
  if (failed_ || length > bytes_.size() - position_) {
    failed_ = true;
    return 0;
  }
  return position_ + length;
}

std::vector<std::string> Reader::texts() {
  std::vector<std::string> result;
  const auto end = begin_array(4);
  while (before(end)) result.emplace_back(text());
  return result;
}

Value Reader::variant() { return value(signature()); }

bool Reader::skip_same(std::string_view variant, std::size_t position) {
  constexpr std::size_t widest_alignment = 8;  // where padding stands depends on the position
  if (failed_ || variant.empty() || position % widest_alignment != position_ % widest_alignment || !bytes_.substr(position_).starts_with(variant)) return false;
  position_ += variant.size();
  return true;
}

// NOLINTNEXTLINE(misc-no-recursion): bounded by depth
Value Reader::value(std::string_view type, unsigned depth) {
  if (depth > deepest_nesting || complete_type(type) != type.size() || type.empty()) failed_ = true;
  if (failed_) return {};
  switch (type.front()) {
    case 'b': return boolean();
    case 'y': return number<std::uint8_t>();
    case 'n': return number<std::int16_t>();
    case 'q': return number<std::uint16_t>();
    case 'i': return number<std::int32_t>();
    case 'u': return number<std::uint32_t>();
    case 'x': return number<std::int64_t>();
    case 't': return number<std::uint64_t>();
    case 'd': return number<double>();
    case 'h': return HandleValue{static_cast<int>(number<std::uint32_t>())};
    case 's': return std::string(text());
    case 'o': return ObjectPath{std::string(text())};
    case 'g': return TypeSignature{std::string(signature())};
    case 'v': {
      VariantValue variant_value;
      variant_value.content.push_back(value(signature(), depth + 1));
      return variant_value;
    }
    case 'a': {
      const auto element = type.substr(1);
      const auto end = begin_array(wire_alignment(element.front()));
      if (element == "y") {
        Bytes data{failed_ ? std::string() : std::string(bytes_.substr(position_, end - position_))};
        if (!failed_) position_ = end;
        return data;
      }
      ArrayValue array{std::string(element), {}};
      while (before(end)) array.elements.push_back(value(element, depth + 1));
      return array;
    }
    default: {  // struct or dictionary entry
      begin_struct();
      StructValue fields;
      for (auto rest = type.substr(1, type.size() - 2); !rest.empty() && !failed_;) {
        const auto length = complete_type(rest);
        fields.fields.push_back(value(rest.substr(0, length), depth + 1));
        rest.remove_prefix(length);
      }
      return fields;
    }
  }
}

}  // namespace ctl::wire
