#include "journal/ingest/kmsg_parser.h"

#include <charconv>

namespace journal {
namespace {

template <class T>
bool take_number(std::string_view& text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take_comma(std::string_view& text) {
  if (text.empty() || text[0] != ',') return false;
  text.remove_prefix(1);
  return true;
}

/// The kernel writes bytes that are not printable as \xNN.
std::string unescape(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '\\' && i + 3 < text.size() && text[i + 1] == 'x' &&
        std::from_chars(text.data() + i + 2, text.data() + i + 4, value, 16).ptr == text.data() + i + 4) {
      plain += static_cast<char>(value);
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

constexpr std::size_t most_device_fields = 64;

}  // namespace

bool parse_kmsg(std::string_view text, KernelRecord& record) {
  record = {};
  if (!take_number(text, record.priority) || !take_comma(text) || !take_number(text, record.sequence) ||
      !take_comma(text) || !take_number(text, record.time))
    return false;
  const std::size_t semicolon = text.find(';');  // flags and later additions come before it
  if (semicolon == std::string_view::npos) return false;
  text.remove_prefix(semicolon + 1);
  const std::size_t end = text.find('\n');
  record.message = unescape(text.substr(0, end));
  text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  while (!text.empty() && text[0] == ' ' && record.fields.size() < most_device_fields) {
    const std::size_t line_end = text.find('\n');
    const std::string_view line = text.substr(1, line_end == std::string_view::npos ? line_end : line_end - 1);
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos && equals > 0 && equals < 50) {
      std::string field = "_KERNEL_" + unescape(line);
      if (line.starts_with("DEVICE=")) record.device = field.substr(sizeof("_KERNEL_DEVICE=") - 1);
      record.fields.push_back(std::move(field));
    }
    if (line_end == std::string_view::npos) break;
    text.remove_prefix(line_end + 1);
  }
  return true;
}

}  // namespace journal
