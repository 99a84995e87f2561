#include "journal/format/object_view.h"

#include <cerrno>
#include <string>

#include "journal/format/compression.h"
#include "journal/format/hash.h"

namespace journal {
namespace {

using unitparser::Error;
using unitparser::ErrorCode;
using unitparser::fail;
using unitparser::Result;

constexpr std::uint64_t minimum_size_of(ObjectType type) {
  switch (type) {
    case ObjectType::data: return sizeof(DataObject) + 1;
    case ObjectType::field: return sizeof(FieldObject) + 1;
    case ObjectType::entry: return sizeof(EntryObject);
    case ObjectType::data_hash_table:
    case ObjectType::field_hash_table: return sizeof(ObjectHeader) + sizeof(HashItem);
    case ObjectType::entry_array: return sizeof(EntryArrayObject);
    case ObjectType::tag: return sizeof(TagObject);
    case ObjectType::unused: break;
  }
  return sizeof(ObjectHeader);
}

/// Chains longer than this are walked by no reader: a table filled to its limit has chains of a handful.
constexpr std::uint64_t longest_chain = 1'000'000;

}  // namespace

Result<FileView> FileView::over(std::span<const std::uint8_t> bytes, HeaderRule rule) {
  if (bytes.size() < minimum_header_size)
    return tl::unexpected(Error{ErrorCode::io, ENODATA, "the file is shorter than a header", {}});
  FileView view;
  view.bytes_ = bytes;
  const auto* raw = reinterpret_cast<const Header*>(bytes.data());
  if (raw->signature != file_signature)
    return tl::unexpected(Error{ErrorCode::protocol, EBADMSG, "not a journal file", {}});
  view.flags_ = raw->incompatible_flags;
  if ((view.flags_ & ~incompatible::any) != 0)
    return tl::unexpected(
        Error{ErrorCode::not_supported, EPROTONOSUPPORT, "the file uses features that this reader does not know", {}});
  if (raw->state > static_cast<std::uint8_t>(FileState::archived))
    return tl::unexpected(Error{ErrorCode::protocol, EBADMSG, "unknown file state", {}});
  view.header_size_ = raw->header_size;
  if (view.header_size_ < minimum_header_size || view.header_size_ > maximum_header_size ||
      view.header_size_ > bytes.size() || view.header_size_ % 8 != 0)
    return tl::unexpected(Error{ErrorCode::protocol, EBADMSG, "impossible header size", {}});
  const std::uint64_t arena = raw->arena_size;
  if (rule == HeaderRule::strict && (arena > UINT64_MAX - view.header_size_ || view.header_size_ + arena > bytes.size()))
    return tl::unexpected(Error{ErrorCode::io, ENODATA, "the file is shorter than its header says", {}});
  view.file_id_ = raw->file_id;
  return view;
}

const ObjectHeader* FileView::windowed(std::uint64_t offset) const {
  const std::uint64_t begin = offset - window_offset_;
  if (begin >= window_.size() || window_.size() - begin < sizeof(ObjectHeader)) return nullptr;
  const auto* header = reinterpret_cast<const ObjectHeader*>(window_.data() + begin);
  return header->size <= window_.size() - begin ? header : nullptr;
}

const ObjectHeader* FileView::object(std::uint64_t offset, ObjectType type, std::uint64_t& size) const {
  if (offset % 8 != 0 || offset < header_size_ || offset > bytes_.size() ||
      bytes_.size() - offset < sizeof(ObjectHeader))
    return nullptr;
  const ObjectHeader* header = windowed(offset);
  if (header == nullptr) header = reinterpret_cast<const ObjectHeader*>(bytes_.data() + offset);
  const std::uint8_t actual = header->type;
  if (actual == 0 || actual >= object_type_count) return nullptr;
  if (type != ObjectType::unused && actual != static_cast<std::uint8_t>(type)) return nullptr;
  size = *const_cast<const volatile std::uint64_t*>(&header->size);
  if (size < minimum_size_of(static_cast<ObjectType>(actual)) || size > bytes_.size() - offset) return nullptr;
  return header;
}

DataView FileView::data(std::uint64_t offset) const {
  std::uint64_t size = 0;
  const ObjectHeader* header = object(offset, ObjectType::data, size);
  if (header == nullptr) return {};
  const std::uint64_t head = sizeof(DataObject) + (is_compact() ? sizeof(CompactDataTail) : 0);
  if (size <= head) return {};
  return {reinterpret_cast<const DataObject*>(header), {reinterpret_cast<const char*>(header) + head, size - head}, header->flags};
}

EntryView FileView::entry(std::uint64_t offset) const {
  std::uint64_t size = 0;
  const ObjectHeader* header = object(offset, ObjectType::entry, size);
  if (header == nullptr) return {};
  const std::uint64_t bytes = size - sizeof(EntryObject);
  const std::uint64_t n = is_compact() ? bytes / sizeof(CompactEntryItem) : bytes / sizeof(RegularEntryItem);  // by constants: quicker
  if (n == 0) return {};
  return {reinterpret_cast<const EntryObject*>(header), reinterpret_cast<const std::uint8_t*>(header) + sizeof(EntryObject), n,
          is_compact()};
}

EntryArrayView FileView::entry_array(std::uint64_t offset) const {
  std::uint64_t size = 0;
  const ObjectHeader* header = object(offset, ObjectType::entry_array, size);
  if (header == nullptr) return {};
  const std::uint64_t bytes = size - sizeof(EntryArrayObject);
  const std::uint64_t n = is_compact() ? bytes / sizeof(std::uint32_t) : bytes / sizeof(std::uint64_t);  // by constants: quicker
  if (n == 0) return {};
  return {reinterpret_cast<const EntryArrayObject*>(header),
          reinterpret_cast<const std::uint8_t*>(header) + sizeof(EntryArrayObject), n, is_compact()};
}

const FieldObject* FileView::field(std::uint64_t offset, std::string_view& name) const {
  std::uint64_t size = 0;
  const ObjectHeader* header = object(offset, ObjectType::field, size);
  if (header == nullptr) return nullptr;
  name = {reinterpret_cast<const char*>(header) + sizeof(FieldObject), size - sizeof(FieldObject)};
  return reinterpret_cast<const FieldObject*>(header);
}

std::span<const HashItem> FileView::hash_table(std::uint64_t offset, std::uint64_t size, ObjectType type) const {
  // The header points behind the object's frame.
  if (offset < header_size_ + sizeof(ObjectHeader) || offset % 8 != 0 || offset > bytes_.size() ||
      size > bytes_.size() - offset || size < sizeof(HashItem))
    return {};
  std::uint64_t object_size = 0;
  if (object(offset - sizeof(ObjectHeader), type, object_size) == nullptr) return {};
  if (object_size - sizeof(ObjectHeader) < size) return {};
  return {reinterpret_cast<const HashItem*>(bytes_.data() + offset), size / sizeof(HashItem)};
}

std::span<const HashItem> FileView::data_hash_table() const {
  return hash_table(header().data_hash_table_offset, header().data_hash_table_size, ObjectType::data_hash_table);
}

std::span<const HashItem> FileView::field_hash_table() const {
  return hash_table(header().field_hash_table_offset, header().field_hash_table_size, ObjectType::field_hash_table);
}

std::uint64_t FileView::hash(std::string_view payload) const {
  return is_keyed() ? siphash24(payload.data(), payload.size(), file_id_)
                    : jenkins_hash64(payload.data(), payload.size());
}

std::uint64_t FileView::find_data(std::string_view payload) const {
  const auto table = data_hash_table();
  if (table.empty()) return 0;
  const std::uint64_t wanted = hash(payload);
  std::uint64_t offset = table[wanted % table.size()].head_hash_offset;
  std::string expanded;
  for (std::uint64_t steps = 0; offset != 0 && steps < longest_chain; ++steps) {
    const DataView found = data(offset);
    if (!found) return 0;
    if (found.object->hash == wanted) {
      const Compression kind = compression_of_flags(found.flags);
      if (kind == Compression::none) {
        if (found.payload == payload) return offset;
      } else if (decompress(kind, found.payload, expanded, payload.size() + 1) && expanded == payload) {
        return offset;
      }
    }
    // Objects are only ever appended to a chain, so its offsets rise; anything else would be a loop.
    const std::uint64_t next = found.object->next_hash_offset;
    if (next != 0 && next <= offset) return 0;
    offset = next;
  }
  return 0;
}

std::uint64_t FileView::find_field(std::string_view name) const {
  const auto table = field_hash_table();
  if (table.empty()) return 0;
  const std::uint64_t wanted = hash(name);
  std::uint64_t offset = table[wanted % table.size()].head_hash_offset;
  for (std::uint64_t steps = 0; offset != 0 && steps < longest_chain; ++steps) {
    std::string_view found_name;
    const FieldObject* found = field(offset, found_name);
    if (found == nullptr) return 0;
    if (found->hash == wanted && found_name == name) return offset;
    const std::uint64_t next = found->next_hash_offset;
    if (next != 0 && next <= offset) return 0;
    offset = next;
  }
  return 0;
}

}  // namespace journal
