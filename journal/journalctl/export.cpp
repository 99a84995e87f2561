#include "journal/journalctl/export.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "journal/journalctl/entry_stream.h"
#include "journal/journalctl/http_client.h"
#include "journal/journalctl/printer.h"
#include "journal/journalctl/terminal.h"
#include "journal/query/cursor.h"
#include "journal/store/directory.h"
#include "journal/text/levels.h"
#include "unitparser/base/encoding.h"
#include "unitparser/base/text.h"

namespace journal {
namespace {

using unitparser::ErrorCode;
using unitparser::fail;
using unitparser::Result;

constexpr std::size_t most_entries = 512;
constexpr std::size_t most_bytes = 1024 * 1024;
constexpr int first_pause_ms = 100, longest_pause_ms = 30'000;
constexpr int follow_pause_ms = 250;

/// OpenTelemetry's numbers of the syslog levels (its log data model, appendix on syslog).
constexpr std::array<int, 8> severity_of_level{21, 19, 18, 17, 13, 10, 9, 5};

void append_any_value(std::string& out, std::string_view value) {
  if (is_printable(value, NewlineRule::allowed)) {
    out += "{\"stringValue\":";
    append_json_string(out, value);
  } else {
    out += "{\"bytesValue\":\"";
    out += unitparser::encode_base64(value);
    out += '"';
  }
  out += '}';
}

/// Entries put together for one request, or for several smaller ones.
class Batch {
 public:
  Batch(ExportFormat format, const Options& options) : format_(format), options_(options), printer_(options_, {}, nullptr) {
    options_.output = format == ExportFormat::json_lines ? OutputMode::json : OutputMode::export_format;
    options_.all = true;
  }
  void add(Journal& journal) {
    if (format_ == ExportFormat::otlp) append_log_record(journal, text_);
    else printer_.print(journal, text_);
    entries_.push_back({text_.size(), journal.current()});
  }
  /// The body of a request with the entries from `first` on, `n` of them.
  [[nodiscard]] std::string body(std::size_t first, std::size_t n) const {
    if (n == 0) return {};
    if (format_ != ExportFormat::otlp) return text_.substr(begin_of(first), begin_of(first + n) - begin_of(first));
    std::string body = R"({"resourceLogs":[{"scopeLogs":[{"scope":{"name":"journal"},"logRecords":[)";
    for (std::size_t i = first; i < first + n; ++i)
      body.append(i > first ? "," : "").append(text_, begin_of(i), begin_of(i + 1) - begin_of(i));
    return body + "]}]}]}\n";
  }
  void clear() {
    text_.clear();
    entries_.clear();
  }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::size_t bytes() const { return text_.size(); }
  [[nodiscard]] const EntryLocation& location(std::size_t i) const { return entries_[i].location; }

 private:
  struct Entry {
    std::size_t end;
    EntryLocation location;
  };
  [[nodiscard]] std::size_t begin_of(std::size_t i) const { return i == 0 ? 0 : entries_[i - 1].end; }

  ExportFormat format_;
  Options options_;
  Printer printer_;
  std::string text_;
  std::vector<Entry> entries_;
};

int complain(const std::string& text) {
  std::fprintf(stderr, "%s\n", text.c_str());
  return EXIT_FAILURE;
}

/// Options that say how entries are shown make no sense for those that are handed on; empty when there are none.
std::string_view misplaced_option(const Options& options) {
  if (options.lines) return "-n";
  if (options.reverse) return "-r";
  if (options.output != OutputMode::brief) return "-o";
  return {};
}

/// Sends entries to one receiver, and remembers how far it got.
class Upload {
 public:
  Upload(HttpClient client, const ExportWishes& wishes, const Options& options)
      : client_(std::move(client)), wishes_(wishes), options_(options), batch_(wishes.format, options), time_(options.utc ? Zone::utc : Zone::local) {}

  /// Takes the entry for the next request; false when that was due and the receiver will never take it.
  bool add(Journal& journal) {
    batch_.add(journal);
    return (batch_.size() < most_entries && batch_.bytes() < largest_body_) || deliver();
  }
  /// Sends what was taken until it is confirmed.
  bool deliver() {
    if (batch_.size() > 0 && !send(0, batch_.size())) return false;
    batch_.clear();
    return true;
  }
  /// Whether each entry arrived.
  [[nodiscard]] bool is_complete() const { return left_out_ == 0; }

 private:
  bool send(std::size_t first, std::size_t n);
  void confirm(std::size_t first, std::size_t n, std::size_t bytes);
  void remember(const EntryLocation& location) const;

