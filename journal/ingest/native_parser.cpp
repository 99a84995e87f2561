#include "journal/ingest/native_parser.h"

#include <cstdint>
#include <cstring>

#include "journal/ingest/field.h"

namespace journal {

void NativeParser::add(NativeEntry& entry, std::string_view name, std::string_view payload) {
  if (entry.fields.size() >= entry_field_limit || payload.size() > data_size_limit ||
      entry.size + payload.size() > entry_size_limit) {
    over_limit_ = true;
    return;
  }
  entry.fields.push_back(payload);
  entry.size += payload.size();
  const std::string_view value = payload.substr(name.size() + 1);
  if (name == "MESSAGE") entry.message = value;
  else if (name == "PRIORITY") entry.priority = value;
  else if (name == "SYSLOG_IDENTIFIER") entry.identifier = value;
  else if (name == "SYSLOG_FACILITY") entry.facility = value;
  else if (name == "OBJECT_PID") entry.object_pid = value;
}

bool NativeParser::next(NativeEntry& entry) {
  entry.clear();
  joined_.clear();
  joined_.reserve(entry_field_limit);  // views into the strings must stay where they are
  over_limit_ = false;
  while (!rest_.empty()) {
    const std::size_t end = rest_.find('\n');
    const std::string_view line = rest_.substr(0, end);
    const std::string_view after = end == std::string_view::npos ? std::string_view{} : rest_.substr(end + 1);
    if (line.empty()) {  // an empty line ends an entry
      rest_ = after;
      if (over_limit_) ++dropped_;
      if (!over_limit_ && !entry.fields.empty()) return true;
      entry.clear();
      joined_.clear();
      over_limit_ = false;
      continue;
    }
    const std::size_t equals = line.find('=');
    if (line[0] == '.' || line[0] == '#') {
      rest_ = after;
    } else if (equals != std::string_view::npos) {
      rest_ = after;
      const std::string_view name = line.substr(0, equals);
      if (is_client_field_name(name)) add(entry, name, line);
    } else {
      std::uint64_t size = 0;
      if (end == std::string_view::npos || after.size() < sizeof size) break;  // cut short: drop the rest
      std::memcpy(&size, after.data(), sizeof size);
      const std::string_view value = after.substr(sizeof size);
      if (size > data_size_limit || value.size() < size + 1 || value[size] != '\n') break;
      rest_ = value.substr(size + 1);
      if (!is_client_field_name(line)) continue;
      if (joined_.size() == joined_.capacity()) {
        over_limit_ = true;
        continue;
      }
      std::string& payload = joined_.emplace_back();
      payload.reserve(line.size() + 1 + size);
      payload.append(line).append("=").append(value.substr(0, size));
      add(entry, line, payload);
    }
  }
  rest_ = {};
  if (over_limit_) ++dropped_;
  return !over_limit_ && !entry.fields.empty();
}

}  // namespace journal
