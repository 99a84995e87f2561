// Json: values of JSON text (RFC 8259) as small messages between programs need them; reading is bounded in depth. [pure]
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "unitparser/base/result.h"

namespace init::varlink {

struct Json;
using JsonArray = std::vector<Json>;
using JsonObject = std::vector<std::pair<std::string, Json>>;  ///< in the order of the text; the first of equal names counts

struct Json {
  std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, JsonArray, JsonObject> value = nullptr;

  Json() = default;
  Json(bool b) : value(b) {}
  Json(std::int64_t number) : value(number) {}
  Json(std::string text) : value(std::move(text)) {}
  Json(const char* text) : value(std::string(text)) {}
  Json(JsonArray array) : value(std::move(array)) {}
  Json(JsonObject object) : value(std::move(object)) {}

  /// Member of an object; null when this is none or has none of that name.
  [[nodiscard]] const Json* find(std::string_view name) const;
  [[nodiscard]] const std::string* text() const { return std::get_if<std::string>(&value); }
  [[nodiscard]] std::optional<std::int64_t> integer() const;
  [[nodiscard]] bool is_true() const { return std::get_if<bool>(&value) != nullptr && std::get<bool>(value); }
};

/// The whole text as one value. Error: no JSON, nested too deeply, or text that is not UTF-8.
[[nodiscard]] unitparser::Result<Json> parse_json(std::string_view text);
/// Without blanks, in one line.
[[nodiscard]] std::string format_json(const Json& json);

}  // namespace init::varlink
