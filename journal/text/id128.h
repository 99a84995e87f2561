// 128-bit ids as text: 32 hexadecimal digits, or with dashes as a UUID; and plain numbers. [pure]
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "journal/format/layout.h"

namespace journal {

/// 32 lower-case hexadecimal digits.
[[nodiscard]] std::string format_id(const Id128& id);
void append_id(std::string& out, const Id128& id);
/// Reads 32 hexadecimal digits, or the 36 characters of a UUID.
[[nodiscard]] std::optional<Id128> parse_id(std::string_view text);
/// Reads an unsigned hexadecimal number; nothing else may follow.
[[nodiscard]] std::optional<std::uint64_t> parse_hex(std::string_view text);
/// Appends a number in base 10 or 16, lower case.
void append_number(std::string& out, std::uint64_t value, int base = 10);

}  // namespace journal
