// Survives a mapped file that shrinks: a page that is gone reads as zeros instead of killing the process. [os: SIGBUS]
#pragma once

#include <cstddef>

namespace journal {

/// One mapped range under guard. Not thread-safe: ranges change only in the thread that reads them.
class SigbusGuard {
 public:
  SigbusGuard() = default;
  SigbusGuard(const SigbusGuard&) = delete;
  SigbusGuard& operator=(const SigbusGuard&) = delete;
  ~SigbusGuard() { watch(nullptr, 0); }

  /// Guards this range from now on in place of the former one; nullptr: none. Installs the handler on first use, before
  /// that of the program, which gets what is not ours.
  void watch(void* base, std::size_t size);
  /// True when a page of the range was lost (the file was cut while it was mapped).
  [[nodiscard]] bool tripped() const { return tripped_; }

 private:
  static void on_sigbus(int signal, void* info, void*);
  friend void sigbus_entry(int, void*, void*);

  void* base_ = nullptr;
  std::size_t size_ = 0;
  bool tripped_ = false;
  SigbusGuard* next_ = nullptr;
  SigbusGuard* previous_ = nullptr;
};

}  // namespace journal
