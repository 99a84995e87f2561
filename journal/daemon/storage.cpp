#include "journal/daemon/storage.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <utility>

#include "journal/daemon/clock.h"
#include "journal/query/journal.h"
#include "journal/store/acl.h"
#include "journal/store/directory.h"
#include "journal/text/bytes.h"
#include "journal/text/id128.h"

namespace journal {
namespace {

using unitparser::ErrorCode;
using unitparser::Result;
using unitparser::UniqueFd;

const std::string user_prefix = "user-";
constexpr std::size_t most_other_files = 64;
constexpr std::uint64_t smallest_own_file = 512ULL * 1024;
/// Entries of the write-ahead log go into a file that is full as well.
constexpr std::uint64_t room_for_mending = 8ULL * 1024 * 1024;
constexpr std::uint64_t space_check_interval = 30'000'000;
constexpr std::uint64_t failed_rotation_interval = 1'000'000;
constexpr uid_t last_system_uid = 999;
constexpr uid_t first_dynamic_uid = 61184, last_dynamic_uid = 65519, nobody_uid = 65534;

/// System users, dynamic users and nobody log into the system's file.
bool belongs_to_system(uid_t uid) {
  return uid <= last_system_uid || uid == nobody_uid || (uid >= first_dynamic_uid && uid <= last_dynamic_uid);
}

std::uint64_t bytes_in(const std::string& folder) {
  std::uint64_t used = 0;
  for (const StoredFile& file : list_files(folder)) used += file.size;
  return used;
}

template <class... Args>
std::string text_of(const char* format, Args... args) {
  char buffer[512];
  std::snprintf(buffer, sizeof buffer, format, args...);
  return buffer;
}

}  // namespace

Result<void> SharedFields::collect(Appender& file, std::vector<DataHandle>& handles) {
  if (generation_ != file.generation()) {
    generation_ = 0;
    handles_.clear();
    for (const std::string& payload : payloads_) handles_.push_back(TRY(file.intern(payload)));
    generation_ = file.generation();
  }
  handles.insert(handles.end(), handles_.begin(), handles_.end());
  return {};
}

Storage::Storage(const DaemonConfig& config, DaemonPaths paths, const Id128& machine_id, const Id128& boot_id, Disk& disk)
    : config_(config), paths_(std::move(paths)), machine_id_(machine_id), boot_id_(boot_id), disk_(disk),
      repair_(machine_id, disk, [this](int priority, std::string message) { notice(priority, std::move(message)); }),
      syncer_(config, disk, [this](int priority, std::string message) { notice(priority, std::move(message)); }) {}

void Storage::notice(int priority, std::string message) {
  constexpr std::size_t most_notices = 100;
  if (notices_.size() < most_notices) notices_.push_back({priority, {}, std::move(message), {}});
}

const SpaceRules& Storage::rules(Area area) {
  SpaceRules& rules = area == Area::system ? system_rules_ : runtime_rules_;
  if (rules.max_use == 0)
    rules = resolve_rules(area == Area::system ? config_.system : config_.runtime, file_system_space(folder(area)).size);
  return rules;
}

FileLimits Storage::limits_of(Area area, const OwnFiles& own) {
  FileLimits limits{rules(area).max_file_size, rules(area).keep_free};
  // A unit's own room is given back a file at a time: several files, so that most of its lines stay.
  if (own.max_use != 0) limits.max_size = std::clamp(own.max_use / 4, smallest_own_file, limits.max_size);
  return limits;
}

Result<std::unique_ptr<Appender>> Storage::create_appender(const std::string& path, const Id128& seqnum_id,
                                                           const FileLimits& limits, Area area) {
  NewFileOptions options;
  options.sealer = sealer_for(area);
  options.machine_id = machine_id_;
  options.boot_id = boot_id_;
  options.seqnum_id = seqnum_id;
  return Appender::create(path, options, limits, {config_.compress_threshold}, disk_);
}

std::unique_ptr<Storage::OpenFile> Storage::open_file(const std::string& name, Area area, const OwnFiles& own) {
  const std::string path = folder(area) + "/" + name + ".journal";
  const FileLimits limits = limits_of(area, own);
  auto file = std::make_unique<OpenFile>();
  file->own = own;
  file->appender = repair_.open(path, {limits, {config_.compress_threshold}, sealer_for(area)});
  if (file->appender) {
    seqnum_ = std::max(seqnum_, file->appender->header().tail_entry_seqnum);
    // A new key counts from now on, not from the next rotation.
    if (sealer_for(area) != nullptr && !file->appender->is_sealed()) rotate_file(file, name, area);
    return file;
  }
  auto made = create_appender(path, {}, limits, area);
  if (!made) {
    notice(3, "Failed to open " + path + ": " + made.error().message);
    return nullptr;
  }
  file->appender = std::move(*made);
  return file;
}

bool Storage::may_persist() const {
  return config_.storage == StorageMode::persistent || config_.storage == StorageMode::automatic;
}

void Storage::open_sealer() {
  if (!config_.seal || sealer_ || seal_failed_) return;
  auto opened = Sealer::open(paths_.system_store + "/fss", machine_id_, disk_);
  if (!opened) {
    seal_failed_ = true;
    if (opened.error().os_errno != ENOENT) notice(3, "Entries are not sealed: " + opened.error().message);
    return;
  }
  sealer_.emplace(std::move(*opened));
  const std::uint64_t time = realtime_now();
  if (const auto advanced = sealer_->advance_to(time); !advanced) {
    seal_failed_ = true;
    notice(3, "Entries are not sealed: " + advanced.error().message);
  }
  seals_ = !seal_failed_ && sealer_->covers(time);
}

void Storage::keep_seals(std::uint64_t realtime) {
  if (!sealer_ || seal_failed_ || (seals_ && sealer_->covers(realtime))) return;
  if (sealer_->is_due(realtime)) {
    for_each_file([this](auto& file, const std::string&, Area) {
      if (const auto sealed = file->appender->append_tag(); !sealed)
        notice(3, "Failed to seal " + file->appender->path() + ": " + sealed.error().message);
    });
    if (const auto advanced = sealer_->advance_to(realtime); !advanced) {
      seal_failed_ = true;
      notice(3, "Entries are not sealed any more: " + advanced.error().message);
    }
  }
  const bool possible = !seal_failed_ && sealer_->covers(realtime);
  if (possible == seals_) return;
  seals_ = possible;
  if (!possible && !seal_failed_) notice(4, "Entries are older than the epoch of the sealing key: they are not sealed.");
  rotate();  // a file is sealed from its first entry on, or not at all
}

void Storage::open_system(bool even_without_flag) {
  if (system_ || !may_persist()) return;
  const bool flushed = ::access((paths_.run + "/flushed").c_str(), F_OK) == 0;
  if (!even_without_flag && !flushed && paths_.instance.empty()) return;
  if (config_.storage == StorageMode::persistent && !make_folders(paths_.system_store_parent, 0755, disk_)) return;
  if (::access(paths_.system_store_parent.c_str(), F_OK) < 0) return;
  if (disk_.make_folder(paths_.system_store, 0755) < 0 && errno != EEXIST) {
    if (errno != EROFS) notice(4, "Failed to make " + paths_.system_store + ": " + ::strerrordesc_np(errno));
    return;
  }
  open_sealer();
  open_log();
  system_ = open_file("system", Area::system);
}

void Storage::open_log() {
  const std::string path = paths_.system_store + "/" + std::string(write_ahead_log_name);
  repair_.read_log(path);
  for (SyncItem& item : repair_.mend_archives(paths_.system_store, archived_kind(Area::system), config_.pack_archives))
    syncer_.take_over(std::move(item));
  FileLimits limits = limits_of(Area::system, {});
  limits.max_size += room_for_mending;
  limits.keep_free = 0;
  repair_.mend_open_files(paths_.system_store, {limits, {config_.compress_threshold}, sealer_for(Area::system)});
  if (config_.write_ahead) syncer_.open_log(path);
  else disk_.unlink(path);
}

void Storage::close_system() {
  syncer_.close_log();
  system_.reset();
}

void Storage::open_runtime() {
  if (runtime_ || config_.storage == StorageMode::none) return;
  if (const auto made = make_folders(paths_.runtime_store, 0755, disk_); !made) {
    notice(3, made.error().message);
    return;
  }
  runtime_ = open_file("system", Area::runtime);
}

void Storage::open() {
  open_system(false);
  if (!system_) open_runtime();
}

void Storage::describe_space() {
  if (!runtime_ && !system_) return;
  const Area area = current_area();
  const std::string& where = folder(area);
  const SpaceRules& r = rules(area);
  const std::uint64_t used = bytes_in(where);
  const SpaceState state = space_state(r, used, file_system_space(where).available);
  const std::string name = area == Area::system ? "System Journal" : "Runtime Journal";
  StorageNotice said;
  said.message_id = "ec387f577b844b8fa948f33cad9a75e6";
  said.message = name + " (" + where + ") is " + format_bytes(used) + ", max " + format_bytes(state.limit) + ", " +
                 format_bytes(state.available) + " free.";
  const auto add = [&](const char* key, std::uint64_t bytes) {
    said.fields.push_back(std::string(key) + "=" + std::to_string(bytes));
    said.fields.push_back(std::string(key) + "_PRETTY=" + format_bytes(bytes));
  };
  said.fields.push_back("JOURNAL_NAME=" + name);
  said.fields.push_back("JOURNAL_PATH=" + where);
  add("CURRENT_USE", used);
  add("MAX_USE", r.max_use);
  add("DISK_KEEP_FREE", r.keep_free);
  add("DISK_AVAILABLE", state.disk_free);
  add("LIMIT", state.limit);
  add("AVAILABLE", state.available);
  notices_.push_back(std::move(said));
}

void Storage::grant_read(int fd, uid_t uid) {
  const auto complain = [&] {
    if (errno != EOPNOTSUPP)
      notice(4, text_of("Failed to let user %u read the own journal: %s", static_cast<unsigned>(uid), ::strerrordesc_np(errno)));
  };
  constexpr const char* attribute = "system.posix_acl_access";
  std::array<std::uint8_t, 4096> stored;
  struct stat st = {};
  const ssize_t size = ::fgetxattr(fd, attribute, stored.data(), stored.size());
  if ((size < 0 && errno != ENODATA) || ::fstat(fd, &st) < 0) return complain();
  const std::span<const std::uint8_t> before(stored.data(), size < 0 ? 0 : static_cast<std::size_t>(size));
  const std::vector<std::uint8_t> wanted = acl_with_reader(before, st.st_mode, uid);
  if (::fsetxattr(fd, attribute, wanted.data(), wanted.size(), 0) < 0) complain();
}

void Storage::close_file(OpenFile& file) {
  if (const auto closed = file.appender->finish(FileState::offline); !closed)
    notice(3, "Failed to close " + file.appender->path() + ": " + closed.error().message);
}

void Storage::drop_least_used() {
  const auto oldest = std::min_element(others_.begin(), others_.end(), [](const auto& a, const auto& b) {
    return a.second->last_used < b.second->last_used;
  });
  close_file(*oldest->second);
  others_.erase(oldest);
}

Storage::OpenFile* Storage::named_file(const std::string& name, const OwnFiles& own) {
  const auto found = others_.find(name);
  if (found != others_.end()) {
    found->second->last_used = ++uses_;
    found->second->own = own;
    return found->second.get();
  }
  if (others_.size() >= most_other_files) drop_least_used();
  auto file = open_file(name, current_area(), own);
  if (!file) return nullptr;
  file->last_used = ++uses_;
  return others_.emplace(name, std::move(file)).first->second.get();
}

Storage::OpenFile* Storage::file_for(const PendingEntry& entry) {
  OpenFile* const common = system_ ? system_.get() : runtime_.get();
  if (common == nullptr) return nullptr;
  if (entry.own != nullptr) {
    OpenFile* const own = named_file(entry.own->name, *entry.own);
    return own != nullptr ? own : common;
  }
  if (!system_ || config_.split == SplitMode::none || belongs_to_system(entry.owner)) return common;
  const std::string name = user_prefix + std::to_string(entry.owner);
  const bool is_new = !others_.contains(name);
  OpenFile* const file = named_file(name, {});
  if (file == nullptr) return common;
  if (is_new) grant_read(file->appender->fd(), entry.owner);
  return file;
}

ExpectedDatum Storage::expect(std::string_view payload) const {
  const OpenFile* const common = system_ ? system_.get() : runtime_.get();
  if (common == nullptr) return {};
  return {common->appender->generation(), common->appender->look_ahead(payload)};
}

Result<void> Storage::append_to(OpenFile& file, const EntryStamp& stamp, const PendingEntry& entry) {
  handles_.clear();
  hashes_.clear();
  for (std::size_t i = 0; i < entry.fields.size(); ++i) {
    const bool is_known = i == 0 && entry.expected.generation == file.appender->generation();
    hashes_.push_back(is_known ? entry.expected.hash : file.appender->look_ahead(entry.fields[i]));
  }
  for (SharedFields* shared : entry.shared) TRY(shared->collect(*file.appender, handles_));
  file.appender->look_up_places(handles_);
  for (const std::uint64_t hash : hashes_) file.appender->look_farther(hash);
  for (std::size_t i = 0; i < entry.fields.size(); ++i)
    handles_.push_back(TRY(file.appender->intern(entry.fields[i], hashes_[i])));
  payloads_.clear();
  if (syncer_.wants_payloads()) {
    for (const SharedFields* shared : entry.shared) payloads_.insert(payloads_.end(), shared->payloads().begin(), shared->payloads().end());
    payloads_.insert(payloads_.end(), entry.fields.begin(), entry.fields.end());
  }
  TRY(file.appender->append(stamp, handles_, seqnum_));
  file.touched = true;
  if (system_) syncer_.entry_appended(*file.appender, seqnum_, stamp, payloads_);
  return {};
}

Written Storage::write(const EntryStamp& stamp, const PendingEntry& entry) {
  if (config_.storage == StorageMode::none) return Written::not_wanted;
  if (stamp.realtime < last_realtime_) {
    // Within a file times must not fall, or looking up a time would miss entries.
    notice(6, "Realtime clock jumped backwards relative to last journal entry, rotating.");
    rotate();
  }
  last_realtime_ = stamp.realtime;
  keep_seals(stamp.realtime);
  OpenFile* file = file_for(entry);
  if (file != nullptr && file->appender->rotation_suggested(stamp.realtime, config_.max_file_age)) {
    rotate_one(*file);
    file = file_for(entry);
  }
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto written = file != nullptr ? append_to(*file, stamp, entry)
                                         : Result<void>(fail(ErrorCode::io, "no journal file could be opened"));
    if (written) {
      syncer_.want();
      if (entry.is_urgent) syncer_.want_soon();
      return Written::stored;
    }
    if (written.error().code == ErrorCode::invalid_argument) break;
    if (attempt == 0) {
      // Where a new file did not help either, each entry would make another one: once a second is often enough.
      if (failed_rotation_ != 0 && monotonic_now() - failed_rotation_ < failed_rotation_interval) break;
      if (file != nullptr) rotate_one(*file);
      else open();
      file = file_for(entry);
    } else {
      failed_rotation_ = monotonic_now();
    }
  }
  return Written::no_room;
}