  HttpClient client_;
  const ExportWishes& wishes_;
  const Options& options_;
  Batch batch_;
  TimeFormatter time_;
  std::size_t largest_body_ = most_bytes;
  std::uint64_t entries_ = 0, bytes_ = 0, left_out_ = 0;
};

bool Upload::send(std::size_t first, std::size_t n) {
  constexpr int too_large = 413;
  const char* type = wishes_.format == ExportFormat::journal_export ? "application/vnd.fdo.journal"
                     : wishes_.format == ExportFormat::json_lines   ? "application/x-ndjson"
                                                                    : "application/json";
  const std::string body = batch_.body(first, n);
  for (int pause = first_pause_ms;; pause = std::min(pause * 2, longest_pause_ms)) {
    const auto status = client_.post(body, type);
    if (status && *status >= 200 && *status < 300) {
      confirm(first, n, body.size());
      return true;
    }
    if (status && *status == too_large && n > 1) {
      largest_body_ = std::max<std::size_t>(body.size() / 2, 1);  // the next requests need not be refused first
      return send(first, n / 2) && send(first + n / 2, n - n / 2);
    }
    if (status && *status == too_large) {
      // It would be refused for ever, and nothing behind it would arrive.
      complain("journal upload: left out an entry that is too large for the receiver (" + std::to_string(body.size()) +
               " bytes): " + format_cursor(batch_.location(first)));
      ++left_out_;
      remember(batch_.location(first));
      return true;
    }
    // 408, 429 and all of 5xx mean "later"; everything else of 3xx and 4xx would be answered the same again.
    if (status && *status >= 300 && *status < 500 && *status != 408 && *status != 429) {
      complain("journal upload: the receiver refuses the entries: HTTP status " + std::to_string(*status));
      return false;
    }
    std::fprintf(stderr, "journal upload: %s; trying again in %.1f s\n",
                 status ? ("HTTP status " + std::to_string(*status)).c_str() : status.error().message.c_str(), pause / 1000.0);
    wait_milliseconds(pause);
  }
}

void Upload::confirm(std::size_t first, std::size_t n, std::size_t bytes) {
  entries_ += n;
  bytes_ += bytes;
  const EntryLocation& last = batch_.location(first + n - 1);
  remember(last);
  if (!options_.quiet)
    std::fprintf(stderr, "uploaded %llu entries, %llu bytes, up to %s\n", static_cast<unsigned long long>(entries_),
                 static_cast<unsigned long long>(bytes_), time_.full_with_zone(last.realtime).c_str());
}

void Upload::remember(const EntryLocation& location) const {
  if (!wishes_.state_file.empty() && !write_whole_file(wishes_.state_file, format_cursor(location) + "\n", Keep::on_disk))
    std::fprintf(stderr, "journal upload: %s cannot be written: what was sent may be sent again\n", wishes_.state_file.c_str());
}

/// The cursor in a state file; empty when there is no such file. Errors: the line to print.
Result<std::string> read_state(const std::string& path) {
  const auto text = read_small_file(path);
  if (!text && text.error().os_errno == ENOENT) return std::string();
  if (!text) return fail(ErrorCode::io, "journal upload: " + text.error().message);
  const std::string cursor(unitparser::trim(*text));
  if (!parse_cursor(cursor))
    return fail(ErrorCode::invalid_argument, "journal upload: " + path + " holds no cursor; without the file all entries are sent");
  return cursor;
}

}  // namespace

void append_log_record(Journal& journal, std::string& out) {
  const EntryLocation at = journal.current();
  out += "{\"timeUnixNano\":\"" + std::to_string(at.realtime) + "000\"";
  if (const auto priority = journal.first_value("PRIORITY"))
    if (const auto level = parse_level(*priority)) {
      out += ",\"severityNumber\":" + std::to_string(severity_of_level[static_cast<std::size_t>(*level)]) + ",\"severityText\":";
      append_json_string(out, level_names[static_cast<std::size_t>(*level)]);
    }
  if (const auto message = journal.first_value("MESSAGE")) {
    out += ",\"body\":";
    append_any_value(out, *message);
  }
  out += ",\"attributes\":[";
  bool first = true;
  journal.for_each_datum([&](std::string_view payload) {
    const std::size_t equals = payload.find('=');
    const std::string_view field = payload.substr(0, equals);
    if (field == "MESSAGE" || field == "PRIORITY") return true;
    out += first ? "{\"key\":" : ",{\"key\":";
    first = false;
    append_json_string(out, field);
    out += ",\"value\":";
    append_any_value(out, payload.substr(equals + 1));
    out += '}';
    return true;
  });
  out += "]}";
}

int print_export(const Options& options, const ExportWishes& wishes, std::uint64_t now, Journal& journal) {
  const std::string_view misplaced = options.follow ? "-f" : misplaced_option(options);
  if (!misplaced.empty()) return complain("journal export: " + std::string(misplaced) + " does not go with it.");
  auto stream = EntryStream::over(options, now, journal);
  if (!stream) return complain(stream.error().message);
  Output output;
  Batch batch(wishes.format, options);
  const auto put_out = [&] {
    output.buffer().append(batch.body(0, batch.size()));
    output.flush();
    batch.clear();
  };
  while (output.is_open() && stream->next()) {
    if (!stream->has_pattern()) continue;
    batch.add(journal);
    if (batch.size() >= most_entries || batch.bytes() >= most_bytes) put_out();
  }
  put_out();
  return EXIT_SUCCESS;
}

int upload_entries(const Options& options, const SourceList& sources, const ExportWishes& wishes, std::uint64_t now, Journal& journal) {
  const std::string_view misplaced = misplaced_option(options);
  if (!misplaced.empty()) return complain("journal upload: " + std::string(misplaced) + " does not go with it.");
  auto client = HttpClient::to(wishes.url, wishes.format == ExportFormat::otlp ? "/v1/logs" : "/upload");
  if (!client) return complain("journal upload: " + client.error().message);
  Options from = options;
  if (!wishes.state_file.empty()) {
    auto state = read_state(wishes.state_file);
    if (!state) return complain(state.error().message);
    if (!state->empty()) from.after_cursor = std::move(*state);
  }
  auto stream = EntryStream::over(from, now, journal);
  if (!stream) return complain(stream.error().message);
  Upload upload(std::move(*client), wishes, options);
  for (;;) {
    while (stream->next())
      if (stream->has_pattern() && !upload.add(journal)) return EXIT_FAILURE;
    if (!upload.deliver()) return EXIT_FAILURE;
    if (!options.follow) return upload.is_complete() ? EXIT_SUCCESS : EXIT_FAILURE;
    wait_milliseconds(follow_pause_ms);
    [[maybe_unused]] const auto opened = open_sources(options, sources, journal);
    journal.refresh();
    journal.drop_deleted_files();
  }
}

}  // namespace journal
