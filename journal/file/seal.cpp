#include "journal/file/seal.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <vector>

namespace journal {
namespace {

using unitparser::ErrorCode;
using unitparser::fail;
using unitparser::fail_errno;
using unitparser::Result;
using unitparser::UniqueFd;

constexpr std::uint64_t largest_key_file = 16384;
/// Some seconds of squaring: 28 years of epochs of 15 minutes.
constexpr std::uint64_t most_steps = 1'000'000;

/// The bytes of a structure from one member up to another.
std::span<const std::uint8_t> part_of(const void* structure, std::size_t begin, std::size_t end) {
  return {static_cast<const std::uint8_t*>(structure) + begin, end - begin};
}

}  // namespace

Result<Sealer> Sealer::open(const std::string& path, const Id128& machine_id, Disk& disk) {
  UniqueFd fd(disk.open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0));
  if (!fd) return fail_errno(errno, path);
  std::vector<std::uint8_t> bytes(largest_key_file);
  const ssize_t n = ::pread(fd.get(), bytes.data(), bytes.size(), 0);
  if (n < 0) return fail_errno(errno, path);
  bytes.resize(static_cast<std::size_t>(n));
  SealFileHeader header = {};
  if (bytes.size() < sizeof header) return fail(ErrorCode::protocol, path + ": not a sealing key");
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.signature != seal_file_signature || header.incompatible_flags != 0 || header.header_size < sizeof header ||
      header.header_size > bytes.size() || header.state_size > bytes.size() - header.header_size || header.interval == 0)
    return fail(ErrorCode::protocol, path + ": not a sealing key");
  if (header.machine_id != machine_id) return fail(ErrorCode::protocol, path + ": the sealing key of another machine");
  auto state = SealState::parse(std::span(bytes).subspan(header.header_size, header.state_size));
  if (!state) return tl::unexpected(std::move(state.error()).context(path));
  if (state->epoch() > (UINT64_MAX - header.start) / header.interval - 1) return fail(ErrorCode::protocol, path + ": not a sealing key");
  Sealer sealer(disk, std::move(fd), std::move(*state));
  sealer.path_ = path;
  sealer.start_ = header.start;
  sealer.interval_ = header.interval;
  sealer.header_size_ = header.header_size;
  sealer.set_epoch();
  return sealer;
}

void Sealer::set_epoch() {
  epoch_ = state_.epoch();
  begin_ = start_ + epoch_ * interval_;
}

Result<void> Sealer::advance_to(std::uint64_t realtime) {
  if (!is_due(realtime)) return {};
  const std::uint64_t steps = (realtime - begin_) / interval_;
  if (steps > most_steps) return fail(ErrorCode::too_big, path_ + ": the sealing key is too old for the time of day");
  state_.evolve(steps);
  set_epoch();
  const auto bytes = state_.bytes();
  const ssize_t n = disk_->write(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(header_size_));
  if (n != static_cast<ssize_t>(bytes.size()) || disk_->sync(fd_.get()) < 0) return fail_errno(n < 0 || n == static_cast<ssize_t>(bytes.size()) ? errno : ENOSPC, path_);
  return {};
}

void seal_header(SealHmac& code, const Header& header) {
  code.add(part_of(&header, 0, offsetof(Header, state)));
  code.add(part_of(&header, offsetof(Header, file_id), offsetof(Header, tail_entry_boot_id)));
  code.add(part_of(&header, offsetof(Header, seqnum_id), offsetof(Header, arena_size)));
  code.add(part_of(&header, offsetof(Header, data_hash_table_offset), offsetof(Header, tail_object_offset)));
}

void seal_object(SealHmac& code, const FileView& view, std::uint64_t offset) {
  std::uint64_t size = 0;
  const ObjectHeader* object = view.object(offset, ObjectType::unused, size);
  if (object == nullptr) return;
  code.add(part_of(object, 0, sizeof(ObjectHeader)));
  const auto hash_and = [&](std::size_t payload_at) {
    static_assert(offsetof(DataObject, hash) == offsetof(FieldObject, hash));
    code.add(part_of(object, offsetof(DataObject, hash), offsetof(DataObject, next_hash_offset)));
    code.add(part_of(object, payload_at, size));
  };
  switch (static_cast<ObjectType>(object->type)) {
    case ObjectType::data: hash_and(sizeof(DataObject) + (view.is_compact() ? sizeof(CompactDataTail) : 0)); break;
    case ObjectType::field: hash_and(sizeof(FieldObject)); break;
    case ObjectType::entry: code.add(part_of(object, offsetof(EntryObject, seqnum), size)); break;
    case ObjectType::tag: code.add(part_of(object, offsetof(TagObject, seqnum), offsetof(TagObject, tag))); break;
    default: break;  // tables and arrays change as long as the file grows
  }
}

void SealRun::cover(const FileView& view, std::uint64_t begin, std::uint64_t end) {
  std::uint64_t size = 0;
  for (std::uint64_t offset = begin; offset < end; offset += align8(size)) {
    if (view.object(offset, ObjectType::unused, size) == nullptr) return;
    seal_object(code_, view, offset);
  }
}

}  // namespace journal
