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

/// A log of parts of the state in a memory file, in one of two halves of it. A commit appends the parts that changed and
/// makes them count with one store; when the log has become twice as long as what is still of use, that alone is written to
/// the other half, which the same store makes the current one. Whatever happens in between, one whole state is there. Each
/// part has a checksum; of a damaged one, its former text counts. Survives execve() by its descriptor.
class StateLog {
 public:
  /// Descriptors that the next image has to inherit, at most this many.
  static constexpr std::size_t kept_fds_max = 16384;
  /// Crashes within one minute after which the manager no longer trusts its state.
  static constexpr std::uint32_t crash_loop = 5;
  /// Room for all parts of a state.
  static constexpr std::uint64_t half_size = 128ULL << 20U;

  [[nodiscard]] static unitparser::Result<StateLog> create();
  /// Opens what an earlier image left; error (protocol) when it is not one of ours.
  [[nodiscard]] static unitparser::Result<StateLog> open(int fd);
  StateLog(StateLog&& other) noexcept;
  StateLog& operator=(StateLog&& other) noexcept;
  ~StateLog();

  /// Whether the next commit starts a state of its own, so that all parts must be put: the first of an image, and after a
  /// commit that failed.
  [[nodiscard]] bool starts_anew() const { return anew_; }
  /// Notes a part for the next commit, once for each key; empty: there is no such part any more.
  void put(std::uint64_t key, std::string_view text);
  /// Makes what was put count. `fds` are those that the state refers to. A state without room keeps the former one.
  [[nodiscard]] unitparser::Result<void> commit(const std::vector<int>& fds);
  /// The parts of the current state, joined in the order of their keys; empty before the first commit.
  [[nodiscard]] std::string state() const;

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
  /// What is current: a half, how much of it, and the list of descriptors that belongs to it.
  struct Position {
    std::uint32_t half = 0;
    std::uint32_t fd_list = 0;
    std::uint64_t length = 0;
  };
  /// Where the latest text of a part lies in the current half.
  struct Entry {
    std::uint64_t key = 0;
    std::uint32_t at = 0;
    std::uint32_t length = 0;
  };
  StateLog(unitparser::UniqueFd fd, Header* header) : fd_(std::move(fd)), header_(header) {}
  [[nodiscard]] Position position() const noexcept;
  void publish(const Position& position) noexcept;
  [[nodiscard]] char* half(std::uint32_t index) const;
  [[nodiscard]] static std::vector<Entry> entries_in(const char* log, std::uint64_t length);
  /// Appends a record behind `end_` in half `to`; false: no room.
  bool append(std::uint32_t to, std::uint64_t key, std::string_view text);
  void take_in_entries();
  void compact();
  void discard(std::uint32_t half_index, std::uint64_t length);

  unitparser::UniqueFd fd_;
  Header* header_ = nullptr;
  std::vector<Entry> entries_;  ///< by key
  std::vector<Entry> fresh_;    ///< of parts put since the last commit whose keys were not there
  std::uint64_t end_ = 0;       ///< where the next record goes, in the half that is written to
  std::uint64_t live_ = 0;      ///< what the log would be long without what is outdated
  bool anew_ = true;
  bool full_ = false;           ///< something that was put had no room
};

}  // namespace init
