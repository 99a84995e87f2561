// The log in a memory file. [os]
#include "init/driver/state_log.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

namespace init {
namespace {

constexpr std::uint64_t magic = 0x676F6C6574617473ULL;  // "statelog"
constexpr std::uint32_t layout_version = 2;
// The file is sparse: only what is written takes memory.
constexpr std::uint64_t halves_begin = 1ULL << 20U;
constexpr std::uint64_t file_size = halves_begin + 2 * StateLog::half_size;
/// What may be outdated whatever the size of the state, so that a small one is not written anew all the time.
constexpr std::uint64_t outdated_at_least = 16ULL << 10U;

/// What precedes the text of a part. No text: the part is gone.
struct Record {
  std::uint64_t key;
  std::uint32_t length;
  std::uint32_t checksum;
};

constexpr std::uint64_t padded(std::uint64_t length) { return (length + 7) / 8 * 8; }
constexpr std::uint64_t record_size(std::uint64_t length) { return sizeof(Record) + padded(length); }

/// FNV-1a over key and text, folded.
std::uint32_t checksum_of(std::uint64_t key, std::string_view text) {
  constexpr std::uint64_t basis = 0xCBF29CE484222325ULL, prime = 0x100000001B3ULL;
  std::uint64_t sum = (basis ^ key) * prime;
  for (const char c : text) sum = (sum ^ static_cast<unsigned char>(c)) * prime;
  return static_cast<std::uint32_t>(sum ^ sum >> 32U);
}

}  // namespace

struct StateLog::Header {
  std::uint64_t magic;
  std::uint32_t version;
  std::atomic<std::uint64_t> current;            ///< a Position: length, list of descriptors, half; 0: none
  std::array<std::uint32_t, 2> fd_count;
  std::atomic<std::uint32_t> crash_count;
  std::atomic<std::int32_t> crash_signal;
  std::array<std::uint64_t, StateLog::crash_loop> crash_times;  ///< monotonic microseconds, a ring
  std::array<char, 128> in_hand;
  std::array<std::array<std::int32_t, StateLog::kept_fds_max>, 2> fds;
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "a commit is one store");

StateLog::StateLog(StateLog&& other) noexcept { *this = std::move(other); }

StateLog& StateLog::operator=(StateLog&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(header_, other.header_);
  std::swap(entries_, other.entries_);
  std::swap(fresh_, other.fresh_);
  std::swap(end_, other.end_);
  std::swap(live_, other.live_);
  std::swap(anew_, other.anew_);
  std::swap(full_, other.full_);
  return *this;
}

StateLog::~StateLog() {
  if (header_ != nullptr) ::munmap(header_, file_size);
}

char* StateLog::half(std::uint32_t index) const {
  return reinterpret_cast<char*>(header_) + halves_begin + index * half_size;
}

StateLog::Position StateLog::position() const noexcept {
  const std::uint64_t word = header_->current.load(std::memory_order_acquire);
  return {static_cast<std::uint32_t>(word & 1U), static_cast<std::uint32_t>(word >> 1U & 1U), std::min(word >> 2U, half_size)};
}

void StateLog::publish(const Position& position) noexcept {
  header_->current.store(position.length << 2U | position.fd_list << 1U | position.half, std::memory_order_release);
}

unitparser::Result<StateLog> StateLog::create() {
  unitparser::UniqueFd fd(::memfd_create("manager-state", MFD_CLOEXEC));
  if (!fd || ::ftruncate(fd.get(), static_cast<off_t>(file_size)) != 0)
    return unitparser::fail_errno(errno, "cannot make the state log");
  void* memory = ::mmap(nullptr, file_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (memory == MAP_FAILED) return unitparser::fail_errno(errno, "cannot map the state log");
  static_assert(sizeof(Header) <= halves_begin);
  auto* header = new (memory) Header;  // not written to zero, which it is: that would take memory for all of the lists
  header->magic = magic;
  header->version = layout_version;
  return StateLog(std::move(fd), header);
}

unitparser::Result<StateLog> StateLog::open(int number) {
  unitparser::UniqueFd fd(number);
  struct stat status{};
  if (::fstat(number, &status) != 0) return unitparser::fail_errno(errno, "cannot open the state log");
  if (static_cast<std::uint64_t>(status.st_size) != file_size)
    return unitparser::fail(unitparser::ErrorCode::protocol, "the state log is of another layout");
  void* memory = ::mmap(nullptr, file_size, PROT_READ | PROT_WRITE, MAP_SHARED, number, 0);
  if (memory == MAP_FAILED) return unitparser::fail_errno(errno, "cannot map the state log");
  auto* header = static_cast<Header*>(memory);
  StateLog log(std::move(fd), header);
  if (header->magic != magic || header->version != layout_version)
    return unitparser::fail(unitparser::ErrorCode::protocol, "the state log is of another layout");
  ::fcntl(number, F_SETFD, FD_CLOEXEC);
  return log;
}

std::vector<StateLog::Entry> StateLog::entries_in(const char* log, std::uint64_t length) {
  std::vector<Entry> entries;
  for (std::uint64_t at = 0; length - at >= sizeof(Record);) {
    Record record{};
    std::memcpy(&record, log + at, sizeof record);
    if (record.length > length - at - sizeof record) break;
    if (record.checksum == checksum_of(record.key, {log + at + sizeof record, record.length}))
      entries.push_back({record.key, static_cast<std::uint32_t>(at + sizeof record), record.length});
    at = std::min(length, at + record_size(record.length));
  }
  std::reverse(entries.begin(), entries.end());  // of each key, the last
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.key < b.key; });
  entries.erase(std::unique(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.key == b.key; }), entries.end());
  return entries;
}

