// Entries as JSON, in its four forms. [pure]
#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

#include "journal/journalctl/printer.h"
#include "journal/query/cursor.h"
#include "journal/text/id128.h"

namespace journal {
namespace {

/// Longer values are shown as null without --all.
constexpr std::size_t longest_json_value = 4096;

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= ' ' && c != '"' && c != '\\') continue;
    out.append(text.substr(plain, i - plain));
    plain = i + 1;
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\t': out += "\\t"; break;
      case '\r': out += "\\r"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      default: {
        std::array<char, 8> escape;
        std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
        out += escape.data();
      }
    }
  }
  out.append(text.substr(plain)).append("\"");
}

void Printer::append_json_key(std::string& out, const Datum& datum) {
  if (datum.field == 0) {
    append_json_string(out, datum.name);
    return;
  }
  if (keys_.size() <= datum.field) keys_.resize(datum.field + 1);
  if (keys_[datum.field].empty()) append_json_string(keys_[datum.field], datum.name);
  out.append(keys_[datum.field]);
}

void Printer::append_json_value(std::string& out, const Datum& datum, std::string_view indent) const {
  const std::string_view value = datum.value;
  if (value.size() > longest_json_value && !options_.all) {
    out += "null";
  } else if (datum.is_plain || is_plain_text(value)) {
    out.append("\"").append(value).append("\"");
  } else if (is_printable(value, NewlineRule::allowed)) {
    append_json_string(out, value);
  } else {
    const bool pretty = !indent.empty();
    out += '[';
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (i > 0) out += ',';
      if (pretty) out.append("\n").append(indent).append("\t");
      append_number(out, static_cast<unsigned char>(value[i]));
    }
    if (pretty) out.append("\n").append(indent);
    out += ']';
  }
}

void Printer::print_json(Journal& journal, std::string& out) {
  const EntryLocation& at = journal.current();
  const bool pretty = options_.output == OutputMode::json_pretty;
  const std::string_view indent = pretty ? "\t" : "";
  const std::string_view colon = pretty ? " : " : ":";
  const std::string_view comma = pretty ? ",\n\t" : ",";
  if (options_.output == OutputMode::json_sse) out += "data: ";
  if (options_.output == OutputMode::json_seq) out += '\x1E';
  out.append(pretty ? "{\n\t" : "{").append("\"__CURSOR\"").append(colon).append("\"");
  append_cursor(out, at);
  out.append("\"").append(comma).append("\"__REALTIME_TIMESTAMP\"").append(colon).append("\"");
  append_number(out, at.realtime);
  out.append("\"").append(comma).append("\"__MONOTONIC_TIMESTAMP\"").append(colon).append("\"");
  append_number(out, at.monotonic);
  out.append("\"").append(comma).append("\"_BOOT_ID\"").append(colon).append("\"");
  append_id(out, at.boot_id);
  out.append("\"");

  // A field that comes several times is one array, where it came first.
  items_.clear();
  ++entries_;
  bool has_repeated = false;
  journal.for_each_field([&](const Datum& datum) {
    if (datum.name == "_BOOT_ID" || !is_selected(datum.name)) return true;
    if (last_entry_.size() <= datum.field) last_entry_.resize(datum.field + 1);
    has_repeated = has_repeated || datum.field == 0 || last_entry_[datum.field] == entries_;
    last_entry_[datum.field] = entries_;
    items_.push_back(datum);
    if (datum.is_compressed) items_.back().value = journal.value(datum);
    return true;
  });
  for (auto item = items_.begin(); item != items_.end(); ++item) {
    const auto is_same_field = [&](const Datum& other) { return other.name == item->name; };
    if (has_repeated && std::any_of(items_.begin(), item, is_same_field)) continue;
    out.append(comma);
    append_json_key(out, *item);
    out.append(colon);
    if (!has_repeated || std::none_of(item + 1, items_.end(), is_same_field)) {
      append_json_value(out, *item, indent);
      continue;
    }
    out += '[';
    for (auto value = item; value != items_.end(); ++value) {
      if (!is_same_field(*value)) continue;
      if (value != item) out += ',';
      if (pretty) out.append("\n\t\t");
      append_json_value(out, *value, pretty ? "\t\t" : "");
    }
    if (pretty) out.append("\n\t");
    out += ']';
  }
  if (pretty) out += '\n';
  out += '}';
  out += options_.output == OutputMode::json_sse ? "\n\n" : "\n";
}

}  // namespace journal
