#include "journal/store/write_ahead_log.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "journal/file/random_id.h"
#include "journal/format/hash.h"
#include "journal/store/directory.h"

namespace journal {
namespace {

using unitparser::fail_errno;
using unitparser::Result;
using unitparser::UniqueFd;

/// Room for a minute's warnings, one a second. The log always has this size and all of its blocks, or each batch would write what the
/// file system keeps about the file as well.
constexpr std::uint64_t log_size = 256 * 1024;
/// More than this at once is a flood: then a sync of the files writes hardly more than one here.
constexpr std::size_t most_in_batch = 64 * 1024;

/// What a batch begins with; as many bytes of entries follow.
struct BatchHead {
  std::array<char, 8> signature = {'i', 'n', 'c', 'i', 'p', 'W', 'A', 'L'};
  Id128 run;
  std::uint64_t size = 0;
  std::uint64_t hash = 0;  ///< of the entries, keyed with the run
};
/// What an entry begins with; its payloads follow, each behind its size in 32 bits.
struct EntryHead {
  Id128 file_id;
  Id128 boot_id;
  std::uint64_t seqnum = 0;
  std::uint64_t realtime = 0;
  std::uint64_t monotonic = 0;
  std::uint64_t payloads = 0;
};

template <class T>
void append_object(std::string& bytes, const T& object) {
  bytes.append(reinterpret_cast<const char*>(&object), sizeof object);
}

/// Takes an object from the front of `bytes`; nothing where there are too few.
template <class T>
std::optional<T> take_object(std::string_view& bytes) {
  if (bytes.size() < sizeof(T)) return {};
  T object;
  std::memcpy(&object, bytes.data(), sizeof object);
  bytes.remove_prefix(sizeof object);
  return object;
}

std::uint64_t hash_of(const Id128& run, std::string_view entries) { return siphash24(entries.data(), entries.size(), run); }

std::optional<LoggedEntry> take_entry(std::string_view& bytes) {
  const auto head = take_object<EntryHead>(bytes);
  if (!head) return {};
  LoggedEntry entry{head->file_id, head->seqnum, {head->realtime, head->monotonic, head->boot_id}, {}};
  for (std::uint64_t i = 0; i < head->payloads; ++i) {
    const auto size = take_object<std::uint32_t>(bytes);
    if (!size || *size > bytes.size()) return {};
    entry.payloads.emplace_back(bytes.substr(0, *size));
    bytes.remove_prefix(*size);
  }
  return entry;
}

}  // namespace

void parse_batch(std::string_view bytes, std::vector<LoggedEntry>& entries) {
  while (auto entry = take_entry(bytes)) entries.push_back(std::move(*entry));
}

std::vector<LoggedEntry> parse_write_ahead_log(std::string_view bytes) {
  std::vector<LoggedEntry> entries;
  std::optional<Id128> run;
  while (!bytes.empty()) {
    std::string_view batch = bytes;
    const auto head = take_object<BatchHead>(batch);
    if (!head || head->signature != BatchHead{}.signature || head->size > batch.size() || (run && head->run != *run)) break;
    batch = batch.substr(0, head->size);
    if (hash_of(head->run, batch) != head->hash) break;
    run = head->run;
    parse_batch(batch, entries);
    bytes.remove_prefix(std::min<std::size_t>(bytes.size(), whole_pages(sizeof(BatchHead) + head->size)));
  }
  return entries;
}

std::vector<LoggedEntry> read_write_ahead_log(const std::string& path) {
  const auto bytes = read_small_file(path, log_size);
  return bytes ? parse_write_ahead_log(*bytes) : std::vector<LoggedEntry>();
}

LoggedByFile by_file(std::vector<LoggedEntry> entries) {
  LoggedByFile sorted;
  for (LoggedEntry& entry : entries) sorted[entry.file_id].push_back(std::move(entry));
  return sorted;
}

std::vector<UniqueFd> files_of_missing_entries(const std::string& folder) {
  std::vector<UniqueFd> files;
  const LoggedByFile logged = by_file(read_write_ahead_log(folder + "/" + std::string(write_ahead_log_name)));
  if (logged.empty()) return files;
  visit_names(folder, [&](const StoredFile& stored) {
    const auto seen = glance_at(stored.path);
    const auto found = seen ? logged.find(seen->header.file_id) : logged.end();
    if (found == logged.end()) return;
    const std::span<const LoggedEntry> missing = logged_after(found->second, seen->header.tail_entry_seqnum);
    if (missing.empty()) return;
    NewFileOptions options;
    options.machine_id = seen->header.machine_id;
    options.seqnum_id = seen->header.seqnum_id;
    UniqueFd memory(::memfd_create("incipit-log", MFD_CLOEXEC));
    UniqueFd reader(::fcntl(memory.get(), F_DUPFD_CLOEXEC, 3));
    const auto file = Appender::create_in(std::move(memory), stored.path, options, {.max_size = 4 * log_size}, {});
    if (!file || !reader) return;
    for (const LoggedEntry& entry : missing)
      if (!append_logged(**file, entry)) break;
    files.push_back(std::move(reader));
  });
  return files;
}

Result<void> write_batch(Disk& disk, int fd, const LogBatch& batch) {
  const ssize_t n = disk.write(fd, batch.bytes.data(), batch.bytes.size(), static_cast<off_t>(batch.at));
  if (n != static_cast<ssize_t>(batch.bytes.size())) return fail_errno(n < 0 ? errno : ENOSPC, "write-ahead log");
  if (disk.sync_data(fd) < 0) return fail_errno(errno, "write-ahead log");
  return {};
}

Result<std::unique_ptr<WriteAheadLog>> WriteAheadLog::open(const std::string& path, Disk& disk) {
  UniqueFd fd(disk.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640));
  if (!fd) return fail_errno(errno, path);
  struct stat st = {};
  if (::fstat(fd.get(), &st) < 0) return fail_errno(errno, path);
  if (!S_ISREG(st.st_mode)) return unitparser::fail(unitparser::ErrorCode::not_supported, path + ": not a file");
  if (static_cast<std::uint64_t>(st.st_size) != log_size) {
    if (disk.truncate(fd.get(), log_size) < 0) return fail_errno(errno, path);
    // Page by page: what is written at once is kept in memory as one piece, and goes to the disk as one when a byte of it changes.
    const std::string zeros(page_size, '\0');
    for (std::uint64_t at = 0; at < log_size; at += page_size) {
      const ssize_t n = disk.write(fd.get(), zeros.data(), zeros.size(), static_cast<off_t>(at));
      if (n != static_cast<ssize_t>(zeros.size())) return fail_errno(n < 0 ? errno : ENOSPC, path);
    }
    if (disk.sync(fd.get()) < 0 || disk.sync_folder(folder_of(path)) < 0) return fail_errno(errno, path);
  }
  std::unique_ptr<WriteAheadLog> log(new WriteAheadLog(std::move(fd)));
  log->run_ = TRY(random_id());
  log->entries_.reserve(most_in_batch);
  return log;
}

