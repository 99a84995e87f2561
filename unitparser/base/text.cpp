// Trimming, UTF-8 checks, numbers and guessing. [pure]
#include "unitparser/base/text.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace unitparser {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

}  // namespace

std::vector<char*> argument_vector(std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (std::string& text : strings) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

tl::unexpected<Error> fail_value(int os_errno, std::string message) {
  return tl::unexpected<Error>(Error{ErrorCode::invalid_argument, os_errno, std::move(message), {}});
}

std::string_view trim_left(std::string_view text, std::string_view characters) {
  const std::size_t begin = text.find_first_not_of(characters);
  return begin == std::string_view::npos ? text.substr(text.size()) : text.substr(begin);
}

std::string_view trim_right(std::string_view text, std::string_view characters) {
  const std::size_t last = text.find_last_not_of(characters);
  return last == std::string_view::npos ? text.substr(0, 0) : text.substr(0, last + 1);
}

std::string_view trim(std::string_view text, std::string_view characters) {
  return trim_right(trim_left(text, characters), characters);
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return equals_ignoring_case(text.substr(0, prefix.size()), prefix);
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

std::optional<std::string_view> after_prefix(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return std::nullopt;
  return text.substr(prefix.size());
}

std::size_t utf8_sequence_length(std::string_view text) {
  if (text.empty()) return 0;
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return 1;
  std::size_t length = 0;
  std::uint32_t code = 0;
  std::uint32_t smallest = 0;
  if ((first & 0xE0U) == 0xC0U) {
    length = 2, code = first & 0x1FU, smallest = 0x80;
  } else if ((first & 0xF0U) == 0xE0U) {
    length = 3, code = first & 0x0FU, smallest = 0x800;
  } else if ((first & 0xF8U) == 0xF0U) {
    length = 4, code = first & 0x07U, smallest = 0x10000;
  } else {
    return 0;
  }
  if (text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(text[i])) return 0;
    code = (code << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  if (code < smallest || code > 0x10FFFF) return 0;
  if (code >= 0xD800 && code <= 0xDFFF) return 0;
  if ((code >= 0xFDD0 && code <= 0xFDEF) || (code & 0xFFFEU) == 0xFFFEU) return 0;
  return length;
}

bool is_valid_utf8(std::string_view text) {
  constexpr std::size_t chunk_size = 8;
  const auto is_ascii_chunk = [text](std::size_t at) {
    std::uint64_t chunk = 0;
    std::memcpy(&chunk, text.data() + at, chunk_size);
    const bool high_bit = (chunk & 0x8080808080808080ULL) != 0;
    const bool zero_byte = ((chunk - 0x0101010101010101ULL) & ~chunk & 0x8080808080808080ULL) != 0;
    return !high_bit && !zero_byte;
  };
  std::size_t at = 0;
  while (at < text.size()) {
    // Eight ASCII bytes at a time, the last eight whatever of them was looked at: nearly all texts have nothing else.
    while (at + chunk_size <= text.size() && is_ascii_chunk(at)) at += chunk_size;
    if (at == text.size() || (text.size() >= chunk_size && at + chunk_size > text.size() && is_ascii_chunk(text.size() - chunk_size))) return true;
    if (text[at] == '\0') return false;
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
      continue;
    }
    const std::size_t length = utf8_sequence_length(text.substr(at));
    if (length == 0) return false;
    at += length;
  }
  return true;
}

void append_utf8(std::string& out, char32_t code_point) {
  const auto code = static_cast<std::uint32_t>(code_point);
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0U | code >> 6U);
    put(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    put(0xE0U | code >> 12U);
    put(0x80U | (code >> 6U & 0x3FU));
    put(0x80U | (code & 0x3FU));
  } else {
    put(0xF0U | code >> 18U);
    put(0x80U | (code >> 12U & 0x3FU));
    put(0x80U | (code >> 6U & 0x3FU));
    put(0x80U | (code & 0x3FU));
  }
}

bool has_control_characters(std::string_view text, std::string_view allowed) {
  return std::any_of(text.begin(), text.end(), [allowed](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < ' ' || byte == 127) && !contains_character(allowed, c);
  });
}

bool is_safe_string(std::string_view text) {
  return !has_control_characters(text) && text.find_first_of("\"'\\") == std::string_view::npos;
}

std::vector<std::string_view> split_whitespace(std::string_view text) {
  std::vector<std::string_view> words;
  for (text = trim_left(text); !text.empty(); text = trim_left(text)) {
    const std::size_t end = std::min(text.find_first_of(whitespace), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return words;
}

std::vector<std::string_view> split_at(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  for (;;) {
    const std::size_t end = text.find(separator);
    pieces.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return pieces;
    text.remove_prefix(end + 1);
  }
}

std::string join(std::span<const std::string> words, std::string_view separator) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += separator;
    out += words[i];
  }
  return out;
}

