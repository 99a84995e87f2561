#include "journal/journalctl/show.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

#include "journal/journalctl/catalog.h"
#include "journal/journalctl/entry_stream.h"
#include "journal/journalctl/printer.h"
#include "journal/journalctl/terminal.h"
#include "journal/query/message_index.h"
#include "journal/store/directory.h"
#include "journal/text/id128.h"
#include "journal/text/pattern.h"
#include "unitparser/base/fd.h"
#include "unitparser/base/text.h"

namespace journal {
namespace {

using unitparser::UniqueFd;

/// Followers look again this often even when nothing told them to: network file systems have no inotify.
constexpr int follow_interval_ms = 2000;
/// A new file may be seen before its header is written. It is tried again as often as this, each time that something moves.
constexpr int tries_of_new_files = 100;

/// State of one showing.
class Show {
 public:
  Show(const Options& options, const SourceList& sources, Journal& journal, std::uint64_t now)
      : options_(options), sources_(sources), journal_(journal), now_(now), style_(terminal_style()) {}
  int run();

 private:
  bool prepare();
  /// First seek, then one step: true when there is a first entry.
  bool find_first();
  bool skip(Direction direction, std::uint64_t count);
  void show_all();
  bool show_one();
  void follow();
  void announce_boot();
  std::string initial_cursor();
  void use_indexes();
  void leave_indexes() const;
  [[nodiscard]] bool wants_cursor() const { return options_.show_cursor || !options_.cursor_file.empty(); }
  /// One step on from the entry that was to be gone on from; when nothing follows, it stays there.
  bool step_from_cursor();
  void save_cursor();

