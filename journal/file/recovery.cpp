#include "journal/file/recovery.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <vector>

#include "journal/file/appender.h"
#include "journal/file/packed_file.h"
#include "journal/format/compression.h"

namespace journal {
namespace {

using unitparser::ErrorCode;
using unitparser::fail;
using unitparser::fail_errno;
using unitparser::Result;

/// What a walk over the objects finds, which needs no chain to be intact.
struct Walk {
  std::vector<std::uint64_t> entries;
  bool ends_unwritten = false;  ///< where it ends nothing was ever written, or not whole
};
Walk walk_objects(const JournalFile& file) {
  const FileView& view = file.view();
  Walk walk;
  std::uint64_t offset = view.header_size();
  std::uint64_t size = 0;
  while (const ObjectHeader* object = view.object(offset, ObjectType::unused, size)) {
    if (object->type == static_cast<std::uint8_t>(ObjectType::entry)) walk.entries.push_back(offset);
    offset += align8(size);
  }
  const std::uint64_t left = view.size() > offset ? view.size() - offset : 0;
  const auto* rest = left >= sizeof(ObjectHeader) ? view.bytes_at<ObjectHeader>(offset) : nullptr;
  const std::uint64_t arena = file.header().arena_size;
  const bool is_cut = arena == 0 || view.size() - view.header_size() < arena;
  walk.ends_unwritten = rest == nullptr || rest->type == 0 || rest->size == 0 || (is_cut && rest->size > left);
  return walk;
}

/// An entry whose data are in the new file already.
struct CompleteEntry {
  EntryLocation where;
  std::vector<DataHandle> handles;
};

/// Interns the data of an entry; nothing when it is not complete or does not follow the last one.
Result<std::optional<CompleteEntry>> read_entry(const JournalFile& from, std::uint64_t offset, Appender& to, std::string& scratch) {
  CompleteEntry read;
  const std::optional<CompleteEntry> incomplete;
  EntryLocation& where = read.where;
  if (!from.locate(offset, where) || where.seqnum <= to.header().tail_entry_seqnum) return incomplete;
  if (where.realtime == 0 || where.realtime >= (1ULL << 55)) return incomplete;
  const EntryView entry = from.view().entry(offset);
  std::uint64_t xor_hash = 0;
  for (std::uint64_t i = 0; i < entry.n_items; ++i) {
    const std::string_view payload = from.payload(entry.item(i), scratch, expanded_size_limit);
    const DataView data = from.view().data(entry.item(i));
    if (payload.empty() || from.view().hash(payload) != data.object->hash) return incomplete;
    const auto handle = to.intern(payload);
    if (!handle && handle.error().code == ErrorCode::invalid_argument) return incomplete;
    if (!handle) return tl::unexpected(handle.error());
    read.handles.push_back(*handle);
    xor_hash ^= handle->xor_part;
  }
  if (xor_hash != where.xor_hash) return incomplete;  // not all of its items reached the disk
  return read;
}

/// What the new file is made of, in the order of the numbers.
class Merge {
 public:
  Merge(Appender& to, std::span<const LoggedEntry> logged) : to_(to), logged_(logged) {}

  Result<void> add(CompleteEntry& entry) {
    TRY(add_logged_below(entry.where.seqnum));
    std::uint64_t seqnum = entry.where.seqnum - 1;
    TRY(to_.append({entry.where.realtime, entry.where.monotonic, entry.where.boot_id}, entry.handles, seqnum));
    ++kept_;
    return {};
  }
  /// Those logged entries that are below `end` and not there.
  Result<void> add_logged_below(std::uint64_t end) {
    logged_ = logged_after(logged_, to_.header().tail_entry_seqnum);
    for (; !logged_.empty() && logged_.front().seqnum < end; logged_ = logged_.subspan(1)) {
      TRY(append_logged(to_, logged_.front()));
      ++kept_;
    }
    return {};
  }
  [[nodiscard]] std::uint64_t kept() const { return kept_; }