template <class Visit>
void Storage::for_each_file(Visit visit) {
  if (runtime_) visit(runtime_, std::string("system"), Area::runtime);
  if (system_) visit(system_, std::string("system"), Area::system);
  for (auto& [name, file] : others_) visit(file, name, current_area());
}

void Storage::notify_followers() {
  for_each_file([](auto& file, const auto&, Area) {
    if (std::exchange(file->touched, false)) file->appender->notify_followers();
  });
}

bool Storage::archive_file(OpenFile& file, const std::string& name, Area area) {
  Appender& old = *file.appender;
  const Header header = old.header();
  const std::string archived = folder(area) + "/" + name +
                               text_of("@%s-%016" PRIx64 "-%016" PRIx64 ".journal",
                                       format_id(header.seqnum_id).c_str(), header.head_entry_seqnum,
                                       header.head_entry_realtime);
  const std::string path = old.path();
  if (const auto done = old.archive(archived); !done) {
    notice(3, "Failed to rotate " + path + ": " + done.error().message);
    return false;
  }
  if (file.touched) old.notify_followers();
  // What is in it still has to reach the disk, and it is marked as whole after that.
  if (UniqueFd fd(::fcntl(old.fd(), F_DUPFD_CLOEXEC, 3)); fd)
    syncer_.take_over({std::move(fd), archived, archived_kind(area)});
  else if (const auto finished = old.finish(FileState::archived); !finished)
    notice(3, "Failed to sync " + archived + ": " + finished.error().message);
  return true;
}

