// Values as JSON text. [pure]
#include "ctl/render/json.h"

#include <fmt/format.h>

#include <cmath>

namespace ctl {
namespace {

using namespace unitparser;

void put_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20)
          out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        else
          out += c;
    }
  }
  out += '"';
}

class JsonWriter {
 public:
  explicit JsonWriter(JsonLayout layout) : pretty_(layout == JsonLayout::pretty) {}

  // NOLINTNEXTLINE(misc-no-recursion): as deep as the value
  void put(const Value& value) {
    std::visit([this](const auto& content) { put_content(content); }, value.storage);
  }
  std::string text;

 private:
  void put_content(bool v) { text += v ? "true" : "false"; }
  template <class Number>
    requires(std::is_integral_v<Number> && !std::is_same_v<Number, bool>)
  void put_content(Number v) { text += std::to_string(v); }
  void put_content(double v) { text += std::isfinite(v) ? fmt::format("{}", v) : "null"; }
  void put_content(const std::string& v) { put_string(text, v); }
  void put_content(const ObjectPath& v) { put_string(text, v.path); }
  void put_content(const TypeSignature& v) { put_string(text, v.signature); }
  void put_content(const HandleValue& v) { text += std::to_string(v.fd); }
  void put_content(const Bytes& v) {
    ArrayValue array{"y", {}};
    for (const char c : v.data) array.elements.emplace_back(static_cast<std::uint8_t>(c));
    put_content(array);
  }
  void put_content(const VariantValue& v) { put(v.content.front()); }
  void put_content(const StructValue& v) {
    if (v.fields.empty())
      text += "null";
    else
      put_list(v.fields);
  }
  void put_content(const ArrayValue& v) {
    if (!v.element_signature.starts_with("{s")) return put_list(v.elements);
    if (v.elements.empty()) {
      text += "{}";
      return;
    }
    open('{');
    bool first = true;
    for (const auto& element : v.elements) {
      const auto& fields = std::get<StructValue>(element.storage).fields;
      separate(first);
      put(fields[0]);
      text += pretty_ ? " : " : ":";
      put(fields[1]);
    }
    close('}');
  }
  void put_list(const std::vector<Value>& values) {
    if (values.empty()) {
      text += "[]";
      return;
    }
    open('[');
    bool first = true;
    for (const auto& value : values) {
      separate(first);
      put(value);
    }
    close(']');
  }
  void open(char bracket) {
    text += bracket;
    ++depth_;
  }
  void separate(bool& first) {
    if (!std::exchange(first, false)) text += ',';
    new_line();
  }
  void close(char bracket) {
    --depth_;
    new_line();
    text += bracket;
  }
  void new_line() {
    if (!pretty_) return;
    text += '\n';
    text.append(depth_, '\t');
  }
  bool pretty_;
  std::size_t depth_ = 0;
};

}  // namespace

std::string json_text(const Value& value, JsonLayout layout) {
  JsonWriter writer(layout);
  writer.put(value);
  return std::move(writer.text);
}

}  // namespace ctl
