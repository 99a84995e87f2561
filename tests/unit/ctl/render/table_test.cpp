// Tables: columns, cutting, JSON.
#include "ctl/render/table.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace ctl {
namespace {

class TableTest : public testing::Test {
 protected:
  TableTest() { setenv("SYSTEMD_COLORS", "0", 1), setenv("LANG", "C.UTF-8", 1); }
  static Cell cell(std::string text) { return Cell{std::move(text), {}, {}, false, false, false}; }
};

TEST_F(TableTest, columns_are_as_wide_as_their_content) {
  Table table({"UNIT", "STATE"});
  table.add_row({cell("a.service"), cell("active")});
  table.add_row({cell("bb.service"), cell("")});
  table.set_empty_text("-");
  const Terminal terminal;
  EXPECT_EQ(table.draw(terminal, true, static_cast<std::size_t>(-1)), "UNIT       STATE\na.service  active\nbb.service -\n");
}

TEST_F(TableTest, columns_share_a_narrow_terminal) {
  // The widths that systemctl list-timers has on a terminal of 60 columns.
  Table table({"NEXT", "LEFT", "LAST", "PASSED", "UNIT", "ACTIVATES"});
  table.add_row({cell("Sun 2026-11-22 12:45:07 UTC"), cell("13min left"), cell("-"), cell("-"), cell("systemd-tmpfiles-clean.timer"), cell("systemd-tmpfiles-clean.service")});
  table.add_row({cell("Sun 2026-11-29 03:10:22 UTC"), cell("6 days left"), cell("-"), cell("-"), cell("e2scrub_all.timer"), cell("e2scrub_all.service")});
  const Terminal terminal;
  EXPECT_EQ(table.draw(terminal, true, 60),
            "NEXT        LEFT        LAST PASSED UNIT        ACTIVATES\n"
            "Sun 2026-1… 13min left  -    -      systemd-tm… systemd-tmp…\n"
            "Sun 2026-1… 6 days left -    -      e2scrub_al… e2scrub_all…\n");
}

TEST_F(TableTest, what_is_right_aligned_or_wide_is_padded_by_its_columns) {
  Table table({"NAME", "SIZE", "WHAT"});
  table.align_right(1);
  table.add_row({cell("日本"), cell("7"), cell("é")});
  table.add_row({cell("abc"), cell("12345678"), cell("日本語 and more")});
  const Terminal terminal;
  EXPECT_EQ(table.draw(terminal, true, static_cast<std::size_t>(-1)),
            "NAME     SIZE WHAT\n"
            "日本        7 é\n"
            "abc  12345678 日本語 and more\n");
  EXPECT_EQ(table.draw(terminal, false, 20),
            "日本       7 é\n"
            "abc  123456… 日本語…\n");
}

TEST_F(TableTest, json_names_columns_and_keeps_types) {
  Table table({"UNIT FILE", "JOB", "PRESET"});
  table.add_row({cell("a\"b"), Cell{"7", unitparser::Value(std::uint32_t{7}), {}, false, false, false}, Cell{"", {}, {}, false, false, true}});
  EXPECT_EQ(table.json(JsonLayout::compact), "[{\"unit_file\":\"a\\\"b\",\"job\":7,\"preset\":null}]\n");
  EXPECT_EQ(table.json(JsonLayout::pretty), "[\n\t{\n\t\t\"unit_file\" : \"a\\\"b\",\n\t\t\"job\" : 7,\n\t\t\"preset\" : null\n\t}\n]\n");
}

}  // namespace
}  // namespace ctl