void Storage::rotate_file(std::unique_ptr<OpenFile>& file, const std::string& name, Area area) {
  Appender& old = *file->appender;
  const Header header = old.header();
  const std::string path = folder(area) + "/" + name + ".journal";
  const bool is_empty = header.n_entries == 0 && !old.is_damaged();
  if (is_empty && old.is_sealed() == (sealer_for(area) != nullptr)) return;
  if (is_empty) disk_.unlink(path);  // replaced by one that is sealed, or is not
  else if (!archive_file(*file, name, area)) return;
  syncer_.want_soon();
  FileLimits limits = limits_of(area, file->own);
  auto made = create_appender(path, header.seqnum_id, limits, area);
  if (!made) {
    // Full disk: room is made by deleting old files, then one more attempt.
    vacuum();
    limits.keep_free = 0;
    made = create_appender(path, header.seqnum_id, limits, area);
  }
  if (!made) {
    notice(3, "Failed to open " + path + ": " + made.error().message);
    file.reset();
    return;
  }
  file->appender = std::move(*made);
  if (name.starts_with(user_prefix))
    grant_read(file->appender->fd(), static_cast<uid_t>(std::stoul(name.substr(user_prefix.size()))));
}

void Storage::rotate() {
  for_each_file([this](auto& file, const std::string& name, Area area) { rotate_file(file, name, area); });
  std::erase_if(others_, [](const auto& other) { return other.second == nullptr; });
  if (!system_ && !runtime_) open();
}

