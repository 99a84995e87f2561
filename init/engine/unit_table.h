// UnitTable: names to units. [pure]
#pragma once

#include <algorithm>
#include <memory>
#include <utility>

#include "init/engine/name_index.h"
#include "init/engine/unit.h"

namespace init {

class UnitTable {
 public:
  // Whoever gets a unit for writing may change it: it counts as unsaved from then on.
  [[nodiscard]] Unit& get(UnitId id) { return mark(*units_[index_of(id)]); }
  [[nodiscard]] const Unit& get(UnitId id) const { return *units_[index_of(id)]; }
  [[nodiscard]] Unit* find(UnitId id) {
    return index_of(id) < units_.size() && units_[index_of(id)] ? &mark(*units_[index_of(id)]) : nullptr;
  }
  [[nodiscard]] const Unit* find(UnitId id) const {
    return index_of(id) < units_.size() ? units_[index_of(id)].get() : nullptr;
  }
  [[nodiscard]] UnitId find_id(std::string_view name) const {
    return names_.find(name, [&](UnitId id) { return units_[index_of(id)]->goes_by(name); });
  }
  /// Makes a unit with that name, which must be free.
  Unit& create(const UnitName& name);
  /// Gives the unit one more name; false if another unit has it.
  bool add_alias(UnitId id, const UnitName& name);
  /// Makes `name` (free or already an alias) the unit's first name.
  void rename(UnitId id, const UnitName& name);
  /// All names of `from` become aliases of `into`; `from` is gone.
  void absorb(UnitId from, UnitId into);
  void remove(UnitId id);

  /// Ids in order of creation.
  [[nodiscard]] const std::vector<UnitId>& all() const { return order_; }
  [[nodiscard]] std::size_t name_count() const { return names_.size(); }
  [[nodiscard]] std::size_t slots() const { return units_.size(); }

  /// Units that were made, handed out for writing or removed since the last call.
  [[nodiscard]] std::vector<UnitId> take_unsaved();
  /// Whether a name came to mean another unit since the last call: what mentions units by name is to be written anew.
  [[nodiscard]] bool take_names_changed() { return std::exchange(names_changed_, false); }
  /// Units that were removed since the last call: what mentions one of them is to be written anew.
  [[nodiscard]] std::vector<UnitId> take_removed() { return std::exchange(removed_, {}); }

 private:
  Unit& mark(Unit& unit) {
    if (!unit.unsaved) {
      unit.unsaved = true;
      unsaved_.push_back(unit.id);
    }
    return unit;
  }

  std::vector<std::unique_ptr<Unit>> units_;
  std::vector<UnitId> order_;
  NameIndex names_;
  std::vector<UnitId> unsaved_;
  std::vector<UnitId> removed_;
  bool names_changed_ = false;
};

}  // namespace init
