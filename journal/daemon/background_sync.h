// Writes files to the disk from a thread of its own, so that a slow disk holds up no sender. [os: fsync, one thread]
#pragma once

#include <atomic>
#include <memory>
#include <span>

namespace journal {

class BackgroundSync {
 public:
  BackgroundSync();

  /// Starts syncing these files (copies of the descriptors are used). False when no thread could be made.
  [[nodiscard]] bool start(std::span<const int> fds);
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

  std::shared_ptr<State> state_;
};

}  // namespace journal
