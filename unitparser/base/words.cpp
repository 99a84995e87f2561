// Splitting into words, quoting and C escapes (declared in text.h). [pure]
#include <algorithm>
#include <cerrno>

#include "unitparser/base/text.h"

namespace unitparser {
namespace {

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// One C escape, after its backslash.
struct Escape {
  std::size_t length = 0;    ///< characters consumed, 0: not a known escape
  std::uint32_t value = 0;   ///< byte or code point
  bool is_code_point = false;
};

Escape number_escape(std::string_view text, std::size_t skip, std::size_t count, unsigned base_bits, bool code_point) {
  if (text.size() < skip + count) return {};
  std::uint64_t value = 0;
  for (std::size_t i = skip; i < skip + count; ++i) {
    const int digit = hex_digit(text[i]);
    if (digit < 0 || digit >= (1 << base_bits)) return {};
    value = value << base_bits | static_cast<unsigned>(digit);
  }
  if (value > (code_point ? 0x10FFFFU : 0xFFU)) return {};
  if (code_point && value >= 0xD800 && value <= 0xDFFF) return {};
  return {skip + count, static_cast<std::uint32_t>(value), code_point};
}

Escape read_escape(std::string_view text, bool accept_nul) {
  constexpr std::string_view letters = "abfnrtv\\\"'s";
  constexpr std::string_view meanings = "\a\b\f\n\r\t\v\\\"' ";
  if (text.empty()) return {};
  Escape escape;
  if (const std::size_t at = letters.find(text[0]); at != std::string_view::npos)
    return {1, static_cast<unsigned char>(meanings[at]), false};
  switch (text[0]) {
    case 'x': escape = number_escape(text, 1, 2, 4, false); break;
    case 'u': escape = number_escape(text, 1, 4, 4, true); break;
    case 'U': escape = number_escape(text, 1, 8, 4, true); break;
    default:
      if (text[0] >= '0' && text[0] <= '7') escape = number_escape(text, 0, 3, 3, false);
  }
  if (escape.length > 0 && escape.value == 0 && !accept_nul) return {};
  return escape;
}

void append_escape(std::string& out, const Escape& escape) {
  if (escape.is_code_point)
    append_utf8(out, escape.value);
  else
    out += static_cast<char>(static_cast<unsigned char>(escape.value));
}

std::string hex_byte(char c) {
  constexpr std::string_view hex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  return {'\\', 'x', hex[byte >> 4U], hex[byte & 15U]};
}

}  // namespace

// `at` stands on the backslash. Returns false when the word cannot go on: `failed` or `ended` says why.
bool WordReader::take_escape(std::string& word, std::size_t& at, char quote, bool& failed, bool& ended) {
  const std::string_view after = rest_.substr(at + 1);
  if (after.empty()) {
    if (options_.keep_unknown_escapes && (quote == 0 || options_.relax)) {
      word += '\\';  // the closing backslash of the text stays
      ended = true;
    } else if (options_.relax) {
      ended = true;
    } else {
      failed = true;
    }
    return false;
  }
  if (!options_.unescape && !options_.unescape_separators) {
    word += after[0];
    at += 2;
    return true;
  }
  const Escape escape = options_.unescape ? read_escape(after, false) : Escape{};
  if (escape.length > 0) {
    append_escape(word, escape);
    at += 1 + escape.length;
  } else if (options_.unescape_separators && (contains_character(options_.separators, after[0]) || after[0] == '\\')) {
    word += after[0];
    at += 2;
  } else if (options_.keep_unknown_escapes) {
    word += '\\';
    word += after[0];
    at += 2;
  } else {
    failed = true;
    return false;
  }
  return true;
}

Result<std::optional<std::string>> WordReader::next() {
  if (ended_) return std::optional<std::string>{};
  if (options_.keep_empty) {
    if (rest_.empty()) {  // behind the last separator there is one more, empty word
      ended_ = true;
      return std::optional<std::string>(std::string{});
    }
  } else {
    rest_ = trim_left(rest_, options_.separators);
    if (rest_.empty()) {
      ended_ = true;
      return std::optional<std::string>{};
    }
  }
  std::string word;
  char quote = 0;
  std::size_t at = 0;
  bool ended = false;
  while (at < rest_.size()) {
    const char c = rest_[at];
    if (c == '\\' && !options_.keep_backslashes) {
      bool failed = false;
      if (take_escape(word, at, quote, failed, ended)) continue;
      if (!failed) break;
      rest_ = rest_.substr(at);
      return fail_value(EINVAL, "unknown escape sequence");
    }
    if (quote != 0 ? c == quote : (options_.unquote || options_.keep_quotes) && (c == '"' || c == '\'')) {
      quote = quote != 0 ? '\0' : c;
      if (options_.keep_quotes) word += c;
    } else if (quote == 0 && contains_character(options_.separators, c)) {
      rest_ = options_.keep_empty ? rest_.substr(at + 1) : trim_left(rest_.substr(at), options_.separators);
      return std::optional<std::string>(std::move(word));
    } else {
      word += c;
    }
    ++at;
  }
  if (quote != 0 && !options_.relax && !ended) {
    rest_ = rest_.substr(rest_.size());
    return fail_value(EINVAL, "a quote is not closed");
  }
  rest_ = rest_.substr(rest_.size());
  ended_ = true;
  return std::optional<std::string>(std::move(word));
}

Result<std::vector<std::string>> split_words(std::string_view text, const WordOptions& options) {
  std::vector<std::string> words;
  WordReader reader(text, options);
  for (;;) {
    std::optional<std::string> word = TRY(reader.next());
    if (!word) return words;
    words.push_back(std::move(*word));
  }
}

Result<std::string> unescape_c(std::string_view text, UnescapeOptions options) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '\\') {
      out += text[at++];
      continue;
    }
    const Escape escape = read_escape(text.substr(at + 1), options.accept_nul);
    if (escape.length > 0) {
      append_escape(out, escape);
      at += 1 + escape.length;
    } else if (options.keep_unknown) {
      out += text[at++];
    } else {
      return fail_value(EINVAL, "unknown escape sequence");
    }
  }
  return out;
}

