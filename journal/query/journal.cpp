#include "journal/query/journal.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "journal/format/compression.h"
#include "journal/text/id128.h"
#include "journal/text/printable.h"

namespace journal {
namespace {

using unitparser::Result;
using unitparser::UniqueFd;

/// Mapped pages are given back after so many bytes: a scan of everything stays small.
constexpr std::uint64_t bytes_between_trims = 16ULL << 20;
/// Entries farther from each other than this are read apart from the mapping.
constexpr std::uint64_t far_apart = 16ULL << 10;
/// So much is mapped, about, by touching a page.
constexpr std::uint64_t fault_size = 64ULL << 10;
/// A file with more boots than this is searched without its index.
constexpr std::size_t most_boots = 1000;

bool comes_first(const EntryLocation& a, const EntryLocation& b, Direction direction) {
  const int order = compare_locations(a, b);
  return direction == Direction::down ? order < 0 : order > 0;
}

/// The first entry of a list whose `key` is `value` or more (down), or the last where it is no more (up); 0: none.
std::uint64_t find_edge(EntryList& list, JournalFile& file, std::uint64_t EntryLocation::*key, std::uint64_t value, Direction direction) {
  const bool down = direction == Direction::down;
  const std::uint64_t index = list.partition_point(file, [&](std::uint64_t offset) {
    EntryLocation at;
    return file.locate(offset, at) && (down ? at.*key < value : at.*key <= value);
  });
  if (down) return list.at(file, index);
  return index == 0 ? 0 : list.at(file, index - 1);
}

/// The same of the time. Within a file it does not fall, so most files are told by their ends: a search waits for the disk at each step.
std::uint64_t find_realtime(EntryList& list, JournalFile& file, std::uint64_t realtime, Direction direction) {
  const std::uint64_t head = file.header().head_entry_realtime, tail = file.header().tail_entry_realtime;
  const bool down = direction == Direction::down;
  if (down ? tail < realtime : head > realtime) return 0;
  if (down ? head >= realtime : tail <= realtime) return list.nearest(file, down ? 1 : UINT64_MAX, direction);
  return find_edge(list, file, &EntryLocation::realtime, realtime, direction);
}

}  // namespace

void Journal::add_source(std::unique_ptr<JournalFile> file, std::uint32_t rank) {
  Source source;
  source.file = std::move(file);
  source.match = CompiledMatch(match_, *source.file);
  source.rank = rank;
  if (!required_.is_empty()) source.index = MessageIndex::open(*source.file);
  passing_ = Passing::unknown;
  const auto place = std::upper_bound(sources_.begin(), sources_.end(), rank,
                                      [](std::uint32_t wanted, const Source& other) { return wanted < other.rank; });
  const auto index = static_cast<std::size_t>(place - sources_.begin());
  if (index <= current_source_ && !sources_.empty()) ++current_source_;
  sources_.insert(place, std::move(source));
  others_.is_known = false;
}

bool Journal::has_file(const struct ::stat& st) const {
  return std::any_of(sources_.begin(), sources_.end(), [&](const Source& source) {
    return source.file->inode() == st.st_ino && source.file->device() == st.st_dev;
  });
}

Result<void> Journal::add_file(const std::string& path) {
  struct stat st = {};
  if (::stat(path.c_str(), &st) == 0 && has_file(st)) return {};
  add_source(TRY(JournalFile::open(path, rule_)), ranks_++);
  if (positioned_) position(sources_.back(), direction_);
  return {};
}

Result<void> Journal::add_fd(UniqueFd fd, std::string name) {
  add_source(TRY(JournalFile::open_fd(std::move(fd), std::move(name), rule_)), ranks_++);
  if (positioned_) position(sources_.back(), direction_);
  return {};
}

void Journal::add_archive(const std::string& path, const Id128& seqnum_id, std::uint64_t first_seqnum) {
  if (positioned_) {  // who follows names all of them again and again
    if (known_archives_.empty()) {
      for (const Source& source : sources_) known_archives_.insert(source.file->path());
      for (std::size_t i = 0; i < unopened_.size(); ++i) known_archives_.insert(unopened_.path(unopened_.at(i)));
    }
    if (!known_archives_.insert(path).second) return;
  }
  unopened_.add(path, ranks_++, seqnum_id, first_seqnum);
  if (!positioned_) return;
  arrange_unopened();
  find_next_unopened(direction_);
}

Journal::Source* Journal::open_unopened(std::size_t i) {
  const UnopenedFile unopened = unopened_.take(i);
  next_unopened_ = UnopenedFiles::none;
  const std::string path = unopened_.path(unopened);
  struct stat st = {};
  if (::stat(path.c_str(), &st) == 0 && has_file(st)) return nullptr;
  auto file = JournalFile::open(path, rule_);
  if (!file) {
    const int reason = file.error().os_errno;
    if (complain_ && reason != ENOENT && reason != EACCES) complain_(path);
    return nullptr;
  }
  add_source(std::move(*file), unopened.rank);
  return &*std::find_if(sources_.begin(), sources_.end(), [&](const Source& source) { return source.rank == unopened.rank; });
}

void Journal::open_all() {
  while (!unopened_.is_empty())
    if (Source* source = open_unopened(unopened_.size() - 1); source != nullptr && positioned_) position(*source, direction_);
}

std::size_t Journal::file_count() {
  open_all();
  return sources_.size();
}

void Journal::arrange_unopened() {
  next_unopened_ = UnopenedFiles::none;
  if (unopened_.is_empty()) return;
  // Entries of one source of numbers are in the order of their numbers, whatever the clocks did. Where there are others, or a
  // place in time is sought, each file has to be asked.
  const Id128 id = unopened_.seqnum_id();
  const bool is_one_order = !id.is_null() && std::all_of(sources_.begin(), sources_.end(), [&](const Source& source) {
                              return source.file->header().seqnum_id == id;
                            });
  if (!is_one_order || place_ == Place::cursor) {
    open_all();
    return;
  }
  unopened_.find_ends([&](std::string_view chain) {
    for (const Source& source : sources_) {
      const std::string_view path = source.file->path();
      if (path.size() == chain.size() + sizeof(".journal") - 1 && path.starts_with(chain) && path.ends_with(".journal"))
        return source.file->header().n_entries > 0 ? source.file->header().head_entry_seqnum : UINT64_MAX;
    }
    return UINT64_MAX;
  });
}

void Journal::find_next_unopened(Direction direction) {
  const bool down = direction == Direction::down;
  std::uint64_t from = current_.seqnum;
  if (place_ == Place::head) from = 0;
  if (place_ == Place::tail) from = UINT64_MAX;
  // Beyond an end there is nothing in that direction: `from` is then beyond all of them.
  next_unopened_ = unopened_.nearest(direction, from);
  if ((place_ == Place::head && !down) || (place_ == Place::tail && down)) next_unopened_ = UnopenedFiles::none;
}

void Journal::drop_deleted_files() {
  for (std::size_t i = sources_.size(); i-- > 0;) {
    struct stat st = {};
    const Source& source = sources_[i];
    if (source.has_candidate || i == current_source_ || ::fstat(source.file->fd(), &st) < 0 || st.st_nlink > 0)
      continue;
    memory_.clear();
    others_of_field_ = {};
    sources_.erase(sources_.begin() + static_cast<std::ptrdiff_t>(i));
    if (current_source_ > i) --current_source_;
    others_.is_known = false;
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
  const EntryLocation& wanted = cursor_.location;
  const bool down = direction == Direction::down;
  if (cursor_.has_seqnum && wanted.seqnum_id == file.header().seqnum_id)
    return find_edge(file.entries(), file, &EntryLocation::seqnum, wanted.seqnum, direction);
  if (cursor_.has_monotonic) {
    EntryList of_boot = file.entries_with("_BOOT_ID=" + format_id(wanted.boot_id));
    const std::uint64_t n = of_boot.lower_bound(file, UINT64_MAX);
    if (n > 0) {
      const auto found = find_edge(of_boot, file, &EntryLocation::monotonic, wanted.monotonic, direction);
      if (found != 0) return found;
      // Nothing of that boot on this side: go on with what lies around the boot in this file.
      return down ? of_boot.at(file, n - 1) + 1 : of_boot.at(file, 0) - 1;
    }
  }
  if (cursor_.has_realtime) return find_realtime(file.entries(), file, wanted.realtime, direction);
  return down ? 1 : UINT64_MAX;
}

std::uint64_t Journal::locate_in(EntryList& list, Source& source, Direction direction) const {
  JournalFile& file = *source.file;
  const EntryLocation& wanted = cursor_.location;
  const bool down = direction == Direction::down;
  const auto beyond = [&](EntryList& in, std::uint64_t offset) -> std::uint64_t {
    const std::uint64_t index = in.lower_bound(file, down ? offset : offset + 1);
    if (down) return in.at(file, index);
    return index == 0 ? 0 : in.at(file, index - 1);
  };
  if (cursor_.has_seqnum && wanted.seqnum_id == file.header().seqnum_id)
    return find_edge(list, file, &EntryLocation::seqnum, wanted.seqnum, direction);
  if (cursor_.has_monotonic) {
    EntryList of_boot = file.entries_with("_BOOT_ID=" + format_id(wanted.boot_id));
    if (of_boot.size() > 0) {
      // In that boot; where it has nothing there, the wall clock decides.
      std::uint64_t found = find_edge(of_boot, file, &EntryLocation::monotonic, wanted.monotonic, direction);
      while (found != 0) {
        const std::uint64_t in_list = beyond(list, found);
        if (in_list == 0) break;
        if (in_list == found) return in_list;
        found = beyond(of_boot, in_list);
        if (found == in_list) return found;
      }
    }
  }
  if (cursor_.has_realtime) return find_realtime(list, file, wanted.realtime, direction);
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

void Journal::touch(Source& source, std::uint64_t offset) {
  if (offset >= source.file->view().size()) return;
  const auto part = static_cast<std::size_t>(offset / fault_size);
  if (part >= source.touched.size()) source.touched.resize(static_cast<std::size_t>(source.file->view().size() / fault_size) + 1);
  if (source.touched[part]) return;
  source.touched[part] = true;
  touched_ += fault_size;
}

void Journal::read_apart(Source& source, std::uint64_t offset, Direction direction) {
  const bool is_there = source.file->read_apart(offset, JournalFile::Wait::never);
  source.is_fetching = source.is_fetching || !is_there;
  if (!source.is_fetching) return;
  // One disk access after the other would be slow: it gets the next ones as well, and more before it has brought all of them.
  constexpr unsigned at_once = 256, step = 32;
  if (source.fetch_in == 0) {
    source.match.visit_next(*source.file, direction, at_once, [&](std::uint64_t next) { source.file->fetch_apart(next); });
    source.fetch_in = step;
  }
  --source.fetch_in;
  if (!is_there) source.file->read_apart(offset, JournalFile::Wait::for_disk);
}

void Journal::set_required_text(std::string_view text, Boots boots) {
  required_ = TextProbe(text);
  boots_ = boots;
  for (Source& source : sources_) source.index = required_.is_empty() ? nullptr : MessageIndex::open(*source.file);
}

bool Journal::may_pass_over() {
  open_all();
  struct Run {
    std::uint64_t first, last;
    Id128 boot_id;
  };
  std::vector<Run> runs;
  bool may = true;
  for (const Source& source : sources_) {
    JournalFile& file = *source.file;
    may = may && file.header().seqnum_id == sources_.front().file->header().seqnum_id;
    if (!may || boots_ == Boots::unseen) continue;
    may = visit_values_of(file, "_BOOT_ID", most_boots, [&](std::string_view payload) {
      EntryList list = file.entries_with(payload);
      EntryLocation first, last;
      const bool is_good = list.size() > 0 && file.locate(list.at(file, 0), first) && file.locate(list.at(file, list.size() - 1), last);
      if (is_good) runs.push_back({first.seqnum, last.seqnum, first.boot_id});
    });
  }
  std::sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return a.first < b.first; });
  // Of files side by side the runs of one boot overlap; those of different ones must not.
  for (std::size_t i = 1; i < runs.size(); ++i) {
    may = may && (runs[i].boot_id == runs[i - 1].boot_id || runs[i].first > runs[i - 1].last);
    runs[i].last = std::max(runs[i].last, runs[i - 1].last);
  }
  return may;
}

void Journal::note_boot(Source& source) const {
  if (source.boot_begin != 0 && source.boot_id == current_.boot_id) return;
  EntryList list = source.file->entries_with("_BOOT_ID=" + format_id(current_.boot_id));
  source.boot_id = current_.boot_id;
  source.boot_begin = list.at(*source.file, 0);
  source.boot_end = list.size() == 0 ? 0 : list.at(*source.file, list.size() - 1);
}

std::uint64_t Journal::pass_over(Source& source, std::uint64_t found, Direction direction) {
  constexpr std::uint64_t size = MessageIndex::stretch_size;
  constexpr int at_once = 16;
  const bool down = direction == Direction::down;
  std::uint64_t stretch = MessageIndex::stretch_of(found);
  if (stretch == source.stretch) return found;
  // With seen boots, from an entry that came to the end of its boot: where the boot begins is seen then, and where the next does.
  const std::uint64_t first = boots_ == Boots::seen ? source.boot_begin : 1, last = boots_ == Boots::seen ? source.boot_end : UINT64_MAX - 1;
  if (found < first || found > last || first == 0) return found;
  const auto has_more = [&] { return stretch < source.index->stretches() && (down || stretch > 0); };
  const auto find_next = [&] {
    while (has_more() && !source.index->may_have(stretch, required_)) stretch = down ? stretch + 1 : stretch - 1;
  };
  find_next();
  if (stretch != MessageIndex::stretch_of(found) && passing_ != Passing::allowed) {
    passing_ = Passing::asked_for;
    return found;
  }
  if (stretch != MessageIndex::stretch_of(found))
    return down ? std::min(stretch * size, last + 1) : std::max((stretch + 1) * size - 1, first - 1);
  source.stretch = stretch;
  // What will be read next, all at once.
  if (source.fetched_stretch != UINT64_MAX && (down ? stretch < source.fetched_stretch : stretch > source.fetched_stretch)) return found;
  for (int i = 0; i < at_once && has_more(); ++i) {
    source.file->fetch(stretch * size, size);
    source.fetched_stretch = stretch;
    stretch = down ? stretch + 1 : stretch - 1;
    find_next();
  }
  return found;
}

void Journal::take(Source& source, std::uint64_t offset, Direction direction) {
  const bool goes_on = source.has_candidate && source.index != nullptr;
  source.has_candidate = false;
  while (offset != 0) {
    const std::uint64_t found = source.match.find(*source.file, offset, direction);
    if (found == 0) return;
    if (goes_on)
      if (const std::uint64_t farther = pass_over(source, found, direction); farther != found) {
        offset = farther;
        continue;
      }
    const std::uint64_t distance = found > source.last_offset ? found - source.last_offset : source.last_offset - found;
    source.last_offset = found;
    if (source.index == nullptr && distance > far_apart) {
      read_apart(source, found, direction);
    } else {
      touch(source, found);
      if (source.index == nullptr) source.file->fetch_ahead(found, direction);
    }
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
  if (place_ == Place::entry) cursor_ = {current_, true, true, true, true};
  source.last_offset = direction == Direction::down ? 1 : UINT64_MAX;
  source.has_candidate = false;
  source.fetched_stretch = UINT64_MAX;
  source.is_fetching = false;
  source.fetch_in = 0;
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
  arrange_unopened();
  for (Source& source : sources_) position(source, direction);
  find_next_unopened(direction);
  positioned_ = true;
  direction_ = direction;
  is_at_candidate_ = false;
  others_.is_known = false;
}

void Journal::look_at_others(Direction direction) {
  const bool down = direction == Direction::down;
  const std::uint64_t farthest = down ? UINT64_MAX : 0;
  const EntryLocation& own = sources_[current_source_].candidate;
  others_ = {true, own.boot_id, farthest, farthest, farthest};
  const auto note = [down](std::uint64_t& nearest, std::uint64_t value) { nearest = down ? std::min(nearest, value) : std::max(nearest, value); };
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    if (i == current_source_ || !sources_[i].has_candidate) continue;
    const EntryLocation& other = sources_[i].candidate;
    if (other.seqnum_id == own.seqnum_id) note(others_.seqnum, other.seqnum);
    else if (other.boot_id == own.boot_id) note(others_.monotonic, other.monotonic);
    else note(others_.realtime, other.realtime);
  }
}

bool Journal::is_ahead_of_others(Direction direction) const {
  if (!others_.is_known || !sources_[current_source_].has_candidate) return false;
  const EntryLocation& own = sources_[current_source_].candidate;
  if (own.boot_id != others_.boot_id || !comes_first(current_, own, direction)) return false;
  return direction == Direction::down
             ? own.seqnum < others_.seqnum && own.monotonic < others_.monotonic && own.realtime < others_.realtime
             : own.seqnum > others_.seqnum && own.monotonic > others_.monotonic && own.realtime > others_.realtime;
}

std::size_t Journal::choose_of_all(Direction direction) {
  // COMPAT: journalctl(1) passes over what does not come behind the entry just shown.
  const bool passes_over = interleave_ == Interleave::as_journalctl && sources_.size() > 1 && place_ == Place::entry;
  std::size_t best = SIZE_MAX;
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    Source& source = sources_[i];
    while (passes_over && source.has_candidate && !beyond_place(source.candidate, direction)) advance(source, direction);
    if (source.has_candidate &&
        (best == SIZE_MAX || comes_first(source.candidate, sources_[best].candidate, direction)))
      best = i;
  }
  return best;
}