Result<bool> parse_boolean(std::string_view text) {
  for (const std::string_view word : {"1", "yes", "y", "true", "t", "on"})
    if (equals_ignoring_case(text, word)) return true;
  for (const std::string_view word : {"0", "no", "n", "false", "f", "off"})
    if (equals_ignoring_case(text, word)) return false;
  return fail_value(EINVAL, "not a boolean value (yes or no)");
}

Result<std::uint64_t> parse_unsigned(std::string_view text, std::uint64_t maximum, int base) {
  text = trim_left(text, " \t\n\r\v\f");
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  bool negative = false;
  if (!text.empty() && text[0] == '-') {
    negative = true;
    text.remove_prefix(1);
  }
  if (base == 0) {
    base = 10;
    if (text.size() > 1 && text[0] == '0') {
      const char kind = lower(text[1]);
      base = kind == 'x' ? 16 : kind == 'b' ? 2 : 8;
      text.remove_prefix(kind == 'x' || kind == 'b' || text[1] == 'o' ? 2 : 1);
    }
  }
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (problem == std::errc::result_out_of_range) return fail_value(ERANGE, "number too big");
  if (problem != std::errc{} || end != text.data() + text.size()) return fail_value(EINVAL, "not a number");
  if (negative && value != 0) return fail_value(ERANGE, "number must not be negative");
  if (value > maximum) return fail_value(ERANGE, "number too big");
  return value;
}

Result<std::int64_t> parse_signed(std::string_view text, std::int64_t minimum, std::int64_t maximum) {
  text = trim_left(text, " \t\n\r\v\f");
  const bool negative = !text.empty() && text[0] == '-';
  std::string_view magnitude_text = negative ? text.substr(1) : text;
  if (negative && !magnitude_text.empty() && !is_digit(magnitude_text[0])) return fail_value(EINVAL, "not a number");
  const std::uint64_t magnitude = TRY(parse_unsigned(magnitude_text));
  constexpr std::uint64_t limit = 1ULL << 63U;
  if (magnitude > (negative ? limit : limit - 1)) return fail_value(ERANGE, "number too big");
  const auto value = static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
  if (value < minimum || value > maximum) return fail_value(ERANGE, "number out of range");
  return value;
}

Result<NumberRange> parse_range(std::string_view text, std::uint64_t maximum) {
  const std::size_t dash = text.find('-');
  NumberRange range;
  range.first = TRY(parse_unsigned(trim(text.substr(0, dash)), maximum));
  range.last = dash == std::string_view::npos ? range.first : TRY(parse_unsigned(trim(text.substr(dash + 1)), maximum));
  return range;
}

namespace {

/// The letters of a word as bits; different ones may have the same bit.
std::uint64_t letters_of(std::string_view word) {
  std::uint64_t letters = 0;
  for (const char c : word) letters |= std::uint64_t{1} << (static_cast<unsigned char>(lower(c)) % 64U);
  return letters;
}

}  // namespace

std::string_view nearest(std::string_view name, std::span<const std::string_view> candidates) {
  // Edit distance with transpositions (optimal string alignment); a third of the letters may differ, at most four.
  const std::size_t allowed = std::min<std::size_t>(4, std::max<std::size_t>(1, name.size() / 3));
  std::string_view best;
  std::size_t best_distance = allowed + 1;
  if (name.size() > 256) return best;
  const std::uint64_t letters = letters_of(name);
  std::vector<std::size_t> before_last;
  std::vector<std::size_t> last;
  std::vector<std::size_t> current;
  for (const std::string_view candidate : candidates) {
    const std::size_t longer = std::max(candidate.size(), name.size());
    if (longer - std::min(candidate.size(), name.size()) >= best_distance) continue;
    // An edit takes away or brings in one letter at most. Few candidates come farther than this, so a file of nonsense is no burden.
    const std::uint64_t others = letters_of(candidate);
    if (static_cast<std::size_t>(std::max(std::popcount(letters & ~others), std::popcount(others & ~letters))) >= best_distance) continue;
    last.assign(candidate.size() + 1, 0);
    before_last = last;
    current = last;
    for (std::size_t j = 0; j <= candidate.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= name.size(); ++i) {
      current[0] = i;
      for (std::size_t j = 1; j <= candidate.size(); ++j) {
        const bool same = lower(name[i - 1]) == lower(candidate[j - 1]);
        current[j] = std::min({last[j] + 1, current[j - 1] + 1, last[j - 1] + (same ? 0U : 1U)});
        if (i > 1 && j > 1 && lower(name[i - 1]) == lower(candidate[j - 2]) && lower(name[i - 2]) == lower(candidate[j - 1]))
          current[j] = std::min(current[j], before_last[j - 2] + 1);
      }
      std::swap(before_last, last);
      std::swap(last, current);
    }
    if (last[candidate.size()] < best_distance) {
      best_distance = last[candidate.size()];
      best = candidate;
    }
  }
  return best;
}

}  // namespace unitparser
