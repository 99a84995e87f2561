// Bounds-checked reading of the bytes of one journal file; nothing in the bytes is trusted. [pure]
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

#include "journal/format/layout.h"
#include "unitparser/base/result.h"

namespace journal {

/// How strictly a file's header must agree with the file's length.
enum class HeaderRule : std::uint8_t {
  strict,   ///< as journalctl(1): refuse a file that is shorter than its header says
  lenient,  ///< read what is there of a file that was cut
};

/// A data object whose frame was checked. `payload` is as stored (maybe compressed) and lies within the file.
struct DataView {
  const DataObject* object = nullptr;
  std::string_view payload;
  std::uint8_t flags = 0;
  explicit operator bool() const { return object != nullptr; }
};

/// An entry object whose frame was checked; `item(i)` gives offsets of data objects, unchecked.
struct EntryView {
  const EntryObject* object = nullptr;
  const std::uint8_t* items = nullptr;
  std::uint64_t n_items = 0;
  bool compact = false;
  explicit operator bool() const { return object != nullptr; }
  [[nodiscard]] std::uint64_t item(std::uint64_t i) const {
    if (compact) {
      CompactEntryItem item = 0;
      std::memcpy(&item, items + i * sizeof item, sizeof item);
      return item;
    }
    std::uint64_t offset = 0;
    std::memcpy(&offset, items + i * sizeof(RegularEntryItem), sizeof offset);
    return offset;
  }
};

/// An entry array whose frame was checked.
struct EntryArrayView {
  const EntryArrayObject* object = nullptr;
  const std::uint8_t* items = nullptr;
  std::uint64_t capacity = 0;
  bool compact = false;
  explicit operator bool() const { return object != nullptr; }
  [[nodiscard]] std::uint64_t item(std::uint64_t i) const {
    if (compact) {
      std::uint32_t offset = 0;
      std::memcpy(&offset, items + i * sizeof offset, sizeof offset);
      return offset;
    }
    std::uint64_t offset = 0;
    std::memcpy(&offset, items + i * sizeof offset, sizeof offset);
    return offset;
  }
};

/// The bytes of one file. Does not own them; they may change under it (a live file), so every size is read once.
class FileView {
 public:
  FileView() = default;

  /// Checks signature, flags and header. Errors: protocol (not a journal), not_supported (unknown incompatible
  /// flags), and io with os_errno ENODATA for a file shorter than its header says (strict only).
  [[nodiscard]] static unitparser::Result<FileView> over(std::span<const std::uint8_t> bytes, HeaderRule rule);

  /// Takes over a new place and length of the same file's bytes (after it grew).
  void rebase(std::span<const std::uint8_t> bytes) { bytes_ = bytes; }

  /// A copy of the part of the file that begins at `offset`; objects that lie in it whole are read there. Both multiples of 8;
  /// the copy must live until another is set. Empty: none.
  void set_window(std::uint64_t offset, std::span<const std::uint8_t> bytes) {
    window_offset_ = offset;
    window_ = bytes;
  }

  [[nodiscard]] const Header& header() const { return *reinterpret_cast<const Header*>(bytes_.data()); }
  [[nodiscard]] std::uint64_t header_size() const { return header_size_; }
  [[nodiscard]] bool is_compact() const { return (flags_ & incompatible::compact) != 0; }
  [[nodiscard]] bool is_keyed() const { return (flags_ & incompatible::keyed_hash) != 0; }
  [[nodiscard]] std::uint64_t size() const { return bytes_.size(); }
  /// The bytes at `offset` seen as a T, whatever they are; nullptr when they are not all there.
  template <class T>
  [[nodiscard]] const T* bytes_at(std::uint64_t offset) const {
    const bool fits = offset % 8 == 0 && offset <= bytes_.size() && bytes_.size() - offset >= sizeof(T);
    return fits ? reinterpret_cast<const T*>(bytes_.data() + offset) : nullptr;
  }

  /// Frame of the object at `offset` with its length inside the file; nullptr when there cannot be one.
  /// `size` receives the length that was checked. type unused accepts any type.
  [[nodiscard]] const ObjectHeader* object(std::uint64_t offset, ObjectType type, std::uint64_t& size) const;

  [[nodiscard]] DataView data(std::uint64_t offset) const;
  [[nodiscard]] EntryView entry(std::uint64_t offset) const;
  [[nodiscard]] EntryArrayView entry_array(std::uint64_t offset) const;
  /// The i-th item of the entry array at `offset`, whose frame and capacity were checked before: its first page need not be
  /// looked at again. 0 beyond the bytes.
  [[nodiscard]] std::uint64_t entry_array_item(std::uint64_t offset, std::uint64_t i) const {
    const std::uint64_t item_size = is_compact() ? sizeof(std::uint32_t) : sizeof(std::uint64_t);
    const std::uint64_t begin = offset + sizeof(EntryArrayObject) + i * item_size;
    if (begin > bytes_.size() || bytes_.size() - begin < item_size) return 0;
    std::uint64_t item = 0;
    std::memcpy(&item, bytes_.data() + begin, item_size);
    return item;
  }
  /// Field object and its name; empty name when there is none.
  [[nodiscard]] const FieldObject* field(std::uint64_t offset, std::string_view& name) const;

  /// The hash tables as spans; empty when the header's values do not describe one.
  [[nodiscard]] std::span<const HashItem> data_hash_table() const;
  [[nodiscard]] std::span<const HashItem> field_hash_table() const;

  /// Hash of a payload as this file uses it in its tables.
  [[nodiscard]] std::uint64_t hash(std::string_view payload) const;

  /// Offset of the data object with exactly this uncompressed payload ("FIELD=value"); 0 when there is none.
  [[nodiscard]] std::uint64_t find_data(std::string_view payload) const;
  /// Offset of the field object of that name; 0 when there is none.
  [[nodiscard]] std::uint64_t find_field(std::string_view name) const;

 private:
  [[nodiscard]] std::span<const HashItem> hash_table(std::uint64_t offset, std::uint64_t size, ObjectType type) const;
  /// The object's frame in the window, when all of it is there.
  [[nodiscard]] const ObjectHeader* windowed(std::uint64_t offset) const;

  std::span<const std::uint8_t> bytes_;
  std::span<const std::uint8_t> window_;
  std::uint64_t window_offset_ = 0;
  std::uint64_t header_size_ = 0;
  std::uint32_t flags_ = 0;
  Id128 file_id_;
};

}  // namespace journal
