#include "journal/daemon/storage.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <utility>

#include "journal/file/verifier.h"
#include "journal/query/journal.h"
#include "journal/store/directory.h"
#include "journal/text/bytes.h"
#include "journal/text/id128.h"

namespace journal {
namespace {

using unitparser::ErrorCode;
using unitparser::Result;
using unitparser::UniqueFd;

constexpr std::size_t most_user_files = 64;
constexpr std::uint64_t space_check_interval = 30'000'000;
constexpr std::uint64_t failed_rotation_interval = 1'000'000;
constexpr uid_t last_system_uid = 999;
constexpr uid_t first_dynamic_uid = 61184, last_dynamic_uid = 65519, nobody_uid = 65534;

std::uint64_t now(clockid_t clock) {
  timespec ts = {};
  ::clock_gettime(clock, &ts);
  return static_cast<std::uint64_t>(ts.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(ts.tv_nsec) / 1000;
}

/// System users, dynamic users and nobody log into the system's file.
bool belongs_to_system(uid_t uid) {
  return uid <= last_system_uid || uid == nobody_uid || (uid >= first_dynamic_uid && uid <= last_dynamic_uid);
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

Storage::Storage(const DaemonConfig& config, DaemonPaths paths, const Id128& machine_id, const Id128& boot_id)
    : config_(config), paths_(std::move(paths)), machine_id_(machine_id), boot_id_(boot_id) {}

void Storage::notice(int priority, std::string message) {
  constexpr std::size_t most_notices = 100;
  if (notices_.size() < most_notices) notices_.push_back({priority, {}, std::move(message), {}});
}

const SpaceRules& Storage::rules(Area area) {
  SpaceRules& rules = area == Area::system ? system_rules_ : runtime_rules_;
  const std::string& folder = area == Area::system ? paths_.system_store : paths_.runtime_store;
  if (rules.max_use == 0)
    rules = resolve_rules(area == Area::system ? config_.system : config_.runtime, file_system_space(folder).size);
  return rules;
}

bool Storage::may_persist() const {
  return config_.storage == StorageMode::persistent || config_.storage == StorageMode::automatic;
}

void Storage::set_aside(const std::string& path) {
  std::uint64_t random = 0;
  [[maybe_unused]] const ssize_t r = ::getrandom(&random, sizeof random, 0);
  const std::string stem = path.substr(0, path.size() - std::strlen(".journal"));
  const std::string aside = stem + text_of("@%016" PRIx64 "-%016" PRIx64 ".journal~", now(CLOCK_REALTIME), random);
  if (::rename(path.c_str(), aside.c_str()) == 0)
    notice(4, "File " + path + " corrupted or uncleanly shut down, renaming and replacing.");
}

std::unique_ptr<Appender> Storage::open_appender(const std::string& path, Area area) {
  const FileLimits limits{rules(area).max_file_size, rules(area).keep_free};
  const CompressionPolicy compression{config_.compress_threshold};
  auto opened = Appender::open(path, machine_id_, limits, compression);
  if (!opened && opened.error().code == ErrorCode::busy) {
    // Not closed cleanly: go on if nothing is wrong with it, else keep every complete entry.
    const auto file = JournalFile::open(path, HeaderRule::strict);
    if (file && verify_file(**file).passed) {
      const auto state = static_cast<std::uint8_t>(FileState::offline);
      const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
      [[maybe_unused]] const ssize_t r = ::pwrite(fd.get(), &state, 1, offsetof(Header, state));
    } else if (const auto report = recover_file(path)) {
      notice(4, "recovered " + path + text_of(": %" PRIu64 " entries kept, at most %" PRIu64 " lost", report->kept,
                                              report->lost));
    }
    opened = Appender::open(path, machine_id_, limits, compression);
  }
  if (opened) return std::move(*opened);
  if (opened.error().os_errno != ENOENT) set_aside(path);
  return nullptr;
}

std::unique_ptr<Storage::OpenFile> Storage::open_file(const std::string& folder, const std::string& name, Area area) {
  const std::string path = folder + "/" + name + ".journal";
  auto file = std::make_unique<OpenFile>();
  file->appender = open_appender(path, area);
  if (file->appender) {
    seqnum_ = std::max(seqnum_, file->appender->header().tail_entry_seqnum);
    return file;
  }
  NewFileOptions options;
  options.machine_id = machine_id_;
  options.boot_id = boot_id_;
  auto made = Appender::create(path, options, {rules(area).max_file_size, rules(area).keep_free},
                               {config_.compress_threshold});
  if (!made) {
    notice(3, "Failed to open " + path + ": " + made.error().message);
    return nullptr;
  }
  file->appender = std::move(*made);
  return file;
}

void Storage::open_system(bool even_without_flag) {
  if (system_ || !may_persist()) return;
  const bool flushed = ::access((paths_.run + "/flushed").c_str(), F_OK) == 0;
  if (!even_without_flag && !flushed && paths_.instance.empty()) return;
  if (config_.storage == StorageMode::persistent && !make_folders(paths_.system_store_parent, 0755)) return;
  if (::access(paths_.system_store_parent.c_str(), F_OK) < 0) return;
  if (::mkdir(paths_.system_store.c_str(), 0755) < 0 && errno != EEXIST) {
    if (errno != EROFS) notice(4, "Failed to make " + paths_.system_store + ": " + ::strerrordesc_np(errno));
    return;
  }
  system_ = open_file(paths_.system_store, "system", Area::system);
}

void Storage::open_runtime() {
  if (runtime_ || config_.storage == StorageMode::none) return;
  if (const auto made = make_folders(paths_.runtime_store, 0755); !made) {
    notice(3, made.error().message);
    return;
  }
  runtime_ = open_file(paths_.runtime_store, "system", Area::runtime);
}

void Storage::open() {
  open_system(false);
  if (!system_) open_runtime();
}

void Storage::describe_space() {
  if (!runtime_ && !system_) return;
  const bool persistent = system_ != nullptr;
  const std::string& folder = persistent ? paths_.system_store : paths_.runtime_store;
  const SpaceRules& r = rules(persistent ? Area::system : Area::runtime);
  std::uint64_t used = 0;
  for (const StoredFile& file : list_files(folder)) used += file.size;
  const SpaceState state = space_state(r, used, file_system_space(folder).available);
  const std::string name = persistent ? "System Journal" : "Runtime Journal";
  StorageNotice said;
  said.message_id = "ec387f577b844b8fa948f33cad9a75e6";
  said.message = name + " (" + folder + ") is " + format_bytes(used) + ", max " + format_bytes(state.limit) + ", " +
                 format_bytes(state.available) + " free.";
  const auto add = [&](const char* key, std::uint64_t bytes) {
    said.fields.push_back(std::string(key) + "=" + std::to_string(bytes));
    said.fields.push_back(std::string(key) + "_PRETTY=" + format_bytes(bytes));
  };
  said.fields.push_back("JOURNAL_NAME=" + name);
  said.fields.push_back("JOURNAL_PATH=" + folder);
  add("CURRENT_USE", used);
  add("MAX_USE", r.max_use);
  add("DISK_KEEP_FREE", r.keep_free);
  add("DISK_AVAILABLE", state.disk_free);
  add("LIMIT", state.limit);
  add("AVAILABLE", state.available);
  notices_.push_back(std::move(said));
}

/// Writes the access list "owner, group, this user may read" in the kernel's form, posix_acl(5) version 2.
void Storage::grant_read(int fd, uid_t uid) {
  struct Entry {
    std::uint16_t tag, permissions;
    std::uint32_t id;
  };
  constexpr std::uint32_t no_id = UINT32_MAX;
  struct {
    std::uint32_t version = 2;
    std::array<Entry, 5> entries;
  } acl{2, {{{0x01, 6, no_id}, {0x02, 4, uid}, {0x04, 4, no_id}, {0x10, 4, no_id}, {0x20, 0, no_id}}}};
  if (::fsetxattr(fd, "system.posix_acl_access", &acl, sizeof acl, 0) < 0 && errno != EOPNOTSUPP)
    notice(4, text_of("Failed to let user %u read the own journal: %s", static_cast<unsigned>(uid),
                      ::strerrordesc_np(errno)));
}

Storage::OpenFile* Storage::file_for(uid_t owner) {
  if (!system_) return runtime_.get();
  if (config_.split != SplitMode::uid || belongs_to_system(owner)) return system_.get();
  const auto found = users_.find(owner);
  if (found != users_.end()) {
    found->second->last_used = ++uses_;
    return found->second.get();
  }
  if (users_.size() >= most_user_files) {
    const auto oldest = std::min_element(users_.begin(), users_.end(), [](const auto& a, const auto& b) {
      return a.second->last_used < b.second->last_used;
    });
    users_.erase(oldest);
  }
  auto file = open_file(paths_.system_store, "user-" + std::to_string(owner), Area::system);
  if (!file) return system_.get();
  grant_read(file->appender->fd(), owner);
  file->last_used = ++uses_;
  return users_.emplace(owner, std::move(file)).first->second.get();
}

Result<void> Storage::append_to(OpenFile& file, const EntryStamp& stamp, const PendingEntry& entry) {
  handles_.clear();
  for (const std::string_view field : entry.fields) handles_.push_back(TRY(file.appender->intern(field)));
  for (SharedFields* shared : entry.shared) TRY(shared->collect(*file.appender, handles_));
  TRY(file.appender->append(stamp, handles_, seqnum_));
  file.touched = true;
  return {};
}

bool Storage::write(const EntryStamp& stamp, const PendingEntry& entry) {
  if (stamp.realtime < last_realtime_) {
    // Within a file times must not fall, or looking up a time would miss entries.
    notice(6, "Realtime clock jumped backwards relative to last journal entry, rotating.");
    rotate();
  }
  last_realtime_ = stamp.realtime;
  OpenFile* file = file_for(entry.owner);
  if (file == nullptr) return config_.storage == StorageMode::none;
  if (file->appender->rotation_suggested(stamp.realtime, config_.max_file_age)) {
    rotate();
    vacuum();
    file = file_for(entry.owner);
  }
  for (int attempt = 0; file != nullptr && attempt < 2; ++attempt) {
    const auto written = append_to(*file, stamp, entry);
    if (written) {
      const std::uint64_t due = now(CLOCK_MONOTONIC) + (entry.is_urgent ? config_.urgent_sync_interval
                                                                        : config_.sync_interval);
      if (sync_due_ == 0 || due < sync_due_) sync_due_ = due;
      return true;
    }
    if (written.error().code == ErrorCode::invalid_argument) break;
    if (attempt == 0) {
      // Where a new file did not help either, each entry would make another one: once a second is often enough.
      if (failed_rotation_ != 0 && now(CLOCK_MONOTONIC) - failed_rotation_ < failed_rotation_interval) break;
      rotate();
      vacuum();
      file = file_for(entry.owner);
    } else {
      failed_rotation_ = now(CLOCK_MONOTONIC);
    }
  }
  ++lost_;
  return false;
}

template <class Visit>
void Storage::for_each_file(Visit visit) {
  if (runtime_) visit(runtime_, paths_.runtime_store, std::string("system"), Area::runtime);
  if (system_) visit(system_, paths_.system_store, std::string("system"), Area::system);
  for (auto& [uid, file] : users_) visit(file, paths_.system_store, "user-" + std::to_string(uid), Area::system);
}

void Storage::notify_followers() {
  for_each_file([](auto& file, const auto&, const auto&, Area) {
    if (std::exchange(file->touched, false)) file->appender->notify_followers();
  });
}

void Storage::rotate_file(std::unique_ptr<OpenFile>& file, const std::string& folder, const std::string& name,
                          Area area) {
  Appender& old = *file->appender;
  const Header header = old.header();
  if (header.n_entries == 0 && !old.is_damaged()) return;
  const std::string archived = folder + "/" + name +
                               text_of("@%s-%016" PRIx64 "-%016" PRIx64 ".journal",
                                       format_id(header.seqnum_id).c_str(), header.head_entry_seqnum,
                                       header.head_entry_realtime);
  NewFileOptions options;
  options.machine_id = machine_id_;
  options.boot_id = boot_id_;
  options.seqnum_id = header.seqnum_id;
  const std::string path = folder + "/" + name + ".journal";
  if (const auto done = old.archive(archived); !done) {
    notice(3, "Failed to rotate " + path + ": " + done.error().message);
    return;
  }
  if (file->touched) old.notify_followers();
  auto made = Appender::create(path, options, {rules(area).max_file_size, rules(area).keep_free},
                               {config_.compress_threshold});
  if (!made) {
    // Full disk: room is made by the vacuum that follows, then one more attempt.
    vacuum();
    made = Appender::create(path, options, {rules(area).max_file_size, 0}, {config_.compress_threshold});
  }
  if (!made) {
    notice(3, "Failed to open " + path + ": " + made.error().message);
    file.reset();
    return;
  }
  file->appender = std::move(*made);
  if (name.starts_with("user-")) grant_read(file->appender->fd(), static_cast<uid_t>(std::stoul(name.substr(5))));
}

void Storage::rotate() {
  for_each_file([this](auto& file, const std::string& folder, const std::string& name, Area area) {
    rotate_file(file, folder, name, area);
  });
  std::erase_if(users_, [](const auto& user) { return user.second == nullptr; });
  if (!system_ && !runtime_) open();
}

void Storage::vacuum() {
  const auto clean = [this](const std::string& folder, Area area) {
    const SpaceRules& r = rules(area);
    std::uint64_t used = 0;
    for (const StoredFile& file : list_files(folder)) used += file.size;
    VacuumGoal goal;
    goal.max_use = space_state(r, used, file_system_space(folder).available).limit;
    goal.max_files = r.max_files;
    if (config_.max_retention > 0) {
      const std::uint64_t time = now(CLOCK_REALTIME);
      goal.oldest_realtime = time > config_.max_retention ? time - config_.max_retention : 0;
    }
    journal::vacuum(folder, goal);
  };
  if (system_) clean(paths_.system_store, Area::system);
  if (runtime_) clean(paths_.runtime_store, Area::runtime);
  space_checked_ = 0;
}

std::uint64_t Storage::copy_runtime_to_system() {
  std::uint64_t copied = 0;
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
    fields.assign(payloads.begin(), payloads.end());
    const EntryLocation& at = source.current();
    PendingEntry entry{fields, {}, 0, false};
    auto written = append_to(*system_, {at.realtime, at.monotonic, at.boot_id}, entry);
    if (!written) {
      rotate_file(system_, paths_.system_store, "system", Area::system);
      vacuum();
      if (!system_) return copied;
      written = append_to(*system_, {at.realtime, at.monotonic, at.boot_id}, entry);
    }
    if (written) ++copied;
  }
  return copied;
}

void Storage::flush_to_var() {
  if (!may_persist()) return;
  open_system(true);
  if (!system_) return;
  const std::uint64_t start = now(CLOCK_MONOTONIC);
  if (runtime_ || !list_files(paths_.runtime_store).empty()) {
    notify_followers();
    const std::uint64_t copied = copy_runtime_to_system();
    runtime_.reset();
    if (system_) {
      system_->appender->notify_followers();
      for (const StoredFile& file : list_files(paths_.runtime_store)) ::unlink(file.path.c_str());
      ::rmdir(paths_.runtime_store.c_str());
      vacuum();
    } else {
      open_runtime();
    }
    notice(6, "Time spent on flushing to " + paths_.system_store + " is " +
                  text_of("%.3fms", static_cast<double>(now(CLOCK_MONOTONIC) - start) / 1000.0) +
                  text_of(" for %" PRIu64 " entries.", copied));
    describe_space();
  }
  const UniqueFd flag(::open((paths_.run + "/flushed").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
}

void Storage::relinquish_var() {
  if (!may_persist()) return;
  ::unlink((paths_.run + "/flushed").c_str());
  if (!system_) return;
  sync();
  users_.clear();
  system_.reset();
  open_runtime();
  describe_space();
}

void Storage::sync() {
  sync_due_ = 0;
  for_each_file([this](auto& file, const std::string&, const std::string&, Area area) {
    if (area == Area::runtime) return;  // memory has no disk to wait for
    if (const auto synced = file->appender->sync(); !synced)
      notice(3, "Failed to sync " + file->appender->path() + ": " + synced.error().message);
  });
}

void Storage::sync_in_background() {
  if (const int error = background_.take_error(); error != 0)
    notice(3, std::string("Failed to sync the journal: ") + ::strerrordesc_np(error));
  if (background_.is_busy()) {
    sync_due_ = now(CLOCK_MONOTONIC) + config_.urgent_sync_interval;
    return;
  }
  sync_due_ = 0;
  std::vector<int> fds;
  for_each_file([&fds](auto& file, const std::string&, const std::string&, Area area) {
    if (area == Area::system) fds.push_back(file->appender->fd());
  });
  // Where no thread can be had, waiting for the disk is better than not writing to it.
  if (!fds.empty() && !background_.start(fds)) sync();
}

std::uint64_t Storage::available_space() {
  const std::uint64_t time = now(CLOCK_MONOTONIC);
  if (space_checked_ != 0 && time - space_checked_ < space_check_interval) return space_available_;
  space_checked_ = time;
  const std::string& folder = system_ ? paths_.system_store : paths_.runtime_store;
  const Area area = system_ ? Area::system : Area::runtime;
  std::uint64_t used = 0;
  for (const StoredFile& file : list_files(folder)) used += file.size;
  space_available_ = space_state(rules(area), used, file_system_space(folder).available).available;
  return space_available_;
}

}  // namespace journal
