#include "journal/query/message_index.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "journal/file/packed_file.h"
#include "journal/query/journal.h"
#include "journal/store/directory.h"

namespace journal {
namespace {

using unitparser::ErrorCode;
using unitparser::fail;
using unitparser::fail_errno;
using unitparser::Result;
using unitparser::UniqueFd;

constexpr std::array<char, 8> index_signature{'I', 'N', 'C', 'J', 'I', 'D', 'X', '1'};

/// First bytes of an index: which file it is of, and in which state of that file it was made.
struct IndexHeader {
  std::array<char, 8> signature = index_signature;
  Id128 file_id;
  std::uint64_t header_size = 0, arena_size = 0, n_entries = 0, tail_object_offset = 0, tail_entry_seqnum = 0;
  bool operator==(const IndexHeader&) const = default;
};
static_assert(sizeof(IndexHeader) == 64);

IndexHeader header_for(const Header& file) {
  return {index_signature, file.file_id, file.header_size, file.arena_size, file.n_entries, file.tail_object_offset, file.tail_entry_seqnum};
}

/// One stretch's filter: checksum, then bits.
struct Filter {
  static constexpr std::size_t words = 127;
  std::uint64_t checksum = 0;
  std::array<std::uint64_t, words> bits{};

  void set(std::uint16_t bit) { bits[bit / 64] |= std::uint64_t{1} << (bit % 64); }
  [[nodiscard]] bool has(std::uint16_t bit) const { return (bits[bit / 64] >> (bit % 64) & 1) != 0; }
  /// `seed`: of the file and stretch, so that another's filter does not fit.
  [[nodiscard]] std::uint64_t checksum_with(std::uint64_t seed) const {
    std::uint64_t sum = seed;
    for (const std::uint64_t word : bits) {
      sum = (sum ^ word) * 0x9E3779B97F4A7C15ULL;
      sum ^= sum >> 32;
    }
    return sum;
  }
};
static_assert(sizeof(Filter) == 1024);
constexpr std::uint32_t filter_bits = Filter::words * 64;

std::uint64_t seed_of(const Id128& file_id) {
  std::uint64_t seed = 0;
  std::memcpy(&seed, file_id.bytes.data(), sizeof seed);
  return seed;
}

bool may_change(const Header& header) { return header.state != static_cast<std::uint8_t>(FileState::archived); }

std::uint64_t stretches_of(const Header& header) {
  return (header.header_size + header.arena_size + MessageIndex::stretch_size - 1) / MessageIndex::stretch_size;
}

/// Calls `visit(bit)` for each three bytes of the text.
template <class Visit>
void for_each_trigram(std::string_view text, Visit visit) {
  std::uint32_t last = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    last = (last << 8 | static_cast<unsigned char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c)) & 0xFFFFFF;
    const std::uint64_t hash = last * 0x9E3779B1U;  // the upper of its 32 bits choose the place
    if (i >= 2) visit(static_cast<std::uint16_t>(hash * filter_bits >> 32));
  }
}

/// Brings filters into the new index, one after the other.
class FilterWriter {
 public:
  FilterWriter(int fd, std::uint64_t seed) : fd_(fd), seed_(seed) {}

  Result<void> add(std::uint64_t stretch, std::string_view message) {
    if (stretch != stretch_) TRY(finish());
    stretch_ = stretch;
    for_each_trigram(message, [this](std::uint16_t bit) { filter_.set(bit); });
    return {};
  }
  Result<void> finish() {
    if (!stretch_) return {};
    filter_.checksum = filter_.checksum_with(seed_ ^ *stretch_);
    const auto at = static_cast<off_t>(sizeof(IndexHeader) + *stretch_ * sizeof filter_);
    const ssize_t n = ::pwrite(fd_, &filter_, sizeof filter_, at);
    if (n != static_cast<ssize_t>(sizeof filter_)) return fail_errno(n < 0 ? errno : ENOSPC, "write");
    filter_ = {};
    stretch_.reset();
    return {};
  }

 private:
  int fd_;
  std::uint64_t seed_;
  std::optional<std::uint64_t> stretch_;
  Filter filter_;
};

