#include "journal/journalctl/entry_stream.h"

#include <string>
#include <utility>

#include "journal/journalctl/filters.h"
#include "journal/query/cursor.h"
#include "journal/store/directory.h"
#include "unitparser/base/text.h"

namespace journal {

using unitparser::Result;

Result<void> apply_filters(const Options& options, std::uint64_t now, Journal& journal) {
  if (options.speaks_as_journalctl || !is_expression(options.matches)) {
    journal.set_match(TRY(build_match(options, journal)));
    return {};
  }
  std::string text;
  for (const std::string& word : options.matches) text += (text.empty() ? "" : " ") + word;
  auto expression = std::make_shared<const Expression>(TRY(Expression::parse(text, now)));
  Options others = options;
  others.matches.clear();
  Match match = TRY(build_match(others, journal));
  expression->narrow(match, journal);
  journal.set_match(std::move(match));
  journal.set_filter([expression, &journal] { return expression->matches(journal); });
  return {};
}

Result<EntryStream> EntryStream::over(const Options& options, std::uint64_t now, Journal& journal) {
  EntryStream stream(journal);
  TRY(apply_filters(options, now, journal));
  if (!options.pattern.empty()) stream.pattern_ = TRY(Pattern::compile(options.pattern, options.case_sensitive));
  stream.until_ = options.until;
  std::string cursor = options.cursor.empty() ? options.after_cursor : options.cursor;
  if (cursor.empty() && !options.cursor_file.empty())
    if (const auto text = read_small_file(options.cursor_file)) cursor = unitparser::trim(*text);
  if (!cursor.empty()) {
    const Cursor place = TRY(parse_cursor(cursor));
    journal.seek_cursor(place);
    // The entry of an --after-cursor= itself is passed over.
    if (options.cursor.empty() && journal.step(Direction::down) && !cursor_matches(place, journal.current())) journal.seek_cursor(place);
  } else if (options.since) {
    journal.seek_realtime(*options.since);
  } else {
    journal.seek_head();
  }
  return stream;
}

bool EntryStream::next() {
  return journal_->step(Direction::down) && (!until_ || journal_->current().realtime <= *until_);
}

bool EntryStream::has_pattern() const {
  if (pattern_ == nullptr) return true;
  const auto message = journal_->first_value("MESSAGE");
  return message && pattern_->find(*message);
}

}  // namespace journal