std::size_t Journal::choose(Direction direction) {
  std::size_t best = is_ahead_of_others(direction) ? current_source_ : choose_of_all(direction);
  while (next_unopened_ != UnopenedFiles::none) {
    const UnopenedFile& next = unopened_.at(next_unopened_);
    if (best != SIZE_MAX) {
      const std::uint64_t seqnum = sources_[best].candidate.seqnum;
      if (direction == Direction::down ? next.first_seqnum > seqnum : next.end_seqnum <= seqnum) break;
    }
    const std::uint64_t first = next.first_seqnum, end = next.end_seqnum;
    Source* source = open_unopened(next_unopened_);
    find_next_unopened(direction);
    if (source != nullptr) {
      const Header& header = source->file->header();
      take(*source, source->last_offset = direction == Direction::down ? 1 : UINT64_MAX, direction);
      // A file that is not what its name says: no name is believed any more.
      if (header.head_entry_seqnum < first || header.tail_entry_seqnum >= end) open_all();
    }
    best = choose_of_all(direction);
  }
  if (best != SIZE_MAX && (best != current_source_ || !is_ahead_of_others(direction))) {
    current_source_ = best;
    look_at_others(direction);
  }
  return best;
}

bool Journal::step(Direction direction) {
  if (!positioned_ || direction != direction_) position_all(direction);
  if (passing_ == Passing::asked_for) {
    const bool may = may_pass_over();
    if (!may) set_required_text({}, boots_);
    passing_ = may ? Passing::allowed : Passing::unknown;
  }
  for (;;) {
    // Not before now: what was read of the entry stays as long as that is the current one.
    if (std::exchange(is_at_candidate_, false)) advance(sources_[current_source_], direction);
    const std::size_t best = choose(direction);
    if (best == SIZE_MAX) return false;
    const EntryLocation& found = sources_[best].candidate;
    const bool repeated = place_ == Place::entry && compare_locations(found, current_) == 0;
    is_at_candidate_ = true;
    if (repeated) continue;
    current_ = found;
    place_ = Place::entry;
    if (!required_.is_empty() && boots_ == Boots::seen) note_boot(sources_[best]);
    if (touched_ > bytes_between_trims) {
      touched_ = 0;
      for (Source& source : sources_) {
        if (source.touched.empty()) continue;
        source.touched.clear();
        source.file->drop_pages();
        if (source.index != nullptr) source.index->drop_pages();
      }
    }
    if (filter_ && !filter_()) continue;
    return true;
  }
}

