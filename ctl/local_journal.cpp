// The journals of this machine. [os: reads them through libsystemd, loaded only when needed]
#include "ctl/local_journal.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <systemd/sd-id128.h>
#include <systemd/sd-journal.h>

#include <algorithm>
#include <string_view>

#include "unitparser/base/shared_library.h"

namespace ctl {

/// The few functions of libsystemd that are needed. Loading it costs a millisecond that few verbs should pay.
struct LocalJournal::Library {
  void* handle = nullptr;
  sd_id128_t boot{};
  decltype(&sd_journal_open) open = nullptr;
  decltype(&sd_journal_close) close = nullptr;
  decltype(&sd_journal_add_match) add_match = nullptr;
  decltype(&sd_journal_add_disjunction) add_or = nullptr;
  decltype(&sd_journal_add_conjunction) add_and = nullptr;
  decltype(&sd_journal_seek_tail) seek_tail = nullptr;
  decltype(&sd_journal_previous_skip) previous_skip = nullptr;
  decltype(&sd_journal_next) next = nullptr;
  decltype(&sd_journal_get_data) get_data = nullptr;
  decltype(&sd_journal_get_realtime_usec) get_realtime = nullptr;
  decltype(&sd_journal_get_monotonic_usec) get_monotonic = nullptr;
  decltype(&sd_journal_get_cutoff_monotonic_usec) get_cutoff = nullptr;
  decltype(&sd_id128_get_boot) get_boot = nullptr;

  bool load() {
    handle = dlopen("libsystemd.so.0", RTLD_LAZY | RTLD_LOCAL);
    if (handle == nullptr) return false;
    const auto find = [this](auto& function, const char* name) { return unitparser::find_symbol(handle, name, function); };
    return find(open, "sd_journal_open") && find(close, "sd_journal_close") && find(add_match, "sd_journal_add_match") &&
           find(add_or, "sd_journal_add_disjunction") && find(add_and, "sd_journal_add_conjunction") && find(seek_tail, "sd_journal_seek_tail") &&
           find(previous_skip, "sd_journal_previous_skip") && find(next, "sd_journal_next") && find(get_data, "sd_journal_get_data") &&
           find(get_realtime, "sd_journal_get_realtime_usec") && find(get_monotonic, "sd_journal_get_monotonic_usec") &&
           find(get_cutoff, "sd_journal_get_cutoff_monotonic_usec") && find(get_boot, "sd_id128_get_boot");
  }
};

LocalJournal::LocalJournal() = default;
LocalJournal::~LocalJournal() {
  if (journal_ != nullptr) library_->close(journal_);
}

bool LocalJournal::open() {
  auto library = std::make_unique<Library>();
  if (!library->load() || library->get_boot(&library->boot) < 0 || library->open(&journal_, SD_JOURNAL_LOCAL_ONLY) < 0) return false;
  for (const auto byte : library->boot.bytes) boot_id_ += fmt::format("{:02x}", byte);
  library_ = std::move(library);
  return true;
}

void LocalJournal::match(const std::string& text) {
  if (journal_ != nullptr) library_->add_match(journal_, text.data(), text.size());
}
void LocalJournal::or_else() {
  if (journal_ != nullptr) library_->add_or(journal_);
}
void LocalJournal::and_also() {
  if (journal_ != nullptr) library_->add_and(journal_);
}

bool LocalJournal::seek_tail() { return journal_ != nullptr && library_->seek_tail(journal_) >= 0; }
bool LocalJournal::back(std::size_t entries) { return journal_ != nullptr && library_->previous_skip(journal_, entries) > 0; }
bool LocalJournal::next() { return journal_ != nullptr && library_->next(journal_) > 0; }

std::string LocalJournal::field(const char* name) const {
  const void* data = nullptr;
  std::size_t size = 0;
  if (journal_ == nullptr || library_->get_data(journal_, name, &data, &size) < 0) return {};
  const std::string_view text(static_cast<const char*>(data), size);
  const auto equals = text.find('=');
  return equals == std::string_view::npos ? std::string() : std::string(text.substr(equals + 1));
}

std::uint64_t LocalJournal::realtime_usec() const {
  std::uint64_t usec = 0;
  if (journal_ != nullptr) library_->get_realtime(journal_, &usec);
  return usec;
}

std::optional<std::uint64_t> LocalJournal::monotonic_usec() const {
  std::uint64_t usec = 0;
  sd_id128_t boot{};
  if (journal_ == nullptr || library_->get_monotonic(journal_, &usec, &boot) < 0) return std::nullopt;
  if (!std::equal(std::begin(boot.bytes), std::end(boot.bytes), std::begin(library_->boot.bytes))) return std::nullopt;
  return usec;
}

std::optional<std::uint64_t> LocalJournal::oldest_monotonic_usec() const {
  std::uint64_t usec = 0;
  if (journal_ == nullptr || library_->get_cutoff(journal_, library_->boot, &usec, nullptr) <= 0) return std::nullopt;
  return usec;
}

}  // namespace ctl
