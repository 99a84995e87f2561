#include "journal/text/id128.h"

#include <array>
#include <charconv>

namespace journal {
namespace {

/// What each byte is worth as a hexadecimal digit; -1: it is none.
constexpr std::array<std::int8_t, 256> digit_values = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (int i = 0; i < 10; ++i) values[static_cast<std::size_t>('0' + i)] = static_cast<std::int8_t>(i);
  for (int i = 0; i < 6; ++i) values[static_cast<std::size_t>('a' + i)] = values[static_cast<std::size_t>('A' + i)] = static_cast<std::int8_t>(10 + i);
  return values;
}();

}  // namespace

void append_id(std::string& out, const Id128& id) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<char, 32> text;
  std::size_t at = 0;
  for (const std::uint8_t byte : id.bytes) {
    text[at++] = digits[byte >> 4];
    text[at++] = digits[byte & 15];
  }
  out.append(text.data(), text.size());
}

std::string format_id(const Id128& id) {
  std::string text;
  append_id(text, id);
  return text;
}

void append_number(std::string& out, std::uint64_t value, int base) {
  std::array<char, 24> text;
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value, base);
  out.append(text.data(), end);
}

std::optional<Id128> parse_id(std::string_view text) {
  const auto digit = [](char c) { return digit_values[static_cast<unsigned char>(c)]; };
  const bool is_uuid = text.size() == 36;
  if (!is_uuid && text.size() != 32) return std::nullopt;
  Id128 id;
  std::size_t at = 0;
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    if (is_uuid && (i == 4 || i == 6 || i == 8 || i == 10) && text[at++] != '-') return std::nullopt;
    const int high = digit(text[at]);
    const int low = digit(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    id.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
    at += 2;
  }
  return id;
}

std::optional<std::uint64_t> parse_hex(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace journal