void WriteAheadLog::add(const Id128& file_id, std::uint64_t seqnum, const EntryStamp& stamp, std::span<const std::string_view> payloads) {
  if (!is_complete_) return;
  std::size_t size = entries_.size() + (entries_.empty() ? sizeof(BatchHead) : 0) + sizeof(EntryHead);
  for (const std::string_view payload : payloads) size += sizeof(std::uint32_t) + payload.size();
  if (size > most_in_batch || place_ + whole_pages(size) > log_size) return give_up();
  if (entries_.empty()) append_object(entries_, BatchHead{});
  append_object(entries_, EntryHead{file_id, stamp.boot_id, seqnum, stamp.realtime, stamp.monotonic, payloads.size()});
  for (const std::string_view payload : payloads) {
    append_object(entries_, static_cast<std::uint32_t>(payload.size()));
    entries_ += payload;
  }
}

void WriteAheadLog::give_up() {
  is_complete_ = false;
  entries_.clear();
}

LogBatch WriteAheadLog::take_batch() {
  LogBatch batch{entries_, place_};
  if (batch.bytes.empty()) return batch;
  entries_.clear();
  const std::string_view entries = std::string_view(batch.bytes).substr(sizeof(BatchHead));
  const BatchHead head{.run = run_, .size = entries.size(), .hash = hash_of(run_, entries)};
  std::memcpy(batch.bytes.data(), &head, sizeof head);
  // Whole pages: none needs to be read first, and one that is on the disk is not written again in this run.
  batch.bytes.resize(whole_pages(batch.bytes.size()));
  place_ += batch.bytes.size();
  return batch;
}

void WriteAheadLog::files_sync_begins() {
  entries_.clear();
  is_complete_ = true;
}

void WriteAheadLog::files_are_synced() {
  place_ = 0;
  if (const auto id = random_id()) run_ = *id;
  else give_up();
}

}  // namespace journal
