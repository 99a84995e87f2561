#include "unitparser/base/encoding.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "unitparser/base/text.h"

namespace unitparser {
namespace {
constexpr std::string_view base64_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
}

Result<std::string> decode_base64(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  std::size_t padding = 0;
  for (const char c : text) {
    if (contains_character(whitespace, c)) continue;
    if (c == '=') {
      if (++padding > 2) return fail_value(EINVAL, "not base64");
      continue;
    }
    const std::size_t value = base64_alphabet.find(c);
    if (value == std::string_view::npos || padding > 0) return fail_value(EINVAL, "not base64");
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    if (++count == 4) {
      out += static_cast<char>(bits >> 16);
      out += static_cast<char>(bits >> 8);
      out += static_cast<char>(bits);
      bits = 0, count = 0;
    }
  }
  if (count == 1 || (count != 0 && static_cast<std::size_t>(4 - count) != padding) || (count == 0 && padding != 0)) return fail_value(EPIPE, "base64 is cut off");
  if ((count == 2 && (bits & 0xF) != 0) || (count == 3 && (bits & 0x3) != 0)) return fail_value(EINVAL, "base64 with bits too many");
  if (count == 2) out += static_cast<char>(bits >> 4);
  if (count == 3) {
    out += static_cast<char>(bits >> 10);
    out += static_cast<char>(bits >> 2);
  }
  return out;
}

std::string encode_base64(std::string_view bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j < 3; ++j)
      bits = (bits << 8) | (j < have ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    for (std::size_t j = 0; j < 4; ++j) out += j <= have ? base64_alphabet[(bits >> (18 - 6 * j)) & 63] : '=';
  }
  return out;
}

Result<std::string> decode_hex(std::string_view text) {
  const auto digit = [](char c) -> int {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  std::string out;
  int high = -1;  // of the pair that is begun
  for (const char c : text) {
    if (contains_character(whitespace, c)) continue;
    const int value = digit(c);
    if (value < 0) return fail_value(EINVAL, "not hexadecimal");
    if (high >= 0) out += static_cast<char>(high * 16 + value);
    high = high < 0 ? value : -1;
  }
  if (high >= 0) return fail_value(EPIPE, "hexadecimal digits come in pairs");
  return out;
}

std::string encode_hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

}  // namespace unitparser
