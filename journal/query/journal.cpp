#include "journal/query/journal.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "journal/text/id128.h"

namespace journal {
namespace {

using unitparser::Result;
using unitparser::UniqueFd;

/// Mapped pages are given back after so many entries: a scan of everything stays small.
constexpr std::uint64_t steps_between_trims = 40'000;

bool comes_first(const EntryLocation& a, const EntryLocation& b, Direction direction) {
  const int order = compare_locations(a, b);
  return direction == Direction::down ? order < 0 : order > 0;
}

}  // namespace

void Journal::add_source(std::unique_ptr<JournalFile> file) {
  Source source;
  source.file = std::move(file);
  source.match = CompiledMatch(match_, *source.file);
  sources_.push_back(std::move(source));
  if (positioned_) position(sources_.back(), direction_);
  runner_up_ = SIZE_MAX;
}

Result<void> Journal::add_file(const std::string& path) {
  struct stat st = {};
  if (::stat(path.c_str(), &st) == 0)
    for (const Source& source : sources_)
      if (source.file->inode() == st.st_ino && source.file->device() == st.st_dev) return {};
  add_source(TRY(JournalFile::open(path, rule_)));
  return {};
}

Result<void> Journal::add_fd(UniqueFd fd, std::string name) {
  add_source(TRY(JournalFile::open_fd(std::move(fd), std::move(name), rule_)));
  return {};
}

void Journal::drop_deleted_files() {
  for (std::size_t i = sources_.size(); i-- > 0;) {
    struct stat st = {};
    const Source& source = sources_[i];
    if (source.has_candidate || i == current_source_ || ::fstat(source.file->fd(), &st) < 0 || st.st_nlink > 0)
      continue;
    sources_.erase(sources_.begin() + static_cast<std::ptrdiff_t>(i));
    if (current_source_ > i) --current_source_;
    runner_up_ = SIZE_MAX;
  }
}

void Journal::set_match(Match match) {
  match_ = std::move(match);
  for (Source& source : sources_) source.match = CompiledMatch(match_, *source.file);
  positioned_ = false;
}

void Journal::seek_head() {
  place_ = Place::head;
  positioned_ = false;
}

void Journal::seek_tail() {
  place_ = Place::tail;
  positioned_ = false;
}

void Journal::seek_realtime(std::uint64_t realtime) {
  Cursor cursor;
  cursor.location.realtime = realtime;
  cursor.has_realtime = true;
  seek_cursor(cursor);
}

void Journal::seek_monotonic(const Id128& boot_id, std::uint64_t monotonic) {
  Cursor cursor;
  cursor.location.boot_id = boot_id;
  cursor.location.monotonic = monotonic;
  cursor.has_monotonic = true;
  seek_cursor(cursor);
}

void Journal::seek_cursor(const Cursor& cursor) {
  place_ = Place::cursor;
  cursor_ = cursor;
  positioned_ = false;
}

std::uint64_t Journal::offset_near(Source& source, Direction direction) const {
  JournalFile& file = *source.file;
  const FileView& view = file.view();
  const EntryLocation& wanted = cursor_.location;
  const bool down = direction == Direction::down;
  const auto edge = [&](EntryList& list, auto key, std::uint64_t value) -> std::uint64_t {
    // down: first entry with key >= value; up: last one with key <= value.
    const std::uint64_t index = list.partition_point(view, [&](std::uint64_t offset) {
      EntryLocation at;
      if (!file.locate(offset, at)) return false;
      return down ? key(at) < value : key(at) <= value;
    });
    if (down) return list.at(view, index);
    return index == 0 ? 0 : list.at(view, index - 1);
  };
  if (cursor_.has_seqnum && wanted.seqnum_id == file.header().seqnum_id)
    return edge(file.entries(), [](const EntryLocation& at) { return at.seqnum; }, wanted.seqnum);
  if (cursor_.has_monotonic) {
    EntryList of_boot = file.entries_with("_BOOT_ID=" + format_id(wanted.boot_id));
    const std::uint64_t n = of_boot.lower_bound(view, UINT64_MAX);
    if (n > 0) {
      const auto found = edge(of_boot, [](const EntryLocation& at) { return at.monotonic; }, wanted.monotonic);
      if (found != 0) return found;
      // Nothing of that boot on this side: go on with what lies around the boot in this file.
      return down ? of_boot.at(view, n - 1) + 1 : of_boot.at(view, 0) - 1;
    }
  }
  if (cursor_.has_realtime)
    return edge(file.entries(), [](const EntryLocation& at) { return at.realtime; }, wanted.realtime);
  return down ? 1 : UINT64_MAX;
}

std::uint64_t Journal::locate_in(EntryList& list, Source& source, Direction direction) const {
  JournalFile& file = *source.file;
  const FileView& view = file.view();
  const EntryLocation& wanted = cursor_.location;
  const bool down = direction == Direction::down;
  const auto edge = [&](EntryList& in, auto key, std::uint64_t value) -> std::uint64_t {
    const std::uint64_t index = in.partition_point(view, [&](std::uint64_t offset) {
      EntryLocation at;
      return file.locate(offset, at) && (down ? key(at) < value : key(at) <= value);
    });
    if (down) return in.at(view, index);
    return index == 0 ? 0 : in.at(view, index - 1);
  };
  const auto beyond = [&](EntryList& in, std::uint64_t offset) -> std::uint64_t {
    const std::uint64_t index = in.lower_bound(view, down ? offset : offset + 1);
    if (down) return in.at(view, index);
    return index == 0 ? 0 : in.at(view, index - 1);
  };
  if (cursor_.has_seqnum && wanted.seqnum_id == file.header().seqnum_id)
    return edge(list, [](const EntryLocation& at) { return at.seqnum; }, wanted.seqnum);
  if (cursor_.has_monotonic) {
    EntryList of_boot = file.entries_with("_BOOT_ID=" + format_id(wanted.boot_id));
    if (of_boot.size() > 0) {
      // In that boot; where it has nothing there, the wall clock decides.
      std::uint64_t found = edge(of_boot, [](const EntryLocation& at) { return at.monotonic; }, wanted.monotonic);
      while (found != 0) {
        const std::uint64_t in_list = beyond(list, found);
        if (in_list == 0) break;
        if (in_list == found) return in_list;
        found = beyond(of_boot, in_list);
        if (found == in_list) return found;
      }
    }
  }
  if (cursor_.has_realtime) return edge(list, [](const EntryLocation& at) { return at.realtime; }, wanted.realtime);
  return beyond(list, down ? 1 : UINT64_MAX - 1);
}

bool Journal::beyond_place(const EntryLocation& candidate, Direction direction) const {
  const bool down = direction == Direction::down;
  if (place_ == Place::entry) return comes_first(current_, candidate, direction);
  if (place_ != Place::cursor) return true;
  const EntryLocation& c = cursor_.location;
  if (cursor_.has_seqnum && candidate.seqnum_id == c.seqnum_id)
    return down ? candidate.seqnum >= c.seqnum : candidate.seqnum <= c.seqnum;
  if (cursor_.has_monotonic && candidate.boot_id == c.boot_id)
    return down ? candidate.monotonic >= c.monotonic : candidate.monotonic <= c.monotonic;
  if (cursor_.has_realtime) return down ? candidate.realtime >= c.realtime : candidate.realtime <= c.realtime;
  return true;
}

void Journal::take(Source& source, std::uint64_t offset, Direction direction) {
  source.has_candidate = false;
  while (offset != 0) {
    const std::uint64_t found = source.match.find(*source.file, offset, direction);
    if (found == 0) return;
    source.last_offset = found;
    if (source.file->locate(found, source.candidate)) {
      source.has_candidate = true;
      return;
    }
    offset = direction == Direction::down ? found + 1 : found - 1;  // a damaged entry is passed over
  }
}

void Journal::advance(Source& source, Direction direction) {
  const std::uint64_t offset = source.candidate.offset;
  take(source, direction == Direction::down ? offset + 1 : offset - 1, direction);
}

void Journal::position(Source& source, Direction direction) {
  source.last_offset = direction == Direction::down ? 1 : UINT64_MAX;
  source.has_candidate = false;
  if (place_ == Place::head || place_ == Place::tail) {
    // Beyond an end there is nothing in that direction.
    const bool from_outside = (place_ == Place::head) == (direction == Direction::down);
    if (from_outside) take(source, source.last_offset, direction);
    else source.last_offset = source.file->entries().size() == 0 ? 1 : source.file->header().tail_object_offset;
    return;
  }
  if (interleave_ == Interleave::as_journalctl) {
    const std::uint64_t found = source.match.find_place(*source.file, direction,
                                                        [&](EntryList& list) { return locate_in(list, source, direction); });
    take(source, found, direction);
    // A place that was sought is where the search ended; an entry that was shown must be left behind.
    if (place_ != Place::entry) return;
  } else {
    take(source, offset_near(source, direction), direction);
  }
  while (source.has_candidate && !beyond_place(source.candidate, direction)) advance(source, direction);
}

void Journal::position_all(Direction direction) {
  for (Source& source : sources_) position(source, direction);
  positioned_ = true;
  direction_ = direction;
  runner_up_ = SIZE_MAX;
}

std::size_t Journal::choose(Direction direction) {
  // While the last winner stays ahead of the second, nobody else has to be asked.
  if (runner_up_ < sources_.size() && sources_[current_source_].has_candidate &&
      comes_first(sources_[current_source_].candidate, sources_[runner_up_].candidate, direction))
    return current_source_;
  std::size_t best = SIZE_MAX;
  std::size_t second = SIZE_MAX;
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    if (!sources_[i].has_candidate) continue;
    if (best == SIZE_MAX || comes_first(sources_[i].candidate, sources_[best].candidate, direction)) {
      second = best;
      best = i;
    } else if (second == SIZE_MAX || comes_first(sources_[i].candidate, sources_[second].candidate, direction)) {
      second = i;
    }
  }
  runner_up_ = second;
  return best;
}

