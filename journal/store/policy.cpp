#include "journal/store/policy.h"

#include <algorithm>
#include <numeric>

#include "journal/text/id128.h"

namespace journal {
namespace {

constexpr std::uint64_t mebibyte = 1024 * 1024;
constexpr std::uint64_t smallest_file = 512 * 1024;
// journald.conf(5): 10 % of the file system to use, at most 4 GiB; one eighth of it for a file, at most 128 MiB.
constexpr std::uint64_t most_use = 4096 * mebibyte;
constexpr std::uint64_t most_keep_free = 4096 * mebibyte;
constexpr std::uint64_t largest_file = 128 * mebibyte;
constexpr std::uint64_t longest_file = UINT32_MAX;  // offsets of a compact file have 32 bits
constexpr std::uint64_t least_use = 16 * mebibyte;
constexpr std::uint64_t files_in_use = 8;

// "ID-SEQNUM-TIME.journal", and "TIME-RANDOM.journal~" of one that was not closed.
constexpr std::string_view archived_ending = ".journal", damaged_ending = ".journal~";
constexpr std::size_t archived_numbers = 32 + 1 + 16 + 1 + 16, damaged_numbers = 16 + 1 + 16;


}  // namespace

SpaceRules resolve_rules(const SpaceSettings& settings, std::uint64_t file_system_size) {
  SpaceRules rules;
  // COMPAT: 0 is no limit.
  rules.max_use = settings.max_use == unset_size ? std::clamp(whole_pages(file_system_size / 10), mebibyte, most_use)
                  : settings.max_use == 0        ? 0
                                                 : std::max(whole_pages(settings.max_use), smallest_file * 2);
  rules.min_use = std::min(least_use, rules.max_use);
  const bool has_usual_files = settings.max_file_size == unset_size || settings.max_file_size == 0;
  rules.max_file_size = !has_usual_files     ? std::clamp(whole_pages(settings.max_file_size), smallest_file, longest_file)
                        : rules.max_use == 0 ? largest_file
                                             : std::clamp(whole_pages(rules.max_use / files_in_use), smallest_file, largest_file);
  // Two files at least, the one that is written and one that is kept.
  if (rules.max_use != 0) rules.max_use = std::max(rules.max_use, rules.max_file_size * 2);
  rules.keep_free = settings.keep_free != unset_size
                        ? settings.keep_free
                        : std::clamp(whole_pages(file_system_size / 20), mebibyte, most_keep_free);
  rules.max_files = settings.max_files == 0 ? UINT64_MAX : settings.max_files;
  return rules;
}

SpaceState space_state(const SpaceRules& rules, std::uint64_t used, std::uint64_t disk_free) {
  SpaceState state;
  state.used = used;
  state.disk_free = disk_free;
  const std::uint64_t usable = disk_free > rules.keep_free ? disk_free - rules.keep_free : 0;
  state.limit = std::min(std::max(used + usable, rules.min_use), rules.max_use);
  state.available = state.limit > used ? state.limit - used : 0;
  return state;
}

bool parse_archived_name(std::string_view name, StoredFile& file) {
  const bool is_whole = name.ends_with(archived_ending);
  if (!is_whole && !name.ends_with(damaged_ending)) return false;
  // The name of an instance has an '@' of its own: where the last one must be is counted from the end.
  const std::size_t tail = 1 + (is_whole ? archived_numbers + archived_ending.size() : damaged_numbers + damaged_ending.size());
  if (name.size() <= tail || name[name.size() - tail] != '@') return false;
  const std::string_view numbers = name.substr(name.size() - tail + 1);
  if (is_whole) {
    const auto seqnum_id = parse_id(numbers.substr(0, 32));
    const auto seqnum = parse_hex(numbers.substr(33, 16));
    const auto realtime = parse_hex(numbers.substr(50, 16));
    if (numbers[32] != '-' || numbers[49] != '-' || !seqnum_id || !seqnum || !realtime) return false;
    file.seqnum_id = *seqnum_id;
    file.seqnum = *seqnum;
    file.realtime = *realtime;
  } else {
    const auto realtime = parse_hex(numbers.substr(0, 16));
    if (numbers[16] != '-' || !realtime || !parse_hex(numbers.substr(17, 16))) return false;
    file.realtime = *realtime;
  }
  file.stem = name.substr(0, name.size() - tail);
  file.is_archived = true;
  return true;
}

std::vector<std::size_t> plan_vacuum(const std::vector<StoredFile>& files, const VacuumGoal& goal) {
  std::vector<std::size_t> order;
  std::uint64_t used = 0;
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!goal.stem.empty() && files[i].stem != goal.stem) continue;
    used += files[i].size;
    ++count;
    if (files[i].is_archived) order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const StoredFile& x = files[a];
    const StoredFile& y = files[b];
    if (x.is_empty != y.is_empty) return x.is_empty;
    if (!x.seqnum_id.is_null() && x.seqnum_id == y.seqnum_id && x.seqnum != y.seqnum) return x.seqnum < y.seqnum;
    if (x.realtime != y.realtime) return x.realtime < y.realtime;
    return x.path < y.path;
  });
  std::vector<std::size_t> doomed;
  for (const std::size_t i : order) {
    const StoredFile& file = files[i];
    const bool needed = file.is_empty || (goal.max_use > 0 && used > goal.max_use) ||
                        (goal.max_files > 0 && count > goal.max_files) ||
                        (goal.oldest_realtime > 0 && file.realtime < goal.oldest_realtime);
    if (!needed) break;
    doomed.push_back(i);
    used -= file.size;
    --count;
  }
  return doomed;
}

}  // namespace journal
