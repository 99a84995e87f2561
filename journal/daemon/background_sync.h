// Writes files to the disk from a thread of its own, so that a slow disk holds up no sender. [os: fsync, one thread]
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "journal/file/disk.h"
#include "journal/store/write_ahead_log.h"
#include "unitparser/base/fd.h"
#include "unitparser/base/result.h"

namespace journal {

/// A file to bring to the disk, its name included; or the next part of the write-ahead log.
struct SyncItem {
  enum class Kind : std::uint8_t {
    in_use,
    archived,  ///< marked as whole once it is there
    packed,    ///< the same, and then packed
    logged,    ///< the write-ahead log, which gets `batch`
  };
  unitparser::UniqueFd fd;
  std::string path;
  Kind kind = Kind::in_use;
  LogBatch batch = {};
};
/// Brings it there now; packing takes its time and is left to BackgroundSync. Errors: io.
[[nodiscard]] unitparser::Result<void> sync_item(Disk& disk, const SyncItem& item);

class BackgroundSync {
 public:
  explicit BackgroundSync(Disk& disk);

  /// Starts syncing these files. False, and `items` untouched, when no thread could be made.
  [[nodiscard]] bool start(std::vector<SyncItem>& items);
  [[nodiscard]] bool is_busy() const { return state_->busy.load(std::memory_order_acquire); }
  /// errno of a sync that failed since the last call; 0: none.
  [[nodiscard]] int take_error() { return state_->error.exchange(0); }

 private:
  /// Shared with the thread, which may outlive this object.
  struct State {
    std::atomic<bool> busy = false;
    std::atomic<int> error = 0;
  };
  struct Job;
  static void* run(void* job);

  Disk& disk_;
  std::shared_ptr<State> state_;
};

}  // namespace journal
