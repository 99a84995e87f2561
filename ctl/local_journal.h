// The journals of this machine. [os: reads them through libsystemd, loaded only when needed]
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

struct sd_journal;

namespace ctl {

/// A reader. Each call after a failed open() finds nothing.
class LocalJournal {
 public:
  LocalJournal();
  ~LocalJournal();
  LocalJournal(const LocalJournal&) = delete;
  LocalJournal& operator=(const LocalJournal&) = delete;

  /// Whether there is a journal to read.
  bool open();

  // Which entries: see sd_journal_add_match(3).
  void match(const std::string& field_is_value);
  void or_else();
  void and_also();

  bool seek_tail();
  /// By that many entries, or as many as there are; whether it stands on one.
  bool back(std::size_t entries);
  bool next();

  /// Of the entry that it stands on; empty if it has no such field.
  [[nodiscard]] std::string field(const char* name) const;
  [[nodiscard]] std::uint64_t realtime_usec() const;
  /// Since the boot of that entry; nothing if it is of another boot than this.
  [[nodiscard]] std::optional<std::uint64_t> monotonic_usec() const;

  [[nodiscard]] const std::string& boot_id() const { return boot_id_; }
  /// Of the oldest entry of this boot.
  [[nodiscard]] std::optional<std::uint64_t> oldest_monotonic_usec() const;

 private:
  struct Library;
  std::unique_ptr<Library> library_;
  sd_journal* journal_ = nullptr;
  std::string boot_id_;
};

}  // namespace ctl
