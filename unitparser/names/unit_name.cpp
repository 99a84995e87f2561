// Checking, taking apart and escaping unit names. [pure]
#include "unitparser/names/unit_name.h"

#include <algorithm>

namespace unitparser {
namespace {

constexpr std::string_view alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

bool is_alphanumeric(char c) { return alphanumeric.find(c) != std::string_view::npos; }
/// Characters of a unit name besides '@'.
bool is_name_char(char c) { return is_alphanumeric(c) || std::string_view(":-_.\\").find(c) != std::string_view::npos; }
/// Characters that escaping leaves as they are.
bool needs_no_escape(char c) { return is_alphanumeric(c) || c == ':' || c == '_' || c == '.'; }

void append_hex_escape(std::string& out, char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  out += "\\x";
  out += digits[byte >> 4];
  out += digits[byte & 15];
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Error bad_name(std::string_view name) {
  return Error{ErrorCode::invalid_argument, 0, "Invalid unit name \"" + std::string(name) + "\"", {}};
}

}  // namespace

std::optional<UnitType> type_of_name(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  return from_name<UnitType>(name.substr(dot + 1));
}

Result<UnitName> UnitName::parse(std::string_view name) {
  const auto type = type_of_name(name);
  const std::size_t dot = name.rfind('.');
  if (!type || dot == 0 || name.size() > unit_name_max) return tl::unexpected(bad_name(name));
  const std::string_view stem = name.substr(0, dot);
  const std::size_t at = stem.find('@');
  if (at == 0) return tl::unexpected(bad_name(name));
  for (char c : stem)
    if (!is_name_char(c) && c != '@') return tl::unexpected(bad_name(name));
  UnitName result;
  result.text_ = std::string(name);
  result.type_ = *type;
  result.form_ = at == std::string_view::npos ? NameForm::plain
                 : at + 1 == stem.size()      ? NameForm::templated
                                              : NameForm::instance;
  return result;
}

bool UnitName::is_valid(std::string_view name) { return parse(name).has_value(); }

std::string_view UnitName::stem() const {
  const std::string_view text = text_;
  return text.substr(0, text.rfind('.'));
}

std::string_view UnitName::prefix() const {
  const std::string_view stem_text = stem();
  return stem_text.substr(0, stem_text.find('@'));
}

std::string_view UnitName::instance() const {
  const std::string_view stem_text = stem();
  const std::size_t at = stem_text.find('@');
  return at == std::string_view::npos ? std::string_view{} : stem_text.substr(at + 1);
}

UnitName UnitName::template_name() const {
  UnitName result;
  result.text_ = std::string(prefix()) + "@." + std::string(to_name(type_));
  result.type_ = type_;
  result.form_ = NameForm::templated;
  return result;
}

Result<UnitName> UnitName::with_instance(std::string_view instance) const {
  return parse(std::string(prefix()) + "@" + std::string(instance) + "." + std::string(to_name(type_)));
}

Result<UnitName> UnitName::with_type(UnitType type) const {
  return parse(std::string(stem()) + "." + std::string(to_name(type)));
}

std::string escape_name(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '/') {
      out += '-';
    } else if ((i == 0 && c == '.') || !needs_no_escape(c)) {
      append_hex_escape(out, c);
    } else {
      out += c;
    }
  }
  return out;
}

Result<std::string> unescape_name(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '-') {
      out += '/';
    } else if (text[i] == '\\') {
      if (i + 3 >= text.size() || text[i + 1] != 'x' || hex_digit(text[i + 2]) < 0 || hex_digit(text[i + 3]) < 0)
        return fail(ErrorCode::invalid_argument, "Bad escape sequence in \"" + std::string(text) + "\"");
      out += static_cast<char>(hex_digit(text[i + 2]) * 16 + hex_digit(text[i + 3]));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

Result<std::string> escape_path(std::string_view path) {
  if (path.empty()) return fail(ErrorCode::invalid_argument, "Empty path");
  std::string simple;
  std::size_t start = 0;
  while (start < path.size()) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string_view part = path.substr(start, end - start);
    if (part == "..") return fail(ErrorCode::invalid_argument, "Path is not normalized: " + std::string(path));
    if (!part.empty() && part != ".") {
      if (!simple.empty()) simple += '/';
      simple += part;
    }
    start = end + 1;
  }
  if (simple.empty()) return std::string("-");
  return escape_name(simple);
}

