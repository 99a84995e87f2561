// Bytes as text and back: base64 (RFC 4648) and hexadecimal digits. [pure]
#pragma once

#include <string>
#include <string_view>

#include "unitparser/base/result.h"

namespace unitparser {

/// Whitespace is passed over. Error: other characters, wrong padding, or bits that stand for nothing.
[[nodiscard]] Result<std::string> decode_base64(std::string_view text);
[[nodiscard]] std::string encode_base64(std::string_view bytes);
/// Error: an odd number of digits, or other characters.
[[nodiscard]] Result<std::string> decode_hex(std::string_view text);
[[nodiscard]] std::string encode_hex(std::string_view bytes);  ///< in lower case

}  // namespace unitparser
