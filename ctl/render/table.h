// Tables as systemctl draws them, and the same rows as JSON. Knows no D-Bus. [pure]
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/terminal.h"
#include "unitparser/base/value.h"

namespace ctl {

enum class JsonLayout : std::uint8_t { compact, pretty };

/// One cell: what people see, what JSON says, and how it looks. Gap styles colour the space after the cell too.
struct Cell {
  std::string text;
  std::optional<unitparser::Value> json;  ///< other than `text` where set; an empty text without it is null
  std::optional<Style> color;
  bool underline = false;
  bool style_gap = false;
  bool json_null = false;
};

/// Rows of cells below named columns. Column i of every row belongs to heads[i].
class Table {
 public:
  explicit Table(std::vector<std::string> heads) : heads_(std::move(heads)), hidden_(heads_.size(), false) {}

  void hide_column(std::size_t column) { hidden_[column] = true; }
  void align_right(std::size_t column) { right_aligned_.push_back(column); }
  /// What stands for an empty cell, "" by default.
  void set_empty_text(std::string_view text) { empty_text_ = text; }
  void add_row(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] std::size_t row_count() const { return rows_.size(); }

  /// Head (when `with_head`) and rows, cells cut so that a line fits in `width_limit` columns.
  [[nodiscard]] std::string draw(const Terminal& terminal, bool with_head, std::size_t width_limit) const;
  /// An array of objects keyed by the column names in lower case, blanks as '_'.
  [[nodiscard]] std::string json(JsonLayout layout) const;

 private:
  [[nodiscard]] std::vector<std::size_t> column_widths(bool with_head, std::size_t width_limit) const;
  [[nodiscard]] std::string_view shown(const Cell& cell) const { return cell.text.empty() ? std::string_view(empty_text_) : cell.text; }
  [[nodiscard]] std::vector<std::size_t> visible() const;

  std::vector<std::string> heads_;
  std::vector<bool> hidden_;
  std::vector<std::size_t> right_aligned_;
  std::string empty_text_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace ctl
