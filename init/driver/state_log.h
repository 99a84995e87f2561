// StateLog: the last committed state of the manager, in memory that outlives its heap and its program image. [os]
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "unitparser/base/fd.h"
#include "unitparser/base/result.h"

namespace init {

/// Two slots in a memory file: a commit fills the one that is not current, then makes it current with one store. Whatever
/// happens in between, one whole state is there. Survives execve() by its descriptor.
class StateLog {
 public:
  /// Descriptors that the next image has to inherit, at most this many.
  static constexpr std::size_t kept_fds_max = 16384;
  /// Crashes within one minute after which the manager no longer trusts its state.
  static constexpr std::uint32_t crash_loop = 5;

  [[nodiscard]] static unitparser::Result<StateLog> create();
  /// Opens what an earlier image left; error (protocol) when it is not one of ours.
  [[nodiscard]] static unitparser::Result<StateLog> open(int fd);
  StateLog(StateLog&& other) noexcept;
  StateLog& operator=(StateLog&& other) noexcept;
  ~StateLog();

  /// Makes `state` the current one. `fds` are those it refers to. Too large a state (128 MiB) keeps the former one.
  [[nodiscard]] unitparser::Result<void> commit(std::string_view state, const std::vector<int>& fds);
  /// The current state; empty before the first commit.
  [[nodiscard]] std::string_view state() const;

  /// Names what is being handled, for the report after a crash; a pointer to a constant text.
  void set_in_hand(const char* what) noexcept;
  [[nodiscard]] int fd() const { return fd_.get(); }

  // --- Async-signal-safe, for the crash handler --------------------------------------------------------------------
  /// Counts a crash and keeps its reason. Returns how many there were in the last minute.
  std::uint32_t record_crash(int signal, std::uint64_t now_usec) noexcept;
  /// Lets the kept descriptors and this log through the next execve().
  void prepare_exec() noexcept;

  struct Crash {
    std::uint32_t count = 0;   ///< since the boot
    int signal = 0;            ///< of the last one
    std::string in_hand;       ///< what was being handled
  };
  [[nodiscard]] Crash last_crash() const;

 private:
  struct Header;
  StateLog(unitparser::UniqueFd fd, Header* header) : fd_(std::move(fd)), header_(header) {}
  [[nodiscard]] char* slot(std::uint32_t index) const;

  unitparser::UniqueFd fd_;
  Header* header_ = nullptr;
};

}  // namespace init
