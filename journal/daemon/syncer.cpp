#include "journal/daemon/syncer.h"

#include <fcntl.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "journal/daemon/clock.h"

namespace journal {

using unitparser::UniqueFd;

void Syncer::open_log(const std::string& path) {
  auto opened = WriteAheadLog::open(path, disk_);
  if (opened) log_ = std::move(*opened);
  else tell_(4, "Each sync writes all that it can, for lack of a write-ahead log: " + opened.error().message);
}

void Syncer::entry_appended(const Appender& file, std::uint64_t seqnum, const EntryStamp& stamp, std::span<const std::string_view> payloads) {
  if (!log_) return;
  // A file whose head may not be there cannot be mended, and a sealed one is left as it is.
  const bool can_be_mended = file.generation() <= synced_generation_ && !file.is_sealed();
  if (can_be_mended) log_->add(file.header().file_id, seqnum, stamp, payloads);
  else log_->give_up();
}

void Syncer::want() {
  if (files_due_ == 0) files_due_ = monotonic_now() + config_.sync_interval;
}

void Syncer::want_soon() {
  if (due_ == 0) due_ = monotonic_now() + config_.urgent_sync_interval;
}

void Syncer::take_over(SyncItem item) {
  closed_.push_back(std::move(item));
  want_soon();
}

bool Syncer::sync(Files files) {
  const bool went_well = settle_background();
  return (went_well && can_sync_log() && sync_log()) || sync_files(files);
}

bool Syncer::sync_log() {
  due_ = 0;
  const LogBatch batch = log_->take_batch();
  if (batch.bytes.empty() || write_batch(disk_, log_->fd(), batch)) return true;
  log_->give_up();
  return false;
}

void Syncer::files_sync_begins() {
  due_ = files_due_ = 0;
  syncing_generation_ = Appender::latest_generation();
  if (log_) log_->files_sync_begins();
}

void Syncer::files_are_synced() {
  synced_generation_ = syncing_generation_;
  if (log_) log_->files_are_synced();
}

bool Syncer::sync_files(Files files) {
  files_sync_begins();
  bool all = true;
  const auto complain = [&](const std::string& path, const unitparser::Error& error) {
    tell_(3, "Failed to sync " + path + ": " + error.message);
    all = false;
  };
  std::vector<SyncItem> left;
  for (SyncItem& item : closed_)
    if (const auto synced = sync_item(disk_, item); !synced) {
      complain(item.path, synced.error());
      left.push_back(std::move(item));
    } else if (item.kind == SyncItem::Kind::packed) {
      left.push_back(std::move(item));  // packed in the background
    }
  closed_ = std::move(left);
  for (Appender* file : files)
    if (const auto synced = file->sync(); !synced) complain(file->path(), synced.error());
  if (all) files_are_synced();
  else if (log_) log_->give_up();
  if (!all || !closed_.empty()) want_soon();
  return all;
}

bool Syncer::settle_background() {
  if (background_.is_busy()) return true;
  const Background was = std::exchange(in_background_, Background::nothing);
  if (const int error = background_.take_error(); error != 0) {
    tell_(3, std::string("Failed to sync the journal: ") + ::strerrordesc_np(error));
    if (log_) log_->give_up();
    return false;
  }
  if (was == Background::files) files_are_synced();
  return true;
}

void Syncer::sync_in_background(Files files) {
  const bool went_well = settle_background();
  if (background_.is_busy()) {
    due_ = monotonic_now() + config_.urgent_sync_interval;
    return;
  }
  std::vector<SyncItem> items;
  if (can_sync_log() && (files_due_ == 0 || monotonic_now() < files_due_)) {
    due_ = 0;
    SyncItem item{UniqueFd(::fcntl(log_->fd(), F_DUPFD_CLOEXEC, 3)), {}, SyncItem::Kind::logged, log_->take_batch()};
    if (item.batch.bytes.empty()) return;
    items.push_back(std::move(item));
    in_background_ = Background::log;
  } else {
    files_sync_begins();
    if (!went_well) want_soon();
    items = std::exchange(closed_, {});
    for (const Appender* file : files)
      if (UniqueFd copy(::fcntl(file->fd(), F_DUPFD_CLOEXEC, 3)); copy) items.push_back({std::move(copy), file->path(), SyncItem::Kind::in_use});
    in_background_ = Background::files;
  }
  if (items.empty() || background_.start(items)) return;
  // Where no thread can be had, waiting for the disk is better than not writing to it.
  in_background_ = Background::nothing;
  for (SyncItem& item : items)
    if (item.kind == SyncItem::Kind::archived || item.kind == SyncItem::Kind::packed) closed_.push_back(std::move(item));
  sync_files(files);
}

}  // namespace journal
