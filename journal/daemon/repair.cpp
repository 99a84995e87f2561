#include "journal/daemon/repair.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <optional>
#include <utility>

#include "journal/daemon/clock.h"
#include "journal/file/verifier.h"
#include "journal/store/directory.h"

namespace journal {
namespace {

using unitparser::ErrorCode;
using unitparser::UniqueFd;

/// What a file's header says of its soundness.
enum class Health : std::uint8_t {
  whole,
  in_use,  ///< not finished
  cut,     ///< shorter than it says
  blank,   ///< not even its header reached the disk whole
};
Health health_of(const std::optional<Glance>& seen) {
  if (!seen) return Health::whole;
  const Header& header = seen->header;
  if (header.signature == std::array<char, 8>{} || header.header_size == 0) return Health::blank;
  if (header.header_size > maximum_header_size || header.header_size + header.arena_size > seen->size) return Health::cut;
  return header.state == static_cast<std::uint8_t>(FileState::online) ? Health::in_use : Health::whole;
}

}  // namespace

void Repair::read_log(const std::string& path) {
  logged_ = by_file(read_write_ahead_log(path));
}

std::span<const LoggedEntry> Repair::logged_of(const Id128& file_id) const {
  const auto found = logged_.find(file_id);
  if (found == logged_.end()) return {};
  return found->second;
}

void Repair::set_aside(const std::string& path, std::string_view reason) {
  std::uint64_t random = 0;
  [[maybe_unused]] const ssize_t r = ::getrandom(&random, sizeof random, 0);
  std::array<char, 64> suffix{};
  std::snprintf(suffix.data(), suffix.size(), "@%016" PRIx64 "-%016" PRIx64 ".journal~", realtime_now(), random);
  if (disk_.rename(path, path.substr(0, path.size() - std::strlen(".journal")) + suffix.data()) == 0)
    tell_(4, "File " + path + " " + std::string(reason) + ", renaming and replacing.");
}

Repair::Recovered Repair::recover(const std::string& path, FileState state) {
  const auto seen = glance_at(path);
  const auto tell = [&](std::uint64_t kept, std::uint64_t lost) {
    tell_(4, "recovered " + path + ": " + std::to_string(kept) + " entries kept, at most " + std::to_string(lost) + " lost");
  };
  const auto report = recover_file(path, state, disk_, logged_of(seen ? seen->header.file_id : Id128()));
  if (report) {
    tell(report->kept, report->lost);
    return Recovered::entries;
  }
  if (report.error().code == ErrorCode::not_supported) return Recovered::is_sealed;
  const bool is_empty = report.error().code == ErrorCode::not_found || health_of(glance_at(path)) == Health::blank;
  if (!is_empty || disk_.unlink(path) < 0) {
    tell_(4, "Failed to recover " + report.error().message);
    return Recovered::failed;
  }
  tell(0, seen ? seen->header.n_entries : 0);
  return Recovered::nothing_there;
}

std::unique_ptr<Appender> Repair::open(const std::string& path, const OpenOptions& options) {
  const auto open_as = [&](Resume resume) {
    return Appender::open(path, machine_id_, options.limits, options.compression, resume, disk_, options.sealer);
  };
  auto opened = open_as(Resume::clean_files);
  if (!opened && opened.error().code == ErrorCode::busy) {
    // Not closed cleanly: go on if nothing is wrong with it, else keep every complete entry.
    const auto file = JournalFile::open(path, HeaderRule::strict);
    if (file && verify_file(**file).passed && ends_agree(**file)) opened = open_as(Resume::checked_files);
    // A file without tables is sound, but nothing can be added to it.
    if (!opened && opened.error().code == ErrorCode::busy) {
      if (recover(path, FileState::offline) == Recovered::nothing_there) return nullptr;
      opened = open_as(Resume::checked_files);
    }
  }
  if (opened) return std::move(*opened);
  if (opened.error().os_errno != ENOENT && !(health_of(glance_at(path)) == Health::blank && disk_.unlink(path) == 0))
    set_aside(path, opened.error().code == ErrorCode::not_supported ? "is not one to go on with" : "corrupted or uncleanly shut down");
  return nullptr;
}

std::vector<SyncItem> Repair::mend_archives(const std::string& folder, SyncItem::Kind kind, bool also_whole) {
  std::vector<SyncItem> items;
  for (const std::string& unfinished : list_with_suffix(folder, ".journal.zst.tmp")) disk_.unlink(unfinished);
  for (const StoredFile& stored : list_files(folder)) {
    if (!stored.is_archived || !stored.path.ends_with(".journal")) continue;
    const bool is_whole = health_of(glance_at(stored.path)) == Health::whole;
    if (is_whole && !also_whole) continue;
    const auto file = is_whole ? nullptr : JournalFile::open(stored.path, HeaderRule::strict).value_or(nullptr);
    const auto has_all_logged = [&] { return logged_after(logged_of(file->header().file_id), file->header().tail_entry_seqnum).empty(); };
    if (is_whole || (file && verify_file(*file).passed && has_all_logged())) {
      UniqueFd fd(disk_.open(stored.path, O_RDWR | O_CLOEXEC, 0));
      if (fd) items.push_back({std::move(fd), stored.path, kind});
      continue;
    }
    if (recover(stored.path, FileState::archived) == Recovered::is_sealed) set_aside(stored.path, "corrupted or uncleanly shut down");
  }
  return items;
}

void Repair::mend_open_files(const std::string& folder, const OpenOptions& options) {
  for (const StoredFile& stored : list_files(folder)) {
    if (stored.is_archived || !stored.path.ends_with(".journal")) continue;
    const auto seen = glance_at(stored.path);
    if (health_of(seen) == Health::whole) continue;
    const auto file = open(stored.path, options);
    if (!file) continue;
    const std::uint64_t before = file->header().n_entries;
    const auto mended = [&]() -> unitparser::Result<void> {
      for (const LoggedEntry& entry : logged_after(logged_of(seen->header.file_id), file->header().tail_entry_seqnum)) TRY(append_logged(*file, entry));
      return file->finish(FileState::offline);
    }();
    if (!mended) tell_(3, "Failed to bring " + stored.path + " to the disk: " + mended.error().message);
    if (const std::uint64_t added = file->header().n_entries - before; added != 0)
      tell_(4, "recovered " + stored.path + ": " + std::to_string(added) + " entries came from the write-ahead log");
  }
  logged_.clear();
}

}  // namespace journal
