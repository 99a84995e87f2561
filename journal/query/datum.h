// Data of entries as a reader wants them, and a memory of those that entry after entry refers to. [pure]
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "journal/format/object_view.h"

namespace journal {

class JournalFile;

/// One datum "NAME=value" of the current entry.
struct Datum {
  std::string_view name;
  std::string_view value;     ///< while `is_compressed` the bytes as stored: Journal::value() expands them
  std::uint32_t field = 0;    ///< the name's number, FieldNumbers; 0: it has none
  bool is_compressed = false;
  std::uint8_t flags = 0;     ///< of the data object
  bool is_plain = false;      ///< known to be printable ASCII without '"' and '\'
};

/// Numbers for the names of fields, so that fields are told apart without comparing text. From one on; a journal with more
/// names than are numbered (nobody's, unless somebody means harm) has names without a number.
class FieldNumbers {
 public:
  [[nodiscard]] std::uint32_t number_of(std::string_view name);
  /// The name that has this number, not 0.
  [[nodiscard]] std::string_view name(std::uint32_t number) const { return names_[number - 1]; }
  /// Finds name and value in "NAME=value"; false when there is no '='.
  [[nodiscard]] bool split(std::string_view payload, Datum& datum);

 private:
  void remember(std::uint32_t number);

  std::deque<std::string> names_;
  std::unordered_map<std::string_view, std::uint32_t> numbers_;
  std::array<std::uint32_t, 4> recent_{};  ///< numbers seen last: what is new in each entry has the same few names
  std::size_t next_recent_ = 0;
};

/// Data by their place, as many as the entries of a busy machine have in common. What many entries refer to is then neither
/// checked nor looked at again.
class DatumMemory {
 public:
  [[nodiscard]] const Datum* find(const JournalFile& file, std::uint64_t offset) const {
    const Place& place = places_[index_of(offset)];
    return place.offset == offset && place.file == &file ? &place.datum : nullptr;
  }
  /// The bytes that the datum refers to must stay until clear().
  void keep(const JournalFile& file, std::uint64_t offset, const Datum& datum) { places_[index_of(offset)] = {&file, offset, datum}; }
  /// Forgets everything: files were closed.
  void clear() { places_.fill({}); }

 private:
  static constexpr unsigned bits = 10;
  static std::size_t index_of(std::uint64_t offset) {
    return static_cast<std::size_t>((offset / 8 * 0x9E3779B97F4A7C15ULL) >> (64 - bits));
  }
  struct Place {
    const JournalFile* file = nullptr;
    std::uint64_t offset = 0;
    Datum datum;
  };
  std::array<Place, 1U << bits> places_{};
};

}  // namespace journal