void Storage::rotate_one(OpenFile& wanted) {
  for_each_file([&](auto& file, const std::string& name, Area area) {
    if (file.get() == &wanted) rotate_file(file, name, area);
  });
  std::erase_if(others_, [](const auto& other) { return other.second == nullptr; });
  if (!system_ && !runtime_) open();
  vacuum();
}

void Storage::vacuum() {
  const std::uint64_t time = realtime_now();
  const auto oldest_of = [time](std::uint64_t retention) {
    return retention == 0 || retention >= time ? 0 : time - retention;
  };
  const auto clean = [&](Area area) {
    const SpaceRules& r = rules(area);
    VacuumGoal goal;
    goal.max_use = space_state(r, bytes_in(folder(area)), file_system_space(folder(area)).available).limit;
    goal.max_files = r.max_files;
    goal.oldest_realtime = oldest_of(config_.max_retention);
    journal::vacuum(folder(area), goal, disk_);
  };
  // Units with limits of their own first: what they give back, nobody else has to.
  for (const auto& [name, file] : others_) {
    if (file->own.name.empty()) continue;
    VacuumGoal goal;
    goal.stem = name;
    goal.max_use = file->own.max_use;
    goal.oldest_realtime = oldest_of(file->own.retention);
    journal::vacuum(folder(current_area()), goal, disk_);
  }
  if (system_) clean(Area::system);
  if (runtime_) clean(Area::runtime);
  space_checked_ = 0;
}