std::size_t Journal::choose_as_journalctl(Direction direction) {
  std::size_t best = SIZE_MAX;
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    Source& source = sources_[i];
    while (place_ == Place::entry && source.has_candidate && !beyond_place(source.candidate, direction))
      advance(source, direction);
    if (source.has_candidate &&
        (best == SIZE_MAX || comes_first(source.candidate, sources_[best].candidate, direction)))
      best = i;
  }
  return best;
}

bool Journal::step(Direction direction) {
  if (!positioned_ || direction != direction_) position_all(direction);
  const bool as_journalctl = interleave_ == Interleave::as_journalctl && sources_.size() > 1;
  for (;;) {
    const std::size_t best = as_journalctl ? choose_as_journalctl(direction) : choose(direction);
    if (best == SIZE_MAX) return false;
    const EntryLocation found = sources_[best].candidate;
    const bool repeated = place_ == Place::entry && compare_locations(found, current_) == 0;
    advance(sources_[best], direction);
    current_source_ = best;
    if (repeated) continue;
    current_ = found;
    place_ = Place::entry;
    cursor_ = {found, true, true, true, true};
    if (++steps_ % steps_between_trims == 0)
      for (const Source& source : sources_) source.file->drop_pages();
    if (filter_ && !filter_()) continue;
    return true;
  }
}

