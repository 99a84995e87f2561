// The native protocol: one datagram or memfd to entries of fields (systemd "Native Journal Protocol"). [pure]
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace journal {

/// One entry as sent. The views point into the message, or into `joined` for fields that came with a length.
struct NativeEntry {
  std::vector<std::string_view> fields;  ///< "FIELD=value"
  std::string_view message, identifier, priority, facility, object_pid;
  std::size_t size = 0;
  void clear() { *this = NativeEntry{}; }
};

/// Takes entries off the front of a message, one for each call.
class NativeParser {
 public:
  explicit NativeParser(std::string_view message) : rest_(message) {}

  /// Reads the next entry into `entry`; false at the end. What cannot be understood is left out; an entry over the
  /// limits (1024 fields, 1 GiB) is dropped whole and counted.
  bool next(NativeEntry& entry);

  [[nodiscard]] unsigned dropped() const { return dropped_; }

 private:
  void add(NativeEntry& entry, std::string_view name, std::string_view payload);

  std::string_view rest_;
  unsigned dropped_ = 0;
  bool over_limit_ = false;
  std::vector<std::string> joined_;  ///< payloads put together from a name and a counted value
};

}  // namespace journal
