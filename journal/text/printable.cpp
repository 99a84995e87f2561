#include "journal/text/printable.h"

#include <cstring>

#include "unitparser/base/text.h"

namespace journal {
namespace {

// Eight bytes at a time: each byte's highest bit is raised where the byte is one that is looked for. (A borrow may raise it for
// the byte above as well, so a word that is not clear has to be looked at again where that matters.)
constexpr std::uint64_t ones = 0x0101010101010101ULL, high_bits = 0x8080808080808080ULL;

constexpr std::uint64_t bytes_equal_to(std::uint64_t word, std::uint64_t c) {
  const std::uint64_t x = word ^ (ones * c);
  return (x - ones) & ~x;
}
constexpr std::uint64_t bytes_unprintable(std::uint64_t word) { return word | ((word - ones * ' ') & ~word) | bytes_equal_to(word, 0x7F); }

std::uint64_t word_at(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

}  // namespace

bool is_printable(std::string_view text, NewlineRule newlines) {
  while (!text.empty()) {
    if (text.size() >= sizeof(std::uint64_t) && (bytes_unprintable(word_at(text.data())) & high_bits) == 0) {
      text.remove_prefix(sizeof(std::uint64_t));
      continue;
    }
    const auto c = static_cast<unsigned char>(text[0]);
    if (c < 0x80) {
      if (c == '\n' ? newlines == NewlineRule::forbidden : (c < ' ' && c != '\t') || c == 0x7F) return false;
      text.remove_prefix(1);
      continue;
    }
    const std::size_t length = unitparser::utf8_sequence_length(text);
    if (length == 0 || (c == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0)) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool is_plain_text(std::string_view text) {
  const auto has_odd = [](std::uint64_t word) {
    return ((bytes_unprintable(word) | bytes_equal_to(word, '"') | bytes_equal_to(word, '\\')) & high_bits) != 0;
  };
  const char* at = text.data();
  std::size_t left = text.size();
  for (; left >= sizeof(std::uint64_t); at += sizeof(std::uint64_t), left -= sizeof(std::uint64_t))
    if (has_odd(word_at(at))) return false;
  std::uint64_t last = ones * 'a';
  std::memcpy(&last, at, left);
  return !has_odd(last);
}

}  // namespace journal
