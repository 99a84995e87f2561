// The two-slot memory file. [os]
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
constexpr std::uint32_t layout_version = 1;
/// Room of one slot. The file is sparse: only what is written takes memory.
constexpr std::uint64_t slot_size = 128ULL << 20U;
constexpr std::uint64_t slots_begin = 1ULL << 20U;
constexpr std::uint64_t file_size = slots_begin + 2 * slot_size;

}  // namespace

struct StateLog::Header {
  std::uint64_t magic;
  std::uint32_t version;
  std::atomic<std::uint32_t> current;            ///< 0: none, else slot number + 1
  std::array<std::uint64_t, 2> length;
  std::array<std::uint32_t, 2> fd_count;
  std::atomic<std::uint32_t> crash_count;
  std::atomic<std::int32_t> crash_signal;
  std::array<std::uint64_t, StateLog::crash_loop> crash_times;  ///< monotonic microseconds, a ring
  std::array<char, 128> in_hand;
  std::array<std::array<std::int32_t, StateLog::kept_fds_max>, 2> fds;
};
static_assert(std::atomic<std::uint32_t>::is_always_lock_free, "a commit is one store");

StateLog::StateLog(StateLog&& other) noexcept
    : fd_(std::move(other.fd_)), header_(std::exchange(other.header_, nullptr)) {}

StateLog& StateLog::operator=(StateLog&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(header_, other.header_);
  return *this;
}

StateLog::~StateLog() {
  if (header_ != nullptr) ::munmap(header_, file_size);
}

char* StateLog::slot(std::uint32_t index) const {
  return reinterpret_cast<char*>(header_) + slots_begin + index * slot_size;
}

unitparser::Result<StateLog> StateLog::create() {
  unitparser::UniqueFd fd(::memfd_create("manager-state", MFD_CLOEXEC));
  if (!fd || ::ftruncate(fd.get(), static_cast<off_t>(file_size)) != 0)
    return unitparser::fail_errno(errno, "cannot make the state log");
  void* memory = ::mmap(nullptr, file_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (memory == MAP_FAILED) return unitparser::fail_errno(errno, "cannot map the state log");
  static_assert(sizeof(Header) <= slots_begin);
  auto* header = new (memory) Header{};
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
  if (header->magic != magic || header->version != layout_version || header->current > 2)
    return unitparser::fail(unitparser::ErrorCode::protocol, "the state log is of another layout");
  ::fcntl(number, F_SETFD, FD_CLOEXEC);
  return log;
}

unitparser::Result<void> StateLog::commit(std::string_view state, const std::vector<int>& fds) {
  if (state.size() > slot_size) return unitparser::fail(unitparser::ErrorCode::too_big, "the state is too large to be kept");
  const std::uint32_t next = header_->current == 1 ? 1 : 0;
  std::memcpy(slot(next), state.data(), state.size());
  header_->length[next] = state.size();
  const std::size_t count = std::min(fds.size(), kept_fds_max);
  std::copy_n(fds.begin(), count, header_->fds[next].begin());
  header_->fd_count[next] = static_cast<std::uint32_t>(count);
  header_->current.store(next + 1, std::memory_order_release);
  return {};
}

std::string_view StateLog::state() const {
  const std::uint32_t current = header_->current;
  if (current == 0) return {};
  return {slot(current - 1), std::min(header_->length[current - 1], slot_size)};
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
  const std::uint32_t current = header_->current;
  if (current != 0)
    for (std::uint32_t i = 0; i < std::min<std::uint32_t>(header_->fd_count[current - 1], kept_fds_max); ++i)
      ::fcntl(header_->fds[current - 1][i], F_SETFD, 0);
  ::fcntl(fd_.get(), F_SETFD, 0);
}

StateLog::Crash StateLog::last_crash() const {
  return {header_->crash_count, header_->crash_signal, std::string(header_->in_hand.data())};
}

}  // namespace init
