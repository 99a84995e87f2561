#include "journal/journalctl/export.h"

#include <array>
#include <cstdio>
#include <cstdlib>

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

/// Entries put together for one request.
class Batch {
 public:
  Batch(ExportFormat format, const Options& options) : format_(format), options_(options), printer_(options_, {}, nullptr) {
    options_.output = format == ExportFormat::json_lines ? OutputMode::json : OutputMode::export_format;
    options_.all = true;
  }
  void add(Journal& journal) {
    if (format_ == ExportFormat::otlp) {
      text_ += entries_ == 0 ? R"({"resourceLogs":[{"scopeLogs":[{"scope":{"name":"journal"},"logRecords":[)" : ",";
      append_log_record(journal, text_);
    } else {
      printer_.print(journal, text_);
    }
    ++entries_;
    cursor_ = format_cursor(journal.current());
    realtime_ = journal.current().realtime;
  }
  /// The body of the request; nothing can be added any more.
  const std::string& finish() {
    if (format_ == ExportFormat::otlp && entries_ > 0) text_ += "]}]}]}\n";
    return text_;
  }
  void clear() {
    text_.clear();
    entries_ = 0;
  }
  [[nodiscard]] bool is_full() const { return entries_ >= most_entries || text_.size() >= most_bytes; }
  [[nodiscard]] std::size_t entries() const { return entries_; }
  [[nodiscard]] const std::string& cursor() const { return cursor_; }
  [[nodiscard]] std::uint64_t realtime() const { return realtime_; }

 private:
  ExportFormat format_;
  Options options_;
  Printer printer_;
  std::string text_, cursor_;
  std::size_t entries_ = 0;
  std::uint64_t realtime_ = 0;
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

/// Sends one batch until it is confirmed; false when the receiver will never take it.
bool send_batch(HttpClient& client, const std::string& body, const char* type) {
  int pause = first_pause_ms;
  for (;;) {
    const auto status = client.post(body, type);
    if (status && *status >= 200 && *status < 300) return true;
    // 408, 429 and all of 5xx mean "later"; everything else of 3xx and 4xx would be answered the same again.
    if (status && *status >= 300 && *status < 500 && *status != 408 && *status != 429) {
      complain("journal upload: the receiver refuses the entries: HTTP status " + std::to_string(*status));
      return false;
    }
    std::fprintf(stderr, "journal upload: %s; trying again in %.1f s\n",
                 status ? ("HTTP status " + std::to_string(*status)).c_str() : status.error().message.c_str(), pause / 1000.0);
    wait_milliseconds(pause);
    pause = std::min(pause * 2, longest_pause_ms);
  }
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
    output.buffer().append(batch.finish());
    output.flush();
    batch.clear();
  };
  while (output.is_open() && stream->next()) {
    if (!stream->has_pattern()) continue;
    batch.add(journal);
    if (batch.is_full()) put_out();
  }
  put_out();
  return EXIT_SUCCESS;
}

int upload_entries(const Options& options, const SourceList& sources, const ExportWishes& wishes, std::uint64_t now, Journal& journal) {
  const std::string_view misplaced = misplaced_option(options);
  if (!misplaced.empty()) return complain("journal upload: " + std::string(misplaced) + " does not go with it.");
  auto client = HttpClient::to(wishes.url, wishes.format == ExportFormat::otlp ? "/v1/logs" : "/upload");
  if (!client) return complain("journal upload: " + client.error().message);
  const char* type = wishes.format == ExportFormat::journal_export ? "application/vnd.fdo.journal"
                     : wishes.format == ExportFormat::json_lines   ? "application/x-ndjson"
                                                                   : "application/json";
  Options from = options;
  if (!wishes.state_file.empty())
    if (const auto state = read_small_file(wishes.state_file)) from.after_cursor = unitparser::trim(*state);
  auto stream = EntryStream::over(from, now, journal);
  if (!stream) return complain(stream.error().message);
  Batch batch(wishes.format, options);
  std::uint64_t entries = 0, bytes = 0;
  TimeFormatter time(options.utc ? Zone::utc : Zone::local);
  const auto deliver = [&] {
    if (batch.entries() == 0) return true;
    const std::string& body = batch.finish();
    if (!send_batch(*client, body, type)) return false;
    entries += batch.entries();
    bytes += body.size();
    if (!wishes.state_file.empty() && !write_whole_file(wishes.state_file, batch.cursor() + "\n"))
      std::fprintf(stderr, "journal upload: %s cannot be written: what was sent may be sent again\n", wishes.state_file.c_str());
    if (!options.quiet)
      std::fprintf(stderr, "uploaded %llu entries, %llu bytes, up to %s\n", static_cast<unsigned long long>(entries),
                   static_cast<unsigned long long>(bytes), time.full_with_zone(batch.realtime()).c_str());
    batch.clear();
    return true;
  };
  for (;;) {
    while (stream->next()) {
      if (!stream->has_pattern()) continue;
      batch.add(journal);
      if (batch.is_full() && !deliver()) return EXIT_FAILURE;
    }
    if (!deliver()) return EXIT_FAILURE;
    if (!options.follow) return EXIT_SUCCESS;
    wait_milliseconds(follow_pause_ms);
    [[maybe_unused]] const auto opened = open_sources(options, sources, journal);
    journal.refresh();
    journal.drop_deleted_files();
  }
}

}  // namespace journal
