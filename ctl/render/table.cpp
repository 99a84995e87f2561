// Tables as systemctl draws them, and the same rows as JSON. Knows no D-Bus. [pure]
#include "ctl/render/table.h"

#include <algorithm>
#include <limits>

#include "ctl/render/json.h"
#include "ctl/render/text.h"

namespace ctl {
namespace {

constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

/// The escapes before a cell: its colour ("normal" when only underlined) and its underline.
std::string begin_style(const Terminal& terminal, const Cell& cell) {
  std::string result;
  if (!terminal.colors() || (!cell.color && !cell.underline)) return result;
  result += terminal.style(cell.color.value_or(Style::normal));
  if (cell.underline) result += terminal.style(Style::underline);
  return result;
}

}  // namespace

std::vector<std::size_t> Table::visible() const {
  std::vector<std::size_t> columns;
  for (std::size_t i = 0; i < heads_.size(); ++i)
    if (!hidden_[i]) columns.push_back(i);
  return columns;
}

/// Natural widths, or when those do not fit: each column one wide, and the rest shared evenly by those that want more.
std::vector<std::size_t> Table::column_widths(bool with_head, std::size_t width_limit) const {
  const auto columns = visible();
  std::vector<std::size_t> wanted(columns.size(), 1);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (with_head) wanted[i] = std::max(wanted[i], display_width(heads_[columns[i]]));
    for (const auto& row : rows_) wanted[i] = std::max(wanted[i], display_width(shown(row[columns[i]])));
  }
  std::size_t total = columns.empty() ? 0 : columns.size() - 1;
  for (const auto w : wanted) total += w;
  if (width_limit == no_limit || total <= width_limit) return wanted;

  std::vector<std::size_t> widths(columns.size(), 0);
  std::size_t open = columns.size();
  std::size_t extra = width_limit > 2 * columns.size() - 1 ? width_limit - (2 * columns.size() - 1) : 0;
  for (bool settled = true; settled && open > 0;) {  // columns that want less than their share free the rest of it
    settled = false;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (widths[i] != 0 || wanted[i] > 1 + extra / open) continue;
      widths[i] = wanted[i];
      extra -= wanted[i] - 1;
      --open;
      settled = true;
    }
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (widths[i] != 0) continue;
    const auto share = extra / open--;
    widths[i] = 1 + share;
    extra -= share;
  }
  return widths;
}

std::string Table::draw(const Terminal& terminal, bool with_head, std::size_t width_limit) const {
  const auto columns = visible();
  const auto widths = column_widths(with_head, width_limit);
  const auto put = [&](std::string& line, std::string_view text, std::size_t i, bool pad) {
    const bool right = std::find(right_aligned_.begin(), right_aligned_.end(), columns[i]) != right_aligned_.end();
    std::string cut;
    std::size_t have = display_width(text);
    if (have > widths[i]) {
      cut = ellipsize(text, widths[i], 100, terminal.utf8());
      text = cut;
      have = display_width(text);
    }
    const std::size_t missing = have < widths[i] ? widths[i] - have : 0;
    if (right) line.append(missing, ' ');
    line += text;
    if (pad && !right) line.append(missing, ' ');
  };
  std::string out;
  if (with_head) {
    std::string line;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const bool pad = terminal.colors() || i + 1 < columns.size();
      line.append(terminal.style(Style::normal)).append(terminal.style(Style::underline));
      if (i > 0) line += ' ';
      put(line, heads_[columns[i]], i, pad);
      line += terminal.style(Style::normal);
    }
    out += line + "\n";
  }
  std::string line, gap;
  for (const auto& row : rows_) {
    line.clear();
    gap.clear();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const Cell& cell = row[columns[i]];
      const auto begin = begin_style(terminal, cell);
      if (i > 0) line += gap.empty() ? " " : gap + " " + std::string(terminal.style(Style::normal));
      line += begin;
      put(line, shown(cell), i, i + 1 < columns.size() || !begin.empty());
      if (!begin.empty()) line += terminal.style(Style::normal);
      gap = cell.style_gap || cell.underline ? begin : std::string();
    }
    out += line;
    out += '\n';
  }
  return out;
}

std::string Table::json(JsonLayout layout) const {
  unitparser::ArrayValue array{"a{sv}", {}};
  const auto columns = visible();
  for (const auto& row : rows_) {
    unitparser::ArrayValue object{"{sv}", {}};
    for (const auto column : columns) {
      std::string key;
      for (const char c : heads_[column]) key += c == ' ' ? '_' : static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
      if (key.empty()) continue;
      const Cell& cell = row[column];
      unitparser::VariantValue content;
      if (cell.json_null)
        content.content.emplace_back(unitparser::StructValue{});  // printed as null
      else
        content.content.push_back(cell.json ? *cell.json : unitparser::Value(cell.text));
      object.elements.push_back(unitparser::struct_of(key, std::move(content)));
    }
    array.elements.emplace_back(std::move(object));
  }
  return json_text(array, layout) + "\n";
}

}  // namespace ctl