std::optional<std::uint64_t> Storage::copy_runtime_to_system() {
  std::uint64_t copied = 0;
  bool all = true;
  Journal source(HeaderRule::lenient);
  for (const StoredFile& file : list_files(paths_.runtime_store)) {
    const auto added = source.add_file(file.path);
    if (!added) notice(4, "Skipping " + added.error().message);
  }
  source.seek_head();
  std::vector<std::string> payloads;
  std::vector<std::string_view> fields;
  while (source.step(Direction::down)) {
    payloads.clear();
    source.for_each_datum([&](std::string_view payload) {
      payloads.emplace_back(payload);
      return payloads.size() < entry_field_limit + 64;
    });
    if (payloads.empty()) continue;
    fields.assign(payloads.begin(), payloads.end());
    const EntryLocation& at = source.current();
    PendingEntry entry{fields, {}, 0, false};
    keep_seals(at.realtime);
    if (!system_) return std::nullopt;
    auto written = append_to(*system_, {at.realtime, at.monotonic, at.boot_id}, entry);
    if (!written) {
      rotate_file(system_, "system", Area::system);
      vacuum();
      if (!system_) return std::nullopt;
      written = append_to(*system_, {at.realtime, at.monotonic, at.boot_id}, entry);
    }
    if (written) ++copied;
    else all = false;
  }
  return all ? std::optional(copied) : std::nullopt;
}

