// NameIndex: from names to units, without the names: those are kept by the units. [pure]
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "init/engine/ids.h"

namespace init {

/// A hash table of eight bytes for a name. Whoever asks tells which unit goes by which name; a name must be taken out as long as that
/// is known.
class NameIndex {
 public:
  /// The unit that goes by that name, as `goes_by(UnitId)` says; none.
  template <class GoesBy>
  [[nodiscard]] UnitId find(std::string_view name, GoesBy goes_by) const {
    if (slots_.empty()) return UnitId::none;
    const std::uint32_t hash = hash_of(name);
    for (std::size_t at = home_of(hash); slots_[at].unit != UnitId::none; at = next(at))
      if (slots_[at].hash == hash && goes_by(slots_[at].unit)) return slots_[at].unit;
    return UnitId::none;
  }
  /// The name must not be there.
  void insert(std::string_view name, UnitId unit) {
    if ((count_ + 1) * 4 > slots_.size() * 3) grow();
    ++count_;
    put({hash_of(name), unit});
  }
  /// The name must be there and mean that unit.
  void erase(std::string_view name, UnitId unit) {
    const std::uint32_t hash = hash_of(name);
    std::size_t hole = home_of(hash);
    while (slots_[hole].hash != hash || slots_[hole].unit != unit) hole = next(hole);
    --count_;
    // Those behind move up, unless they would come to lie in front of where they are looked for.
    for (std::size_t at = next(hole); slots_[at].unit != UnitId::none; at = next(at)) {
      const std::size_t way = distance(home_of(slots_[at].hash), at);
      if (way < distance(hole, at)) continue;
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole] = {};
  }
  [[nodiscard]] std::size_t size() const { return count_; }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    UnitId unit = UnitId::none;
  };
  static std::uint32_t hash_of(std::string_view name) { return static_cast<std::uint32_t>(std::hash<std::string_view>{}(name)); }
  // The number of slots is a power of two.
  [[nodiscard]] std::size_t home_of(std::uint32_t hash) const { return hash & (slots_.size() - 1); }
  [[nodiscard]] std::size_t next(std::size_t at) const { return (at + 1) & (slots_.size() - 1); }
  [[nodiscard]] std::size_t distance(std::size_t from, std::size_t to) const { return (to - from) & (slots_.size() - 1); }
  void put(const Slot& slot) {
    std::size_t at = home_of(slot.hash);
    while (slots_[at].unit != UnitId::none) at = next(at);
    slots_[at] = slot;
  }
  void grow() {
    const std::vector<Slot> before = std::exchange(slots_, std::vector<Slot>(std::max<std::size_t>(16, slots_.size() * 2)));
    for (const Slot& slot : before)
      if (slot.unit != UnitId::none) put(slot);
  }

  std::vector<Slot> slots_;
  std::size_t count_ = 0;
};

}  // namespace init