bool Journal::read_datum(Source& source, std::uint64_t offset, Datum& datum) {
  JournalFile& file = *source.file;
  const DataView data = file.view().data(offset);
  if (!data) return false;
  const bool is_apart = file.is_apart(offset);
  if (!is_apart) touch(source, offset);
  datum.is_compressed = (data.flags & object_flag::compressed_any) != 0;
  if (datum.is_compressed) {
    // Its name is enough until somebody asks for the value.
    std::string_view payload = file.payload(offset, scratch_, field_name_limit + 1);
    if (payload.find('=') == std::string_view::npos) payload = file.payload(offset, scratch_, UINT64_MAX);
    if (!fields_.split(payload, datum)) return false;
    datum.name = datum.field != 0 ? fields_.name(datum.field) : std::string_view(expanded_.emplace_back(datum.name));
    datum.value = data.payload;
    datum.flags = data.flags;
    datum.is_plain = false;
  } else {
    if (!fields_.split(data.payload, datum)) return false;
    datum.is_plain = false;
  }
  // What only one entry has is not looked at again.
  const bool is_of_one = data.object->n_entries < 2;
  if (!is_apart && is_of_one) file.widen_apart(offset);
  if (is_apart || is_of_one || (datum.is_compressed && datum.field == 0)) return true;
  datum.is_plain = !datum.is_compressed && is_plain_text(datum.value);
  memory_.keep(file, offset, datum);
  return true;
}