Result<void> fill(int fd, Journal& journal) {
  const Header header = journal.file(0).header();
  FilterWriter writer(fd, seed_of(header.file_id));
  journal.seek_head();
  while (journal.step(Direction::down))
    TRY(writer.add(MessageIndex::stretch_of(journal.current().offset), journal.first_value("MESSAGE").value_or(std::string_view{})));
  TRY(writer.finish());
  if (::ftruncate(fd, static_cast<off_t>(sizeof(IndexHeader) + stretches_of(header) * sizeof(Filter))) < 0) return fail_errno(errno, "truncate");
  // At last what makes it an index.
  const IndexHeader own = header_for(header);
  if (::pwrite(fd, &own, sizeof own, 0) != static_cast<ssize_t>(sizeof own)) return fail_errno(errno, "write");
  return {};
}

}  // namespace

TextProbe::TextProbe(std::string_view text) {
  for_each_trigram(text, [this](std::uint16_t bit) { bits_.push_back(bit); });
}

std::unique_ptr<MessageIndex> MessageIndex::open(const JournalFile& file) {
  const Header& header = file.header();
  if (may_change(header) || is_packed(file.path())) return nullptr;
  const UniqueFd fd(::open(index_path(file.path()).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat st = {};
  if (!fd || ::fstat(fd.get(), &st) < 0 || !S_ISREG(st.st_mode)) return nullptr;
  IndexHeader found;
  const std::uint64_t stretches = stretches_of(header), size = sizeof(IndexHeader) + stretches * sizeof(Filter);
  if (static_cast<std::uint64_t>(st.st_size) != size || ::pread(fd.get(), &found, sizeof found, 0) != static_cast<ssize_t>(sizeof found) ||
      found != header_for(header))
    return nullptr;
  void* base = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd.get(), 0);
  if (base == MAP_FAILED) return nullptr;
  ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_WILLNEED);
  std::unique_ptr<MessageIndex> index(new MessageIndex);
  index->base_ = base;
  index->mapped_ = size;
  index->stretches_ = stretches;
  index->seed_ = seed_of(header.file_id);
  index->guard_.watch(base, size);
  return index;
}

MessageIndex::~MessageIndex() {
  guard_.watch(nullptr, 0);
  ::munmap(base_, mapped_);
}

bool MessageIndex::may_have(std::uint64_t stretch, const TextProbe& probe) const {
  if (stretch >= stretches_) return true;
  const auto* const filter = reinterpret_cast<const Filter*>(static_cast<const char*>(base_) + sizeof(IndexHeader)) + stretch;
  if (std::all_of(probe.bits().begin(), probe.bits().end(), [filter](std::uint16_t bit) { return filter->has(bit); })) return true;
  return filter->checksum != filter->checksum_with(seed_ ^ stretch);
}

void MessageIndex::drop_pages() const { ::madvise(base_, mapped_, MADV_DONTNEED); }

Result<void> write_message_index(const std::string& path) {
  const auto journal = std::make_unique<Journal>();  // too large for a stack
  TRY(journal->add_file(path));
  if (may_change(journal->file(0).header())) return fail(ErrorCode::invalid_argument, path + ": not archived");
  const std::string target = index_path(path), made = target + ".tmp";
  ::unlink(made.c_str());
  struct stat st = {};
  const UniqueFd fd(::open(made.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd || ::fstat(journal->file(0).fd(), &st) < 0) return fail_errno(errno, made);
  auto filled = fill(fd.get(), *journal);
  // What can be found with it is only for those who may read the file.
  if (filled && ::fchmod(fd.get(), st.st_mode & 07777) < 0) filled = fail_errno(errno, made);
  if (filled) copy_access(journal->file(0).fd(), fd.get(), st);
  if (filled && ::rename(made.c_str(), target.c_str()) < 0) filled = fail_errno(errno, target);
  if (filled) return {};
  ::unlink(made.c_str());
  return filled;
}

IndexUpdate update_indexes(const std::string& folder) {
  IndexUpdate update;
  delete_orphaned_indexes(folder);
  for (const StoredFile& stored : list_files(folder)) {
    if (!stored.is_archived || !stored.path.ends_with(".journal")) continue;
    const auto file = JournalFile::open(stored.path, HeaderRule::strict);
    if (!file || may_change((*file)->header()) || MessageIndex::open(**file) != nullptr) continue;
    if (const auto written = write_message_index(stored.path); !written) {
      update.failures.push_back(written.error().message);
      continue;
    }
    update.bytes += size_of_index(stored.path);
    ++update.written;
  }
  return update;
}

}  // namespace journal
