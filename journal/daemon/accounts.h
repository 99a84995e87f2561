// Who logged how much, and every message that was dropped, by unit and reason: nothing goes missing in silence. [os: reads one file]
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace journal {

/// Why a message is not in the journal.
enum class DropReason : std::uint8_t {
  rate_limit,  ///< over RateLimitBurst= or LogRateLimitBurst=
  no_room,     ///< no file would take it: disk full, broken or read-only
  no_memory,   ///< the daemon had none for it
  too_large,   ///< over the protocol's limits of fields or bytes
};
inline constexpr std::size_t drop_reason_count = 4;
/// The words of the table file and of `journal usage`.
inline constexpr std::array<std::string_view, drop_reason_count> drop_reason_names{"rate-limit", "no-room", "no-memory",
                                                                                   "too-large"};

struct UnitAccount {
  std::string unit;  ///< empty: senders outside of any unit
  std::uint64_t entries = 0, bytes = 0;  ///< stored since the daemon's start
  std::array<std::uint64_t, drop_reason_count> dropped{};
  std::array<std::uint64_t, drop_reason_count> untold{};  ///< dropped, and not yet said in the journal
};

class Accounts {
 public:
  /// The unit's account; it stays where it is. Past a few thousand units all others share the account "(others)".
  UnitAccount& of(std::string_view unit);
  void drop(std::string_view unit, DropReason reason, std::uint64_t n = 1);

  /// One closed run of drops of one unit for one reason other than rate limits, which tell their own.
  struct Untold {
    std::string unit;
    DropReason reason;
    std::uint64_t n;
  };
  /// What still has to be told; after this it counts as told.
  [[nodiscard]] std::vector<Untold> take_untold();
  /// Takes it back: it could not be told.
  void owe(const Untold& untold);
  [[nodiscard]] bool has_untold() const { return has_untold_; }

  /// True once after something was dropped.
  [[nodiscard]] bool take_changed() { return std::exchange(changed_, false); }
  [[nodiscard]] bool has_changed() const { return changed_; }
  /// The table as text: a line of names, then unit, entries, bytes and one number for each reason, tab between.
  [[nodiscard]] std::string format() const;

 private:
  static constexpr std::size_t most_units = 4096;
  std::unordered_map<std::string, UnitAccount> units_;
  std::string key_;
  bool changed_ = false, has_untold_ = false;
};

/// Reads such a table; lines that are none are left out.
[[nodiscard]] std::vector<UnitAccount> parse_accounts(std::string_view text);
/// The table that the daemon keeps in its folder `run` (DaemonPaths::run); empty when nothing was dropped or no daemon of ours ran.
[[nodiscard]] std::vector<UnitAccount> read_accounts(const std::string& run);
[[nodiscard]] std::string accounts_path(const std::string& run);
/// "3 rate-limit, 1 no-room": what was dropped of a unit; empty for nothing.
[[nodiscard]] std::string format_drops(const UnitAccount& account);

}  // namespace journal
