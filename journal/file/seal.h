// Seals on journal files: the key file that the daemon keeps and advances, and what of a file its codes cover. [os: the key file]
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "journal/file/disk.h"
#include "journal/format/object_view.h"
#include "journal/format/sealing.h"
#include "unitparser/base/fd.h"
#include "unitparser/base/result.h"

namespace journal {

/// First bytes of a key file (…/fss); the state of the generator follows.
struct SealFileHeader {
  std::array<char, 8> signature;
  std::uint32_t compatible_flags;
  std::uint32_t incompatible_flags;
  Id128 machine_id;
  Id128 boot_id;  ///< of the last writer
  std::uint64_t header_size;
  std::uint64_t start;     ///< of epoch 0, microseconds since 1970
  std::uint64_t interval;  ///< microseconds
  std::uint16_t modulus_bits;
  std::array<std::uint16_t, 3> reserved;
  std::uint64_t state_size;
};
static_assert(sizeof(SealFileHeader) == 88);
inline constexpr std::array<char, 8> seal_file_signature{'K', 'S', 'H', 'H', 'R', 'H', 'L', 'P'};

/// The machine's sealing key. All files of a daemon are sealed with the key of the same epoch.
class Sealer {
 public:
  /// Reads the key file. Errors: io ENOENT (none there: nothing is to be sealed), protocol (not one, or of another machine),
  /// not_supported (libgcrypt is missing).
  [[nodiscard]] static unitparser::Result<Sealer> open(const std::string& path, const Id128& machine_id, Disk& disk);

  [[nodiscard]] std::uint64_t epoch() const { return epoch_; }
  /// True when a code of this epoch may cover an entry of that time.
  [[nodiscard]] bool covers(std::uint64_t realtime) const { return realtime - begin_ < interval_; }
  /// True when that time lies after this epoch: codes are due, then advance_to().
  [[nodiscard]] bool is_due(std::uint64_t realtime) const { return realtime >= begin_ && !covers(realtime); }
  /// Goes to the epoch of that time, in memory and on the disk: the key of the former one is gone then. Errors: io; too_big
  /// (more epochs than anybody would wait for).
  [[nodiscard]] unitparser::Result<void> advance_to(std::uint64_t realtime);
  [[nodiscard]] SealKey key() const { return state_.key(); }

 private:
  Sealer(Disk& disk, unitparser::UniqueFd fd, SealState state) : disk_(&disk), fd_(std::move(fd)), state_(std::move(state)) {}
  void set_epoch();

  Disk* disk_;
  unitparser::UniqueFd fd_;
  SealState state_;
  std::string path_;
  std::uint64_t start_ = 0, interval_ = 0, header_size_ = 0;
  std::uint64_t epoch_ = 0, begin_ = 0;
};

/// Adds what a code covers of a file's header, and of one object: all that does not change once it is written.
void seal_header(SealHmac& code, const Header& header);
void seal_object(SealHmac& code, const FileView& view, std::uint64_t offset);

/// A code over the objects of one file since its last tag.
class SealRun {
 public:
  SealRun(std::uint64_t epoch, const SealKey& key) : epoch_(epoch), code_(key) {}
  /// Adds the objects between two places. What a code covers of them must not change any more.
  void cover(const FileView& view, std::uint64_t begin, std::uint64_t end);
  void cover_header(const Header& header) { seal_header(code_, header); }
  [[nodiscard]] std::uint64_t epoch() const { return epoch_; }
  [[nodiscard]] SealCode finish() { return code_.finish(); }

 private:
  std::uint64_t epoch_;
  SealHmac code_;
};

}  // namespace journal
