#include "journal/ingest/stream_parser.h"

#include <algorithm>
#include <optional>

namespace journal {
namespace {

constexpr std::size_t longest_header_line = 4096;

std::string_view strip(std::string_view text) {
  constexpr std::string_view white_space = " \t\n\r";
  const std::size_t first = text.find_first_not_of(white_space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(white_space) - first + 1);
}

/// Where the first newline or NUL is; the size when there is none. Each byte of every line passes here: most are told by one comparison.
std::size_t find_line_end(std::string_view bytes) {
  const auto is_end = [](char c) { return static_cast<unsigned char>(c) <= '\n' && (c == '\n' || c == '\0'); };
  return static_cast<std::size_t>(std::find_if(bytes.begin(), bytes.end(), is_end) - bytes.begin());
}

std::optional<bool> parse_bool(std::string_view text) {
  for (const std::string_view yes : {"1", "yes", "y", "true", "t", "on"})
    if (text == yes) return true;
  for (const std::string_view no : {"0", "no", "n", "false", "f", "off"})
    if (text == no) return false;
  return std::nullopt;
}

}  // namespace

bool StreamParser::take_header_line(std::string_view line) {
  line = strip(line);
  const auto flag = [&](bool& target) {
    const auto value = parse_bool(line);
    if (value) target = *value;
    return value.has_value();
  };
  switch (lines_++) {
    case 0: header_.identifier = line; return true;
    case 1: header_.unit = line; return true;
    case 2: {
      int value = 0;
      if (line.empty() || line.size() > 3) return false;
      for (const char c : line) {
        if (c < '0' || c > '9') return false;
        value = value * 10 + (c - '0');
      }
      if (value > 23 * 8 + 7) return false;
      header_.priority = value;
      return true;
    }
    case 3: return flag(header_.level_prefix);
    case 4: return flag(header_.forward_to_syslog);
    case 5: return flag(header_.forward_to_kmsg);
    default: return flag(header_.forward_to_console);
  }
}

bool StreamParser::feed(std::string_view bytes, const OnLine& on_line) {
  // Lines that lie whole in `bytes` are not copied.
  while (!bytes.empty()) {
    const std::size_t limit = has_header() ? line_max_ : longest_header_line;
    const std::size_t length = find_line_end(bytes);
    const bool has_end = length < bytes.size();
    if (pending_.size() + length > limit || (!has_end && pending_.size() + length == limit)) {
      if (!has_header()) return false;
      const std::size_t taken = limit - pending_.size();
      if (pending_.empty()) {
        on_line(bytes.substr(0, taken), LineBreak::line_max);
      } else {
        pending_.append(bytes.substr(0, taken));
        on_line(pending_, LineBreak::line_max);
        pending_.clear();
      }
      bytes.remove_prefix(taken);
      continue;
    }
    if (!has_end) {
      pending_.append(bytes);
      return true;
    }
    std::string_view line = bytes.substr(0, length);
    const LineBreak why = bytes[length] == '\n' ? LineBreak::newline : LineBreak::nul;
    bytes.remove_prefix(length + 1);
    if (!pending_.empty()) {
      pending_.append(line);
      line = pending_;
    }
    if (has_header()) on_line(line, why);
    else if (why == LineBreak::nul || !take_header_line(line)) return false;
    pending_.clear();
  }
  if (pending_.empty() && pending_.capacity() > longest_header_line) std::string().swap(pending_);
  return true;
}

void StreamParser::flush(LineBreak why, const OnLine& on_line) {
  if (has_header() && !pending_.empty()) on_line(pending_, why);
  pending_.clear();
}

}  // namespace journal
