#include "journal/query/cursor.h"

#include "journal/text/id128.h"

namespace journal {

using unitparser::ErrorCode;
using unitparser::fail;
using unitparser::Result;

void append_cursor(std::string& out, const EntryLocation& location) {
  const auto hexadecimal = [&out](const char* name, std::uint64_t value) {
    out.append(name);
    append_number(out, value, 16);
  };
  out.append("s=");
  append_id(out, location.seqnum_id);
  hexadecimal(";i=", location.seqnum);
  out.append(";b=");
  append_id(out, location.boot_id);
  hexadecimal(";m=", location.monotonic);
  hexadecimal(";t=", location.realtime);
  hexadecimal(";x=", location.xor_hash);
}

std::string format_cursor(const EntryLocation& location) {
  std::string text;
  append_cursor(text, location);
  return text;
}

Result<Cursor> parse_cursor(std::string_view text) {
  const auto bad = [] { return fail(ErrorCode::invalid_argument, "Invalid argument"); };
  Cursor cursor;
  bool has_seqnum = false, has_seqnum_id = false, has_monotonic = false, has_boot = false;
  while (!text.empty()) {
    const std::size_t end = text.find(';');
    const std::string_view part = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (part.size() < 3 || part[1] != '=') return bad();
    const std::string_view value = part.substr(2);
    if (part[0] == 's' || part[0] == 'b') {
      const auto id = parse_id(value);
      if (!id) return bad();
      (part[0] == 's' ? cursor.location.seqnum_id : cursor.location.boot_id) = *id;
      (part[0] == 's' ? has_seqnum_id : has_boot) = true;
      continue;
    }
    const auto number = parse_hex(value);
    if (!number) return bad();
    switch (part[0]) {
      case 'i': cursor.location.seqnum = *number; has_seqnum = true; break;
      case 'm': cursor.location.monotonic = *number; has_monotonic = true; break;
      case 't': cursor.location.realtime = *number; cursor.has_realtime = true; break;
      case 'x': cursor.location.xor_hash = *number; cursor.has_xor_hash = true; break;
      default: break;  // parts that later versions add are no concern of ours
    }
  }
  cursor.has_seqnum = has_seqnum && has_seqnum_id;
  cursor.has_monotonic = has_monotonic && has_boot;
  if (!cursor.has_seqnum && !cursor.has_monotonic && !cursor.has_realtime) return bad();
  return cursor;
}

bool cursor_matches(const Cursor& cursor, const EntryLocation& location) {
  const EntryLocation& c = cursor.location;
  if (cursor.has_seqnum && (c.seqnum != location.seqnum || c.seqnum_id != location.seqnum_id)) return false;
  if (cursor.has_monotonic && (c.monotonic != location.monotonic || c.boot_id != location.boot_id)) return false;
  if (cursor.has_realtime && c.realtime != location.realtime) return false;
  return !cursor.has_xor_hash || c.xor_hash == location.xor_hash;
}

}  // namespace journal