void Storage::flush_to_var() {
  if (!may_persist()) return;
  open_system(true);
  if (!system_) return;
  const std::uint64_t start = monotonic_now();
  if (runtime_ || !list_files(paths_.runtime_store).empty()) {
    notify_followers();
    for (auto& [name, file] : others_) close_file(*file);  // those of /run: what they hold is copied too
    others_.clear();
    const auto copied = copy_runtime_to_system();
    if (!copied) {
      // Not everything found room: what is in /run stays there and the log goes on in it.
      notice(3, "Failed to move the journal to " + paths_.system_store + ": it stays in " + paths_.runtime_store + ".");
      if (system_) close_file(*system_);
      close_system();
      open_runtime();
      return;
    }
    runtime_.reset();
    system_->appender->notify_followers();
    for (const StoredFile& file : list_files(paths_.runtime_store)) delete_with_index(disk_, file.path);
    ::rmdir(paths_.runtime_store.c_str());
    syncer_.want_soon();
    vacuum();
    notice(6, "Time spent on flushing to " + paths_.system_store + " is " +
                  text_of("%.3fms", static_cast<double>(monotonic_now() - start) / 1000.0) +
                  text_of(" for %" PRIu64 " entries.", *copied));
    describe_space();
  }
  const UniqueFd flag(disk_.open(paths_.run + "/flushed", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
}

void Storage::relinquish_var() {
  if (!may_persist()) return;
  ::unlink((paths_.run + "/flushed").c_str());
  if (!system_) return;
  close();
  others_.clear();
  close_system();
  open_runtime();
  describe_space();
}

std::vector<Appender*> Storage::files_on_disk() {
  std::vector<Appender*> files;
  for_each_file([&files](auto& file, const std::string&, Area area) {
    if (area == Area::system) files.push_back(file->appender.get());  // memory has no disk to wait for
  });
  return files;
}

bool Storage::sync() {
  const bool all = syncer_.sync(files_on_disk());
  give_back_pages();
  return all;
}

void Storage::give_back_pages() {
  for_each_file([](auto& file, const std::string&, Area) { file->appender->give_back_pages(); });
}

void Storage::close() {
  syncer_.sync_files(files_on_disk());
  for_each_file([this](auto& file, const std::string&, Area) { close_file(*file); });
}

void Storage::sync_in_background() {
  give_back_pages();
  syncer_.sync_in_background(files_on_disk());
}

std::uint64_t Storage::available_space() {
  const std::uint64_t time = monotonic_now();
  if (space_checked_ != 0 && time - space_checked_ < space_check_interval) return space_available_;
  space_checked_ = time;
  const std::string& where = folder(current_area());
  space_available_ = space_state(rules(current_area()), bytes_in(where), file_system_space(where).available).available;
  return space_available_;
}

}  // namespace journal