std::optional<std::string_view> Journal::first_value(std::string_view prefix) {
  const JournalFile& file = current_file();
  const FileView& view = file.view();
  const EntryView entry = view.entry(current_.offset);
  for (std::uint64_t i = 0; i < entry.n_items; ++i) {
    const DataView data = view.data(entry.item(i));
    if (!data) continue;
    if ((data.flags & object_flag::compressed_any) == 0) {
      // Nearly all data are other fields': their first byte tells.
      if (data.payload[0] == prefix[0] && data.payload.starts_with(prefix)) return data.payload.substr(prefix.size());
      continue;
    }
    if (!file.payload(entry.item(i), scratch_, prefix.size()).starts_with(prefix)) continue;
    return file.payload(entry.item(i), scratch_, UINT64_MAX).substr(prefix.size());
  }
  return std::nullopt;
}

bool Journal::refresh() {
  bool more = false;
  for (Source& source : sources_) {
    if (!source.file->refresh()) continue;
    more = true;
    source.match = CompiledMatch(match_, *source.file);
    if (!positioned_ || direction_ != Direction::down || source.has_candidate) continue;
    take(source, source.last_offset + 1, direction_);
    while (source.has_candidate && !beyond_place(source.candidate, direction_)) advance(source, direction_);
    runner_up_ = SIZE_MAX;
  }
  return more;
}

