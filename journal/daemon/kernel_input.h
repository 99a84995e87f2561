// The kernel log: /dev/kmsg from the first line on, without gaps or repeats over restarts. [os: /dev/kmsg, /sys]
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "journal/daemon/dispatcher.h"
#include "journal/ingest/kmsg_parser.h"
#include "unitparser/base/fd.h"

namespace journal {

class KernelInput {
 public:
  /// `sequence_path`: file that keeps the next sequence number over restarts.
  KernelInput(Dispatcher& dispatcher, std::string sequence_path);
  ~KernelInput();
  KernelInput(const KernelInput&) = delete;
  KernelInput& operator=(const KernelInput&) = delete;

  /// Opens the kernel log (readable where it may be read at all); its descriptor, or -1.
  int open();
  /// Reads what waits, at most `limit` records. False when the log cannot be read any more: it was closed.
  bool receive(int limit);

 private:
  void take(std::string_view text);
  void add_device_fields(const std::string& device, std::vector<std::string>& fields) const;

  Dispatcher& dispatcher_;
  std::string sequence_path_;
  unitparser::UniqueFd fd_;
  std::uint64_t* next_sequence_ = nullptr;  ///< in a mapped file
  KernelRecord record_;
};

}  // namespace journal