std::string_view Journal::value(const Datum& datum) {
  if (!datum.is_compressed) return datum.value;
  std::string& expanded = expanded_.emplace_back();
  if (!decompress(compression_of_flags(datum.flags), datum.value, expanded)) return {};
  return std::string_view(expanded).substr(std::min(expanded.size(), datum.name.size() + 1));
}

std::optional<std::string_view> Journal::first_value(std::string_view field) {
  const std::uint32_t number = fields_.number_of(field);
  const EntryView entry = current_file().view().entry(current_.offset);
  OtherItems& others = others_of_field_;
  if (others.file != &current_file() || others.field != number) {
    others.file = &current_file();
    others.field = number;
    others.offsets.clear();
  }
  std::uint64_t first = 0;
  while (first < std::min(entry.n_items, others.offsets.size()) && entry.item(first) == others.offsets[first]) ++first;
  others.offsets.resize(first);
  std::optional<std::string_view> found;
  visit_fields(entry, first, [&](std::uint64_t i, const Datum& datum) {
    if (datum.field == number && (number != 0 || datum.name == field)) {
      found = value(datum);
      return false;
    }
    if (i == others.offsets.size() && number != 0) others.offsets.push_back(entry.item(i));
    return true;
  });
  return found;
}

bool Journal::refresh() {
  bool more = false;
  memory_.clear();  // mappings may move
  for (Source& source : sources_) {
    if (!source.file->refresh()) continue;
    more = true;
    source.match = CompiledMatch(match_, *source.file);
    if (!positioned_ || direction_ != Direction::down || source.has_candidate) continue;
    take(source, source.last_offset + 1, direction_);
    while (source.has_candidate && !beyond_place(source.candidate, direction_)) advance(source, direction_);
    others_.is_known = false;
  }
  return more;
}