  const Options& options_;
  const SourceList& sources_;
  Journal& journal_;
  std::uint64_t now_;
  TerminalStyle style_;
  Output output_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<Pattern> pattern_;
  std::unique_ptr<Printer> printer_;
  std::optional<Cursor> cursor_;
  bool after_cursor_ = false;
  Direction direction_ = Direction::down;
  std::uint64_t shown_ = 0;
  std::optional<std::uint64_t> limit_;
  std::optional<Id128> last_boot_;
  bool failed_ = false;
  bool visited_ = false;  ///< some entry was looked at: there is a cursor
  bool is_at_end_ = false;  ///< nothing follows the entry that was to be gone on from
};

std::string Show::initial_cursor() {
  if (!options_.cursor.empty()) return options_.cursor;
  if (!options_.after_cursor.empty()) {
    after_cursor_ = true;
    return options_.after_cursor;
  }
  if (options_.cursor_file.empty()) return {};
  const auto text = read_small_file(options_.cursor_file);
  after_cursor_ = text.has_value();
  return text ? std::string(unitparser::trim(*text)) : std::string();
}

bool Show::prepare() {
  if (const auto applied = apply_filters(options_, now_, journal_); !applied) {
    std::fprintf(stderr, "%s\n", applied.error().message.c_str());
    return false;
  }
  if (!options_.pattern.empty()) {
    auto pattern = Pattern::compile(options_.pattern, options_.case_sensitive);
    if (!pattern) {
      std::fprintf(stderr, "%s\n", pattern.error().message.c_str());
      return false;
    }
    pattern_ = std::move(*pattern);
  }
  if (const std::string text = initial_cursor(); !text.empty()) {
    auto cursor = parse_cursor(text);
    if (!cursor) {
      std::fprintf(stderr, "Failed to seek to cursor: Invalid argument\n");
      return false;
    }
    cursor_ = *cursor;
  }
  if (options_.catalog)
    if (auto catalog = Catalog::open("/var/lib/systemd/catalog/database")) catalog_ = std::move(*catalog);
  if (output_.start_pager(options_)) style_.columns = terminal_style().columns;
  printer_ = std::make_unique<Printer>(options_, style_, catalog_.get());
  direction_ = options_.reverse ? Direction::up : Direction::down;
  limit_ = options_.lines;
  use_indexes();
  return true;
}

/// Has the search pass over what no index says the text to be in, unless that could be seen: a cursor that is shown is that of the
/// last entry that was looked at, and an expression may let a boot begin later than the index knows.
void Show::use_indexes() {
  const bool is_seen = cursor_ || wants_cursor() || limit_ == std::uint64_t{0} || (!options_.speaks_as_journalctl && is_expression(options_.matches));
  if (pattern_ == nullptr || is_seen) return;
  journal_.set_required_text(pattern_->required_text(), options_.merge || options_.quiet ? Journal::Boots::unseen : Journal::Boots::seen);
}

/// A search through everything on this machine leaves indexes behind where it may, for the next.
void Show::leave_indexes() const {
  const bool was_limited = limit_ || options_.since || options_.until || options_.boot || options_.dmesg || !options_.units.empty() || !options_.user_units.empty() || !options_.matches.empty();
  const bool is_own = options_.files.empty() && options_.directory.empty() && options_.root.empty() && options_.machine.empty();
  if (pattern_ == nullptr || was_limited || !is_own) return;
  for (const std::string& folder : sources_.folders)
    if (::access(folder.c_str(), W_OK) == 0) (void)update_indexes(folder);  // what fails is missed by nobody
}

bool Show::skip(Direction direction, std::uint64_t count) {
  bool any = false;
  for (std::uint64_t i = 0; i < count && journal_.step(direction); ++i) any = true;
  return any;
}

bool Show::step_from_cursor() {
  visited_ = true;
  is_at_end_ = !journal_.step(direction_);
  return !is_at_end_;
}

bool Show::find_first() {
  if (cursor_) {
    journal_.seek_cursor(*cursor_);
    if (!journal_.step(direction_)) return false;
    if (!after_cursor_) return true;
    if (options_.speaks_as_journalctl) return step_from_cursor();  // which passes one over, whatever it is
    // The entry itself is passed over; when it is gone, what follows its place is already after it.
    return cursor_matches(*cursor_, journal_.current()) ? step_from_cursor() : true;
  }
  if (options_.since && (!options_.reverse || !options_.until)) {
    journal_.seek_realtime(*options_.since);
    if (options_.reverse) {
      journal_.seek_tail();
      return journal_.step(Direction::up);
    }
    return journal_.step(Direction::down);
  }
  if (options_.until && options_.reverse) {
    journal_.seek_realtime(*options_.until);
    return journal_.step(Direction::up);
  }
  if (options_.reverse) {
    journal_.seek_tail();
    return journal_.step(Direction::up);
  }
  if (limit_ && !options_.since && pattern_ == nullptr) {
    journal_.seek_tail();
    return skip(Direction::up, std::max<std::uint64_t>(*limit_, 1));  // -n 0 goes to the last one too: its cursor can be shown
  }
  journal_.seek_head();
  return journal_.step(Direction::down);
}

void Show::announce_boot() {
  const Id128 boot = journal_.current().boot_id;
  if (!options_.merge && !options_.quiet && last_boot_ && *last_boot_ != boot) {
    const std::string_view on = style_.colors ? "\x1B[0;1;39m" : "";
    const std::string_view off = style_.colors ? "\x1B[0m" : "";
    output_.buffer().append(on).append("-- Boot ").append(format_id(boot)).append(" --").append(off).append("\n");
  }
  last_boot_ = boot;
}

/// Shows the current entry if it is wanted; false when the end of the wanted range was passed.
bool Show::show_one() {
  const std::uint64_t time = journal_.current().realtime;
  if (options_.until && !options_.reverse && time > *options_.until) return false;
  if (options_.since && options_.reverse && time < *options_.since) return false;
  announce_boot();
  std::optional<PatternMatch> found;
  if (pattern_) {
    const auto message = journal_.first_value("MESSAGE");
    if (message) found = pattern_->find(*message);
    if (!found) return true;
  }
  printer_->print(journal_, output_.buffer(), found ? found->begin : 0, found ? found->end : 0);
  ++shown_;
  output_.flush_if_large();
  return true;
}

void Show::show_all() {
  bool has_entry = find_first();
  visited_ = visited_ || has_entry;
  while (has_entry && output_.is_open() && (!limit_ || shown_ < *limit_)) {
    if (!show_one()) return;
    if (limit_ && shown_ >= *limit_ && !options_.follow) return;
    has_entry = journal_.step(direction_);
  }
}

void Show::follow() {
  const UniqueFd watch(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  constexpr std::uint32_t events = IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_ATTRIB | IN_ONLYDIR;
  std::size_t watched = 0;
  const auto watch_folders = [&](const SourceList& list) {
    for (; watched < list.folders.size(); ++watched)
      ::inotify_add_watch(watch.get(), list.folders[watched].c_str(), events);
    for (const std::string& file : list.files) ::inotify_add_watch(watch.get(), file.c_str(), IN_MODIFY);
    for (const char* parent : {"/run/log/journal", "/var/log/journal"})
      if (list.files.empty() && options_.directory.empty())
        ::inotify_add_watch(watch.get(), (options_.root + parent).c_str(), IN_CREATE | IN_MOVED_TO | IN_ONLYDIR);
  };
  SourceList list = sources_;
  watch_folders(list);
  Options quietly = options_;
  quietly.quiet = true;
  int tries = 0;
  limit_.reset();
  alignas(inotify_event) std::array<char, 4096> buffer;
  while (output_.is_open()) {
    journal_.refresh();
    while (journal_.step(Direction::down) && output_.is_open())
      if (!show_one()) return;
    output_.flush();
    pollfd ready[2] = {{watch.get(), POLLIN, 0}, {STDOUT_FILENO, 0, 0}};
    ::poll(ready, 2, follow_interval_ms);
    if ((ready[1].revents & (POLLERR | POLLHUP)) != 0) return;
    bool folders_changed = false;
    for (ssize_t n = ::read(watch.get(), buffer.data(), buffer.size()); n > 0;
         n = ::read(watch.get(), buffer.data(), buffer.size()))
      for (const char* at = buffer.data(); at < buffer.data() + n;) {
        const auto* event = reinterpret_cast<const inotify_event*>(at);
        folders_changed = folders_changed || (event->mask & (IN_CREATE | IN_MOVED_TO | IN_DELETE)) != 0;
        at += sizeof(inotify_event) + event->len;
      }
    if (folders_changed) tries = tries_of_new_files;
    if (tries == 0 || !options_.files.empty()) continue;
    --tries;
    if (auto found = find_sources(options_)) {
      list.folders = found->folders;
      watched = 0;
      watch_folders(list);
      if (const auto unusable = open_sources(quietly, *found, journal_); unusable && *unusable == 0) tries = 0;
    }
    journal_.drop_deleted_files();
  }
}

void Show::save_cursor() {
  if (!wants_cursor()) return;
  if (!visited_) {
    failed_ = true;
    return;
  }
  const std::string text = format_cursor(journal_.current());
  if (options_.show_cursor) output_.buffer().append("-- cursor: ").append(text).append("\n");
  if (options_.cursor_file.empty()) return;
  const std::string temporary = options_.cursor_file + ".new";
  const UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  const std::string line = text + "\n";
  if (!fd || ::write(fd.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()) ||
      ::rename(temporary.c_str(), options_.cursor_file.c_str()) < 0) {
    std::fprintf(stderr, "Failed to write new cursor to %s\n", options_.cursor_file.c_str());
    failed_ = true;
  }
}

int Show::run() {
  if (!prepare()) return EXIT_FAILURE;
  show_all();
  if (options_.follow) {
    output_.flush();
    follow();
    return EXIT_SUCCESS;
  }
  if (shown_ == 0 && !options_.quiet) output_.buffer().append("-- No entries --\n");
  save_cursor();
  output_.finish();
  leave_indexes();
  // COMPAT: journalctl(1) -n 0 asks for no match where there are entries, unless their cursor is asked for.
  // Nor is a match missed where nothing follows a cursor.
  const bool looked = wants_cursor() || (!is_at_end_ && (limit_ != std::uint64_t{0} || !visited_));
  if (failed_ || (pattern_ != nullptr && shown_ == 0 && looked)) return EXIT_FAILURE;
  return EXIT_SUCCESS;
}

}  // namespace

int show_entries(const Options& options, const SourceList& sources, Journal& journal, std::uint64_t now) {
  return Show(options, sources, journal, now).run();
}

}  // namespace journal
