// Disks for tests: one that fails chosen calls, and one that remembers what was brought to the disk when, so that a power
// cut at any moment can be played: stores that were not synced may be there or not, sector by sector, in any order. [os: files]
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "journal/file/disk.h"
#include "unitparser/base/fd.h"

namespace journal::test {

/// Passes every call on to the machine's disk.
class PassingDisk : public Disk {
 public:
  int open(const std::string& path, int flags, mode_t mode) override { return real_.open(path, flags, mode); }
  ssize_t write(int fd, const void* bytes, std::size_t size, off_t at) override { return real_.write(fd, bytes, size, at); }
  void* map(std::size_t size, int fd) override { return real_.map(size, fd); }
  int extend(int fd, std::uint64_t from, std::uint64_t size) override { return real_.extend(fd, from, size); }
  int truncate(int fd, std::uint64_t size) override { return real_.truncate(fd, size); }
  int sync(int fd) override { return real_.sync(fd); }
  int sync_data(int fd) override { return real_.sync_data(fd); }
  int sync_folder(const std::string& path) override { return real_.sync_folder(path); }
  int rename(const std::string& from, const std::string& to) override { return real_.rename(from, to); }
  int unlink(const std::string& path) override { return real_.unlink(path); }
  int make_folder(const std::string& path, mode_t mode) override { return real_.make_folder(path, mode); }

 protected:
  Disk& real_ = Disk::real();
};

/// Fails `count` calls from the `first`-th on (from 0) with `error`.
class FaultyDisk final : public PassingDisk {
 public:
  FaultyDisk(std::uint64_t first, std::uint64_t count, int error) : first_(first), count_(count), error_(error) {}
  [[nodiscard]] std::uint64_t calls() const { return calls_; }
  void heal() { count_ = 0; }

  int open(const std::string& path, int flags, mode_t mode) override { return fails() ? -1 : PassingDisk::open(path, flags, mode); }
  ssize_t write(int fd, const void* bytes, std::size_t size, off_t at) override {
    return fails() ? -1 : PassingDisk::write(fd, bytes, size, at);
  }
  void* map(std::size_t size, int fd) override { return fails() ? MAP_FAILED : PassingDisk::map(size, fd); }
  int extend(int fd, std::uint64_t from, std::uint64_t size) override { return fails() ? -1 : PassingDisk::extend(fd, from, size); }
  int truncate(int fd, std::uint64_t size) override { return fails() ? -1 : PassingDisk::truncate(fd, size); }
  int sync(int fd) override { return fails() ? -1 : PassingDisk::sync(fd); }
  int sync_data(int fd) override { return fails() ? -1 : PassingDisk::sync_data(fd); }
  int sync_folder(const std::string& path) override { return fails() ? -1 : PassingDisk::sync_folder(path); }
  int rename(const std::string& from, const std::string& to) override { return fails() ? -1 : PassingDisk::rename(from, to); }
  int unlink(const std::string& path) override { return fails() ? -1 : PassingDisk::unlink(path); }
  int make_folder(const std::string& path, mode_t mode) override { return fails() ? -1 : PassingDisk::make_folder(path, mode); }

 private:
  bool fails() {
    const std::uint64_t call = calls_++;
    if (call < first_ || call - first_ >= count_) return false;
    errno = error_;
    return true;
  }
  std::uint64_t first_, count_, calls_ = 0;
  int error_;
};

/// Remembers every change of every file of one folder, in numbered moments.
class RecordingDisk final : public PassingDisk {
 public:
  /// Only files directly in `folder` are recorded.
  explicit RecordingDisk(std::string folder) : folder_(std::move(folder)) {}

  [[nodiscard]] std::uint64_t moment() const { return moment_; }
  /// When files were made.
  [[nodiscard]] const std::vector<std::uint64_t>& births() const { return births_; }
  /// Looks at all files: what changed since the last look happened in this moment.
  void observe() {
    ++moment_;
    for (auto& [inode, file] : files_) look_at(file);
  }

  int open(const std::string& path, int flags, mode_t mode) override {
    observe();
    const int fd = PassingDisk::open(path, flags, mode);
    if (fd >= 0 && (flags & O_CREAT) != 0 && folder_of(path) == folder_) {
      struct stat st = {};
      if (::fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        files_[st.st_ino].fd.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        changed_name(path, st.st_ino);
        births_.push_back(moment_);
      }
    }
    return fd;
  }
  ssize_t write(int fd, const void* bytes, std::size_t size, off_t at) override {
    observe();
    const ssize_t n = PassingDisk::write(fd, bytes, size, at);
    observe();
    written_.insert(moment_);  // a write of less than a sector is not cut in its middle, as stores to a mapping are
    return n;
  }
  int extend(int fd, std::uint64_t from, std::uint64_t size) override {
    observe();
    return PassingDisk::extend(fd, from, size);
  }
  int truncate(int fd, std::uint64_t size) override {
    observe();
    return PassingDisk::truncate(fd, size);
  }
  int sync(int fd) override {
    observe();
    struct stat st = {};
    if (::fstat(fd, &st) == 0 && files_.contains(st.st_ino)) files_[st.st_ino].syncs.push_back(moment_);
    ++moment_;
    return 0;
  }
  int sync_data(int fd) override { return sync(fd); }
  int sync_folder(const std::string& path) override {
    observe();
    if (path == folder_) name_syncs_.push_back({moment_, names_.size()});
    ++moment_;
    return 0;
  }
  int rename(const std::string& from, const std::string& to) override {
    observe();
    const auto old = current_.find(name_of(from));
    const int r = PassingDisk::rename(from, to);
    if (r == 0 && old != current_.end()) {
      const ino_t inode = old->second;
      changed_name(from, 0);
      changed_name(to, inode);
      names_[names_.size() - 2].joined_with_next = true;  // a rename is one change
    }
    return r;
  }
  int unlink(const std::string& path) override {
    observe();
    const int r = PassingDisk::unlink(path);
    if (r == 0 && current_.contains(name_of(path))) changed_name(path, 0);
    return r;
  }