Result<std::string> unescape_path(std::string_view text) {
  if (text == "-") return std::string("/");
  if (text.empty() || text.front() == '-' || text.back() == '-')
    return fail(ErrorCode::invalid_argument, "Not an escaped path: \"" + std::string(text) + "\"");
  std::string path = "/" + TRY(unescape_name(text));
  if (path.find("//") != std::string::npos || path.find("/../") != std::string::npos ||
      path.find("/./") != std::string::npos || path.ends_with("/..") || path.ends_with("/."))
    return fail(ErrorCode::invalid_argument, "Not a normalized path: \"" + path + "\"");
  return path;
}

Result<UnitName> name_from_path(std::string_view path, UnitType type) {
  return UnitName::parse(TRY(escape_path(path)) + "." + std::string(to_name(type)));
}

Result<std::string> path_from_name(const UnitName& name) { return unescape_path(name.stem()); }

Result<std::string> mangle_name(std::string_view typed, std::string_view default_suffix, Globs globs) {
  if (typed.empty()) return fail(ErrorCode::invalid_argument, "Empty unit name");
  if (UnitName::is_valid(typed)) return std::string(typed);
  if (globs == Globs::keep && typed.find_first_of("*?[") != std::string_view::npos) {
    const bool plain = std::all_of(typed.begin(), typed.end(), [](char c) {
      return is_name_char(c) || std::string_view("@*?[]!^").find(c) != std::string_view::npos;
    });
    if (plain) {
      const bool complete = type_of_name(typed).has_value() || typed.ends_with("*");
      return std::string(typed) + (complete ? "" : std::string(default_suffix));
    }
  }
  const bool device = typed.starts_with("/dev/") || typed == "/dev" || typed.starts_with("/sys/") || typed == "/sys";
  if (typed.starts_with("/"))
    if (const Result<UnitName> name = name_from_path(typed, device ? UnitType::device : UnitType::mount)) return name->text();
  std::string out;
  for (char c : typed) {
    if (c == '/') {
      out += '-';
    } else if (is_name_char(c) || c == '@' || (globs == Globs::keep && std::string_view("[]!-*?").find(c) != std::string_view::npos)) {
      out += c;
    } else {
      append_hex_escape(out, c);
    }
  }
  if (!type_of_name(out) || (globs == Globs::keep && !UnitName::is_valid(out))) out += default_suffix;
  if (globs == Globs::escape && !UnitName::is_valid(out)) return tl::unexpected(bad_name(typed));
  return out;  // with kept glob characters it may be no valid name: the manager says so
}

bool is_valid_slice(const UnitName& slice) {
  if (slice.type() != UnitType::slice || slice.form() != NameForm::plain) return false;
  const std::string_view stem = slice.stem();
  if (stem == "-") return true;
  return !stem.starts_with("-") && !stem.ends_with("-") && stem.find("--") == std::string_view::npos;
}

Result<UnitName> parent_slice(const UnitName& slice) {
  if (!is_valid_slice(slice)) return fail(ErrorCode::invalid_argument, "Not a valid slice name: " + slice.text());
  const std::string_view stem = slice.stem();
  if (stem == "-") return fail(ErrorCode::not_found, "The root slice has no parent");
  const std::size_t dash = stem.rfind('-');
  return UnitName::parse(dash == std::string_view::npos ? "-.slice" : std::string(stem.substr(0, dash)) + ".slice");
}

}  // namespace unitparser