void Journal::for_each_value(std::string_view field, const std::function<void(std::string_view)>& visit) {
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    const FileView& view = sources_[i].file->view();
    const std::uint64_t field_offset = view.find_field(field);
    std::string_view name;
    const FieldObject* object = field_offset != 0 ? view.field(field_offset, name) : nullptr;
    if (object == nullptr) continue;
    std::uint64_t last = UINT64_MAX;
    for (std::uint64_t offset = object->head_data_offset; offset != 0 && offset < last;) {
      const DataView data = view.data(offset);
      if (!data) break;
      const std::string_view payload = sources_[i].file->payload(offset, scratch_, UINT64_MAX);
      const bool is_of_field = payload.size() > field.size() && payload.starts_with(field) && payload[field.size()] == '=';
      const bool known = std::any_of(sources_.begin(), sources_.begin() + static_cast<std::ptrdiff_t>(i),
                                     [&](const Source& earlier) { return earlier.file->entries_with(payload).size() > 0; });
      if (is_of_field && !known && data.object->n_entries > 0) visit(payload);
      last = offset;  // the newest value comes first: offsets fall along the chain
      offset = data.object->next_field_offset;
    }
  }
}

bool Journal::visit_values(std::string_view field, std::size_t limit, const std::function<void(std::string_view)>& visit) {
  for (const Source& source : sources_) {
    const FileView& view = source.file->view();
    const std::uint64_t field_offset = view.find_field(field);
    std::string_view name;
    const FieldObject* object = field_offset != 0 ? view.field(field_offset, name) : nullptr;
    if (object == nullptr) continue;
    std::uint64_t last = UINT64_MAX;
    std::size_t seen = 0;
    for (std::uint64_t offset = object->head_data_offset; offset != 0 && offset < last;) {
      if (++seen > limit) return false;
      const DataView data = view.data(offset);
      if (!data) break;
      const std::string_view payload = source.file->payload(offset, scratch_, UINT64_MAX);
      if (payload.size() > field.size() && payload.starts_with(field)) visit(payload.substr(field.size() + 1));
      last = offset;
      offset = data.object->next_field_offset;
    }
  }
  return true;
}

void Journal::for_each_field(const std::function<void(std::string_view)>& visit) {
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    const FileView& view = sources_[i].file->view();
    for (const HashItem& bucket : view.field_hash_table()) {
      std::uint64_t offset = bucket.head_hash_offset;
      while (offset != 0) {
        std::string_view name;
        const FieldObject* object = view.field(offset, name);
        if (object == nullptr) break;
        const bool known = std::any_of(sources_.begin(), sources_.begin() + static_cast<std::ptrdiff_t>(i),
                                       [&](const Source& earlier) { return earlier.file->view().find_field(name) != 0; });
        if (!known) visit(name);
        if (object->next_hash_offset <= offset) break;
        offset = object->next_hash_offset;
      }
    }
  }
}

}  // namespace journal
