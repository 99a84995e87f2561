#include "journal/journalctl/counting.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <unordered_map>

#include "journal/journalctl/entry_stream.h"
#include "journal/journalctl/expression.h"
#include "journal/journalctl/printer.h"
#include "journal/journalctl/terminal.h"

namespace journal {
namespace {

using unitparser::Result;

/// So many different keys are told apart; all further ones are one.
constexpr std::size_t most_keys = 1'000'000;
constexpr char key_separator = '\x1F';

bool has_filters(const Options& options) {
  return !options.matches.empty() || !options.units.empty() || !options.user_units.empty() || !options.identifiers.empty() ||
         !options.pattern.empty() || options.since || options.until || options.boot || options.dmesg || options.priorities != 0 ||
         options.facilities != 0 || !options.cursor.empty() || !options.after_cursor.empty();
}

/// The number of entries of each value is written in the files.
void add_stored_numbers(JournalFile& file, const std::string& field, std::unordered_map<std::string, std::uint64_t>& counts) {
  const FileView& view = file.view();
  std::string_view name;
  const std::uint64_t field_offset = view.find_field(field);
  const FieldObject* object = field_offset != 0 ? view.field(field_offset, name) : nullptr;
  std::uint64_t with_value = 0, last = UINT64_MAX;
  std::string scratch;
  for (std::uint64_t offset = object != nullptr ? object->head_data_offset : 0; offset != 0 && offset < last;) {
    const DataView data = view.data(offset);
    if (!data) break;
    const std::string_view payload = file.payload(offset, scratch, UINT64_MAX);
    if (payload.size() > field.size() && data.object->n_entries > 0) {
      const std::string key(payload.substr(field.size() + 1));
      counts[counts.size() < most_keys || counts.contains(key) ? key : "(others)"] += data.object->n_entries;
      with_value += data.object->n_entries;
    }
    last = offset;
    offset = data.object->next_field_offset;
  }
  const std::uint64_t all = file.entries().size();
  if (all > with_value) counts[{}] += all - with_value;
}

}  // namespace

Result<Counts> count_by(const std::vector<std::string>& fields, const Options& options, std::uint64_t now, Journal& journal) {
  std::unordered_map<std::string, std::uint64_t> counts;
  if (fields.size() == 1 && !has_filters(options)) {
    for (std::size_t i = 0; i < journal.file_count(); ++i) add_stored_numbers(journal.file(i), fields[0], counts);
  } else {
    EntryStream stream = TRY(EntryStream::over(options, now, journal));
    std::vector<std::string> values(fields.size());
    std::string key;
    while (stream.next()) {
      if (!stream.has_pattern()) continue;
      for (std::string& value : values) value.clear();
      journal.for_each_field([&](const Datum& datum) {
        for (std::size_t i = 0; i < fields.size(); ++i)
          if (values[i].empty() && datum.name == fields[i]) values[i] = journal.value(datum);
        return true;
      });
      key.clear();
      for (std::size_t i = 0; i < values.size(); ++i) {
        if (i > 0) key += key_separator;
        key += values[i];
      }
      ++counts[counts.size() < most_keys || counts.contains(key) ? key : "(others)"];
    }
  }
  Counts sorted;
  sorted.reserve(counts.size());
  for (const auto& [key, n] : counts) {
    std::vector<std::string> values;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const std::size_t end = i + 1 < fields.size() ? std::min(key.find(key_separator, begin), key.size()) : key.size();
      values.push_back(begin <= key.size() ? key.substr(begin, end - begin) : std::string());
      begin = end + 1;
    }
    sorted.emplace_back(std::move(values), n);
  }
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second != b.second ? a.second > b.second : a.first < b.first; });
  return sorted;
}

int print_counts(const std::vector<std::string>& fields, const Options& options, std::uint64_t now, Journal& journal) {
  const auto counts = count_by(fields, options, now, journal);
  if (!counts) {
    std::fprintf(stderr, "%s\n", counts.error().message.c_str());
    return EXIT_FAILURE;
  }
  std::uint64_t all = 0;
  for (const auto& [values, n] : *counts) all += n;
  Output output;
  std::string& out = output.buffer();
  const bool json = is_json(options.output);
  char number[64];
  std::uint64_t shown = 0;
  for (const auto& [values, n] : *counts) {
    if (options.lines && shown++ >= *options.lines) break;
    if (json) {
      out += '{';
      for (std::size_t i = 0; i < fields.size(); ++i) {
        append_json_string(out, fields[i]);
        out += ':';
        append_json_string(out, values[i]);
        out += ',';
      }
      out += "\"count\":" + std::to_string(n) + "}\n";
    } else {
      std::snprintf(number, sizeof number, "%10llu %5.1f%%", static_cast<unsigned long long>(n), 100.0 * static_cast<double>(n) / static_cast<double>(all));
      out += number;
      for (const std::string& value : values) out += "  " + (value.empty() ? "-" : is_printable(value, NewlineRule::forbidden) ? value : "[blob data]");
      out += '\n';
    }
    output.flush_if_large();
  }
  if (!json && !options.quiet && options.lines && counts->size() > *options.lines)
    out += std::to_string(counts->size() - *options.lines) + " more values; all with `journal count by`.\n";
  return EXIT_SUCCESS;
}

}  // namespace journal