 private:
  Appender& to_;
  std::span<const LoggedEntry> logged_;
  std::uint64_t kept_ = 0;
};

/// Bytes of a file for each bucket of its data table (the appender's rule), and more buckets than any file has use for.
constexpr std::uint64_t bytes_for_bucket = 576;
constexpr std::uint64_t largest_table = 1'000'000;

}  // namespace

Result<void> append_logged(Appender& file, const LoggedEntry& entry) {
  std::vector<DataHandle> handles;
  for (const std::string& payload : entry.payloads) handles.push_back(TRY(file.intern(payload)));
  std::uint64_t seqnum = entry.seqnum - 1;
  return file.append(entry.stamp, handles, seqnum);
}

namespace {

Result<RecoveryReport> rebuild_file(const std::string& path, FileState state, const std::function<bool(const JournalFile&, std::uint64_t)>& wanted,
                                    Disk& disk, std::span<const LoggedEntry> logged) {
  const auto file = TRY(JournalFile::open(path, HeaderRule::lenient));
  const Header old = file->header();
  if (is_sealed(old))
    return fail(ErrorCode::not_supported, path + ": a sealed file is not rewritten, or its seals would be lost");
  if (is_packed(path)) return fail(ErrorCode::not_supported, path + ": a packed file is not rewritten");
  struct stat st = {};
  if (::fstat(file->fd(), &st) < 0) return fail_errno(errno, path);
  const Walk walk = walk_objects(*file);
  const auto nothing = [&] {
    return fail(walk.ends_unwritten ? ErrorCode::not_found : ErrorCode::protocol, path + ": no entry of it is complete");
  };
  if (walk.entries.empty() && logged.empty()) return nothing();
  const std::string repaired_path = path + ".recovering";
  disk.unlink(repaired_path);
  NewFileOptions options;
  options.machine_id = old.machine_id;
  options.boot_id = old.tail_entry_boot_id;
  options.seqnum_id = old.seqnum_id;
  options.compact = file->view().is_compact();
  options.mode = st.st_mode & 07777;
  // Room enough, and tables of about the size that the old file had.
  const std::uint64_t buckets = std::min(old.data_hash_table_size / sizeof(HashItem), largest_table);
  FileLimits limits;
  limits.max_size = std::max(static_cast<std::uint64_t>(st.st_size) * 2, buckets * bytes_for_bucket);
  const auto repaired = TRY(Appender::create(repaired_path, options, limits, {}, disk));
  RecoveryReport report;
  std::string scratch;
  const auto save = [&]() -> Result<void> {
    Merge merge(*repaired, logged);
    for (const std::uint64_t offset : walk.entries) {
      if (!wanted(*file, offset)) continue;
      if (auto entry = TRY(read_entry(*file, offset, *repaired, scratch))) TRY(merge.add(*entry));
    }
    TRY(merge.add_logged_below(UINT64_MAX));
    report.kept = merge.kept();
    if (report.kept == 0) return nothing();
    [[maybe_unused]] const int r = ::fchown(repaired->fd(), st.st_uid, st.st_gid);
    TRY(repaired->finish(state));
    if (disk.rename(repaired_path, path) < 0) return fail_errno(errno, path);
    return {};
  };
  if (const auto saved = save(); !saved) {
    disk.unlink(repaired_path);
    return tl::unexpected(saved.error());
  }
  disk.sync_folder(folder_of(path));
  report.lost = old.n_entries > report.kept ? old.n_entries - report.kept : 0;
  return report;
}

}  // namespace

Result<RecoveryReport> recover_file(const std::string& path, FileState state, Disk& disk, std::span<const LoggedEntry> logged) {
  return rebuild_file(path, state, [](const JournalFile&, std::uint64_t) { return true; }, disk, logged);
}

Result<RecoveryReport> rewrite_file(const std::string& path, FileState state, const std::function<bool(const JournalFile&, std::uint64_t)>& wanted,
                                    Disk& disk) {
  return rebuild_file(path, state, wanted, disk, {});
}

}  // namespace journal