bool StateLog::append(std::uint32_t to, std::uint64_t key, std::string_view text) {
  if (text.size() > half_size || record_size(text.size()) > half_size - end_) return false;
  const Record record{key, static_cast<std::uint32_t>(text.size()), checksum_of(key, text)};
  std::memcpy(half(to) + end_, &record, sizeof record);
  std::memcpy(half(to) + end_ + sizeof record, text.data(), text.size());
  end_ += record_size(text.size());
  return true;
}

void StateLog::put(std::uint64_t key, std::string_view text) {
  const std::uint32_t current = position().half, to = anew_ ? 1 - current : current;
  const auto found = std::lower_bound(entries_.begin(), entries_.end(), key, [](const Entry& entry, std::uint64_t k) { return entry.key < k; });
  const bool known = found != entries_.end() && found->key == key;
  if (!known && text.empty()) return;
  if (known && std::string_view(half(to) + found->at, found->length) == text) return;
  full_ = full_ || !append(to, key, text);
  if (full_) return;
  const Entry entry{key, static_cast<std::uint32_t>(end_ - padded(text.size())), static_cast<std::uint32_t>(text.size())};
  if (known) live_ -= record_size(found->length);
  if (!text.empty()) live_ += record_size(text.size());
  if (known) *found = entry;
  else fresh_.push_back(entry);
}

void StateLog::take_in_entries() {
  const auto by_key = [](const Entry& a, const Entry& b) { return a.key < b.key; };
  std::sort(fresh_.begin(), fresh_.end(), by_key);
  const auto known = static_cast<std::ptrdiff_t>(entries_.size());
  entries_.insert(entries_.end(), fresh_.begin(), fresh_.end());
  fresh_ = {};
  std::inplace_merge(entries_.begin(), entries_.begin() + known, entries_.end(), by_key);
  std::erase_if(entries_, [](const Entry& entry) { return entry.length == 0; });
}

unitparser::Result<void> StateLog::commit(const std::vector<int>& fds) {
  const Position before = position();
  const std::uint32_t to = anew_ ? 1 - before.half : before.half, fd_list = 1 - before.fd_list;
  if (full_) {
    entries_ = {};
    fresh_ = {};
    end_ = live_ = 0;
    anew_ = true;
    full_ = false;
    return unitparser::fail(unitparser::ErrorCode::too_big, "the state is too large to be kept");
  }
  take_in_entries();
  const std::size_t count = std::min(fds.size(), kept_fds_max);
  std::copy_n(fds.begin(), count, header_->fds[fd_list].begin());
  header_->fd_count[fd_list] = static_cast<std::uint32_t>(count);
  publish({to, fd_list, end_});
  if (to != before.half) discard(before.half, before.length);
  anew_ = false;
  if (end_ > 2 * live_ + outdated_at_least) compact();
  return {};
}

void StateLog::compact() {
  const Position before = position();
  const std::uint32_t to = 1 - before.half;
  end_ = 0;
  for (Entry& entry : entries_) {
    append(to, entry.key, {half(before.half) + entry.at, entry.length});
    entry.at = static_cast<std::uint32_t>(end_ - padded(entry.length));
  }
  publish({to, before.fd_list, end_});
  discard(before.half, before.length);
}

void StateLog::discard(std::uint32_t half_index, std::uint64_t length) {
  if (length > 0)
    ::fallocate(fd_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(halves_begin + half_index * half_size), static_cast<off_t>(length));
}

std::string StateLog::state() const {
  const Position now = position();
  const char* log = half(now.half);
  std::string text;
  for (const Entry& entry : entries_in(log, now.length)) text.append(log + entry.at, entry.length);
  return text;
}

void StateLog::set_in_hand(const char* what) noexcept {
  std::strncpy(header_->in_hand.data(), what, header_->in_hand.size() - 1);
}

std::uint32_t StateLog::record_crash(int signal, std::uint64_t now_usec) noexcept {
  header_->crash_signal = signal;
  const std::uint32_t count = header_->crash_count.fetch_add(1);
  header_->crash_times[count % crash_loop] = now_usec;
  std::uint32_t recent = 0;
  for (std::uint64_t when : header_->crash_times)
    if (when != 0 && now_usec - when < 60'000'000) ++recent;
  return recent;
}

void StateLog::prepare_exec() noexcept {
  const Position now = position();
  if (now.length > 0)
    for (std::uint32_t i = 0; i < std::min<std::uint32_t>(header_->fd_count[now.fd_list], kept_fds_max); ++i)
      ::fcntl(header_->fds[now.fd_list][i], F_SETFD, 0);
  ::fcntl(fd_.get(), F_SETFD, 0);
}

StateLog::Crash StateLog::last_crash() const {
  return {header_->crash_count, header_->crash_signal, std::string(header_->in_hand.data())};
}

}  // namespace init
