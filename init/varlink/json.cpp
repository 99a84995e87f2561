// Reading and writing of JSON text. [pure]
#include "init/varlink/json.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

#include "unitparser/base/text.h"

namespace init::varlink {
namespace {

using unitparser::ErrorCode;
using unitparser::fail;
using unitparser::Result;

constexpr unsigned depth_max = 32;

tl::unexpected<unitparser::Error> no_json() { return fail(ErrorCode::invalid_argument, "this is no JSON"); }

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<Json> whole() {
    Json json = TRY(value(0));
    skip_blanks();
    if (at_ != text_.size()) return no_json();
    return json;
  }

 private:
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  void skip_blanks() {
    while (at_ < text_.size() && (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r')) ++at_;
  }

  Result<Json> value(unsigned depth) {
    if (depth > depth_max) return no_json();
    skip_blanks();
    if (take('{')) return object(depth);
    if (take('[')) return array(depth);
    if (take('"')) return Json(TRY(rest_of_string()));
    if (take("true")) return Json(true);
    if (take("false")) return Json(false);
    if (take("null")) return Json();
    return number();
  }

  Result<Json> object(unsigned depth) {
    JsonObject members;
    skip_blanks();
    if (take('}')) return Json(std::move(members));
    do {
      skip_blanks();
      if (!take('"')) return no_json();
      std::string name = TRY(rest_of_string());
      skip_blanks();
      if (!take(':')) return no_json();
      Json member = TRY(value(depth + 1));
      members.emplace_back(std::move(name), std::move(member));
      skip_blanks();
    } while (take(','));
    if (!take('}')) return no_json();
    return Json(std::move(members));
  }

  Result<Json> array(unsigned depth) {
    JsonArray elements;
    skip_blanks();
    if (take(']')) return Json(std::move(elements));
    do {
      elements.push_back(TRY(value(depth + 1)));
      skip_blanks();
    } while (take(','));
    if (!take(']')) return no_json();
    return Json(std::move(elements));
  }

  Result<Json> number() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && (unitparser::is_digit(peek()) || std::string_view("+-.eE").find(peek()) != std::string_view::npos)) ++at_;
    const std::string digits(text_.substr(begin, at_ - begin));
    if (const auto whole = unitparser::parse_signed(digits)) return Json(*whole);
    char* end = nullptr;
    const double fraction = std::strtod(digits.c_str(), &end);
    if (digits.empty() || *end != '\0' || !std::isfinite(fraction)) return no_json();
    Json json;
    json.value = fraction;
    return json;
  }

  Result<std::uint32_t> four_digits() {
    std::uint32_t code = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = peek();
      const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
      if (digit < 0) return no_json();
      code = code * 16 + static_cast<std::uint32_t>(digit);
    }
    return code;
  }

  Result<std::string> escaped() {
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    if (const std::size_t which = letters.find(peek()); peek() != '\0' && which != std::string_view::npos) {
      ++at_;
      return std::string(1, meanings[which]);
    }
    if (!take('u')) return no_json();
    std::uint32_t code = TRY(four_digits());
    if (code >= 0xD800 && code < 0xDC00) {
      if (!take("\\u")) return no_json();
      const std::uint32_t low = TRY(four_digits());
      if (low < 0xDC00 || low > 0xDFFF) return no_json();
      code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
    }
    if (code == 0 || (code >= 0xDC00 && code <= 0xDFFF)) return no_json();
    std::string result;
    unitparser::append_utf8(result, code);
    return result;
  }

  Result<std::string> rest_of_string() {
    std::string result;
    while (at_ < text_.size()) {
      if (take('"')) return unitparser::is_valid_utf8(result) ? Result<std::string>(std::move(result)) : no_json();
      if (take('\\')) {
        result += TRY(escaped());
        continue;
      }
      if (static_cast<unsigned char>(peek()) < 0x20) return no_json();
      result += text_[at_++];
    }
    return no_json();
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

void append_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\', out += c;
    else if (static_cast<unsigned char>(c) < 0x20) out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else out += c;
  }
  out += '"';
}

void append(std::string& out, const Json& json);

struct Append {
  std::string& out;
  void operator()(std::nullptr_t) const { out += "null"; }
  void operator()(bool b) const { out += b ? "true" : "false"; }
  void operator()(std::int64_t number) const { out += std::to_string(number); }
  void operator()(double number) const { out += fmt::format("{}", number); }
  void operator()(const std::string& text) const { append_string(out, text); }
  void operator()(const JsonArray& array) const {
    out += '[';
    for (const Json& element : array) {
      if (&element != &array.front()) out += ',';
      append(out, element);
    }
    out += ']';
  }
  void operator()(const JsonObject& object) const {
    out += '{';
    for (const auto& member : object) {
      if (&member != &object.front()) out += ',';
      append_string(out, member.first);
      out += ':';
      append(out, member.second);
    }
    out += '}';
  }
};

void append(std::string& out, const Json& json) { std::visit(Append{out}, json.value); }

}  // namespace

const Json* Json::find(std::string_view name) const {
  if (const auto* object = std::get_if<JsonObject>(&value))
    for (const auto& [member, json] : *object)
      if (member == name) return &json;
  return nullptr;
}

std::optional<std::int64_t> Json::integer() const {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  return std::nullopt;
}

unitparser::Result<Json> parse_json(std::string_view text) { return Reader(text).whole(); }

std::string format_json(const Json& json) {
  std::string out;
  append(out, json);
  return out;
}

}  // namespace init::varlink