std::string escape_c(std::string_view text) {
  constexpr std::string_view specials = "\a\b\f\n\r\t\v\\\"'";
  constexpr std::string_view letters = "abfnrtv\\\"'";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (const std::size_t at = c == '\0' ? std::string_view::npos : specials.find(c); at != std::string_view::npos) {
      out += '\\';
      out += letters[at];
    } else if (byte < ' ' || byte >= 127) {
      out += '\\';
      out += static_cast<char>('0' + (byte >> 6U));
      out += static_cast<char>('0' + (byte >> 3U & 7U));
      out += static_cast<char>('0' + (byte & 7U));
    } else {
      out += c;
    }
  }
  return out;
}

std::string escape_hex(std::string_view text, std::string_view characters) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || byte >= 127 || c == '\\' || contains_character(characters, c))
      out += hex_byte(c);
    else
      out += c;
  }
  return out;
}

std::string quote_if_needed(std::string_view text) {
  constexpr std::string_view needs_quotes = "\"\\`$*?['()<>|&;!";
  constexpr std::string_view needs_backslash = "\"\\`$";
  if (text.empty()) return "\"\"";
  const bool plain = std::none_of(text.begin(), text.end(), [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= ' ' || byte == 127 || contains_character(needs_quotes, c);
  });
  if (plain) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (contains_character(needs_backslash, c)) out += '\\';
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || byte == 127) out += escape_c({&c, 1});
    else out += c;
  }
  return out + '"';
}

std::string quote_command_line(std::span<const std::string> arguments) {
  std::string out;
  for (const std::string& argument : arguments) {
    if (!out.empty()) out += ' ';
    out += quote_if_needed(argument);
  }
  return out;
}

}  // namespace unitparser
