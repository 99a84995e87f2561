// Splitting a notification into assignments. [pure]
#include "init/notify/message.h"

#include <algorithm>

#include "unitparser/base/text.h"

namespace init {

std::vector<std::pair<std::string, std::string>> parse_notify_message(std::string_view datagram) {
  std::vector<std::pair<std::string, std::string>> fields;
  std::string_view text = datagram.substr(0, datagram.find('\0'));
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || !unitparser::is_valid_utf8(line) || unitparser::has_control_characters(line, "\t")) continue;
    const std::size_t equals = line.find('=');
    if (equals == 0) continue;
    fields.emplace_back(line.substr(0, equals), equals == std::string_view::npos ? "" : line.substr(equals + 1));
  }
  return fields;
}

}  // namespace init
