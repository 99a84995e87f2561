#include "journal/ingest/syslog_parser.h"

#include <algorithm>

namespace journal {
namespace {

constexpr std::string_view white_space = " \t\n\r";
constexpr int user_facility = 1 << 3;
constexpr int info_level = 6;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// "Mmm dd hh:mm:ss " with the day padded by space or zero.
std::string_view take_timestamp(std::string_view& text) {
  constexpr std::string_view shape = "aaa xd dd:dd:dd ";
  if (text.size() < shape.size()) return {};
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const char c = text[i];
    switch (shape[i]) {
      case 'a': if (!is_letter(c)) return {}; break;
      case 'd': if (!is_digit(c)) return {}; break;
      case 'x': if (!is_digit(c) && c != ' ') return {}; break;
      default: if (c != shape[i]) return {}; break;
    }
  }
  const std::string_view timestamp = text.substr(0, shape.size());
  text.remove_prefix(shape.size());
  return timestamp;
}

}  // namespace

bool take_priority(std::string_view& text, int& priority, PrefixKind kind) {
  if (text.size() < 3 || text[0] != '<') return false;
  const std::size_t end = text.find('>', 1);
  if (end == std::string_view::npos || end < 2 || end > 4) return false;
  int value = 0;
  for (std::size_t i = 1; i < end; ++i) {
    if (!is_digit(text[i])) return false;
    value = value * 10 + (text[i] - '0');
  }
  if (value > (kind == PrefixKind::with_facility ? 23 * 8 + 7 : 7)) return false;
  priority = kind == PrefixKind::with_facility ? value : (priority & ~7) | value;
  text.remove_prefix(end + 1);
  return true;
}

void take_identifier(std::string_view& text, std::string_view& identifier, std::string_view& pid) {
  const std::size_t start = std::min(text.find_first_not_of(white_space), text.size());
  const std::string_view rest = text.substr(start);
  const std::size_t end = std::min(rest.find_first_of(white_space), rest.size());
  if (end < 1 || rest[end - 1] != ':') return;
  std::string_view name = rest.substr(0, end - 1);
  if (!name.empty() && name.back() == ']') {
    const std::size_t open = name.rfind('[');
    if (open != std::string_view::npos) {
      pid = name.substr(open + 1, name.size() - open - 2);
      name = name.substr(0, open);
    }
  }
  identifier = name;
  text = rest.substr(end);
  if (!text.empty() && white_space.find(text[0]) != std::string_view::npos) text.remove_prefix(1);
}

bool parse_syslog(std::string_view datagram, SyslogMessage& message) {
  message = {};
  const std::size_t last = datagram.find_last_not_of(std::string_view(" \t\n\r\0", 5));
  if (last == std::string_view::npos) return false;
  std::string_view text = datagram.substr(0, last + 1);
  const std::size_t nul = text.find('\0');
  if (text.size() != datagram.size() || nul != std::string_view::npos) message.raw = datagram;
  text = text.substr(0, nul);
  message.priority = user_facility | info_level;
  take_priority(text, message.priority, PrefixKind::with_facility);
  message.timestamp = take_timestamp(text);
  take_identifier(text, message.identifier, message.pid);
  message.message = text;
  return true;
}

}  // namespace journal
