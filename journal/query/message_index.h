// An index beside an archived file ("….journal.index"): which stretches of it have no message with a given text, so that a search
// passes over them unread. It is an aid alone: where it is missing, stale or damaged, the file itself is read. [os: files]
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "journal/file/reader.h"
#include "unitparser/base/fd.h"
#include "unitparser/base/result.h"

namespace journal {

/// A text as an index is asked for it: the places of its trigrams, each three of its bytes in a row. Letters A-Z count as a-z.
class TextProbe {
 public:
  TextProbe() = default;
  explicit TextProbe(std::string_view text);
  /// A text of fewer than three bytes may be anywhere.
  [[nodiscard]] bool is_empty() const { return bits_.empty(); }
  [[nodiscard]] const std::vector<std::uint16_t>& bits() const { return bits_; }

 private:
  std::vector<std::uint16_t> bits_;
};

/// The trigrams of the first MESSAGE= of each entry are in a Bloom filter, with one hash function, for each stretch of the file that
/// entries begin in. A filter carries its checksum, so that one that was damaged tells nothing.
class MessageIndex {
 public:
  static constexpr std::uint64_t stretch_size = 32ULL * 1024;  ///< bytes of the file for one filter: the index has 3 % of its size
  [[nodiscard]] static std::uint64_t stretch_of(std::uint64_t offset) { return offset / stretch_size; }

  /// The index of an open file; nullptr when it has none that fits.
  [[nodiscard]] static std::unique_ptr<MessageIndex> open(const JournalFile& file);
  MessageIndex(const MessageIndex&) = delete;
  MessageIndex& operator=(const MessageIndex&) = delete;
  ~MessageIndex();

  /// False when no entry that begins in this stretch has the text in its message.
  [[nodiscard]] bool may_have(std::uint64_t stretch, const TextProbe& probe) const;
  [[nodiscard]] std::uint64_t stretches() const { return stretches_; }
  /// Gives its mapped pages back.
  void drop_pages() const;

 private:
  MessageIndex() = default;

  void* base_ = nullptr;
  std::size_t mapped_ = 0;
  std::uint64_t stretches_ = 0, seed_ = 0;
  SigbusGuard guard_;
};

/// Writes the index of the archived file at `path`, with the file's owner and access. Errors: io; invalid_argument for a file that may
/// still change.
[[nodiscard]] unitparser::Result<void> write_message_index(const std::string& path);

/// What update_indexes() came to.
struct IndexUpdate {
  std::uint64_t written = 0, bytes = 0;  ///< new indexes
  std::vector<std::string> failures;     ///< the lines to tell
};
/// Writes the indexes that the archived files of a folder do not have, and deletes those whose file is gone.
[[nodiscard]] IndexUpdate update_indexes(const std::string& folder);

}  // namespace journal
