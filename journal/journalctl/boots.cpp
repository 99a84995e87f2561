#include "journal/journalctl/boots.h"

#include <algorithm>
#include <optional>
#include <string>

#include "journal/store/directory.h"
#include "journal/text/id128.h"
#include "unitparser/base/text.h"

namespace journal {
namespace {

using unitparser::ErrorCode;
using unitparser::fail;
using unitparser::Result;

Direction opposite(Direction direction) { return direction == Direction::down ? Direction::up : Direction::down; }

void seek_outer(Journal& journal, Direction direction) {
  if (direction == Direction::down) journal.seek_head();
  else journal.seek_tail();
}

Match match_of(const Id128& boot) {
  Match match;
  [[maybe_unused]] const auto added = match.add("_BOOT_ID=" + format_id(boot));
  return match;
}

/// Goes to the next entry of another boot than `previous`, then to that boot's far end; nullopt at the journal's end.
std::optional<BootRange> next_boot(Journal& journal, const std::optional<Id128>& previous, Direction direction) {
  BootRange boot;
  do {
    if (!journal.step(direction)) return std::nullopt;
    boot.id = journal.current().boot_id;
  } while (previous && boot.id == *previous);
  boot.first = journal.current().realtime;
  journal.set_match(match_of(boot.id));
  seek_outer(journal, opposite(direction));
  const bool has_end = journal.step(opposite(direction));
  boot.last = journal.current().realtime;
  journal.set_match({});
  return has_end ? std::optional(boot) : std::nullopt;
}

}  // namespace

std::vector<BootRange> find_boots(Journal& journal) {
  std::vector<BootRange> boots;
  std::optional<Id128> previous;
  journal.set_match({});
  journal.seek_head();
  while (const auto boot = next_boot(journal, previous, Direction::down)) {
    const auto same = [&](const BootRange& known) { return known.id == boot->id; };
    if (std::any_of(boots.begin(), boots.end(), same)) break;
    boots.push_back(*boot);
    previous = boot->id;
  }
  return boots;
}

std::optional<Id128> running_boot() {
  const auto text = read_small_file("/proc/sys/kernel/random/boot_id");
  return text ? parse_id(unitparser::trim(*text)) : std::nullopt;
}

Result<Id128> resolve_boot(const Options& options, Journal& journal) {
  const bool own_machine = options.files.empty() && options.directory.empty() && options.root.empty();
  if (options.boot_offset == 0 && own_machine && options.boot_id.is_null()) {
    if (const auto id = running_boot()) return *id;
  }
  const auto missing = [&] {
    const std::string offset = (options.boot_offset >= 0 ? "+" : "") + std::to_string(options.boot_offset);
    return fail(ErrorCode::not_found, "Data from the specified boot (" +
                                          (options.boot_id.is_null() ? offset : format_id(options.boot_id)) +
                                          ") is not available: No such boot ID in journal");
  };
  int offset = options.boot_offset;
  const Direction direction = offset <= 0 ? Direction::up : Direction::down;
  // Zero is the newest boot, one the oldest: between them there is none to count.
  bool is_counted = !(options.boot_id.is_null() && offset <= 0);
  journal.set_match({});
  if (!options.boot_id.is_null()) {
    // From the near end of the boot that is named, the next entry in that direction is another boot's.
    journal.set_match(match_of(options.boot_id));
    seek_outer(journal, opposite(direction));
    const bool is_there = journal.step(opposite(direction));
    journal.set_match({});
    if (!is_there) return missing();
    if (offset == 0) return options.boot_id;
  } else {
    seek_outer(journal, direction);
  }
  std::optional<Id128> previous;
  while (const auto boot = next_boot(journal, previous, direction)) {
    previous = boot->id;
    if (is_counted) offset += direction == Direction::up ? 1 : -1;
    is_counted = true;
    if (offset == 0) return boot->id;
  }
  return missing();
}

}  // namespace journal