void Journal::for_each_value(std::string_view field, const std::function<void(std::string_view)>& visit) {
  open_all();
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
  open_all();
  return std::all_of(sources_.begin(), sources_.end(), [&](const Source& source) {
    return visit_values_of(*source.file, field, limit, [&](std::string_view payload) { visit(payload.substr(field.size() + 1)); });
  });
}

bool Journal::visit_values_of(const JournalFile& file, std::string_view field, std::size_t limit,
                              const std::function<void(std::string_view)>& visit) {
  const FileView& view = file.view();
  const std::uint64_t field_offset = view.find_field(field);
  std::string_view name;
  const FieldObject* object = field_offset != 0 ? view.field(field_offset, name) : nullptr;
  if (object == nullptr) return true;
  std::uint64_t last = UINT64_MAX;
  std::size_t seen = 0;
  for (std::uint64_t offset = object->head_data_offset; offset != 0 && offset < last;) {
    if (++seen > limit) return false;
    const DataView data = view.data(offset);
    if (!data) break;
    const std::string_view payload = file.payload(offset, scratch_, UINT64_MAX);
    if (payload.size() > field.size() && payload.starts_with(field)) visit(payload);
    last = offset;
    offset = data.object->next_field_offset;
  }
  return true;
}

void Journal::for_each_field_name(const std::function<void(std::string_view)>& visit) {
  open_all();
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