  /// Writes into `target` what the disk may hold when the power goes right after `moment`.
  void cut(std::uint64_t moment, std::mt19937_64& random, const std::string& target) const {
    std::size_t least = 0;
    for (const auto& [when, count] : name_syncs_)
      if (when <= moment) least = count;
    std::size_t most = least;
    while (most < names_.size() && names_[most].moment <= moment) ++most;
    std::size_t known = least + (most > least ? random() % (most - least + 1) : 0);
    while (known > least && known < names_.size() && names_[known - 1].joined_with_next) --known;
    std::map<std::string, ino_t> there;
    for (std::size_t i = 0; i < known; ++i) {
      if (names_[i].inode == 0) there.erase(names_[i].name);
      else there[names_[i].name] = names_[i].inode;
    }
    for (const auto& [name, inode] : there) {
      const std::string bytes = content(files_.at(inode), moment, random);
      std::ofstream(target + "/" + name, std::ios::binary) << bytes;
    }
  }

 private:
  static constexpr std::size_t sector = 512;
  struct Change {
    std::uint64_t moment = 0;
    std::size_t place = 0;
    std::string bytes;
  };
  struct File {
    unitparser::UniqueFd fd;
    std::string seen;
    std::vector<Change> changes;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> sizes;  ///< moment, size
    std::vector<std::uint64_t> syncs;
  };
  struct Name {
    std::uint64_t moment = 0;
    std::string name;
    ino_t inode = 0;  ///< 0: gone
    bool joined_with_next = false;
  };

  static std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }
  void changed_name(const std::string& path, ino_t inode) {
    names_.push_back({moment_, name_of(path), inode, false});
    if (inode == 0) current_.erase(name_of(path));
    else current_[name_of(path)] = inode;
  }

  void look_at(File& file) const {
    struct stat st = {};
    if (::fstat(file.fd.get(), &st) < 0) return;
    std::string now(static_cast<std::size_t>(st.st_size), '\0');
    if (::pread(file.fd.get(), now.data(), now.size(), 0) != static_cast<ssize_t>(now.size())) return;
    if (now.size() != file.seen.size()) file.sizes.emplace_back(moment_, now.size());
    for (std::size_t at = 0; at < now.size(); at += sector) {
      const std::size_t n = std::min(sector, now.size() - at);
      const bool same = at + n <= file.seen.size() ? std::memcmp(&now[at], &file.seen[at], n) == 0
                                                   : std::all_of(&now[at], &now[at] + n, [](char c) { return c == 0; });
      if (!same) file.changes.push_back({moment_, at, now.substr(at, n)});
    }
    file.seen = std::move(now);
  }

  static void store(std::string& bytes, const Change& change) {
    if (change.place >= bytes.size()) return;
    const std::size_t n = std::min(change.bytes.size(), bytes.size() - change.place);
    std::memcpy(&bytes[change.place], change.bytes.data(), n);
  }

  std::string content(const File& file, std::uint64_t moment, std::mt19937_64& random) const {
    std::uint64_t synced = 0;
    for (const std::uint64_t when : file.syncs)
      if (when <= moment) synced = when;
    std::uint64_t size = 0;
    std::vector<std::uint64_t> later_sizes;
    for (const auto& [when, length] : file.sizes) {
      if (when <= synced) size = length;
      else if (when <= moment) later_sizes.push_back(length);
    }
    if (!later_sizes.empty() && random() % 4 != 0) size = later_sizes[random() % later_sizes.size()];
    std::string bytes(size, '\0');
    enum class Luck { none, all, some, most } luck = static_cast<Luck>(random() % 4);
    std::map<std::size_t, const Change*> pending;  // the last version of each sector that may have got there
    std::string before(std::max(bytes.size(), file.seen.size()), '\0');  // what the memory held before the last moment
    for (const Change& change : file.changes) {
      if (change.moment > moment) break;
      if (change.moment < moment) store(before, change);
      if (change.moment <= synced) {
        store(bytes, change);
        continue;
      }
      const bool arrives = luck == Luck::all || (luck == Luck::some && random() % 2 == 0) || (luck == Luck::most && random() % 16 != 0);
      if (arrives) pending[change.place] = &change;
    }
    for (const auto& [place, change] : pending) {
      if (change->moment != moment || written_.contains(moment)) {
        store(bytes, *change);
        continue;
      }
      // The power went in the middle of this: words of a sector are stored one after the other.
      Change partly = *change;
      for (std::size_t word = 0; word + 8 <= partly.bytes.size() && place + word + 8 <= before.size(); word += 8)
        if (random() % 2 == 0) std::memcpy(&partly.bytes[word], &before[place + word], 8);
      store(bytes, partly);
    }
    return bytes;
  }

  std::string folder_;
  std::uint64_t moment_ = 1;
  std::vector<std::uint64_t> births_;
  std::map<ino_t, File> files_;
  std::map<std::string, ino_t> current_;
  std::vector<Name> names_;
  std::set<std::uint64_t> written_;
  std::vector<std::pair<std::uint64_t, std::size_t>> name_syncs_;  ///< moment, changes of names before it
};

}  // namespace journal::test
