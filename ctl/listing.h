// What the list-* verbs share: choosing units, drawing tables with their legends. [bus]
#pragma once

#include <optional>
#include <vector>

#include "ctl/render/table.h"
#include "ctl/verb_list.h"

namespace ctl {

/// Units that match the operands and --type, --state, --all, sorted by type and name; nothing after a failure.
[[nodiscard]] std::optional<std::vector<UnitInfo>> listed_units(Session& session, Arguments operands);
/// The table, or its rows as JSON.
void print_table(Session& session, const Table& table);
/// "N things listed." and the hint at --all.
void print_list_legend(Session& session, std::size_t count, std::string_view things);
/// "service" of "a.service".
[[nodiscard]] std::string_view suffix_of(std::string_view name);

/// The dot that stands before a unit in that active state, and its colour.
[[nodiscard]] std::pair<Glyph, Style> active_state_mark(std::string_view active_state);

/// The instant at which a timer elapses next, from its monotonic and its realtime property; UINT64_MAX for never.
[[nodiscard]] std::uint64_t next_elapse_realtime(std::uint64_t monotonic_usec, std::uint64_t realtime_usec);

}  // namespace ctl
