#include "journal/store/acl.h"

#include <algorithm>
#include <cstring>

namespace journal {
namespace {

constexpr std::uint32_t list_version = 2;
constexpr std::uint32_t no_id = UINT32_MAX;
constexpr std::uint16_t may_read = 4;

/// Who an entry is for; lists are sorted by this, then by id.
enum class Tag : std::uint16_t { owner = 0x01, user = 0x02, owning_group = 0x04, group = 0x08, mask = 0x10, other = 0x20 };

struct AclEntry {
  Tag tag;
  std::uint16_t permissions;
  std::uint32_t id;
};
static_assert(sizeof(AclEntry) == 8);

std::vector<AclEntry> entries_of(std::span<const std::uint8_t> acl, mode_t mode) {
  std::uint32_t version = 0;
  if (acl.size() >= sizeof version) std::memcpy(&version, acl.data(), sizeof version);
  if (version != list_version) {
    const auto bits = [mode](unsigned shift) { return static_cast<std::uint16_t>((mode >> shift) & 7U); };
    return {{Tag::owner, bits(6), no_id}, {Tag::owning_group, bits(3), no_id}, {Tag::other, bits(0), no_id}};
  }
  std::vector<AclEntry> entries((acl.size() - sizeof version) / sizeof(AclEntry));
  if (!entries.empty()) std::memcpy(entries.data(), acl.data() + sizeof version, entries.size() * sizeof(AclEntry));
  return entries;
}

}  // namespace

std::vector<std::uint8_t> acl_with_reader(std::span<const std::uint8_t> acl, mode_t mode, uid_t reader) {
  std::vector<AclEntry> entries = entries_of(acl, mode);
  const auto allow = [&entries](Tag tag, std::uint32_t id) {
    const auto found = std::find_if(entries.begin(), entries.end(), [&](const AclEntry& e) { return e.tag == tag && e.id == id; });
    if (found != entries.end()) found->permissions |= may_read;
    else entries.push_back({tag, may_read, id});
  };
  allow(Tag::user, reader);
  allow(Tag::mask, no_id);
  std::sort(entries.begin(), entries.end(), [](const AclEntry& a, const AclEntry& b) { return a.tag != b.tag ? a.tag < b.tag : a.id < b.id; });
  std::vector<std::uint8_t> bytes(sizeof list_version + entries.size() * sizeof(AclEntry));
  std::memcpy(bytes.data(), &list_version, sizeof list_version);
  std::memcpy(bytes.data() + sizeof list_version, entries.data(), entries.size() * sizeof(AclEntry));
  return bytes;
}

}  // namespace journal
