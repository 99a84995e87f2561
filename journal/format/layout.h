// The journal file format on disk: its structures with their sizes asserted (public format description). [pure]
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace journal {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "files are little endian; add conversions for this machine");

/// 128-bit id (machine, boot, file, sequence number source).
struct Id128 {
  std::array<std::uint8_t, 16> bytes{};
  bool operator==(const Id128& other) const {
    std::uint64_t a[2], b[2];  // two words: this is asked several times for each entry that is read
    std::memcpy(a, bytes.data(), sizeof a);
    std::memcpy(b, other.bytes.data(), sizeof b);
    return a[0] == b[0] && a[1] == b[1];
  }
  auto operator<=>(const Id128&) const = default;
  [[nodiscard]] bool is_null() const { return *this == Id128{}; }
};

enum class ObjectType : std::uint8_t {
  unused = 0,
  data = 1,
  field = 2,
  entry = 3,
  data_hash_table = 4,
  field_hash_table = 5,
  entry_array = 6,
  tag = 7,
};
inline constexpr std::uint8_t object_type_count = 8;

enum class FileState : std::uint8_t { offline = 0, online = 1, archived = 2 };

namespace compatible {
inline constexpr std::uint32_t sealed = 1U << 0;
inline constexpr std::uint32_t tail_entry_boot_id = 1U << 1;  ///< written since 254
inline constexpr std::uint32_t sealed_continuous = 1U << 2;   ///< written since 255
}  // namespace compatible

namespace incompatible {
inline constexpr std::uint32_t compressed_xz = 1U << 0;
inline constexpr std::uint32_t compressed_lz4 = 1U << 1;
inline constexpr std::uint32_t keyed_hash = 1U << 2;
inline constexpr std::uint32_t compressed_zstd = 1U << 3;
inline constexpr std::uint32_t compact = 1U << 4;
inline constexpr std::uint32_t any = 0x1F;
}  // namespace incompatible

namespace object_flag {
inline constexpr std::uint8_t compressed_xz = 1U << 0;
inline constexpr std::uint8_t compressed_lz4 = 1U << 1;
inline constexpr std::uint8_t compressed_zstd = 1U << 2;
inline constexpr std::uint8_t compressed_any = 7;
}  // namespace object_flag

inline constexpr std::array<char, 8> file_signature{'L', 'P', 'K', 'S', 'H', 'H', 'R', 'H'};

/// First bytes of every file. Fields after `tail_entry_monotonic` came later: they exist when header_size covers them.
struct Header {
  std::array<char, 8> signature;
  std::uint32_t compatible_flags;
  std::uint32_t incompatible_flags;
  std::uint8_t state;
  std::array<std::uint8_t, 7> reserved;
  Id128 file_id;
  Id128 machine_id;
  Id128 tail_entry_boot_id;
  Id128 seqnum_id;
  std::uint64_t header_size;
  std::uint64_t arena_size;
  std::uint64_t data_hash_table_offset;
  std::uint64_t data_hash_table_size;
  std::uint64_t field_hash_table_offset;
  std::uint64_t field_hash_table_size;
  std::uint64_t tail_object_offset;
  std::uint64_t n_objects;
  std::uint64_t n_entries;
  std::uint64_t tail_entry_seqnum;
  std::uint64_t head_entry_seqnum;
  std::uint64_t entry_array_offset;
  std::uint64_t head_entry_realtime;
  std::uint64_t tail_entry_realtime;
  std::uint64_t tail_entry_monotonic;
  std::uint64_t n_data;                          // since 187
  std::uint64_t n_fields;                        // since 187
  std::uint64_t n_tags;                          // since 189
  std::uint64_t n_entry_arrays;                  // since 189
  std::uint64_t data_hash_chain_depth;           // since 246
  std::uint64_t field_hash_chain_depth;          // since 246
  std::uint32_t tail_entry_array_offset;         // since 252
  std::uint32_t tail_entry_array_n_entries;      // since 252
};
static_assert(sizeof(Header) == 264);
static_assert(offsetof(Header, header_size) == 88 && offsetof(Header, n_data) == 208);
inline constexpr std::uint64_t minimum_header_size = offsetof(Header, n_data);
/// Largest header that we map (later versions only append fields).
inline constexpr std::uint64_t maximum_header_size = 4096;

constexpr bool is_sealed(const Header& header) { return (header.compatible_flags & compatible::sealed) != 0; }

/// True when a header of that size contains a member that ends there (a file of an older writer may not).
constexpr bool header_has(std::uint64_t header_size, std::size_t offset, std::size_t size) {
  return header_size >= offset + size;
}

struct ObjectHeader {
  std::uint8_t type;
  std::uint8_t flags;
  std::array<std::uint8_t, 6> reserved;
  std::uint64_t size;  ///< with this header, without padding to 8
};
static_assert(sizeof(ObjectHeader) == 16);

struct DataObject {
  ObjectHeader object;
  std::uint64_t hash;
  std::uint64_t next_hash_offset;
  std::uint64_t next_field_offset;
  std::uint64_t entry_offset;        ///< the first entry that has this data
  std::uint64_t entry_array_offset;  ///< all further ones
  std::uint64_t n_entries;
};
static_assert(sizeof(DataObject) == 64);
/// Compact files put this between DataObject and the payload.
struct CompactDataTail {
  std::uint32_t tail_entry_array_offset;
  std::uint32_t tail_entry_array_n_entries;
};
static_assert(sizeof(CompactDataTail) == 8);

struct FieldObject {
  ObjectHeader object;
  std::uint64_t hash;
  std::uint64_t next_hash_offset;
  std::uint64_t head_data_offset;
};
static_assert(sizeof(FieldObject) == 40);

struct EntryObject {
  ObjectHeader object;
  std::uint64_t seqnum;
  std::uint64_t realtime;
  std::uint64_t monotonic;
  Id128 boot_id;
  std::uint64_t xor_hash;
};
static_assert(sizeof(EntryObject) == 64);
struct RegularEntryItem {
  std::uint64_t object_offset;
  std::uint64_t hash;
};
using CompactEntryItem = std::uint32_t;

struct HashItem {
  std::uint64_t head_hash_offset;
  std::uint64_t tail_hash_offset;
};
static_assert(sizeof(HashItem) == 16);

struct EntryArrayObject {
  ObjectHeader object;
  std::uint64_t next_entry_array_offset;
};
static_assert(sizeof(EntryArrayObject) == 24);

struct TagObject {
  ObjectHeader object;
  std::uint64_t seqnum;
  std::uint64_t epoch;
  std::array<std::uint8_t, 32> tag;
};
static_assert(sizeof(TagObject) == 64);

/// Objects start at multiples of 8.
[[nodiscard]] constexpr std::uint64_t align8(std::uint64_t value) { return (value + 7) & ~std::uint64_t{7}; }
/// What files are brought to the disk in.
inline constexpr std::uint64_t page_size = 4096;
constexpr std::uint64_t whole_pages(std::uint64_t size) { return (size + page_size - 1) / page_size * page_size; }

/// Limits of one entry as accepted by the daemon (systemd-journald.service(8)): one field, and the whole entry.
inline constexpr std::uint64_t data_size_limit = 768ULL * 1024 * 1024;
inline constexpr std::uint64_t entry_size_limit = 1024ULL * 1024 * 1024;
inline constexpr std::size_t entry_field_limit = 1024;
inline constexpr std::size_t field_name_limit = 64;

}  // namespace journal
