// Reader: what the library has of the journal, behind its public header. [os: files]
#include "journal/library/incipit-journal/reader.h"

#include <cerrno>

#include "journal/journalctl/sources.h"
#include "journal/query/cursor.h"
#include "journal/query/journal.h"
#include "journal/text/id128.h"

namespace incipit::journal {
namespace {

std::error_code code_of(const unitparser::Error& error) {
  return {error.os_errno != 0 ? error.os_errno : EINVAL, std::generic_category()};
}

template <class T>
std::error_code code_of(const unitparser::Result<T>& result) {
  return result ? std::error_code() : code_of(result.error());
}

}  // namespace

struct Reader::State {
  ::journal::Journal journal;
  ::journal::Match match;
  std::vector<::journal::Options> places;  ///< folders, where new files may come

  std::error_code open(const ::journal::Options& place) {
    const auto sources = ::journal::find_sources(place);
    if (!sources) return code_of(sources.error());
    return code_of(::journal::open_sources(place, *sources, journal));
  }
  std::error_code open_folders(::journal::Options place) {
    place.quiet = true;
    places.push_back(std::move(place));
    return open(places.back());
  }
};

Reader::Reader() : state_(std::make_unique<State>()) {}
Reader::~Reader() = default;
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;

std::error_code Reader::open_machine(const std::string& name_space) {
  ::journal::Options place;
  place.name_space = name_space;
  return state_->open_folders(std::move(place));
}

std::error_code Reader::open_directory(const std::string& path) {
  ::journal::Options place;
  place.directory = path;
  return state_->open_folders(std::move(place));
}

std::error_code Reader::open_file(const std::string& path) { return code_of(state_->journal.add_file(path)); }

std::error_code Reader::add_match(std::string_view field_and_value) {
  const auto added = state_->match.add(field_and_value);
  if (!added) return code_of(added.error());
  state_->journal.set_match(state_->match);
  return {};
}
void Reader::add_or() { state_->match.add_or(); }
void Reader::add_and() { state_->match.add_and(); }

void Reader::seek_head() { state_->journal.seek_head(); }
void Reader::seek_tail() { state_->journal.seek_tail(); }
void Reader::seek_realtime(std::uint64_t realtime) { state_->journal.seek_realtime(realtime); }
std::error_code Reader::seek_cursor(std::string_view cursor) {
  const auto parsed = ::journal::parse_cursor(cursor);
  if (!parsed) return code_of(parsed.error());
  state_->journal.seek_cursor(*parsed);
  return {};
}

bool Reader::next() { return state_->journal.step(::journal::Direction::down); }
bool Reader::previous() { return state_->journal.step(::journal::Direction::up); }
bool Reader::refresh() {
  state_->journal.drop_deleted_files();
  for (const ::journal::Options& place : state_->places)
    (void)state_->open(place);  // a folder that is gone, or not there yet, has nothing new
  return state_->journal.refresh();
}

std::uint64_t Reader::realtime() const { return state_->journal.current().realtime; }
std::uint64_t Reader::monotonic() const { return state_->journal.current().monotonic; }
std::string Reader::boot_id() const { return ::journal::format_id(state_->journal.current().boot_id); }
std::string Reader::cursor() const { return ::journal::format_cursor(state_->journal.current()); }

std::optional<std::string_view> Reader::field(std::string_view name) { return state_->journal.first_value(name); }

std::vector<Field> Reader::fields() {
  std::vector<Field> all;
  state_->journal.for_each_field([&](const ::journal::Datum& datum) {
    all.push_back({datum.name, state_->journal.value(datum)});
    return true;
  });
  return all;
}

std::vector<std::string> Reader::values(std::string_view name) {
  std::vector<std::string> all;
  state_->journal.for_each_value(name, [&](std::string_view payload) { all.emplace_back(payload.substr(name.size() + 1)); });
  return all;
}

}  // namespace incipit::journal
