// Reading journal files, systemd's and ours: the public header of libincipit-journal. [os: files]
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <incipit-journal/field.h>

namespace incipit::journal {

/// The entries of any number of files as one sequence, in the order in which they were written. A reader belongs to one thread
/// at a time. Files may be written to, rotated, damaged or hostile while they are read: what cannot be read is passed over.
class Reader {
 public:
  /// Without files, at the head.
  Reader();
  ~Reader();
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;

  /// Adds the journals of this machine below /run/log/journal and /var/log/journal, those of one namespace (systemd.exec(5)
  /// LogNamespace=) if it is not empty. That there are none, or none that the caller may read, is no error.
  [[nodiscard]] std::error_code open_machine(const std::string& name_space = {});
  /// Adds the files in a folder and in the machines' folders in it. Error: the folder cannot be read.
  [[nodiscard]] std::error_code open_directory(const std::string& path);
  /// Adds one file. Errors: it cannot be read, or is no journal file.
  [[nodiscard]] std::error_code open_file(const std::string& path);

  /// Wants entries with this "FIELD=value" only. As sd_journal_add_match(3): values of one field are alternatives, different
  /// fields must all match. Seek afterwards. Error: it is no such text.
  [[nodiscard]] std::error_code add_match(std::string_view field_and_value);
  /// What is added from here on is an alternative to what was.
  void add_or();
  /// What is added from here on must match as well as what was.
  void add_and();

  void seek_head();
  void seek_tail();
  /// The next step goes to the first entry at or after this time (microseconds since 1970), or backwards to the last at or before it.
  void seek_realtime(std::uint64_t realtime);
  /// The next step goes to the entry that the cursor names, or the nearest in the direction of the step. Error: it is no cursor.
  [[nodiscard]] std::error_code seek_cursor(std::string_view cursor);

  /// Goes to the next entry; false when there is none, for now: after refresh() it may be otherwise.
  bool next();
  /// Goes to the entry before; false when there is none.
  bool previous();
  /// Looks for what was written since, and for new files. True when there may be more entries. To follow a journal, call it now
  /// and then, or when inotify(7) tells of the folder.
  bool refresh();

  // Of the entry that the last successful step led to; only then may these be called.

  /// When the entry was received, in microseconds since 1970.
  [[nodiscard]] std::uint64_t realtime() const;
  /// The same in microseconds since the boot boot_id().
  [[nodiscard]] std::uint64_t monotonic() const;
  /// As 32 hexadecimal digits.
  [[nodiscard]] std::string boot_id() const;
  /// A text that names the entry in any set of files that has it.
  [[nodiscard]] std::string cursor() const;
  /// The first value of a field; nullopt when the entry has none. The bytes live until the next call of a function that is not const.
  [[nodiscard]] std::optional<std::string_view> field(std::string_view name);
  /// All fields in the order of the file; the bytes live as field()'s.
  [[nodiscard]] std::vector<Field> fields();

  /// All different values of a field over all files, whatever matches were added.
  [[nodiscard]] std::vector<std::string> values(std::string_view name);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace incipit::journal
