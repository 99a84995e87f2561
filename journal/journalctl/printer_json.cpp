// Entries as JSON, in its four forms. [pure]
#include <array>
#include <cstdio>
#include <deque>
#include <utility>
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

void Printer::append_json_value(std::string& out, std::string_view value, std::string_view indent) const {
  if (value.size() > longest_json_value && !options_.all) {
    out += "null";
  } else if (is_printable(value, NewlineRule::allowed)) {
    append_json_string(out, value);
  } else {
    const bool pretty = !indent.empty();
    out += '[';
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (i > 0) out += ',';
      if (pretty) out.append("\n").append(indent).append("\t");
      std::array<char, 4> number;
      const int n = std::snprintf(number.data(), number.size(), "%u", static_cast<unsigned char>(value[i]));
      out.append(number.data(), static_cast<std::size_t>(n));
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
  if (options_.output == OutputMode::json_sse) out += "data: ";
  if (options_.output == OutputMode::json_seq) out += '\x1E';
  out += '{';
  bool first = true;
  const auto key = [&](std::string_view name) {
    if (!std::exchange(first, false)) out += ',';
    if (pretty) out.append("\n\t");
    append_json_string(out, name);
    out.append(colon);
  };
  const auto address = [&](std::string_view name, std::string_view value) {
    key(name);
    append_json_string(out, value);
  };
  address("__CURSOR", format_cursor(at));
  address("__REALTIME_TIMESTAMP", std::to_string(at.realtime));
  address("__MONOTONIC_TIMESTAMP", std::to_string(at.monotonic));
  address("_BOOT_ID", format_id(at.boot_id));

  // A field that comes several times is one array; items of an entry are few, so they are simply compared.
  struct Item {
    std::string_view field, value;
    bool shown = false;
  };
  std::vector<Item> items;
  items.reserve(64);
  std::deque<std::string> expanded;  // compressed values live only during the visit
  journal.for_each_datum([&](std::string_view payload) {
    const std::size_t equals = payload.find('=');
    if (payload.substr(0, equals) == "_BOOT_ID" || !is_selected(payload.substr(0, equals))) return true;
    if (!journal.current_file().holds(payload)) payload = expanded.emplace_back(payload);
    items.push_back({payload.substr(0, equals), payload.substr(equals + 1), false});
    return true;
  });
  std::vector<std::string_view> values;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i].shown) continue;
    values.assign(1, items[i].value);
    for (std::size_t j = i + 1; j < items.size(); ++j)
      if (items[j].field == items[i].field) {
        values.push_back(items[j].value);
        items[j].shown = true;
      }
    key(items[i].field);
    if (values.size() == 1) {
      append_json_value(out, values[0], indent);
      continue;
    }
    out += '[';
    for (std::size_t k = 0; k < values.size(); ++k) {
      if (k > 0) out += ',';
      if (pretty) out.append("\n\t\t");
      append_json_value(out, values[k], pretty ? "\t\t" : "");
    }
    if (pretty) out.append("\n\t");
    out += ']';
  }
  if (pretty) out += '\n';
  out += '}';
  out += options_.output == OutputMode::json_sse ? "\n\n" : "\n";
}

}  // namespace journal
